import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { FormatError } from "../../../src/base/errors.js";
import { Generator } from "../../../src/base/random.js";
import { buildTask, decodeTask } from "../../../src/tasks/checkpoint.js";
import type { GenerateSettings } from "../../../src/tasks/generate/config.js";
import type { ClassWriter } from "../../../src/tasks/generate/model.js";
import { generate } from "../../../src/tasks/generate/task.js";
import { TaskTraining } from "../../../src/tasks/training/task-training.js";
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
  expect(model.meaning.conditions.map(({ values }) => values)).toEqual([["flower", "stone"]]);
  const shares = [0, 1].map((label) => {
    const texts = model
      .draw(Array(200).fill([label]), 1, new Generator(3))
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
    const draw = (model: unknown) => (model as ClassWriter).draw([[0], [1], [1]], 0.7, new Generator(5));
    expect(draw(loaded)).toEqual(draw(whole.model));
  });
});

/** Words of one letter, as many as `size` says; of the letter, and in capitals, as `letter` and `style` say. */
function sizedTable(rows: number, { header = "word,letter,style,size", odd = "" } = {}): string {
  const generator = new Generator(3);
  const lines = Array.from({ length: rows }, () => {
    const size = 1 + generator.integer(6);
    const [letter, style] = ["ab"[generator.integer(2)]!, ["loud", "quiet"][generator.integer(2)]!];
    const word = letter.repeat(size);
    return `${style === "loud" ? word.toUpperCase() : word},${letter},${style},${size}`;
  });
  return `${header}\n${lines.join("\n")}\n${odd}`;
}

