import { afterEach, expect, test, vi } from "vitest";
import {
  type Duties,
  judge,
  LOSSES,
  meeter,
  PLACES,
  UNHEARD,
  watcher,
} from "../../../src/train/collective/beats-thread-node.js";
import type { Work } from "../../../src/train/collective/work-node.js";

const { TURNS, FLUSH, MISSES, TOGETHER, DEALT, PORT } = PLACES;
const WORDS = { silent: "silent {ranks}", stuck: "stuck {ranks}", unseen: "unseen {ranks}", late: "late" };

afterEach(() => vi.restoreAllMocks());

/** All ranks are together, and were heard. */
function dutiesOf(rank: number, size: number, more: Partial<Duties> = {}): Duties {
  const state = new Int32Array(MISSES + 3 * size);
  state[TOGETHER] = 1;
  const limits = { missed: 12, stuck: 12, grace: 3, start: 30, ticks: 6, pages: 1000 };
  return {
    ...{ rank, size, state, limits, token: "word", host: "127.0.0.1", meeting: "/job/ranks.json", pace: 500 },
    ...{ places: PLACES, losses: LOSSES, unheard: UNHEARD, words: WORDS },
    ...more,
  };
}

const STILL: Work = { ticks: 50, bytes: 1000, isReady: false, pages: 70_000 };

/** For how many beats the process counts as idle after each beat. @param beat  what is before it: changes state, says what was done so far */
function idleness(beats: number, beat: (i: number, state: Int32Array) => Partial<Work> | null): number[] {
  const duties = dutiesOf(1, 3);
  let work: Work | null = null;
  const watch = watcher(duties, () => work);
  return Array.from({ length: beats }, (_, i) => {
    const found = beat(i, duties.state);
    work = found === null ? null : { ...STILL, ...found };
    watch();
    return duties.state[MISSES + 3 + 1]!;
  });
}

test.each<[string, (i: number, state: Int32Array) => Partial<Work> | null, number[]]>([
  // The first beat shows that no wait began or ended, the second what there is to compare with.
  ["nothing is done", () => ({}), [0, 0, 1, 2, 3, 4]],
  ["a byte is moved", (i) => ({ bytes: i < 3 ? 1000 : 1001 }), [0, 0, 1, 0, 1, 2]],
  ["a processor is used now and then", (i) => ({ ticks: 50 + i }), [0, 0, 1, 2, 3, 4]],
  ["as much of a processor is used as work needs", (i) => ({ ticks: 50 + 3 * i }), [0, 0, 1, 0, 1, 0]],
  ["it would work if it had a processor", (i) => ({ isReady: i === 3 }), [0, 0, 1, 0, 1, 2]],
  ["the system does not tell", () => null, [0, 0, 0, 0, 0, 0]],
  ["pages are written for others", (i) => ({ pages: 70_000 * (i + 1) }), [0, 0, 1, 2, 3, 4]],
  [
    "it waits for others",
    (_, state) => {
      state[TURNS] = 3;
      return {};
    },
    [0, 0, 0, 0, 0, 0],
  ],
  [
    "it waited for others meanwhile",
    (i, state) => {
      state[TURNS] = i < 3 ? 4 : 6;
      return {};
    },
    [0, 0, 1, 0, 0, 1],
  ],
  [
    "a file of two beats of a slow disk is flushed",
    (i, state) => {
      state[FLUSH] = i === 0 ? 0 : 1 + 2;
      return {};
    },
    [0, 0, 0, 0, 0, 1],
  ],
  [
    "a file is flushed, and the disk writes",
    (i, state) => {
      state[FLUSH] = 1;
      return { pages: 70_000 + (i < 4 ? 0 : 1000) };
    },
    [0, 0, 1, 2, 0, 1],
  ],
])("a main thread is idle, in beats, while %s", (_, beat, expected) => {
  expect(idleness(expected.length, beat)).toEqual(expected);
});

/** What a thread tells and writes in so many beats. @param beat  is before each of them */
function judged(duties: Duties, beats: number, beat: (i: number) => void = () => {}) {
  const [told, written]: [unknown[], [beat: number, text: string][]] = [[], []];
  let now = 0;
  const kill = vi.spyOn(process, "kill").mockClear().mockReturnValue(true);
  const fs = { writeSync: (_: number, text: string) => written.push([now, text]) };
  const port = { postMessage: (loss: unknown) => told.push(loss) };
  const judgeAll = judge(duties, port as never, fs as never);
  for (now = 1; now <= beats && written.length === 0; now++) {
    beat(now);
    judgeAll();
  }
  expect(kill.mock.calls).toEqual(written.map(() => [process.pid, "SIGKILL"]));
  return { told, written };
}

