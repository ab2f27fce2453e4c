import { afterAll, beforeAll, expect, test } from "vitest";
import { type TaskModel, train } from "../../src/tasks/index.js";
import { dailyTable } from "../support/rows.js";
import { nonsense } from "../support/text.js";
import { type Asker, Servers, said } from "./support.js";

/** Sessions of series: a piece is rows as objects, a table as text, or numbers. */
const servers = new Servers();
const models: Record<string, TaskModel> = {};
let ask: Asker;
const SETTINGS = { hidden: 6, epochs: 1, valid: 0.2, time: "day", target: "load", id: "site", context: 6, lags: "1,7" };
const [HEAD, ...ROWS] = dailyTable(50, { seed: 5 }).trim().split("\n");

beforeAll(async () => {
  const trained = async (name: string, text: string, settings: Record<string, unknown>) =>
    (await train({ name, bytes: new TextEncoder().encode(text) }, settings)).model;
  const table = [HEAD, ...ROWS].join("\n");
  models["days"] = await trained("days.csv", table, { ...SETTINGS, task: "forecast", horizon: 2 });
  models["faults"] = await trained("days.csv", table, { ...SETTINGS, task: "anomaly" });
  models["log"] = await trained("log.txt", nonsense(900), { task: "anomaly", hidden: 6, epochs: 1, valid: 0.2 });
  ask = await servers.start({ models, limits: { maxSessionBytes: 6000 } });
});
afterAll(() => servers.close());

async function begin(name: string): Promise<(input: unknown) => Promise<Response>> {
  const { id } = (await (await ask.post(`/v1/models/${name}/sessions`, {})).json()) as { id: string };
  return (input) => ask.post(`/v1/models/${name}/sessions/${id}/predict`, { input });
}

const objects = (rows: readonly string[]) =>
  rows.map((row) => Object.fromEntries(row.split(",").map((cell, i) => [HEAD!.split(",")[i]!, cell])));

test("a forecaster goes on from row to row", async () => {
  const read = await begin("days");
  expect(await (await read(objects(ROWS.slice(0, 5)))).json()).toEqual({ output: [] });
  await read([HEAD, ...ROWS.slice(5, 60)].join("\n"));
  const told = await read(objects(ROWS.slice(60, 62)));
  const expected = await said(models["days"]!, [[HEAD, ...ROWS.slice(0, 62)].join("\n")]);
  expect(await told.json()).toEqual({ output: expected });
});

test("a detector judges each value as it comes", async () => {
  const read = await begin("faults");
  const told: unknown[] = [];
  for (let at = 0; at < 60; at += 10) {
    told.push(...((await (await read(objects(ROWS.slice(at, at + 10)))).json()) as { output: unknown[] }).output);
  }
  const all = told as { time: string; id: string; score: number | null }[];
  expect(all).toHaveLength(60);
  const scored = all.filter(({ score }) => score !== null);
  const expected = (await said(models["faults"]!, [[HEAD, ...ROWS.slice(0, 60)].join("\n")])) as typeof all;
  expect(scored).toHaveLength(expected.length);
  for (const one of expected) {
    const own = scored.find(({ id, time }) => id === one.id && time === one.time)!;
    expect(own).toEqual({ ...one, score: expect.closeTo(one.score!, 4) });
  }
});

test("what is said of sessions is in /v1/models and OpenAPI, and lines have none", async () => {
  const described = (await (await ask.get("/v1/models")).json()) as { models: { sessions?: { output: object } }[] };
  const [days, faults, log] = described.models.map(({ sessions }) => sessions?.output);
  expect([days, faults]).toMatchObject([{ type: "array" }, { type: "array" }]);
  expect(faults).toMatchObject({ items: { properties: { score: { type: ["number", "null"] } } } });
  expect(log).toBe(undefined);
  const { paths } = (await (await ask.get("/openapi.json")).json()) as { paths: Record<string, object> };
  expect(Object.keys(paths).filter((path) => path.endsWith("/sessions/{id}/predict"))).toEqual([
    "/v1/models/days/sessions/{id}/predict",
    "/v1/models/faults/sessions/{id}/predict",
  ]);
  const fix = "Each input by itself: POST /v1/models/log/predict.";
  expect(await ask.refused(ask.post("/v1/models/log/sessions", {}))).toMatchObject({ code: "unsupported", fix });
  expect((await ask.post("/v1/models/log/predict", { input: "one two" })).status).toBe(200);
});

test("what a session refuses names the input, and changes nothing", async () => {
  const read = await begin("days");
  await read(objects(ROWS.slice(0, 60)));
  const [row] = objects(ROWS.slice(60, 61));
  const fix = "Leave it out, or ask predict with all of its values.";
  expect(await ask.refused(read([{ ...row, site: "west" }]))).toMatchObject({ status: 422, field: "input", fix });
  const north = objects(ROWS).filter(({ site }) => site === "north");
  const west = await ask.post("/v1/models/days/predict", { input: north.map((one) => ({ ...one, site: "west" })) });
  expect(west.status).toBe(200);
  expect(await ask.refused(read([{ ...row, load: [] }]))).toMatchObject({ status: 422, field: "input[0].load" });
  expect(await ask.refused(read(objects(ROWS.slice(0, 1))))).toMatchObject({ status: 422, field: "input" });
  const told = await read([row]);
  const expected = await said(models["days"]!, [[HEAD, ...ROWS.slice(0, 61)].join("\n")]);
  expect(await told.json()).toEqual({ output: expected });
});

test("what is kept counts for the bound of all sessions", async () => {
  // A column that the model does not read is not kept.
  const far = objects(ROWS.slice(0, 40)).map((row) => ({ ...row, holiday: "x".repeat(100) }));
  expect((await (await begin("days"))(far)).status).toBe(200);
  const long = ROWS.slice(0, 4).map((row, i) => `${row}${" ".repeat(i === 0 ? 4000 : 0)}`);
  expect(await ask.refused((await begin("days"))([HEAD, ...long].join("\n")))).toMatchObject({ code: "sessions-full" });
});
