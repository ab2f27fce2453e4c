import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { errorsIn, hasMpi, launch, PROGRAM, title } from "../support/mpirun.js";
import { nonsense } from "../support/text.js";

const STOP_AT = resolve("test/support/stop-at.mjs");
const TRAIN = [
  "train",
  "c.txt",
  "--hidden",
  "8",
  "--layers",
  "1",
  "--seq-len",
  "10",
  "--threads",
  "1",
  "--batch",
  "4",
  "--json",
];
const LONG = ["--epochs", "100000", "--validate-every", "20"];
const SEARCH = ["--epochs", "3", "--search", "lr=0.01,0.003,0.03,0.02", "--trials", "4"];
/** Its second trial is short: the rank of that one waits for the first. */
const UNEVEN = ["--epochs", "1000", "--validate-every", "20", "--search", "maxSteps=100000,20", "--trials", "2"];

/** What is told of a rank that says nothing, of one that does nothing, and of one that never was there; for how long, and by which. */
const SILENT = "found nothing in \\d+ s \\(asked by rank";
const STUCK = "found nothing done in \\d+ s, no byte moved and no processor used \\(seen by rank";
const ABSENT = "found no sign of it in \\d+ s \\(awaited by rank";

interface Moment {
  when: string;
  ranks: number;
  /** Which of them is stopped, and where: as STOP_AT of that file. */
  lost: number;
  at: string;
  argv: readonly string[];
  /** Default: SILENT. */
  told?: string;
  env?: Readonly<Record<string, string>>;
}

const MOMENTS: readonly Moment[] = [
  {
    ...{ when: "loads MPI", ranks: 2, lost: 1, at: "1 readFileSync koffi 1 SIGSTOP", argv: LONG },
    ...{ told: ABSENT, env: { UNROLLED_RANKS_START: "15" } },
  },
  { when: "loads MPI, and was heard", ranks: 3, lost: 0, at: "0 readFileSync koffi 1 late", argv: LONG },
  { when: "reads the data", ranks: 3, lost: 2, at: "2 readFileSync c.txt 1 SIGSTOP", argv: LONG },
  {
    ...{ when: "reads the data, and the other's disk hangs", ranks: 2, lost: 1, argv: LONG },
    ...{ at: "1 readFileSync c.txt 1 SIGSTOP;0 readFileSync c.txt 1 block", env: { UNROLLED_RANKS_STUCK: "60" } },
  },
  { when: "waits for its disk", ranks: 3, lost: 2, at: "2 readFileSync c.txt 1 block", argv: LONG, told: STUCK },
  {
    when: "waits for its disk, and is the first",
    ranks: 2,
    lost: 0,
    at: "0 readFileSync c.txt 1 block",
    argv: LONG,
    told: STUCK,
  },
  {
    ...{ when: "is busy for ever", ranks: 2, lost: 1, at: "1 readFileSync c.txt 1 spin", argv: LONG },
    ...{ env: { UNROLLED_RANKS_BUSY: "10" } },
  },
  { when: "makes the run folder", ranks: 2, lost: 0, at: "0 renameSync config.json 1 SIGSTOP", argv: LONG },
  { when: "saves", ranks: 3, lost: 0, at: "0 renameSync last.safetensors 2 SIGSTOP", argv: LONG },
  {
    when: "saves on a disk that hangs",
    ranks: 2,
    lost: 0,
    at: "0 renameSync last.safetensors 2 block",
    argv: LONG,
    told: STUCK,
  },
  {
    ...{ when: "runs, but comes no further", ranks: 2, lost: 0, at: "0 openSync metrics.jsonl 2 block" },
    argv: ["--epochs", "9999", "--report-every", "5"],
  },
  { when: "tells of a validation", ranks: 2, lost: 0, at: "0 openSync metrics.jsonl 2 SIGSTOP", argv: LONG },
  {
    ...{ when: "trains a trial for which another waits", ranks: 2, lost: 0, argv: UNEVEN },
    at: "0 openSync 001/metrics.jsonl 3 SIGSTOP",
  },
  {
    ...{ when: "saves a trial for which another waits", ranks: 2, lost: 0, argv: UNEVEN },
    at: "0 renameSync 001/last.safetensors 2 SIGSTOP",
  },
  {
    ...{ when: "saves a trial while the other trains", ranks: 2, lost: 1, argv: UNEVEN },
    at: "1 renameSync 002/last.safetensors 1 SIGSTOP",
  },
  { when: "is between two trials", ranks: 2, lost: 0, at: "0 renameSync results.csv 1 SIGSTOP", argv: SEARCH },
];

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "unrolled-"));
  writeFileSync(join(made, "c.txt"), nonsense(3000));
  return made;
}

/** Several wait at once, each with some processes, which all begin at the same time. */
const TIME = 180_000;

describe.skipIf(!hasMpi)(title("a rank that is stopped"), { timeout: TIME }, () => {
  test.concurrent.each(MOMENTS)("while it $when (one of $ranks) is missed by the others", async (moment) => {
    const { ranks, lost, at, argv, told = SILENT, env = {} } = moment;
    const place = folder();
    try {
      const program = [process.execPath, "--import", STOP_AT, PROGRAM, ...TRAIN, ...argv, "--out", "run"];
      const { status, out, err } = await launch(place, ranks, program, { env: { STOP_AT: at, ...env } });
      expect(status).not.toBe(0);
      const teller = told === STUCK ? 0 : lost === 0 ? 1 : 0;
      expect(errorsIn(out + err)).toEqual([
        expect.stringMatching(`^error: rank ${lost} of ${ranks}: ${told} ${teller} on `),
      ]);
    } finally {
      rmSync(place, { recursive: true, force: true });
    }
  });
});
