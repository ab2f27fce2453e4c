import { readFileSync, writeFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import { nameTable, seriesTable } from "../support/rows.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { nonsense } from "../support/text.js";

const folder = temporaryFolder();
const { at } = folder;
const SMALL = ["--hidden", "8", "--embed", "5", "--threads", "1", "--lr", "0.02", "--valid", "0.2", "--batch", "32"];
const TRAIN = ["train", "@names.csv", "--out", "@run", ...SMALL];

beforeEach(() => writeFileSync(at("names.csv"), nameTable(200)));

const table = (text: string) => writeFileSync(at("names.csv"), text);
const jsonLines = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

test("train, eval, predict: each in the words of the task", async () => {
  const { code, out, err } = await folder.cli(...TRAIN, "--epochs", "4");
  expect([code, err]).toEqual([0, ""]);
  expect(out).toContain("reading names.csv as classify: text=name, label=kind (2 classes)\n");
  expect(out).toMatch(/Training on names\.csv: 160 rows \(40 to validate on\), 2 classes\n/);
  expect(out).toMatch(
    /validation loss [\d.]+ {2}macro-F1 [\d.]+ % {2}accuracy [\d.]+ % {2}\(training [\d.]+\) {2}best so far/,
  );
  expect(out).toMatch(
    /Done after 20 steps; best macro-F1 [\d.]+ % at step \d+\nNext: unrolled predict run names.csv\n/,
  );
  expect(out).not.toMatch(/perplexity|tokens|before training/);
  const config = JSON.parse(readFileSync(at("run/config.json"), "utf8"));
  expect(config).toMatchObject({ task: "classify", text: "name", label: "kind", hidden: 8 });
  const [first] = jsonLines(readFileSync(at("run/metrics.jsonl"), "utf8"));
  expect(Object.keys(first)).toEqual(expect.arrayContaining(["loss", "macro-F1", "accuracy"]));

  const figures = await folder.cli("eval", "@run", "@names.csv");
  expect(figures.out).toMatch(
    /^macro-F1 +[\d.]+ %\naccuracy +[\d.]+ %\nlog loss +[\d.]+ nats\ncalibration error {2}[\d.]+ %\nrows {15}200\nof {17}names\.csv\n\nrows are what is right, columns what was said\n {8}flower {2}stone\nflower +\d+ +\d+\nstone +\d+ +\d+\n$/,
  );
  const { out: asJson } = await folder.cli("eval", "@run", "@names.csv", "--json");
  expect(JSON.parse(asJson)).toMatchObject({
    ...{ rows: 200, accuracy: expect.any(Number), "log loss": expect.any(Number), loss: expect.any(Number) },
    ...{ classes: ["flower", "stone"], confusion: [expect.any(Array), expect.any(Array)] },
  });

  // Rows without a class are what is predicted.
  const names = nameTable(70, 5)
    .split("\n")
    .map((line) => line.split(",")[0]);
  writeFileSync(at("new.csv"), names.join("\n"));
  const rows = jsonLines((await folder.cli("predict", "@run", "@new.csv", "--json")).out);
  expect(rows).toHaveLength(70);
  const one = await folder.cli("predict", "@run", "--text", names[3]!);
  expect(one.out).toBe(`${rows[2].label}  ${(100 * rows[2].probability).toFixed(1)} %\n`);
});

test("a run goes on with its own task, and its file is read as before", async () => {
  await folder.cli(...TRAIN, "--epochs", "4", "--max-steps", "7");
  const { code, out } = await folder.cli("train", "--resume", "--out", "@run", "--threads", "1", "--max-steps", "20");
  expect(code).toBe(0);
  expect(out).toContain("Going on after step 7 with names.csv");
  await folder.cli("train", "@names.csv", "--out", "@whole", ...SMALL, "--epochs", "4", "--max-steps", "20");
  expect(readFileSync(at("run/last.safetensors"))).toEqual(readFileSync(at("whole/last.safetensors")));
  const other = await folder.cli("train", "--resume", "--out", "@run", "--task", "language-model");
  expect([other.code, other.err]).toEqual([
    2,
    expect.stringContaining("--task: found language-model; the run is of a classifier"),
  ]);
});

test("--task decides where the file does not, and help lists that task's settings", async () => {
  writeFileSync(at("numbers"), seriesTable(60));
  const { code, out } = await folder.cli(
    "train",
    "@numbers",
    "--task",
    "classify",
    "--out",
    "@run",
    ...SMALL,
    "--max-steps",
    "3",
  );
  expect([code, out]).toEqual([0, expect.stringContaining("2 classes")]);
  const whole = await folder.cli(
    "train",
    "@names.csv",
    "--task",
    "lm",
    "--out",
    "@lm",
    "--hidden",
    "8",
    "--epochs",
    "1",
    "--threads",
    "1",
  );
  expect([whole.code, whole.out]).toEqual([0, expect.stringContaining("in the vocabulary")]);
  expect((await folder.cli("train", "--task", "classify", "--help")).out).toMatch(
    /Train a classifier on a table.*--pooling/s,
  );
  expect((await folder.cli("train", "--help")).out).not.toContain("--pooling");
});

const SAID: [what: string, content: string, argv: string[], says: RegExp][] = [
  [
    "an empty class",
    "name,kind\nAb,x\nBc,\nCd,y\n",
    [],
    /^error: names\.csv:3: column "kind": found ""; it must name a class/,
  ],
  [
    "one class",
    "name,kind\nAb,x\nBc,x\n",
    [],
    /^error: names\.csv: found "x" alone in column "kind"; it must have two classes/,
  ],
  [
    "an empty text",
    'name,kind\nAb,x\n"",y\nCd,y\n',
    ["--valid", "0"],
    /names\.csv:3: column "name": found ""; it must hold text/,
  ],
  [
    "no number",
    "a,b,label\n1,2,x\n3,4 kg,y\n5,6,x\n",
    ["--valid", "0", "--task", "classify", "--config", "@none.json"],
    /names\.csv:3: column "b": found "4 kg"; it must be a finite number/,
  ],
  [
    "a missing column",
    nameTable(9),
    ["--label", "knd"],
    /names\.csv: found "knd"; it must have the column.*Try: --label kind\n/,
  ],
  ["a ragged row", "name,kind\nAb,x\nBc,y,z\n", [], /names\.csv:3: found 3; it must have 2 cells/],
  [
    "a setting of another task",
    nameTable(9),
    ["--seq-len", "5"],
    /^error: --seq-len: found that a classifier is trained; it is a setting of a language model/,
  ],
  [
    "a task that is none",
    nameTable(9),
    ["--task", "clasify"],
    /^error: --task: found "clasify"; .*Try: --task classify\n/,
  ],
];

describe("what is refused", () => {
  test.each(SAID)("%s, before anything is written", async (_, content, argv, says) => {
    table(content);
    writeFileSync(at("none.json"), '{"text": null}');
    const { code, err } = await folder.cli(...TRAIN, ...argv);
    expect(err).toMatch(says);
    expect([2, 3]).toContain(code);
    expect(() => readFileSync(at("run/config.json"))).toThrow();
  });

  test("at evaluation a class that training never saw, and a missing column; at prediction a table without the text", async () => {
    await folder.cli(...TRAIN, "--max-steps", "2");
    writeFileSync(at("new.csv"), "name,kind\nAba,stone\nBob,cloud\n");
    const unseen = await folder.cli("eval", "@run", "@new.csv");
    expect([unseen.code, unseen.err]).toEqual([
      3,
      expect.stringMatching(
        /new\.csv:3: column "kind": found "cloud"; it must be a class that was learned \("flower", "stone"\)/,
      ),
    ]);
    writeFileSync(at("new.csv"), "nam,kind\nAba,stone\n");
    const missing = await folder.cli("predict", "@run", "@new.csv");
    expect([missing.code, missing.err]).toEqual([
      3,
      expect.stringMatching(/new\.csv: found "name"; it must have the column/),
    ]);
  });

  test("a command that the model's task has not", async () => {
    await folder.cli(...TRAIN, "--max-steps", "2");
    const { code, err } = await folder.cli("sample", "@run");
    expect([code, err]).toEqual([
      3,
      expect.stringMatching(/found a classifier; unrolled sample is for .*a language model/),
    ]);
    const flags = await folder.cli("eval", "@run", "@names.csv", "--unknown", "skip");
    expect([flags.code, flags.err]).toEqual([
      2,
      expect.stringContaining("--unknown: found that the model is a classifier"),
    ]);
    writeFileSync(at("c.txt"), nonsense(2000));
    await folder.cli("train", "@c.txt", "--out", "@lm", "--hidden", "8", "--max-steps", "2", "--threads", "1");
    const text = await folder.cli("predict", "@lm", "@names.csv");
    expect([text.code, text.err]).toEqual([
      3,
      expect.stringMatching(/found a language model; unrolled predict is for .*a classifier/),
    ]);
  });
});
