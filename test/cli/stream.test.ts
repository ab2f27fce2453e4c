import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test, vi } from "vitest";
import { CliError } from "../../src/cli/errors/cli-error.js";
import { isLarge, readStart, refuseTooLarge } from "../../src/cli/input/large-files.js";
import { wholeRows } from "../../src/data/readers/whole-rows.js";
import { forecast } from "../../src/tasks/forecast/task.js";
import { decodeAnyTask } from "../../src/tasks/registry.js";
import { dailyTable, nameTable } from "../support/rows.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { FakeTerminal } from "../support/terminal.js";

const folder = temporaryFolder();
const { at } = folder;
const SMALL = ["--hidden", "8", "--embed", "5", "--threads", "1", "--lr", "0.02", "--valid", "0.2", "--epochs", "3"];

test("a run whose rows stay on the disk trains, goes on to the bit, and leaves nothing behind", async () => {
  writeFileSync(at("names.csv"), nameTable(200));
  vi.stubEnv("TMPDIR", at());
  const run = (out: string, ...more: string[]) =>
    folder.cli("train", "@names.csv", "--out", out, "--stream", ...SMALL, ...more);
  const { code, out, err } = await run("@run", "--max-steps", "7");
  expect([code, err]).toEqual([0, ""]);
  expect(out).toMatch(/Training on names\.csv: 1\d\d rows \(\d\d to validate on\), 2 classes\n/);
  expect(JSON.parse(readFileSync(at("run/config.json"), "utf8"))).toMatchObject({ task: "classify", stream: true });
  const resumed = await folder.cli("train", "--resume", "--out", "@run", "--threads", "1", "--max-steps", "20");
  expect([resumed.code, resumed.err]).toEqual([0, ""]);
  await run("@whole", "--max-steps", "20");
  expect(readFileSync(at("run/last.safetensors"))).toEqual(readFileSync(at("whole/last.safetensors")));
  expect(readdirSync(at()).sort()).toEqual(["names.csv", "run", "whole"]);
  vi.unstubAllEnvs();
  expect((await folder.cli("predict", "@run", "--text", "Ababo")).code).toBe(0);
});

test.each([
  ["characters", []],
  ["words and random lengths", ["--tokens", "word", "--random-length"]],
  ["any bytes", ["--tokens", "byte"]],
])("a text of several files whose tokens stay on the disk is trained on as one in memory: %s", async (_, flags) => {
  writeFileSync(at("a.txt"), "Der Zug fährt ab.\r\n".repeat(60));
  writeFileSync(at("b.txt"), "\ufeffDas Schiff liegt fest. ".repeat(50));
  vi.stubEnv("TMPDIR", at());
  const files = ["@a.txt", "@b.txt"];
  const settings = ["--hidden", "6", "--threads", "1", "--batch", "4", "--seq-len", "9", "--epochs", "2", ...flags];
  const run = (out: string, ...more: string[]) => folder.cli("train", ...files, "--out", out, ...settings, ...more);
  const whole = await run("@whole", "--max-steps", "20");
  const { code, out, err } = await run("@run", "--stream", "--max-steps", "7");
  expect([code, err]).toEqual([0, ""]);
  const said = /Training on .*\n/.exec(whole.out)?.[0];
  expect(out).toContain(said);
  expect(JSON.parse(readFileSync(at("run/config.json"), "utf8"))).toMatchObject({ stream: true });
  const resumed = await folder.cli("train", "--resume", "--out", "@run", "--threads", "1", "--max-steps", "20");
  expect([resumed.code, resumed.err]).toEqual([0, ""]);
  const weights = (of: string) => [...decodeAnyTask(readFileSync(at(of, "last.safetensors"))).weights.values()];
  expect(weights("run")).toEqual(weights("whole"));
  expect(readdirSync(at()).sort()).toEqual(["a.txt", "b.txt", "run", "whole"]);
  vi.unstubAllEnvs();
});

test("series that stay on the disk are trained on as in memory, go on to the bit, and are predicted and judged", async () => {
  const table = dailyTable(60, { future: 3 });
  writeFileSync(at("days.csv"), table);
  writeFileSync(at("bad.csv"), `${table}soon,north,,3\n2023-02-30,south,yes,1,2\n`);
  vi.stubEnv("TMPDIR", at());
  const columns = ["--time", "day", "--target", "load", "--id", "site", "--known", "holiday", "--horizon", "3"];
  const settings = ["--task", "forecast", ...columns, "--hidden", "6", "--threads", "1", "--epochs", "2"];
  const run = (out: string, ...more: string[]) => folder.cli("train", "@days.csv", "--out", out, ...settings, ...more);
  const whole = await run("@whole", "--max-steps", "9");
  const { code, out, err } = await run("@run", "--stream", "--max-steps", "4");
  expect([code, err]).toEqual([0, ""]);
  expect(out).toContain(/Training on .*\n/.exec(whole.out)![0]);
  const resumed = await folder.cli("train", "--resume", "--out", "@run", "--threads", "1", "--max-steps", "9");
  expect([resumed.code, resumed.err]).toEqual([0, ""]);
  const weights = (of: string) => [...decodeAnyTask(readFileSync(at(of, "last.safetensors"))).weights.values()];
  expect(weights("run")).toEqual(weights("whole"));
  const good = await folder.cli("predict", "@run", "@days.csv", "--out-format", "csv", "--skip-bad");
  expect([good.code, good.err, good.out.split("\n").length]).toEqual([0, "", 8]);
  const bad = await folder.cli("predict", "@run", "@bad.csv", "--out-format", "csv", "--skip-bad");
  expect(bad.out.split("\n").filter((line) => !line.includes("must"))).toEqual(good.out.split("\n"));
  expect(bad.err).toMatch(/^warning: 2 of 8 rows could not be read\n {2}.*bad\.csv:128: column "day": found "soon"/);
  const judged = await folder.cli("eval", "@run", "@days.csv");
  expect([judged.code, judged.out]).toEqual([0, expect.stringMatching(/^MASE .*\n/)]);
  const left = await folder.cli("eval", "@run", "@bad.csv", "--skip-bad");
  expect(left.out).toBe(judged.out.replace("days.csv", "bad.csv"));
  expect((await folder.cli("eval", "@run", "@bad.csv")).code).toBe(3);
  expect(readdirSync(at()).sort()).toEqual(["bad.csv", "days.csv", "run", "whole"]);
  vi.unstubAllEnvs();
});

