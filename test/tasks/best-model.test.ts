import { expect, test } from "vitest";
import { load, train } from "../../src/tasks/index.js";
import { trainLanguageModel } from "../../src/tasks/language-model/index.js";
import { reversedPairs } from "../support/pairs.js";
import { dailyTable, nameTable } from "../support/rows.js";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const SMALL = { hidden: 5, layers: 1, batch: 16, lr: 0.3, epochs: 4, valid: 0.4, seed: 3 };

interface Row {
  name: string;
  text: string;
  settings?: Record<string, unknown>;
}
const ROWS: Record<string, Row> = {
  classes: { name: "n.csv", text: nameTable(120) },
  "classes, averaged": { name: "n.csv", text: nameTable(120), settings: { optimizer: "nt-asgd", nonMonotone: 1, lr: 30 } },
  "a forecast": { name: "d.csv", text: dailyTable(90), settings: { task: "forecast", time: "day", target: "load", id: "site", lags: "1", context: 5, horizon: 2 } },
  pairs: { name: "p.tsv", text: reversedPairs(90, { longest: 3 }), settings: { embed: 4 } },
  "a text": { name: "t.txt", text: `${"abc ".repeat(150)}${"cba ".repeat(100)}`, settings: { seqLen: 8 } },
}; // biome-ignore format: a table

const weightsOf = ({ module }: { module: { stateDict(): Map<string, { data(): ArrayLike<number> }> } }) =>
  [...module.stateDict()].map(([name, tensor]) => [name, [...Array.from(tensor.data())]]);

test.for(Object.entries(ROWS))("%s: the model is that of the best validation, what goes on is the end", async ([, row]) => {
  const { name, text, settings } = row;
  const saved: Record<string, Uint8Array> = {};
  const bests: number[] = [];
  const { model, result, checkpoint } = await train(
    { name, bytes: bytesOf(text) },
    {
      ...SMALL,
      ...settings,
      restoreBest: true,
      validateEvery: 2,
      save: (kinds, bytes) => {
        for (const kind of kinds) saved[kind] = bytes;
      },
      onEvent: (event) => {
        if (event.type === "validation" && event.best) bests.push(event.step);
      },
    },
  );
  expect(result.bestStep).toBe(bests.at(-1));
  expect(result.bestStep).toBeLessThan(result.step);
  expect(weightsOf(model)).toEqual(weightsOf(load(saved["best"]!)));
  expect(weightsOf(load(checkpoint()))).toEqual(weightsOf(load(saved["last"]!)));
  expect(weightsOf(model)).not.toEqual(weightsOf(load(saved["last"]!)));
  expect(model.module.training).toBe(false);
}); // biome-ignore format: long names

test("the end's is given where nothing is held out, and without patience where nobody asks", async () => {
  const source = { name: "n.csv", bytes: bytesOf(nameTable(120)) };
  const isEnd = async (settings: object) => {
    const { model, checkpoint, result } = await train(source, { ...SMALL, validateEvery: 2, ...settings });
    if (!("valid" in settings)) expect(result.bestStep).toBeLessThan(result.step);
    return JSON.stringify(weightsOf(model)) === JSON.stringify(weightsOf(load(checkpoint())));
  };
  expect(await isEnd({ valid: 0, restoreBest: true })).toBe(true);
  expect(await isEnd({})).toBe(true);
  expect(await isEnd({ patience: 2 })).toBe(false);
  expect(await isEnd({ patience: 2, restoreBest: false })).toBe(true);
  await expect(train(source, { restoreBest: 1 as never })).rejects.toThrow("restoreBest must be true or false, got 1");
});

test("so it is with trainLanguageModel", async () => {
  const { model, result, checkpoint } = await trainLanguageModel(ROWS["a text"]!.text, {
    ...{
      hidden: 5,
      layers: 1,
      batch: 8,
      seqLen: 8,
      lr: 0.3,
      epochs: 4,
      valid: 0.4,
      validateEvery: 2,
      seed: 3,
      patience: 3,
    },
  });
  expect(result.bestStep).toBeLessThan(result.step);
  const again = load(checkpoint());
  expect(weightsOf({ module: model })).not.toEqual(weightsOf(again));
});
