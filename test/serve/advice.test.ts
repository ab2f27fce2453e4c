import { afterAll, beforeAll, expect, test } from "vitest";
import { createHandler, listen } from "../../src/serve/index-node.js";
import { load, type TaskModel, train } from "../../src/tasks/index.js";
import { nameTable } from "../support/rows.js";
import { nonsense } from "../support/text.js";
import { type Asker, Servers } from "./support.js";

/** Each advice of the server, and what comes of following it. */
const servers = new Servers();
let models: Record<string, TaskModel>;
let ask: Asker;
const encode = (text: string) => new TextEncoder().encode(text);
const PREDICT = "/v1/models/names/predict";

beforeAll(async () => {
  const settings = { hidden: 5, epochs: 1, valid: 0.2 };
  const { model: names } = await train({ name: "names.csv", bytes: encode(nameTable(60)) }, settings);
  const { model: text } = await train({ name: "text.txt", bytes: encode(nonsense(900)) }, settings);
  models = { names, text };
  ask = await servers.start({ models, limits: { maxInputs: 2, maxBody: 200 } });
});
afterAll(() => servers.close());

async function fixOf(answer: Promise<Response>): Promise<unknown> {
  return (await ask.refused(answer))["fix"];
}

const lines = (inputs: readonly string[]) =>
  ask.post(PREDICT, inputs.map((input) => JSON.stringify(input)).join("\n"), {
    "content-type": "application/x-ndjson",
  });

test("too much at once", async () => {
  const inputs = ["Lata", "Bodo", "Kin"];
  expect(await fixOf(ask.post(PREDICT, { inputs }))).toBe("Send a line each as application/x-ndjson.");
  expect((await (await lines(inputs)).text()).trim().split("\n")).toHaveLength(3);
  const many = Array<string>(50).fill("Lata");
  const fix = "Send fewer inputs at once, or a line each as application/x-ndjson.";
  expect(await fixOf(ask.post(PREDICT, { inputs: many }))).toBe(fix);
  expect((await ask.post(PREDICT, { inputs: many.slice(0, 2) })).status).toBe(200);
  expect((await (await lines(many)).text()).trim().split("\n")).toHaveLength(50);
});

test("what is not UTF-8", async () => {
  const text = '{"input":"Löta"}';
  const latin1 = Uint8Array.from(text, (char) => char.charCodeAt(0));
  expect(await fixOf(ask.post(PREDICT, latin1))).toBe("Send it in UTF-8.");
  expect((await ask.post(PREDICT, text)).status).not.toBe(400);
});

test("paths and tasks", async () => {
  expect(await fixOf(ask.get("/elsewhere"))).toBe("/openapi.json tells what there is.");
  const { paths } = (await (await ask.get("/openapi.json")).json()) as { paths: object };
  expect(Object.keys(paths)).toContain(PREDICT);
  expect(await fixOf(ask.post("/v1/models/names/generate", {}))).toBe(`This one has ${PREDICT}.`);
  expect(await fixOf(ask.post("/v1/models/text/predict", {}))).toBe("This one has /v1/models/text/generate.");
});

test("hosts and origins", async () => {
  const from = (server: { fetch(request: Request): Response | Promise<Response> }) => {
    const request = new Request("http://a.example/v1/models", { headers: { origin: "https://b.example" } });
    return Promise.resolve(server.fetch(request));
  };
  const fix = await fixOf(from(createHandler({ models })));
  expect(fix).toBe("Ask by its address, or start the server with this name among its hosts.");
  expect(await fixOf(from(createHandler({ models, hosts: ["a.example"] })))).toBe(
    "Start the server with it among its origins.",
  );
  expect((await from(createHandler({ models, hosts: ["a.example"], origins: ["https://b.example"] }))).status).toBe(
    200,
  );
});

test("addresses and ports", async () => {
  const open = { models, host: "0.0.0.0", port: 0 };
  await expect(listen(open)).rejects.toMatchObject({ fix: "Give it a token, or say that anybody may ask (insecure)." });
  for (const more of [{ token: "x" }, { insecure: true }]) await (await listen({ ...open, ...more })).close(1);
  const port = Number(new URL(ask.url).port);
  const taken = listen({ models, port });
  await expect(taken).rejects.toMatchObject({
    code: "EADDRINUSE",
    fix: "Choose another one, or 0 for any that is free.",
  });
  await servers.start({ models, port: 0 });
});

test("a model that is none", () => {
  const none = { names: "runs/names" } as never;
  expect(() => createHandler({ models: none })).toThrow(
    'serve: models.names must be a model that load or train gave, got "runs/names". Pass tasks.load(path).',
  );
  const names = load({ name: "names", bytes: models["names"]!.encode() });
  createHandler({ models: { names } }).set("other", names);
});

test("sessions", async () => {
  const begin = async () => ((await (await ask.post("/v1/models/text/sessions", {})).json()) as { id: string }).id;
  const predict = (id: string) => ask.post(`/v1/models/text/sessions/${id}/predict`, { input: "no" });
  expect(await fixOf(predict("gone"))).toBe("Begin another: POST /v1/models/text/sessions.");
  const id = await begin();
  expect((await predict(id)).status).toBe(200);
  const writing = await ask.post(`/v1/models/text/sessions/${id}/generate`, { length: 100 });
  expect(await fixOf(predict(id))).toBe("Wait until its text has ended.");
  await writing.text();
  expect((await predict(id)).status).toBe(200);
});
