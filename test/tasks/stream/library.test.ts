import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { load, type SourceLike, type TaskModel, train } from "../../../src/tasks/index.js";
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
