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

/** Where it is stopped: as STOP_AT of that file. */
const MOMENTS: [when: string, ranks: number, lost: number, at: string, argv: readonly string[]][] = [
  ["reads the data", 3, 2, "2 readFileSync c.txt 1 SIGSTOP", LONG],
  [
    "reads the data, and the other's disk hangs",
    2,
    1,
    "1 readFileSync c.txt 1 SIGSTOP;0 readFileSync c.txt 1 block",
    LONG,
  ],
  ["makes the run folder", 2, 0, "0 renameSync config.json 1 SIGSTOP", LONG],
  ["saves", 3, 0, "0 renameSync last.safetensors 2 SIGSTOP", LONG],
  ["runs, but comes no further", 2, 0, "0 openSync metrics.jsonl 2 block", ["--epochs", "9999", "--report-every", "5"]],
  ["tells of a validation", 2, 0, "0 openSync metrics.jsonl 2 SIGSTOP", LONG],
  ["trains a trial for which another waits", 2, 0, "0 openSync 001/metrics.jsonl 3 SIGSTOP", UNEVEN],
  ["saves a trial for which another waits", 2, 0, "0 renameSync 001/last.safetensors 2 SIGSTOP", UNEVEN],
  ["saves a trial while the other trains", 2, 1, "1 renameSync 002/last.safetensors 1 SIGSTOP", UNEVEN],
  ["is between two trials", 2, 0, "0 renameSync results.csv 1 SIGSTOP", SEARCH],
];

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "unrolled-"));
  writeFileSync(join(made, "c.txt"), nonsense(3000));
  return made;
}

/** Several wait at once, each with some processes, which all begin at the same time. */
const TIME = 180_000;

describe.skipIf(!hasMpi)(title("a rank that is stopped"), { timeout: TIME }, () => {
  test.concurrent.each(MOMENTS)("while it %s (one of %i) is missed by the others", async (_, ranks, lost, at, argv) => {
    const place = folder();
    try {
      const program = [process.execPath, "--import", STOP_AT, PROGRAM, ...TRAIN, ...argv, "--out", "run"];
      const { status, out, err } = await launch(place, ranks, program, { env: { STOP_AT: at } });
      expect(status).not.toBe(0);
      expect(errorsIn(out + err)).toEqual([
        expect.stringMatching(
          `^error: rank ${lost} of ${ranks}: found nothing in \\d+ s \\(asked by rank ${lost === 0 ? 1 : 0} on `,
        ),
      ]);
    } finally {
      rmSync(place, { recursive: true, force: true });
    }
  });
});
