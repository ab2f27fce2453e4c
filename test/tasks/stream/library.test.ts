import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type DataLike, load, type SourceLike, search, type TaskModel, train } from "../../../src/tasks/index.js";
import { nameTable } from "../../support/rows.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const { at } = temporaryFolder();
const bytes = new TextEncoder().encode(nameTable(90));
const SMALL = { hidden: 6, embed: 4, epochs: 1, batch: 16, valid: 0 };

const rowsOf = async (model: TaskModel, source: SourceLike, options = {}) => {
  const found: object[] = [];
  for await (const row of model.predictFile(source, options)) found.push(row);
  return found;
};

test("whatever a file comes as, and wherever its rows lie, the model and what it tells are the same", async () => {
  writeFileSync(at("names.csv"), bytes);
  const file = new File([bytes], "names.csv");
  const sources: SourceLike[] = [
    at("names.csv"),
    new URL(`file://${at("names.csv")}`),
    file,
    { name: "names.csv", bytes },
  ];
  const models: TaskModel[] = [];
  for (const source of sources) {
    models.push((await train(source, SMALL)).model, (await train(source, { ...SMALL, stream: true })).model);
  }
  const weights = models.map(({ module }) =>
    [...module.stateDict()].map(([name, tensor]) => [name, [...tensor.data()]]),
  );
  for (const other of weights) expect(other).toEqual(weights[0]);
  expect(models.map(({ config }) => config["stream"])).toEqual([false, true, false, true, false, true, false, true]);
  const [first] = models;
  const told = await rowsOf(first!, file);
  expect(told).toHaveLength(90);
  for (const source of sources) expect(await rowsOf(first!, source)).toEqual(told);
  const scored = await Promise.all(sources.map(async (source) => (await first!.evaluate(source)).figures));
  for (const figures of scored) expect(figures).toEqual(scored[0]);
  const again = await load(new Blob([first!.encode() as BlobPart]));
  expect(await rowsOf(again, file)).toEqual(told);
});

test("data to validate on come as whatever data to learn from do, and decide alike", async () => {
  const lines = nameTable(90).trimEnd().split("\n");
  const [learned, held] = [lines.slice(0, 61), [lines[0]!, ...lines.slice(61)]].map((part) => `${part.join("\n")}\n`);
  const bytesOf = (text: string) => new TextEncoder().encode(text);
  writeFileSync(at("held.csv"), held!);
  const rows = held!
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => Object.fromEntries(line.split(",").map((cell, i) => [lines[0]!.split(",")[i], cell])));
  const source = { name: "learned.csv", bytes: bytesOf(learned!) };
  const ways: DataLike[] = [
    at("held.csv"),
    new URL(`file://${at("held.csv")}`),
    new File([bytesOf(held!)], "held.csv"),
    { name: "held.csv", bytes: bytesOf(held!) },
    rows,
  ];
  const found: unknown[] = [];
  for (const valid of ways) {
    for (const stream of [false, true]) {
      const { result } = await train(source, { ...SMALL, valid, stream });
      found.push([result.bestLoss, result.step]);
    }
    const { rows: trials } = await search(source, { ...SMALL, valid, space: "lr=0.001,0.01" });
    expect(trials).toHaveLength(2);
    expect(Math.min(...trials.map(({ figures }) => figures!["loss"]!))).toBeGreaterThan(0);
  }
  expect(found[0]).toEqual([expect.any(Number), 4]);
  for (const other of found) expect(other).toEqual(found[0]);
  await expect(train(source, { ...SMALL, valid: {} as never })).rejects.toThrow("valid must be a path, a URL, a Blob");
  await expect(train(source, { ...SMALL, valid: [7] as never })).rejects.toThrow("row 1 must be an object");
});

test("rows that cannot be read are told in their places, or refused", async () => {
  const { model } = await train({ name: "names.csv", bytes }, SMALL);
  const bad = new File(['name\nAbaba\n"Bo\nBorok\n'], "bad.csv");
  expect((await rowsOf(model, bad, { skipBad: true })).map((row) => Object.keys(row).length)).toEqual([3, 2, 3]);
  expect((await rowsOf(model, bad, { skipBad: true }))[1]).toEqual({
    error: expect.stringContaining("quote"),
    line: 3,
  });
  await expect(rowsOf(model, bad)).rejects.toThrow("bad.csv:3:1 must close every double quote");
  await expect(rowsOf(model, bad, { skipBad: 1 })).rejects.toThrow("skipBad must be true or false");
  await expect(rowsOf(model, at("none.csv"))).rejects.toThrow("must be a file that can be read");
});

test("a task that needs all of a file reads it so", async () => {
  const { model } = await train(
    { name: "a.txt", bytes: new TextEncoder().encode("ab ".repeat(400)) },
    { hidden: 4, epochs: 1 },
  );
  await expect(rowsOf(model, new Blob(["x"]))).rejects.toThrow("be of a task that can predict");
});
