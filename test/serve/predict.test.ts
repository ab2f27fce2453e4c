import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TaskModel, train } from "../../src/tasks/index.js";
import { reversedPairs } from "../support/pairs.js";
import { dailyTable, nameTable, priceTable, seriesTable } from "../support/rows.js";
import { conll, taggedSentences } from "../support/tagged.js";
import { nonsense } from "../support/text.js";
import { read } from "./reading.js";
import { type Asker, eventsOf, Servers, said } from "./support.js";

const servers = new Servers();
const models: Record<string, TaskModel> = {};
let ask: Asker;
const SMALL = { hidden: 8, epochs: 1, valid: 0.2 };

async function trained(name: string, text: string, settings: object): Promise<TaskModel> {
  return (await train({ name, bytes: new TextEncoder().encode(text) }, { ...SMALL, ...settings })).model;
}

beforeAll(async () => {
  models["names"] = await trained("names.csv", nameTable(60), {});
  models["prices"] = await trained("prices.csv", priceTable(60), { task: "regress", text: "what", label: "price" });
  models["slopes"] = await trained("slopes.csv", seriesTable(60), {});
  models["windows"] = await trained("windows.csv", seriesTable(60), { window: 4, split: "random" });
  models["tags"] = await trained("words.conll", conll(taggedSentences(20)), { charEmbed: 4, charHidden: 3 });
  models["pairs"] = await trained("pairs.tsv", reversedPairs(60), {});
  models["days"] = await trained("days.csv", dailyTable(60), { task: "forecast", horizon: 2, context: 5 });
  models["writer"] = await trained("names.csv", nameTable(60), { task: "generate" });
  models["faults"] = await trained("log.txt", nonsense(900), { task: "anomaly" });
  models["text"] = await trained("text.txt", nonsense(900), {});
  ask = await servers.start({ models });
});
afterAll(() => servers.close());

const predict = (name: string, body: unknown, headers = {}) => ask.post(`/v1/models/${name}/predict`, body, headers);

