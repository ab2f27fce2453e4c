import { spawn, spawnSync } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Client, main } from "../../examples/serve/client.js";
import { type TaskModel, train } from "../../src/tasks/index.js";
import { type Asker, Servers, said } from "../serve/support.js";
import { nameTable } from "../support/rows.js";
import { nonsense } from "../support/text.js";

const servers = new Servers();
let models: Record<string, TaskModel>;
let ask: Asker;
const noCurl = spawnSync("curl", ["--version"]).status === 0 ? undefined : "skip: curl is not installed";

beforeAll(async () => {
  const small = { hidden: 6, epochs: 1, valid: 0.2 };
  const of = async (name: string, text: string) =>
    (await train({ name, bytes: new TextEncoder().encode(text) }, small)).model;
  models = { reviews: await of("names.csv", nameTable(60)), corpus: await of("text.txt", `good bad ${nonsense(900)}`) };
  ask = await servers.start({ models, token: "s3cret" });
});
afterAll(() => servers.close());

test("the client asks for everything that a server has", async () => {
  const client = new Client(ask.url, "s3cret");
  const inputs = ["good", "bad"];
  const expected = await said(models["reviews"]!, inputs);
  expect(await client.predict("reviews", inputs)).toEqual(expected);
  const lines: unknown[] = [];
  for await (const line of client.predictLines("reviews", inputs)) lines.push(line);
  expect(lines).toEqual(expected);
  const pieces: string[] = [];
  for await (const piece of client.generate("/v1/models/corpus", { seed: 2, length: 9 })) pieces.push(piece);
  expect(pieces).toEqual([...models["corpus"]!.generate({ seed: 2, length: 9 })]);
  const session = await client.session("corpus");
  expect((await client.read(session, "a")).nats).toBe(null);
  expect((await client.read(session, "b")).nats).toBeGreaterThan(0);
  await expect(client.predict("reviews", [""])).rejects.toMatchObject({ status: 422, field: "inputs[0]" });
  await expect(new Client(ask.url).models()).rejects.toMatchObject({ status: 401 });
});

test("the program tells of each model", async () => {
  const open = await servers.start({ models });
  const lines: string[] = [];
  await main([open.url], (line: string) => lines.push(line));
  expect(lines[0]).toBe("reviews: classify");
  expect(lines).toContain("corpus: language-model");
  expect(lines.join("\n")).toMatch(
    / {2}says \{"label".*\n[\s\S]* {2}writes ".*\n[\s\S]* {2}reads "b" \(\d+\.\d\d nats\), next "/,
  );
});

test.skipIf(noCurl !== undefined)(`the lines of curl${noCurl ? `, ${noCurl}` : ""}`, async () => {
  const open = await servers.start({ models });
  const run = spawn("sh", ["examples/serve/curl.sh", open.url, "reviews"]);
  let out = "";
  run.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  expect(await new Promise((resolve) => run.on("close", resolve))).toBe(0);
  const answers = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(answers.map((answer) => Object.keys(answer)[0])).toEqual([
    "models",
    "output",
    "outputs",
    "label",
    "label",
    "error",
    "status",
  ]);
});
