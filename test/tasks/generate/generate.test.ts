import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { FormatError } from "../../../src/base/errors.js";
import { Generator } from "../../../src/base/random.js";
import { buildTask, decodeTask } from "../../../src/tasks/checkpoint.js";
import type { GenerateSettings } from "../../../src/tasks/generate/config.js";
import type { ClassWriter } from "../../../src/tasks/generate/model.js";
import { generate } from "../../../src/tasks/generate/task.js";
import { TaskTraining } from "../../../src/tasks/task-training.js";
import type { ValidationEvent } from "../../../src/train/index.js";
import { nameTable } from "../../support/rows.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const SMALL: Partial<GenerateSettings> = { hidden: 24, embed: 8, batch: 16, lr: 0.01, valid: 0.2, epochs: 8 };
const source = (text: string) => ({ name: "names.csv", bytes: new TextEncoder().encode(text) });

function begin(table: string, settings: Partial<GenerateSettings>, resume?: Uint8Array) {
  const { data, config } = generate.read({ train: source(table) }, settings, { op: "train" });
  return new TaskTraining(generate, data, config, { resume: resume && decodeTask(generate, resume) });
}

test.each(["lstm", "gru", "min-gru"] as const)("%s: names end as those of their class do", async (cell) => {
  const told: ValidationEvent[] = [];
  const training = begin(nameTable(500), { ...SMALL, cell });
  await training.fit({ onEvent: (event) => event.type === "validation" && told.push(event) });
  const { metrics } = told.at(-1)!;
  expect(Object.keys(metrics)).toEqual(["perplexity", "bits", "loss", "copied"]);
  expect(metrics["perplexity"]).toBeLessThan(0.9 * told[0]!.metrics["perplexity"]!);
  const model = training.model as ClassWriter;
  model.eval();
  expect(model.meaning.classes).toEqual(["flower", "stone"]);
  const shares = [0, 1].map((label) => {
    const texts = model
      .draw(Array(200).fill(label), 1, new Generator(3))
      .map((ids) => model.meaning.vocabulary.decode(ids));
    return texts.filter((text) => /[ai]$/.test(text)).length / 200;
  });
  expect(shares[0]).toBeGreaterThan(0.65);
  expect(shares[1]).toBeLessThan(0.3);
});

test("what is copied is counted: all of what a file has once it was learned by heart", async () => {
  const table = "name,kind\nAda,x\nBo,y\nAda,x\nBo,y\n";
  const training = begin(table, { ...SMALL, valid: 0, epochs: 150 });
  await training.fit();
  training.model.eval();
  const known = { config: training.config, meta: training.about.meta };
  const { figures } = await generate.evaluate!.run(training.model, known, source(table), {});
  const figure = (name: string) => figures.find((own) => own.name === name)!.value;
  expect(figure("copied")).toBeGreaterThan(0.95);
  expect(figure("perplexity")).toBeLessThan(1.1);
  const others = await generate.evaluate!.run(training.model, known, source("name,kind\nBo,x\nAda,y\n"), {});
  expect(others.figures[0]!.value).toBeGreaterThan(5);
});

describe("resuming", () => {
  test.each<[name: string, settings: Partial<GenerateSettings>]>([
    ["dropout, two layers", { dropout: 0.3, layers: 2 }],
    ["a stack with masks", { layers: 2, hiddenDropout: 0.2, weightDrop: 0.2, cell: "gru" }],
  ])("%s: 17 steps are 7 + 10, to the bit; and a model comes back", async (_, more) => {
    const settings = { ...SMALL, hidden: 8, ...more };
    const table = nameTable(150);
    const whole = begin(table, settings);
    await whole.fit({ untilStep: 17 });
    const first = begin(table, settings);
    await first.fit({ untilStep: 7 });
    const second = begin(table, settings, first.encode());
    await second.fit({ untilStep: 17 });
    expect(second.encode()).toEqual(whole.encode());
    const loaded = buildTask(generate, decodeTask(generate, whole.encode()));
    whole.model.eval();
    const draw = (model: unknown) => (model as ClassWriter).draw([0, 1, 1], 0.7, new Generator(5));
    expect(draw(loaded)).toEqual(draw(whole.model));
  });
});

test.each<[what: string, change: object]>([
  ["no classes", { classes: [] }],
  ["classes that are none", { classes: [1] }],
  ["no vocabulary", { vocabulary: undefined }],
  ["a vocabulary without ends", { vocabulary: { kind: "char", tokens: ["a"], unknown: false } }],
])("a checkpoint with %s is refused as such", (_, change) => {
  const good = generate.describeMeta(begin(nameTable(20), SMALL).about.meta);
  expect(() => generate.readMeta({ ...good, ...change })).toThrow(FormatError);
});

describe("the command line", () => {
  const folder = temporaryFolder();
  const { at } = folder;
  const TRAIN = ["train", "@names.csv", "--task", "generate", "--out", "@run", "--hidden", "8", "--threads", "1"];

  test("train, sample, eval", async () => {
    writeFileSync(at("names.csv"), nameTable(100));
    const { code, out, err } = await folder.cli(...TRAIN, "--epochs", "2");
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/Training on names\.csv: 95 rows \(5 to validate on\), 2 classes, \d+ in the vocabulary\n/);
    expect(JSON.parse(readFileSync(at("run/config.json"), "utf8"))).toMatchObject({ text: "name", label: "kind" });
    const argv = ["sample", "@run", "--label", "stone", "--count", "70", "--seed", "4"];
    const first = await folder.cli(...argv);
    expect(first.out.trimEnd().split("\n")).toHaveLength(70);
    expect((await folder.cli(...argv)).out).toBe(first.out);
    const wrong = await folder.cli("sample", "@run", "--label", "ston");
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringMatching(/--label: found "ston"; .*"flower", "stone"/)]);
    expect((await folder.cli("eval", "@run", "@names.csv")).out).toMatch(
      /^perplexity +[\d.]+\nbits .*copied +[\d.]+ %\nrows +100\n/s,
    );
  });

  test.each([
    ["an empty text", "name,kind\nAda,x\n  ,y\n", [], /names\.csv:3: column "name": found " {2}"; it must hold text/],
    ["an empty class", "name,kind\nAda,x\nBo,\n", [], /names\.csv:3: column "kind": found ""; it must name a class/],
    ["a text that is too long", nameTable(9), ["--max-length", "2"], /it must hold at most 2 characters/],
    ["a missing column", nameTable(9), ["--label", "knd"], /Try: --label kind\n/],
    ["one column for both", nameTable(9), ["--label", "name", "--text", "name"], /name for both/],
  ])("%s", async (_, content, argv, says) => {
    writeFileSync(at("names.csv"), content);
    const { code, err } = await folder.cli(...TRAIN, ...argv);
    expect([code, err]).toEqual([3, expect.stringMatching(says)]);
  });
});