describe("answers are those of the library", () => {
  const series = "day,site,holiday,load\n" + dailyTable(24).split("\n").slice(1).join("\n");
  const inputs: Record<string, (string | number[])[]> = {
    names: ["Lata", "Bodo", "Kin", "Edulana", "Mo", "Tarisone", "Lata"],
    prices: ["a red ball", "two balls"],
    slopes: [
      [1, 2, 3, 4, 5],
      [9.5, 7, 6, 4, 2.25],
    ],
    windows: [Array.from({ length: 20 }, (_, i) => i / 3)],
    tags: ["Ada lives in Paris", "the cat"],
    pairs: ["abc", "cab a"],
    faults: ["one two three", "xx yy"],
    days: [series],
  };
  for (const [name, own] of Object.entries(inputs)) {
    test(name, async () => {
      const isMany = name === "days";
      const expected = await Promise.all(
        own.map(async (input) => {
          const all = await said(models[name]!, [input]);
          return isMany ? all : all[0];
        }),
      );
      const many = await predict(name, { inputs: own });
      expect([many.status, await many.json()]).toEqual([200, { outputs: expected }]);
      const one = await predict(name, { input: own.at(-1) });
      expect(await one.json()).toEqual({ output: expected.at(-1) });
      const lines = own.map((input) => JSON.stringify(input)).join("\n\n");
      const stream = await predict(name, lines, { "content-type": "application/x-ndjson" });
      expect(stream.headers.get("content-type")).toBe("application/x-ndjson");
      const told = (await stream.text()).trim().split("\n");
      expect(told.map((line) => JSON.parse(line))).toEqual(expected);
    });
  }

  test("columns by their names, steps as lists, rows of a table", async () => {
    const [up] = await said(models["slopes"]!, [[1, 2, 3, 4, 5]]);
    const byName = { e: 5, a: 1, c: 3, b: 2, d: 4 };
    expect(await (await predict("slopes", { input: byName })).json()).toEqual({ output: up });
    const [name] = await said(models["names"]!, ["Lata"]);
    expect(await (await predict("names", { input: { name: "Lata" } })).json()).toEqual({ output: name });
    const steps = [
      [1, 2, 3, 4, 5],
      [2, 3, 4, 5, 6],
    ];
    const [window] = await said(models["windows"]!, [steps.flat()]);
    expect(await (await predict("windows", { input: steps })).json()).toEqual({ output: window });
    const asRows = steps.map(([a, b, c, d, e]) => ({ a, b, c, d, e }));
    expect(await (await predict("windows", { input: asRows })).json()).toEqual({ output: window });
    const [columns, ...rows] = series
      .trim()
      .split("\n")
      .map((line) => line.split(","));
    const table = rows.map((cells) => Object.fromEntries(cells.map((cell, i) => [columns![i]!, cell])));
    const expected = await said(models["days"]!, [series]);
    expect(await (await predict("days", { input: table })).json()).toEqual({ output: expected });
  });

  test("a row of a table that holds more than cells is refused, however deep", () => {
    for (const cell of [{}, [1], JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`)]) {
      const served = models["days"]!;
      expect(() => read(served, [{ day: "2024-01-01", load: cell }])).toThrow(
        "input[0].load must be a text or a number",
      );
    }
  });

  test("a model of many columns is ready, whatever lengths it is tried with", async () => {
    const columns = Array.from({ length: 60 }, (_, i) => `c${i}`);
    const row = (i: number) =>
      [...columns.map((_, c) => Math.sin(i * (c + 1)).toFixed(3)), i % 3 ? "a" : "b"].join(",");
    const table = [[...columns, "label"].join(","), ...Array.from({ length: 80 }, (_, i) => row(i))].join("\n");
    const wide = await trained("wide.csv", table, { task: "classify", label: "label", window: 2, split: "random" });
    const own = await servers.start({ models: { wide } });
    const input = Array.from({ length: 120 }, (_, i) => i / 60);
    const response = await own.post("/v1/models/wide/predict", { inputs: [input, input, input] });
    const [expected] = await said(wide, [input]);
    expect(await response.json()).toEqual({ outputs: [expected, expected, expected] });
  });

  test("options of a task", async () => {
    const options = { beam: 3, nBest: 2 };
    const expected = await said(models["pairs"]!, ["abc"], options);
    expect(await (await predict("pairs", { input: "abc", options })).json()).toEqual({ output: expected[0] });
    const drawn = await said(models["writer"]!, ["stone"], { seed: 3 });
    expect(await (await predict("writer", { input: "stone", options: { seed: 3 } })).json()).toEqual({ output: drawn });
  });
});

test("text is written piece by piece, and at once where that is asked for", async () => {
  const options = { prompt: "no", length: 20, seed: 5, temperature: 0.7 };
  const expected = [...models["text"]!.generate(options)];
  const response = await ask.post("/v1/models/text/generate", options);
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const events = eventsOf(await response.text());
  expect(events[0]).toEqual({ event: "start", data: { seed: 5 } });
  expect(events.slice(1, -1).map(({ data }) => data["text"])).toEqual(expected);
  expect(events.at(-1)).toEqual({ event: "done", data: { pieces: expected.length } });
  const json = await ask.post("/v1/models/text/generate", options, { accept: "application/json" });
  expect(await json.json()).toEqual({ text: expected.join(""), seed: 5 });
  const texts = { label: "stone", count: 70, seed: 2 };
  const written = await ask.post("/v1/models/writer/generate", texts, { accept: "application/json" });
  expect(await written.json()).toEqual({ text: [...models["writer"]!.generate(texts)].join(""), seed: 2 });
});

test("without a seed another text comes each time, and its seed brings it back", async () => {
  const draw = async (options: object) => {
    const response = await ask.post("/v1/models/text/generate", options, { accept: "application/json" });
    return (await response.json()) as { text: string; seed: number };
  };
  const [a, b] = [await draw({ length: 30 }), await draw({ length: 30 })];
  expect(a.text).not.toBe(b.text);
  expect(await draw({ length: 30, seed: a.seed })).toEqual(a);
});
