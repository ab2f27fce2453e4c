import { readFileSync, writeFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import { dailyTable } from "../support/rows.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const folder = temporaryFolder();
const { at } = folder;
const SMALL = ["--hidden", "6", "--threads", "1", "--lr", "0.02", "--horizon", "3", "--batch", "32", "--epochs", "20"];
const TRAIN = ["train", "@days.csv", "--out", "@run", ...SMALL];

beforeEach(() => writeFileSync(at("days.csv"), dailyTable(100)));

test.each([
  [0, ["--known", "holiday"], "eval"],
  [2, ["--known", "holiday"], "eval"],
  [3, ["--known", "holiday"], "predict"],
  [0, [], "predict"],
])("with %i days to come and %j, what is told to do next is %s, and can be done", async (future, flags, next) => {
  writeFileSync(at("days.csv"), dailyTable(60, { future }));
  for (const more of [[], ["--stream"]]) {
    const { out } = await folder.cli(...TRAIN, "--out", `@next${more}`, "--epochs", "1", ...flags, ...more);
    expect(out).toContain(`\nNext: unrolled ${next} next${more} days.csv\n`);
    const { code, err } = await folder.cli(next, `@next${more}`, "@days.csv");
    expect([code, err]).toEqual([0, ""]);
  }
});

test("train, eval, predict: naive forecasts stand beside every figure", async () => {
  const { code, out, err } = await folder.cli(...TRAIN, "--epochs", "2");
  expect([code, err]).toEqual([0, ""]);
  expect(out).toContain("reading days.csv as forecast: time=day, target=load, id=site (2 series)\n");
  expect(out).toMatch(/Training on days\.csv: 200 values of 2 series, \d+ windows \(6 to validate on\)\n/);
  expect(out).toContain("chosen for a table of this size: --season 7, --context 14\n");
  expect(out).toMatch(/MASE [\d.]+ {2}naive MASE [\d.]+ {2}seasonal naive MASE [\d.]+ {2}MAE/);
  expect(out).toMatch(/Done after \d+ steps; best MASE [\d.]+ at step \d+\nNext: unrolled predict run days.csv\n/);

  const figures = await folder.cli("eval", "@run", "@days.csv");
  const names = figures.out.split("\n").map((line) => line.slice(0, 21).trim());
  expect(names).toEqual([
    "MASE",
    "naive MASE",
    "seasonal naive MASE",
    "MAE",
    "RMSE",
    "sMAPE",
    "wQL",
    "coverage",
    "loss",
    "values",
    "of",
    "",
  ]);
  const count = async (...flags: string[]) =>
    JSON.parse((await folder.cli("eval", "@run", "@days.csv", "--json", ...flags)).out).values;
  expect(await count(), "what was held out, each value once").toBe(2 * 9);
  expect(await count("--stride", "1")).toBe(2 * 3 * 8);
  expect(await count("--from", "2023-04-01", "--stride", "2")).toBe(2 * 3 * 4);

  const { out: rows } = await folder.cli("predict", "@run", "@days.csv");
  expect(rows.split("\n")[0]).toMatch(/^north {2}2023-04-11 {2}[\d.,-]+ {2}\[[\d.,-]+, [\d.,-]+\]$/);
  const { out: lines } = await folder.cli("predict", "@run", "@days.csv", "--json");
  const said = lines
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(said).toHaveLength(6);
  expect(Object.keys(said[0])).toEqual([
    "id",
    "time",
    "value",
    "low",
    "high",
    "q10",
    "q20",
    "q30",
    "q40",
    "q50",
    "q60",
    "q70",
    "q80",
    "q90",
  ]);
});

test("a run goes on as if nothing had been", async () => {
  await folder.cli(...TRAIN, "--calibrate", "--known", "holiday", "--max-steps", "7");
  const { code } = await folder.cli("train", "--resume", "--out", "@run", "--threads", "1", "--max-steps", "15");
  expect(code).toBe(0);
  await folder.cli(
    "train",
    "@days.csv",
    "--out",
    "@whole",
    ...SMALL,
    "--calibrate",
    "--known",
    "holiday",
    "--max-steps",
    "15",
  );
  expect(readFileSync(at("run/last.safetensors"))).toEqual(readFileSync(at("whole/last.safetensors")));
});

describe("what is refused, with a flag to set", () => {
  const lines = dailyTable(60).split("\n");
  const without = (...rows: number[]) => lines.filter((_, row) => !rows.includes(row)).join("\n");
  test.each([
    [
      "a gap",
      without(21, 22),
      [],
      /^error: days\.csv:22: column "day": found "2023-01-12"; it must be 2023-01-11, 1 day after 2023-01-10 in line 20 \(1 missing\)\..* Try: --fill previous\n/,
    ],
    [
      "series that are not told apart",
      lines.join("\n"),
      ["--config", "@one.json"],
      /^error: days\.csv:3: column "day": .*come once.* Try: --id site\n/,
    ],
    [
      "too long a context",
      lines.join("\n"),
      ["--context", "90"],
      /^error: days\.csv:2: series "north": found 60, of which 6 are held out; it must have \d+ values.* Try: --context \d+\n/,
    ],
    [
      "a wrong column",
      lines.join("\n"),
      ["--target", "lod"],
      /^error: days\.csv: found "lod"; it must have the column.* Try: --target load\n/,
    ],
    [
      "a wrong word",
      lines.join("\n"),
      ["--calendar", "day-of-weak"],
      /--calendar: found "day-of-weak".* Try: --calendar day-of-week\n/,
    ],
  ])("%s", async (_, content, argv, says) => {
    writeFileSync(at("days.csv"), content);
    writeFileSync(at("one.json"), JSON.stringify({ id: null, time: "day", target: "load", task: "forecast" }));
    const { code, err } = await folder.cli(...TRAIN, ...argv);
    expect(err).toMatch(says);
    expect(code).toBeGreaterThan(1);
  });

  test("a time that is none for eval", async () => {
    await folder.cli(...TRAIN, "--max-steps", "2");
    const { code, err } = await folder.cli("eval", "@run", "@days.csv", "--from", "soon");
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(
        /^error: --from: found "soon"; it must be a time as the series have them \(2024-02-29\).* Try: --from 2024-01-01\n/,
      ),
    ]);
  });
});
