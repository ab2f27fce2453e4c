/// <reference types="vite/client" />
import { readFileSync } from "node:fs";
import { MessageChannel } from "node:worker_threads";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test, vi } from "vitest";
import { INITIAL } from "../../studio/src/state/state.js";
import { createStore } from "../../studio/src/state/store.js";
import { fileStem, programOf } from "../../studio/src/train/program.js";
import { Trainer } from "../../studio/src/train/trainer.js";
import { connect, type Port, serve } from "../../studio/src/worker/rpc.js";
import { MemoryStore } from "../../studio/src/worker/store.js";
import { take } from "../../studio/src/worker/take.js";
import { type TrainRequests, trainHandlers } from "../../studio/src/worker/train.js";

const names = readFileSync("studio/src/examples/first-names.csv");
const file = new File([names], "names.csv");
const open: { close(): void }[] = [];
afterEach(() => {
  for (const port of open.splice(0)) port.close();
});

/** A page without a browser: its state, and what it trains with, over a worker with these files. */
function page(files = new MemoryStore(), initial = INITIAL) {
  const { port1, port2 } = new MessageChannel();
  open.push(port1, port2);
  let handlers = {} as Record<keyof TrainRequests, (ask: unknown) => unknown>;
  serve(port2 as unknown as Port, (tell) => {
    handlers = trainHandlers(tell, Promise.resolve(files)) as never;
    return handlers as never;
  });
  const store = createStore(initial);
  const trainer = new Trainer(store, connect(port1 as unknown as Port));
  const until = (test: () => boolean) => vi.waitFor(() => expect(test()).toBe(true), { timeout: 20_000, interval: 5 });
  const read = () => until(() => trainer.live.about !== null && !trainer.live.reading);
  return { store, trainer, until, read };
}

/** With a run of two steps, trained with settings of somebody's own. */
async function withRun(files = new MemoryStore()) {
  const one = page(files);
  await one.until(() => one.trainer.live.begun !== null);
  await one.trainer.drop(file);
  await one.read();
  await one.trainer.change("hidden", 8);
  await one.until(() => one.trainer.live.about?.config["hidden"] === 8 && !one.trainer.live.reading);
  await one.trainer.start(2);
  await one.until(() => one.trainer.live.phase === "paused" && one.trainer.live.step === 2);
  return one;
}

describe("what a run is trained with and what the address says are the same", () => {
  test("a change on the way, all of them undone, and the way back", async () => {
    const { store, trainer, until } = await withRun();
    const id = store.state.run;
    await trainer.change("lr", 0.004);
    expect(store.state).toMatchObject({ run: id, settings: { hidden: 8, lr: 0.004 } });
    const changed = store.state;
    await trainer.change("lr", 0.008);
    store.replace(changed);
    await trainer.start(1);
    await until(() => trainer.live.phase === "paused" && trainer.live.step === 3);
    expect(trainer.live.lr).toBe(0.004);
    // Of what a run is made of none can be undone: another run begins.
    store.dispatch("unsetAll");
    await until(() => store.state.run === null && trainer.live.about?.config["hidden"] !== 8);
    expect(trainer.live.about?.config["lr"]).toBe(0.002);
    store.replace(changed);
    await until(() => trainer.live.step === 3 && trainer.live.about?.config["hidden"] === 8);
  });

  test("one that may change on the way is undone with all others, and the run goes on", async () => {
    const { store, trainer, until } = await withRun();
    const id = store.state.run;
    await trainer.change("lr", 0.5);
    await trainer.change("lr", undefined);
    expect(store.state).toMatchObject({ run: id, settings: { hidden: 8 } });
    await trainer.start(1);
    await until(() => trainer.live.step === 3 && trainer.live.phase === "paused");
    expect(trainer.live.lr).toBe(0.002);
    expect(trainer.live.changedAt).toBe(2);
    await trainer.back(0);
    expect(trainer.live.changedAt).toBe(null);
  });

  test("a setting that a run cannot take is told, and nothing says that it is so", async () => {
    const { store, trainer } = await withRun();
    await trainer.change("lr", -1);
    expect(trainer.live.error).toMatchObject({ argument: "lr", value: "-1" });
    expect(store.state.settings).toEqual({ hidden: 8 });
  });

  test("a run of the list brings its settings along", async () => {
    const files = new MemoryStore();
    const first = await withRun(files);
    const { store, trainer, until } = page(files);
    await until(() => trainer.live.runs.length === 1);
    trainer.resume(trainer.live.runs[0]!);
    await until(() => trainer.live.step === 2 && !trainer.live.reading);
    expect(store.state).toMatchObject({ run: first.store.state.run, task: "classify", settings: { hidden: 8 } });
    // An address that somebody shortened says it again.
    const short = page(files, { ...INITIAL, run: first.store.state.run });
    await short.until(() => short.trainer.live.step === 2 && !short.trainer.live.reading);
    expect(short.store.state).toMatchObject({ data: first.store.state.data, settings: { hidden: 8 } });
  });

  test("a link asks for a file, and trains it with what the link says", async () => {
    const { hash } = await take("names.csv", file);
    const linked = { ...INITIAL, data: { kind: "file", name: "names.csv", hash } as const, settings: { hidden: 12 } };
    const { store, trainer, until, read } = page(new MemoryStore(), linked);
    await until(() => trainer.live.error !== null);
    expect(trainer.live.error).toMatchObject({
      argument: "names.csv",
      fix: expect.stringMatching(/^Drop names\.csv here/),
    });
    await trainer.drop(new File([names], "other-name.csv"));
    await read();
    expect(trainer.live.about?.config["hidden"]).toBe(12);
    expect(store.state).toEqual(linked);
  });
});