describe("several conditions: classes, and numbers that are scaled", () => {
  const ALL = { ...SMALL, text: "word", label: "letter", condition: "style, size", epochs: 14 };

  test("each of them is heard", async () => {
    const training = begin(sizedTable(400), ALL);
    const { conditions } = training.about.meta as never as ClassWriter["meaning"];
    expect(conditions.map(({ name, values }) => [name, values])).toEqual([
      ["letter", ["a", "b"]],
      ["style", ["loud", "quiet"]],
      ["size", null],
    ]);
    const sizes = (training as never as { data: { train: { condition: number[] }[] } }).data.train.map(
      (row) => row.condition[2]!,
    );
    const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
    expect(mean).toBeCloseTo(0, 5);
    expect(sizes.reduce((sum, size) => sum + size ** 2, 0) / sizes.length).toBeCloseTo(1, 5);
    await training.fit();
    const loaded = decodeTask(generate, training.encode());
    const model = buildTask(generate, loaded);
    const rows = source("size,style,letter\n2,loud,a\n5,quiet,b\n4,loud,b\n");
    const told: unknown[] = [];
    for await (const { values } of generate.predict!.run(model, loaded, rows, { temperature: 0 })) told.push(values);
    expect(told).toEqual([
      { condition: "letter=a,style=loud,size=2", text: "AA" },
      { condition: "letter=b,style=quiet,size=5", text: "bbbbb" },
      { condition: "letter=b,style=loud,size=4", text: "BBBB" },
    ]);
    const typed = [];
    for await (const one of generate.predict!.typed(model, loaded, "size=3,style=quiet", { temperature: 0 }))
      typed.push(one.values["text"]);
    expect(typed).toEqual(["aaa", "bbb"]);
    expect(
      [
        ...(generate.generate!.stream(model, {
          label: "a",
          condition: "size=2,style=loud",
          count: 2,
          temperature: 0,
          seed: 1,
        }) as never),
      ].join(""),
    ).toBe("AA\nAA");
  });

  test.each<[what: string, options: Record<string, string>, says: RegExp]>([
    [
      "a class for a number",
      { condition: "size=many" },
      /condition must hold a finite number for "size", got "many"\. Write for example size=\d/,
    ],
    [
      "an unknown column",
      { condition: "sise=3" },
      /of the columns "letter", "style", "size", got "sise"\. Write for example letter=a\./,
    ],
    ["no value", { condition: "size" }, /must be column=value with commas between/],
    [
      "an unknown class",
      { condition: "style=lod" },
      /must be a class that was learned \("loud", "quiet"\), got "lod"\. Did you mean "loud"\?/,
    ],
  ])("to draw: %s", (_, options, says) => {
    const { model } = begin(sizedTable(40), ALL);
    expect(() => [...(generate.generate!.stream(model as ClassWriter, options) as never)]).toThrow(says);
  });

  test("what an error advises is taken", () => {
    const draw = (model: unknown, options: Record<string, string | number>) => [
      ...(generate.generate!.stream(model as ClassWriter, { count: 1, ...options }) as never),
    ];
    const { model } = begin(sizedTable(40), ALL);
    for (const condition of ["size=many", "sise=3", "size"]) {
      let fix = "";
      try {
        draw(model, { condition });
      } catch (error) {
        fix = (error as FormatError).fix;
      }
      // Write for example size=3.4.
      const [, example] = /^Write for example (.*)\.$/.exec(fix)!;
      expect(draw(model, { condition: example! })).toHaveLength(1);
    }
    const numbers = begin(sizedTable(40), { ...ALL, label: null, condition: "size" }).model;
    expect(() => draw(numbers, { label: "a" })).toThrow("Leave label out.");
    const behind = begin(sizedTable(40), { ...ALL, label: null, condition: "size,style" }).model;
    expect(draw(behind, { label: "loud", seed: 2 })).toEqual(draw(behind, { condition: "style=loud", seed: 2 }));
    expect(draw(numbers, {})).toHaveLength(1);
  });

  test.each<[what: string, table: string, settings: object, says: RegExp]>([
    ["a column that is not there", sizedTable(20), { condition: "style,sise" }, /"sise".*"size"/],
    [
      "a number that is none",
      sizedTable(20, { odd: "aa,a,loud,two\n" }),
      {},
      /names\.csv:22: column "size" must be a finite number, got "two"/,
    ],
    [
      "an infinite number",
      sizedTable(20, { odd: "aa,a,loud,1e999\n" }),
      {},
      /names\.csv:22: column "size" must be a finite number/,
    ],
    [
      "an empty number",
      sizedTable(20, { odd: "aa,a,loud,\n" }),
      {},
      /names\.csv:22: column "size" must be a finite number/,
    ],
    ["an empty class", sizedTable(20, { odd: "aa,a,,2\n" }), {}, /names\.csv:22: column "style" must name a class/],
    [
      "the text as a condition of itself",
      sizedTable(20),
      { condition: "word" },
      /condition must be another column than text/,
    ],
    ["commas without a name", sizedTable(20), { condition: " , " }, /must name a column or more.* got " , "/],
  ])("to train: %s", (_, table, settings, says) => {
    expect(() => begin(table, { ...ALL, valid: 0, ...settings })).toThrow(says);
  });

  test("rows to write of: a missing column, a class that was not learned", async () => {
    const training = begin(sizedTable(60), ALL);
    const known = { config: training.config, meta: training.about.meta };
    const ask = async (rows: string) => {
      for await (const _ of generate.predict!.run(training.model, known, source(rows), {})) void _;
    };
    await expect(ask("letter,style\na,loud\n")).rejects.toThrow(/"size"/);
    await expect(ask("letter,style,size\nc,loud,2\n")).rejects.toThrow(
      /names\.csv:2: column "letter" must be a value that was learned \("a", "b"\)/,
    );
    await expect(ask("letter,style,size\na,loud,x\n")).rejects.toThrow(
      /names\.csv:2: column "size" must be a finite number/,
    );
  });

  test("17 steps are 7 + 10, to the bit; without a label there are the conditions alone", async () => {
    const settings = { ...ALL, label: null, condition: "size", hidden: 8 };
    const whole = begin(sizedTable(150), settings);
    expect((whole.about.meta as never as ClassWriter["meaning"]).conditions).toMatchObject([
      { name: "size", values: null },
    ]);
    await whole.fit({ untilStep: 17 });
    const first = begin(sizedTable(150), settings);
    await first.fit({ untilStep: 7 });
    const second = begin(sizedTable(150), settings, first.encode());
    await second.fit({ untilStep: 17 });
    expect(second.encode()).toEqual(whole.encode());
  });
});

test("a condition may be called as a class alone is", () => {
  const settings = { ...SMALL, text: "word", label: null, condition: "label" };
  for (const own of [sizedTable(40).replace("size", "label"), sizedTable(40).replace("style", "label")]) {
    const { meta } = begin(own, settings).about;
    const stored = JSON.parse(JSON.stringify(generate.describeMeta(meta)));
    expect(generate.readMeta(stored)).toMatchObject({ conditions: meta.conditions });
  }
});

test.each<[what: string, change: object]>([
  ["no conditions", { conditions: [] }],
  ["a condition without values", { conditions: [{ name: "style", values: [], mean: 0, scale: 1 }] }],
  ["a condition that is none", { conditions: [{ name: "size", values: null, mean: 0, scale: 0 }] }],
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
    [
      "one column for both",
      nameTable(9),
      ["--label", "name", "--text", "name"],
      /--label: found "name"; it must be another column than --text/,
      2,
    ],
  ])("%s", async (_, content, argv, says, status = 3) => {
    writeFileSync(at("names.csv"), content);
    const { code, err } = await folder.cli(...TRAIN, ...argv);
    expect([code, err]).toEqual([status, expect.stringMatching(says)]);
  });
});
