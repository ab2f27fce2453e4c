import { afterAll, beforeAll, expect, test } from "vitest";
import { type ListeningServer, listen } from "../../src/serve/index-node.js";
import { type TaskModel, train } from "../../src/tasks/index.js";
import { nameTable } from "../support/rows.js";

let model: TaskModel;
let server: ListeningServer;

beforeAll(async () => {
  const bytes = new TextEncoder().encode(nameTable(60));
  ({ model } = await train({ name: "names.csv", bytes }, { hidden: 8, embed: 5, epochs: 1, valid: 0.2 }));
  server = await listen({ models: { names: model }, port: 0 });
});
afterAll(() => server.close());

const post = (path: string, body: unknown) =>
  fetch(server.url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

async function library(inputs: readonly string[]) {
  const all = [];
  for await (const output of model.predict(inputs)) all.push(output);
  return all;
}

test("answers are those of the library, one and many", async () => {
  const names = ["Lata", "Bodo", "Kin", "Edulana"];
  const expected = await library(names);
  const many = await post("/v1/models/names/predict", { inputs: names });
  expect([many.status, await many.json()]).toEqual([200, { outputs: expected }]);
  const one = await post("/v1/models/names/predict", { input: names[2] });
  expect(await one.json()).toEqual({ output: expected[2] });
});