test("standard input and gzip are as the file", async () => {
  const bytes = new TextEncoder().encode(nameTable(120));
  writeFileSync(at("names.csv"), bytes);
  writeFileSync(at("names.csv.gz"), gzipSync(bytes));
  await folder.cli("train", "@names.csv", "--out", "@file", "--stream", ...SMALL);
  await folder.cli("train", "@names.csv.gz", "--out", "@packed", "--stream", ...SMALL);
  const args = ["train", "-", "--task", "classify", "--out", "@input", "--stream", ...SMALL];
  const { code, out } = await folder.cliOn(new FakeTerminal({ input: bytes }), ...args);
  expect([code, out]).toEqual([0, expect.stringContaining("text=name, label=kind (2 classes)")]);
  const weights = (run: string) => readFileSync(at(run, "best.safetensors"));
  expect(weights("packed")).toEqual(weights("file"));
  expect(weights("input")).toEqual(weights("file"));
});

test("a bad row is refused by line, and nothing is written", async () => {
  writeFileSync(at("names.csv"), nameTable(50).replace(/(.*\n.*\n.*\n).*,/, "$1"));
  const { code, err } = await folder.cli("train", "@names.csv", "--out", "@run", "--stream", ...SMALL);
  expect(code).toBe(3);
  expect(err).toMatch(/^error: .*names\.csv:4.*\n?.*cells/);
  expect(readdirSync(at())).toEqual(["names.csv"]);
});

test("what a large file is comes from its first rows, packed or not", () => {
  const text = 'a,b\n"1\n2",3\n4,"5\n6"\n';
  writeFileSync(at("a.csv"), text);
  const packed = gzipSync(text.repeat(1000));
  writeFileSync(at("a.csv.gz"), packed);
  expect([isLarge([at("a.csv")], 20), isLarge([at("a.csv")], 1000), isLarge([at("none")], 1)]).toEqual([
    true,
    false,
    false,
  ]);
  expect([isLarge([at("a.csv.gz")], 20_000), packed.length < 20_000]).toEqual([true, true]);
  const start = (name: string, most: number) => new TextDecoder().decode(readStart(at(name), most));
  expect([start("a.csv", 8), start("a.csv", 15), start("a.csv", 100)]).toEqual(["a,b\n", 'a,b\n"1\n2",3\n', text]);
  expect(text.repeat(1000).startsWith(start("a.csv.gz", packed.length - 20))).toBe(true);
  expect(start("a.csv.gz", packed.length - 20).length).toBeGreaterThan(20);
  expect(new TextDecoder().decode(wholeRows(new TextEncoder().encode("no end")))).toBe("no end");
});

test("a text is judged as a whole where it is small: no row of it can be left out", async () => {
  const text = "Der Zug fährt ab.\r\n".repeat(60);
  writeFileSync(at("a.txt"), text);
  const settings = ["--hidden", "6", "--threads", "1", "--batch", "4", "--seq-len", "9", "--epochs", "1"];
  await folder.cli("train", "@a.txt", "--out", "@run", ...settings);
  const { code, err } = await folder.cli("eval", "@run", "@a.txt", "--skip-bad");
  expect([code, err]).toEqual([2, expect.stringContaining("--skip-bad")]);
  expect((await folder.cli("eval", "@run", "@a.txt")).code).toBe(0);
});

test("a task that needs all says how much that may be", () => {
  writeFileSync(at("days.csv"), "x".repeat(3000));
  expect(() => refuseTooLarge([at("days.csv")], forecast as never, 3000)).not.toThrow();
  const refused = () => refuseTooLarge([at("days.csv")], forecast as never, 2048);
  expect(refused).toThrow(CliError);
  expect(refused).toThrow(/needs its table as a whole, of at most/);
});

test.each([
  ["empty", "", "found an empty one"],
  ["blank", " \n ", "found only white space (3 characters)"],
])("a file to validate on that is %s is the one that is named", async (_, held, found) => {
  writeFileSync(at("a.txt"), "the sea and the whale, ".repeat(100));
  writeFileSync(at("held.txt"), held);
  const argv = ["train", "@a.txt", "--valid", at("held.txt"), "--out", "@run", "--hidden", "4", "--max-steps", "1"];
  const [streamed, whole] = [await folder.cli(...argv, "--stream"), await folder.cli(...argv)];
  expect(streamed).toEqual(whole);
  expect([streamed.code, streamed.err]).toEqual([3, expect.stringMatching(`^error: held.txt: ${found.replace(/[()]/g, "\\$&")}`)]); // biome-ignore format: a line
});
