import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Handler } from "../../src/serve/handler.js";
import type { Incoming } from "../../src/serve/head.js";
import { createHandler } from "../../src/serve/index.js";
import { LIMIT_FIELDS, type Limits } from "../../src/serve/limits.js";
import { Queue } from "../../src/serve/queue.js";
import { ServedModel } from "../../src/serve/served-model.js";
import { type TaskModel, train } from "../../src/tasks/index.js";
import { partsOf } from "../../src/tasks/task-model.js";
import { nameTable } from "../support/rows.js";
import { nonsense } from "../support/text.js";
import { eventsOf, Servers, said } from "./support.js";

const servers = new Servers();
let names: TaskModel;
let text: TaskModel;
const encode = (string: string) => new TextEncoder().encode(string);
const NAMES = nameTable(300, 5)
  .trim()
  .split("\n")
  .slice(1)
  .map((line) => line.split(",")[0]!);

beforeAll(async () => {
  const settings = { hidden: 16, embed: 6, epochs: 1, valid: 0.2 };
  ({ model: names } = await train({ name: "names.csv", bytes: encode(nameTable(60)) }, settings));
  ({ model: text } = await train({ name: "text.txt", bytes: encode(nonsense(900)) }, settings));
});
afterAll(() => servers.close());

const request = (path: string, body: unknown, headers = {}) =>
  new Request(`http://localhost${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

describe("requests that wait are answered together", () => {
  test("with the bits of each alone, whatever their lengths", async () => {
    const batches: number[] = [];
    const served = new ServedModel("names", partsOf(names));
    const queue = new Queue({ maxWaiting: 1000, timeout: 30, onBatch: (_, inputs) => batches.push(inputs) });
    const all = await Promise.all(NAMES.map((name) => queue.ask(served, served.read(name, "input", 100), "input")));
    expect(all).toEqual(await said(names, NAMES));
    expect(batches.reduce((sum, count) => sum + count)).toBe(NAMES.length);
    expect(Math.max(...batches), "some were together").toBeGreaterThan(1);
  });

  test("of 200 clients each gets its own answer", async () => {
    const ask = await servers.start({ models: { names } });
    const expected = await said(names, NAMES.slice(0, 200));
    const answers = await Promise.all(
      NAMES.slice(0, 200).map(async (input) => (await ask.post("/v1/models/names/predict", { input })).json()),
    );
    expect(answers).toEqual(expected.map((output) => ({ output })));
  });
});

describe("what is too much is refused, and told to come again", () => {
  test("inputs that wait", async () => {
    const { fetch } = createHandler({ models: { names }, limits: { maxWaiting: 3 } });
    const response = await fetch(request("/v1/models/names/predict", { inputs: NAMES.slice(0, 5) }));
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await response.json()).toMatchObject({ error: { code: "queue-full", fix: "Send it again later." } });
    expect((await fetch(request("/v1/models/names/predict", { inputs: NAMES.slice(0, 3) }))).status).toBe(200);
  });

  test("requests, streams and bodies at once", async () => {
    const limits = { maxRequests: 2, maxStreams: 1, maxBodies: 5000, timeout: 0.3 };
    const { fetch } = createHandler({ models: { names, text }, limits });
    const waits = () =>
      new Request("http://localhost/v1/models/names/predict", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: new ReadableStream({
          start: (controller) => controller.enqueue(encode(`{"input":"${"x".repeat(3000)}`)),
        }),
        duplex: "half",
      } as RequestInit);
    const first = fetch(waits());
    await new Promise((resolve) => setTimeout(resolve, 50));
    const second = await fetch(request("/v1/models/names/predict", JSON.stringify({ input: "y".repeat(3000) })));
    expect(await second.json()).toMatchObject({ error: { status: 503, code: "memory-full" } });
    const third = fetch(waits());
    const fourth = await fetch(request("/v1/models/names/predict", { input: "Lata" }));
    expect(await fourth.json()).toMatchObject({ error: { status: 429, code: "too-many-requests" } });
    expect([(await first).status, (await third).status]).toEqual([408, 503]);
    const stream = await fetch(request("/v1/models/text/generate", { length: 5 }));
    const other = await fetch(request("/v1/models/text/generate", { length: 5 }));
    expect(await other.json()).toMatchObject({ error: { status: 429, code: "too-many-streams" } });
    expect(eventsOf(await stream.text()).at(-1)!.event).toBe("done");
    expect((await fetch(request("/v1/models/text/generate", { length: 5 }))).status).toBe(200);
  });

  test("an input that waited too long", async () => {
    const served = new ServedModel("names", partsOf(names));
    const queue = new Queue({ maxWaiting: 10, timeout: 1e-9 });
    await expect(queue.ask(served, served.read("Lata", "input", 100), "input")).rejects.toMatchObject({ status: 504 });
  });
});