/** Those that are heard beat by beat. */
const hearing = (duties: Duties, ranks: readonly number[]) => () => {
  for (const other of ranks) duties.state[MISSES + other] = 0;
};

test.each([
  ["the first one ends the job for a silent rank", 0, [0, 1], "silent 2", 16],
  ["and for all that are silent", 0, [0], "silent 1, 2", 16],
  ["the second one for the first", 1, [1, 2], "silent 0", 16],
  ["the third one later: it may be the last that is left", 2, [1, 2], "silent 0", 22],
])("%s", (_, rank, heard, text, after) => {
  const duties = dutiesOf(rank, 3);
  const { told, written } = judged(duties, 50, hearing(duties, heard));
  expect(written).toEqual([[after - 1, text]]);
  expect(told).toHaveLength(1);
});

test("the first rank ends the job for one that is stuck, itself too, and nobody else does", () => {
  for (const stuck of [0, 2]) {
    const duties = dutiesOf(0, 3);
    duties.state[MISSES + 3 + stuck] = 12;
    const { told, written } = judged(duties, 50, hearing(duties, [0, 1, 2]));
    expect({ told, written }).toEqual({ told: [{ why: "stuck", ranks: [stuck] }], written: [[4, `stuck ${stuck}`]] });
  }
  const other = dutiesOf(1, 3);
  other.state[MISSES + 3] = 12;
  expect(judged(other, 50, hearing(other, [0, 1, 2]))).toEqual({ told: [], written: [] });
});

test("a loss that is over or dealt with ends nothing", () => {
  const over = dutiesOf(0, 2);
  const idle = MISSES + 2 + 1;
  const { told, written } = judged(over, 50, (i) => {
    hearing(over, [0, 1])();
    over.state[idle] = i % 3 === 0 ? 0 : 12;
  });
  expect(written).toEqual([]);
  expect(told.length).toBeGreaterThan(2);
  const dealt = dutiesOf(0, 2);
  dealt.state[DEALT] = 1;
  expect(judged(dealt, 50).written).toEqual([]);
});

test.each([
  ["those of its machine that it did not hear, the first one names", 0, "/job/ranks.json", "unseen 1, 3", 31],
  ["another one the first, and later", 2, "/job/ranks.json", "unseen 0", 35],
  ["of other machines none is known", 0, null, "late", 31],
])("ranks that are not together in time end the job: %s", (_, rank, meeting, text, beat) => {
  const duties = dutiesOf(rank, 4, { meeting });
  duties.state[TOGETHER] = 0;
  for (const other of [0, 1, 3]) duties.state[MISSES + other] = UNHEARD;
  expect(judged(duties, 100, hearing(duties, [2])).written).toEqual([[beat, text]]);
});

test("where all were heard and do not come together, none is named", () => {
  const duties = dutiesOf(0, 2);
  duties.state[TOGETHER] = 0;
  expect(judged(duties, 100, hearing(duties, [0, 1])).written).toEqual([[31, "late"]]);
});

test("a file by which ranks meet is written once whole, and read as often as asked", () => {
  const files = new Map<string, string>();
  const writes: string[] = [];
  const fs = {
    readFileSync: (path: string) =>
      files.get(path) ??
      (() => {
        throw new Error("ENOENT");
      })(),
    writeFileSync: (path: string, text: string) => {
      writes.push(path);
      files.set(path, text);
    },
    renameSync: (from: string, to: string) => {
      files.set(to, files.get(from)!);
      files.delete(from);
    },
  };
  const [first, second] = [dutiesOf(0, 2), dutiesOf(1, 2, { token: null })];
  for (const { state } of [first, second]) [state[TOGETHER], state[PORT]] = [0, 4567];
  const [tells, reads] = [first, second].map((duties) => meeter(duties, fs as never));
  expect(reads!()).toBeNull();
  expect([tells!(), tells!()]).toEqual([null, null]);
  expect([writes, [...files.keys()]]).toEqual([["/job/ranks.json.tmp"], ["/job/ranks.json"]]);
  const found = { token: "word", hub: [{ address: "127.0.0.1", port: 4567 }] };
  expect([reads!(), reads!()]).toEqual([found, found]);
  second.state[TOGETHER] = 1;
  expect(reads!()).toBeNull();
});
