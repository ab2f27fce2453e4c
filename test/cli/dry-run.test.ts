import { existsSync, writeFileSync } from "node:fs";
import { beforeEach, expect, test } from "vitest";
import { printDryRun } from "../../src/cli/train/dry-run.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { FakeTerminal } from "../support/terminal.js";
import { nonsense } from "../support/text.js";

const folder = temporaryFolder();
const { at } = folder;
const SMALL = ["--hidden", "8", "--layers", "1", "--batch", "4", "--seq-len", "10", "--threads", "1"];
const TRAIN = ["train", "@c.txt", "--out", "@run", ...SMALL, "--max-steps", "6"];

beforeEach(() => writeFileSync(at("c.txt"), nonsense(3000)));

test("tells what would be trained and how long it takes, and writes nothing", async () => {
  const { code, out, err } = await folder.cli(...TRAIN, "--dry-run");
  expect([code, err]).toEqual([0, ""]);
  expect(out).toMatch(/^Training on c\.txt: 2,850 tokens/);
  expect(out).toMatch(/a step takes about [\d.]+ ms: \d:\d\d for 6 steps\n/);
  expect(out).toMatch(/training takes about [\d.]+ KiB of memory\n/);
  expect(out).toMatch(/Nothing was written: without --dry-run it trains\.\n$/);
  expect(existsSync(at("run"))).toBe(false);
});

test.each<[number, number, string]>([
  [0.1234, 1, "a step takes about 120 ms: 0:00 for 1 step"],
  [0.00567, 20_000, "a step takes about 5.7 ms: 1:53 for 20,000 steps"],
  [12.3, 10, "a step takes about 12,000 ms: 2:03 for 10 steps"],
])("%d s a step, %d steps", (secondsPerStep, steps, says) => {
  const { stdout } = new FakeTerminal();
  printDryRun(stdout, { steps, secondsPerStep, seconds: steps * secondsPerStep, trainingBytes: 1 });
  expect(stdout.text.split("\n")[0]).toBe(says);
});

test("one step alone is timed too", async () => {
  const { out } = await folder.cli(...TRAIN, "--max-steps", "1", "--dry-run", "--json");
  expect(JSON.parse(out.trimEnd().split("\n")[1]!)).toMatchObject({ steps: 1, secondsPerStep: expect.any(Number) });
  expect(JSON.parse(out.trimEnd().split("\n")[1]!).secondsPerStep).toBeGreaterThan(1e-5);
});

test("for programs: two JSON lines", async () => {
  const { out } = await folder.cli(...TRAIN, "--dry-run", "--json");
  const lines = out.trimEnd().split("\n").map((line) => JSON.parse(line)); // biome-ignore format: a line
  expect(lines.map(({ type }) => type)).toEqual(["start", "dry-run"]);
  expect(lines[1]).toMatchObject({ steps: 6 });
  expect(lines[1].seconds).toBeCloseTo(6 * lines[1].secondsPerStep, 10);
});

test("where a run lies already it tells all the same, and leaves that run alone", async () => {
  await folder.cli(...TRAIN);
  const { code } = await folder.cli(...TRAIN, "--dry-run");
  expect(code).toBe(0);
  const resumed = await folder.cli(...TRAIN, "--dry-run", "--resume");
  expect(resumed.code).toBe(2);
  expect(resumed.err).toContain("--dry-run: found --resume as well; it is for a run that begins.");
});

test("what does not fit is refused as in training", async () => {
  const bad = await folder.cli(...TRAIN, "--dry-run", "--seq-len", "5000");
  expect([bad.code, bad.out]).toEqual([3, ""]);
  const large = await folder.cli(...TRAIN, "--dry-run", "--hidden", "1000000000");
  expect(large.code).toBe(6);
});

test("a table: its task says what stands in it", async () => {
  const rows = Array.from({ length: 40 }, (_, i) => `${i % 2 === 0 ? "good work" : "bad thing"} ${i},${i % 2 === 0 ? "up" : "down"}`); // biome-ignore format: a line
  writeFileSync(at("rows.csv"), `words,kind\n${rows.join("\n")}\n`);
  const { code, out } = await folder.cli("train", "@rows.csv", "--dry-run", "--hidden", "8", "--threads", "1");
  expect(code).toBe(0);
  expect(out).toMatch(/reading rows\.csv as classify/);
});