describe("streams", () => {
  test("a line is answered before the next is sent, and memory stays that of a few", async () => {
    const { fetch } = createHandler({ models: { names } });
    const sent = new TransformStream<Uint8Array, Uint8Array>();
    const writer = sent.writable.getWriter();
    const response = await fetch(
      new Request("http://localhost/v1/models/names/predict", {
        method: "POST",
        headers: { "content-type": "application/x-ndjson" },
        body: sent.readable,
        duplex: "half",
      } as RequestInit),
    );
    const reader = response.body!.getReader();
    const expected = await said(names, NAMES.slice(0, 4));
    for (const [i, name] of NAMES.slice(0, 4).entries()) {
      const written = writer.write(encode(`${JSON.stringify(name)}\n`));
      const { value } = await reader.read();
      expect(JSON.parse(new TextDecoder().decode(value))).toEqual(expected[i]);
      await written;
    }
    await writer.close();
    expect((await reader.read()).done).toBe(true);
  });

  test("lines are read as fast as answers are taken", async () => {
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          controller.enqueue(encode(`${JSON.stringify(NAMES[pulled++ % 300])}\n`));
          if (pulled === 1000) controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const { fetch } = createHandler({ models: { names } });
    const headers = { "content-type": "application/x-ndjson" };
    const init = { method: "POST", headers, body, duplex: "half" } as RequestInit;
    const response = await fetch(new Request("http://localhost/v1/models/names/predict", init));
    const reader = response.body!.getReader();
    for (let i = 0; i < 5; i++) await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(pulled).toBeLessThan(20);
    let lines = 5;
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) lines++;
    expect(lines).toBe(1000);
  });

  test("a body that stops, and a reader that goes or takes nothing, end a stream", async () => {
    const { fetch } = createHandler({ models: { names, text }, limits: { maxStreams: 1, timeout: 0.1 } });
    const lines = (body: BodyInit) =>
      new Request("http://localhost/v1/models/names/predict", {
        method: "POST",
        headers: { "content-type": "application/x-ndjson" },
        body,
        duplex: "half",
      } as RequestInit);
    const stops = new ReadableStream({ start: (controller) => controller.enqueue(encode('"Lata"\n"Bo')) });
    const told = (await (await fetch(lines(stops))).text()).trim().split("\n");
    expect(JSON.parse(told[1]!)).toMatchObject({ error: { status: 408, code: "late-body" } });
    const left = await fetch(request("/v1/models/text/generate", { length: 500 }));
    await left.body!.cancel();
    const slow = await fetch(request("/v1/models/text/generate", { length: 500 }));
    const reader = slow.body!.getReader();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await expect(reader.read()).rejects.toThrow("the reader takes nothing");
    expect((await fetch(request("/v1/models/text/generate", { length: 1 }))).status).toBe(200);
  });
});

