import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { nameTable, seriesTable } from "../support/rows.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const folder = temporaryFolder();
const SMALL = ["--threads", "1", "--hidden", "4", "--max-steps", "2", "--max-length", "4"];

test.each([
  ["names", "n.csv", nameTable(60), ["--embed", "4"], 60, "rows"],
  ["numbers", "s.csv", seriesTable(40), [], 40, "rows"],
  ["lines", "a.log", "up\nclose again\n".repeat(30), ["--task", "anomaly"], 30, "lines"],
])("%s that are longer than what is read of them are told, with how many", async (_, name, text, flags, long, unit) => {
  writeFileSync(folder.at(name), text);
  const run = await folder.cli("train", `@${name}`, "--out", "@run", ...SMALL, ...flags);
  expect([run.code, run.err]).toEqual([0, ""]);
  const said = "have more than 4 steps (maxLength): what stands behind them is not read";
  const predicted = await folder.cli("predict", "@run", `@${name}`);
  const [, count] = /note: (\d+) of \d+ rows/.exec(predicted.err.replace(/\s+/g, " ")) ?? [];
  expect(predicted.err.replace(/\s+/g, " ")).toContain(`rows ${said}`);
  expect(Number(count)).toBeLessThanOrEqual(long);
  expect(Number(count)).toBeGreaterThan(long / 2 - 1);
  const { out } = await folder.cli("eval", "@run", `@${name}`);
  expect(out.replace(/\s+/g, " ")).toContain(`cut ${count} ${unit} ${said}`);
  const short = await folder.cli("predict", "@run", "--text", name === "s.csv" ? "1,2,3,4" : "ab");
  expect(short.err).not.toContain("note");
});
