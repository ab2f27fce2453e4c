import { describe, expect, test } from "vitest";
import { decodeTask } from "../../../src/tasks/checkpoint.js";
import type { ManyToOneSettings } from "../../../src/tasks/many-to-one/config.js";
import { decodeAnyTask, inferTask } from "../../../src/tasks/registry.js";
import { regress } from "../../../src/tasks/regress/task.js";
import { load, train } from "../../../src/tasks/task-model.js";
import { TaskTraining } from "../../../src/tasks/training/task-training.js";
import { nameTable, priceTable } from "../../support/rows.js";

const source = (text: string, name = "rows.csv") => ({ name, bytes: new TextEncoder().encode(text) });
const SMALL: Partial<ManyToOneSettings> = { hidden: 16, embed: 8, batch: 16, lr: 0.02, valid: 0.2, epochs: 8 };
const PRICES: Partial<ManyToOneSettings> = { ...SMALL, text: "what", label: "price", tokens: "word", pooling: "mean" };

function begin(table: string, settings: Partial<ManyToOneSettings>, resume?: Uint8Array) {
  const { data, config } = regress.read({ train: source(table) }, settings, { op: "train" });
  return new TaskTraining(regress, data, config, { resume: resume && decodeTask(regress, resume) });
}

/** Series of three numbers, and where the line through them will be. */
function lineTable(rows: number): string {
  const lines = Array.from({ length: rows }, (_, i) => {
    const [from, slope] = [1000 + ((i * 37) % 101), ((i * 53) % 17) - 8];
    return `${from},${from + slope},${from + 2 * slope},${from + 5 * slope}`;
  });
  return `a,b,c,y\n${lines.join("\n")}\n`;
}

test("a price of words that were never seen together, in the units of the table, far better than the mean", async () => {
  const { model } = await train(source(priceTable(400)), { ...PRICES, task: "regress" });
  const { figures } = await model.evaluate(source(priceTable(100, 7)));
  const of = Object.fromEntries(figures.map(({ name, value }) => [name, value]));
  expect(Object.keys(of)).toEqual(["RMSE", "MAE", "R²", "loss", "rows", "RMSE of the mean"]);
  expect(of["RMSE of the mean"]).toBeGreaterThan(60);
  expect(of["RMSE"]).toBeLessThan(0.25 * of["RMSE of the mean"]!);
  expect(of["MAE"]).toBeLessThan(of["RMSE"]!);
  expect(of["R²"]).toBeGreaterThan(0.9);
  for await (const { value } of load(model.encode()).predict(["large oak"])) {
    expect(value).toBeGreaterThan(320);
    expect(value).toBeLessThan(390);
  }
});

test("numbers, whose own size says nothing", async () => {
  const { model } = await train(source(lineTable(300)), { ...SMALL, hidden: 24, epochs: 30, cell: "gru" });
  expect(model.task).toBe("regress");
  const { figures } = await model.evaluate(source(lineTable(50)));
  expect(figures.find(({ name }) => name === "R²")!.value).toBeGreaterThan(0.9);
});

test("the scale of the target, and the naive answer, are those of the part to train on alone", () => {
  const table = priceTable(60);
  const prices = table
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => Number(line.split(",")[1]));
  const { data } = begin(table, PRICES);
  const targets = [...data.train].map(({ target }) => target[0]!);
  expect(targets).toHaveLength(48);
  expect(data.validation).toHaveLength(12);
  const mean = targets.reduce((sum, y) => sum + y, 0) / 48;
  const deviation = Math.sqrt(targets.reduce((sum, y) => sum + (y - mean) ** 2, 0) / 48);
  expect([data.mean, data.scale]).toEqual([expect.closeTo(mean, 9), expect.closeTo(deviation, 9)]);
  expect([...targets, ...[...data.validation].map(({ target }) => target[0]!)].sort()).toEqual(prices.sort());
});