test("who starts right after a change trains what was asked for, and what was there before not at all", async () => {
  const { store, trainer, until, read } = page();
  await until(() => trainer.live.begun !== null);
  await trainer.drop(file);
  await read();
  expect(trainer.live.about?.task).toBe("classify");
  store.dispatch("asTask", "generate");
  await trainer.start(1);
  await until(() => trainer.live.phase === "paused" && trainer.live.step === 1);
  expect([trainer.live.about?.task, trainer.live.runs[0]?.task]).toEqual(["generate", "generate"]);
  store.dispatch("asTask", "classify");
  await Promise.all([trainer.start(1), until(() => trainer.live.about?.task === "classify")]);
  await until(() => trainer.live.runs.some(({ task }) => task === "classify"));
});

describe("a file that is dropped", () => {
  const textOf = async ({ content }: { content: Blob }) => content.text();

  test("is known by its content, packed or not", async () => {
    const plain = await take("a.csv", new Blob(["a,b\n1,2\n"]));
    const packed = await take("a.csv.gz", new Blob([gzipSync("a,b\n1,2\n")]));
    expect(plain).toMatchObject({ name: "a.csv", hash: packed.hash });
    expect([packed.name, await textOf(packed)]).toEqual(["a.csv", "a,b\n1,2\n"]);
  });

  test.each([
    ["a.csv.gz", [0x1f, 0x8b, 8, 0, 1, 2, 3], /must be a whole gzip file/],
    ["a.txt", [0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 1], /must be a text, got a PNG picture/],
    ["a.csv", [0x50, 0x4b, 3, 4, 0, 0, 0, 0], /must be a text, got a zip archive/],
    ["a.txt", [...Buffer.from("\ufeffCall me", "utf16le")], /must be a text, got a text in UTF-16/],
  ])("that is no text is named: %s", async (name, bytes, message) => {
    await expect(take(name, new Blob([Uint8Array.from(bytes)]))).rejects.toThrow(message);
  });

  test("is refused where it is too large, before a byte of it is read", async () => {
    const size = 3 * 2 ** 30;
    await expect(take("huge.csv", { size } as Blob)).rejects.toMatchObject({
      name: "OptionError",
      argument: "huge.csv",
      value: "3,072 MiB",
    });
  });
});

describe("the program of an experiment", () => {
  const experiment = {
    task: "classify",
    settings: {},
    config: { seed: 3 },
    data: null,
    changedAt: null,
    engine: "wasm",
  };

  test.each(["a\u2028process.exit()//.csv", 'x"+evil()+".csv', "\u202egnp.csv", "a\nb.csv", "`$" + "{1}`.csv"])(
    "names any file and does nothing else: %j",
    (name) => {
      const program = programOf({ ...experiment, file: name, settings: { valid: name } });
      expect(program.split(/[\n\u2028\u2029\r]/)).toHaveLength(
        programOf({ ...experiment, file: "a.csv", settings: { valid: "" } }).split("\n").length,
      );
      const [, literal] = /await train\((".*"), \{$/m.exec(program)!;
      expect(JSON.parse(literal!)).toBe(name);
      expect(program).not.toMatch(/[\u202a-\u202e]/);
    },
  );

  test.each([
    ["names.csv", "names"],
    ["이름.csv", "이름"],
    ["-rf .csv", "rf"],
    ["../../etc/passwd", "etc-passwd"],
    ["\u202e.csv", "model"],
    [".csv", "model"],
  ])("and its files have names that can be typed: %s", (name, stem) => expect(fileStem(name)).toBe(stem));

  test("says where its settings were others", () => {
    expect(programOf({ ...experiment, file: "a.csv", changedAt: 40 })).toMatch(/^\/\/ On the way .* step 40/);
  });
});