describe("in Node a stream that cannot go on is cut off with its connection", () => {
  const head = { host: "localhost", "content-type": "application/json" };

  /** A handler, and what Node gives of a request to it. */
  function asked(onError: (error: unknown) => void, body: string) {
    const access = { token: null, hosts: [], origins: [] };
    const defaults = Object.fromEntries(Object.entries(LIMIT_FIELDS).map(([key, field]) => [key, field.default]));
    const handler = new Handler({ access, limits: { ...(defaults as unknown as Limits), timeout: 0.05 }, onError });
    handler.set("text", partsOf(text));
    const incoming = Object.assign(Readable.from([encode(body)]), { headers: head, socket: { destroy: vi.fn() } });
    return { handler, incoming: incoming as unknown as Incoming & typeof incoming };
  }

  test("where its reader takes nothing: nobody is told", async () => {
    const told: unknown[] = [];
    const { handler, incoming } = asked((error) => told.push(error), JSON.stringify({ length: 50 }));
    const request = new Request("http://localhost/v1/models/text/generate", { method: "POST" });
    const response = await handler.fetch(request, { incoming });
    const reader = response.body!.getReader();
    await reader.read();
    expect(incoming.socket.destroy).not.toHaveBeenCalled();
    await expect.poll(() => handler.load.streams).toBe(0);
    expect(incoming.socket.destroy).toHaveBeenCalledTimes(1);
    expect(told).toEqual([]);
  });

  test("where it fails: that is told, and its words go nowhere else", async () => {
    const told: unknown[] = [];
    const { handler, incoming } = asked((error) => told.push(error), JSON.stringify({ length: 50 }));
    const fault = new Error("a secret");
    const { task } = handler.models.get("text");
    const stream = vi.spyOn(task.generate!, "stream").mockImplementation(function* () {
      yield "a";
      throw fault;
    });
    const request = new Request("http://localhost/v1/models/text/generate", { method: "POST" });
    const response = await handler.fetch(request, { incoming });
    const reader = response.body!.getReader();
    let written = "";
    for (let i = 0; i < 2; i++) written += new TextDecoder().decode((await reader.read()).value);
    void reader.read();
    await expect.poll(() => told).toEqual([fault]);
    expect(incoming.socket.destroy).toHaveBeenCalledTimes(1);
    expect(written).not.toContain("secret");
    stream.mockRestore();
  });
});

test("draining: what was asked is answered, readyz says so, and connections end", async () => {
  const ask = await servers.start({ models: { names, text } });
  const writing = await ask.post("/v1/models/text/generate", { length: 200, seed: 1 });
  const closed = ask.server.close();
  await expect(ask.get("/healthz")).rejects.toThrow();
  const events = eventsOf(await writing.text());
  expect(events.at(-1)!.event).toBe("done");
  await closed;
  const handler = createHandler({ models: { names } });
  await handler.drain();
  const ready = await handler.fetch(new Request("http://localhost/readyz"));
  expect([ready.status, ready.headers.get("connection")]).toEqual([503, "close"]);
});

test("a model that takes another's place loses no request", async () => {
  const bytes = encode(nameTable(60, 9));
  const { model: other } = await train({ name: "names.csv", bytes }, { hidden: 7, epochs: 1, valid: 0.2 });
  const ask = await servers.start({ models: { names } });
  const [before, after] = [await said(names, ["Lata"]), await said(other, ["Lata"])];
  const under = Array.from({ length: 50 }, async () =>
    (await ask.post("/v1/models/names/predict", { input: "Lata" })).json(),
  );
  ask.server.set("names", other);
  const answers = (await Promise.all(under)) as { output: unknown }[];
  for (const { output } of answers) expect([before[0], after[0]]).toContainEqual(output);
  expect(await (await ask.post("/v1/models/names/predict", { input: "Lata" })).json()).toEqual({ output: after[0] });
  expect(await (await ask.get("/v1/models/names")).json()).toMatchObject({ name: "names", version: 2 });
});