test("29 steps are 11 + 18, mid-epoch, to the bit", async () => {
  const settings = { ...PRICES, dropout: 0.2, pooling: "attention" } as const;
  const whole = begin(priceTable(120), settings);
  await whole.fit({ untilStep: 29 });
  const first = begin(priceTable(120), settings);
  await first.fit({ untilStep: 11 });
  const second = begin(priceTable(120), settings, first.encode());
  await second.fit({ untilStep: 29 });
  expect(second.encode()).toEqual(whole.encode());
  expect(decodeAnyTask(whole.encode()).task.name).toBe("regress");
});

describe("which tables are taken for it", () => {
  const found = (text: string, given = {}) => inferTask("t.csv", () => source(text).bytes, given);
  test.each([
    ["a price that is named", priceTable(60), { label: "price" }, "regress", "text=what, label=price"],
    ["a usual name, and numbers of which no two are alike", lineTable(250), {}, "regress", "3 numbers a row, label=y"],
    ["a price that nobody named", priceTable(60), {}, null, null],
    ["classes", nameTable(60), {}, "classify", "text=name, label=kind (2 classes)"],
    [
      "stars",
      `text,stars\n${Array.from({ length: 30 }, (_, i) => `a${i},${i % 5}`).join("\n")}`,
      {},
      "classify",
      "(5 classes)",
    ],
  ])("%s", (_, text, given, task, says) => {
    const { task: chosen, inferred } = found(text, given);
    if (task === null) expect(inferred?.found ?? "").not.toContain("price");
    else expect([chosen.name, inferred!.found]).toEqual([task, expect.stringContaining(says!)]);
  });

  test("asked for, it takes a number of few values, and the last column of numbers", () => {
    const stars = source(`text,stars\n${Array.from({ length: 30 }, (_, i) => `a${i} b,${i % 5}`).join("\n")}`).bytes;
    expect(regress.infer!("t.csv", () => stars, {}, true)!.settings).toMatchObject({ text: "text", label: "stars" });
    expect(regress.infer!("t.csv", () => stars, {})).toBeNull();
    const prices = source(priceTable(20)).bytes;
    expect(regress.infer!("t.csv", () => prices, {}, true)!.settings).toMatchObject({ text: "what", label: "price" });
  });
});

test.each([
  [
    "what is no number",
    "a,y\n1,2\n3,4 kg\n",
    'rows.csv:3: column "y" must be a finite number, got "4 kg". Write the number alone: 4.',
  ],
  ["a comma in a number", 'a,y\n1,2\n3,"1,5"\n', 'got "1,5". Write it with a point: 1.5.'],
  ["NaN", "a,y\n1,2\n3,NaN\n", 'rows.csv:3: column "y" must be a finite number, got "NaN"'],
  ["infinity", "a,y\n1,-inf\n3,4\n", 'rows.csv:2: column "y" must be a finite number, got "-inf"'],
  ["nothing", "a,y\n1,2\n3,\n", 'got "". Write a finite number, or leave the row out.'],
  ["one number", "a,y\n1,2\n3,2\n", 'rows.csv must have different numbers to tell, got 2 alone in column "y".'],
  ["a missing column", "a,z\n1,2\n3,2\n", 'rows.csv must have the column, got "y".'],
])("%s is refused", (_, text, says) => {
  expect(() => begin(text, { label: "y", valid: 0 })).toThrow(says);
});

test("a checkpoint that says nothing of its target is refused", () => {
  const { meta } = decodeTask(regress, begin(priceTable(30), PRICES).encode());
  const described = regress.describeMeta(meta);
  expect(regress.readMeta(described)).toEqual(meta);
  for (const target of [
    undefined,
    null,
    3,
    {},
    { mean: 1, scale: 0 },
    { mean: "1", scale: 1 },
    { mean: 1, scale: null },
  ]) {
    expect(() => regress.readMeta({ ...described, target: target as never })).toThrow(
      "must hold the target's mean and scale",
    );
  }
});
