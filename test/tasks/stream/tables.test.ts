import { describe, expect, test } from "vitest";
import { readCSV } from "../../../src/data/readers/read-csv.js";
import { crossValidate, type DataLike, type TaskModel, train } from "../../../src/tasks/index.js";
import { dailyTable, nameTable, priceTable } from "../../support/rows.js";
import { taggedSentences } from "../../support/tagged.js";

const bytes = (text: string) => new TextEncoder().encode(text);
const weights = ({ module }: TaskModel) => [...module.stateDict()].map(([name, tensor]) => [name, [...tensor.data()]]);
const told = async (model: TaskModel, source: DataLike) => {
  const rows: object[] = [];
  for await (const row of model.predictFile(source)) rows.push(row);
  return rows;
};
const SMALL = { hidden: 5, batch: 16, epochs: 1 };

describe("rows in memory are those of their file", () => {
  test.each([
    ["names", nameTable(60), { ...SMALL, embed: 4 }],
    ["prices", priceTable(60), { ...SMALL, embed: 4, text: "what", label: "price", task: "regress" }],
    [
      "series with dates and gaps in what is known",
      dailyTable(60),
      { ...SMALL, target: "load", context: 14, horizon: 7 },
    ],
  ])("%s", async (_, text, options) => {
    const file = { name: "t.csv", bytes: bytes(text) };
    const table = await readCSV([text]);
    const objects = [...table];
    const { model } = await train(file, options);
    for (const rows of [table, objects]) {
      expect(weights((await train(rows, options)).model)).toEqual(weights(model));
      expect((await model.evaluate(rows)).figures).toEqual((await model.evaluate(file)).figures);
      expect(await told(model, rows)).toEqual(await told(model, file));
    }
    const all = Array.from({ length: table.length }, (__, i) => i);
    expect(await told(model, table.take(all))).toEqual(await told(model, file));
  });

  test("words and their tags, and a value that is missing", async () => {
    const rows = taggedSentences(40).map((rest) => ({
      tokens: rest.map(([word]) => word),
      tags: rest.map(([, tag]) => tag),
    }));
    const { model } = await train(rows, { ...SMALL, task: "tag" });
    expect(model.task).toBe("tag");
    expect(await told(model, rows.slice(0, 3))).toHaveLength(3);
    const names = await train(await readCSV([nameTable(40)]), { ...SMALL, embed: 4 });
    await expect(names.model.evaluate([{ name: "Ada", kind: null }])).rejects.toThrow('rows.jsonl:1: column "kind"');
    const folds = await crossValidate([...(await readCSV([nameTable(40)]))], { ...SMALL, embed: 4, folds: 2 });
    expect(folds.folds).toHaveLength(2);
  });
});

test("what is no row is refused by its number", async () => {
  const bad = (rows: unknown[]) => train(rows as never, SMALL);
  await expect(bad([{ name: "a" }, 7])).rejects.toThrow(
    "train: row 2 must be an object, with a value for each column, got 7",
  );
  await expect(bad([["a", "b"]])).rejects.toThrow("row 1 must be an object");
  await expect(bad([{ name: "a", kind: new Map() }])).rejects.toThrow('row 1, "kind" must be a text, a number');
  await expect(bad([{ name: "a", kind: "x" }, { name: "b" }])).rejects.toThrow(
    'rows.jsonl:2 must have the keys of the first line, got none for "kind"',
  );
  await expect(bad([])).rejects.toThrow("rows.jsonl");
  const numbers = Array.from({ length: 9 }, (_, i) => ({ x: i === 4 ? Number.NaN : i, label: i % 2 ? "a" : "b" }));
  await expect(train(numbers, { ...SMALL, task: "classify", columns: "x" })).rejects.toThrow(
    'rows.jsonl:5: column "x" must be a finite number, got "NaN"',
  );
});
