import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createHandler } from "../../src/serve/index.js";
import { type TaskModel, train } from "../../src/tasks/index.js";
import type { LanguageModel } from "../../src/tasks/language-model/model.js";
import { tensor } from "../../src/tensor/index.js";
import { nameTable } from "../support/rows.js";
import { nonsense } from "../support/text.js";
import { type Asker, eventsOf, Servers } from "./support.js";

const servers = new Servers();
let text: TaskModel;
let words: TaskModel;
let names: TaskModel;
let ask: Asker;
const encode = (string: string) => new TextEncoder().encode(string);

beforeAll(async () => {
  const settings = { hidden: 16, embed: 6, epochs: 2, valid: 0.2, layers: 2 };
  ({ model: text } = await train({ name: "text.txt", bytes: encode(nonsense(900)) }, settings));
  ({ model: words } = await train({ name: "text.txt", bytes: encode(nonsense(900)) }, { ...settings, tokens: "word" }));
  ({ model: names } = await train({ name: "names.csv", bytes: encode(nameTable(60)) }, { hidden: 5, epochs: 1 }));
  ask = await servers.start({ models: { text, words, names }, limits: { maxPrompt: 700 } });
});
afterAll(() => servers.close());

type Said = { tokens: number; read: number; nats: number | null; next: { token: string; probability: number }[] };

async function begin(from = ask, model = "text"): Promise<string> {
  const response = await from.post(`/v1/models/${model}/sessions`, {});
  expect(response.status).toBe(201);
  const { id } = (await response.json()) as { id: string };
  return `/v1/models/${model}/sessions/${id}`;
}

async function read(session: string, input: string, options = {}): Promise<Said> {
  const response = await ask.post(`${session}/predict`, { input, options });
  const body = (await response.json()) as { output: Said };
  expect(response.status, JSON.stringify(body)).toBe(200);
  return body.output;
}

const TEXT = nonsense(600);

test("pieces are read after all before them: their losses and what comes next are those of the whole", async () => {
  const session = await begin();
  let [nats, tokens] = [0, 0];
  let last: Said | undefined;
  for (const [from, to] of [
    [0, 1],
    [1, 9],
    [9, 300],
    [300, 301],
    [301, 600],
  ] as const) {
    last = await read(session, TEXT.slice(from, to), { top: 3 });
    nats += last.nats ?? 0;
    tokens += last.tokens;
    if (from === 0) expect(last.nats).toBe(null);
  }
  const model = text.module as LanguageModel;
  const ids = model.vocabulary.encode(TEXT);
  expect([tokens, last!.read]).toEqual([ids.length, ids.length]);
  const [logits] = model.forward(tensor(ids, { shape: [ids.length, 1] }));
  const all = logits.logSoftmax(-1).toArray() as number[][][];
  const expected = all.slice(0, -1).reduce((sum, [row], t) => sum - row![ids[t + 1]!]!, 0);
  expect(nats).toBeCloseTo(expected, 2);
  const probabilities = all.at(-1)![0]!.map(Math.exp);
  const best = Math.max(...probabilities);
  expect(last!.next).toHaveLength(3);
  expect(last!.next[0]!.probability).toBeCloseTo(best, 5);
  expect(last!.next[0]!.token).toBe(model.vocabulary.tokenOf(probabilities.indexOf(best)));
});

test("what is written goes on from what was read, and is remembered", async () => {
  for (const [name, model] of [
    ["text", text],
    ["words", words],
  ] as const) {
    const session = await begin(ask, name);
    const prompt = TEXT.slice(0, TEXT.lastIndexOf(" ", 120));
    await read(session, prompt);
    const options = { length: 12, temperature: 0 };
    const [first, second] = [await written(session, options), await written(session, options)];
    expect(first + second).toBe([...model.generate({ prompt, length: 24, temperature: 0 })].join(""));
    expect((await read(session, "no")).read).toBeGreaterThan(24);
  }
});

async function written(session: string, options: object): Promise<string> {
  const events = eventsOf(await (await ask.post(`${session}/generate`, options)).text());
  expect(events.at(-1)!.event).toBe("done");
  return events.map(({ data }) => data["text"] ?? "").join("");
}

test("a session that nothing was read in writes from where a text begins", async () => {
  const options = { length: 15, seed: 3 };
  expect(await written(await begin(), options)).toBe([...text.generate(options)].join(""));
});

test("sessions do not know of each other", async () => {
  const [a, b] = [await begin(), await begin()];
  const [alone, mixed]: Said[][] = [[], []];
  for (let i = 0; i < 5; i++) alone.push(await read(a, TEXT.slice(10 * i, 10 * i + 10)));
  const others = await Promise.all([begin(), begin(), begin()]);
  for (let i = 0; i < 5; i++) {
    const own = read(b, TEXT.slice(10 * i, 10 * i + 10));
    await Promise.all([...others.map((other) => read(other, TEXT.slice(7 * i, 7 * i + 9))), own]);
    mixed.push(await own);
  }
  expect(mixed).toEqual(alone);
});

describe("what is refused", () => {
  test("another task, name, id; an ended one", async () => {
    expect(await ask.refused(ask.post("/v1/models/names/sessions", {}))).toMatchObject({
      status: 404,
      code: "unsupported",
    });
    const session = await begin();
    const elsewhere = session.replace("/text/", "/words/");
    expect(await ask.refused(ask.post(`${elsewhere}/predict`, { input: "a" }))).toMatchObject({
      status: 404,
      code: "unknown-session",
    });
    expect((await fetch(ask.url + session, { method: "DELETE" })).status).toBe(204);
    expect(await ask.refused(ask.get(session))).toMatchObject({ status: 404, code: "unknown-session" });
  });

  test("a piece that cannot be read leaves the session as it was", async () => {
    const session = await begin();
    await read(session, TEXT.slice(0, 50));
    const refused = [
      [{ input: "\u{1f600}" }, { status: 422, code: "unknown-token", field: "input" }],
      [{ input: [1, 2] }, { status: 422, field: "input", must: "be a text" }],
      [{ input: "" }, { status: 422, field: "input", must: "hold a token" }],
      [{ input: { a: 1 } }, { status: 422, field: "input" }],
      [{ input: "n".repeat(701) }, { status: 422, code: "too-long" }],
      [
        { input: "n", options: { top: 0 } },
        { status: 422, field: "options.top" },
      ],
    ] as const;
    for (const [body, error] of refused) {
      expect(await ask.refused(ask.post(`${session}/predict`, body))).toMatchObject(error);
    }
    const other = await begin();
    await read(other, TEXT.slice(0, 50));
    expect(await read(session, "no")).toEqual(await read(other, "no"));
    expect(await ask.refused(ask.post(`${session}/generate`, { prompt: "n" }))).toMatchObject({
      status: 422,
      field: "body",
    });
  });

  test("reading while it writes; afterwards it may", async () => {
    const session = await begin();
    const writing = await ask.post(`${session}/generate`, { length: 2000 });
    expect(await ask.refused(ask.post(`${session}/predict`, { input: "n" }))).toMatchObject({
      status: 409,
      code: "busy-session",
    });
    await writing.body!.cancel();
    await expect.poll(async () => (await ask.post(`${session}/predict`, { input: "n" })).status).toBe(200);
  });

  test("a text that nobody began to take ends", async () => {
    const { fetch } = createHandler({ models: { text } });
    const post = (path: string, body: object) => {
      const headers = { "content-type": "application/json" };
      return fetch(new Request(`http://localhost${path}`, { method: "POST", headers, body: JSON.stringify(body) }));
    };
    const { id } = (await (await post("/v1/models/text/sessions", {})).json()) as { id: string };
    const session = `/v1/models/text/sessions/${id}`;
    await (await post(`${session}/generate`, { length: 500 })).body!.cancel();
    expect((await post(`${session}/predict`, { input: "n" })).status).toBe(200);
  });

  test("too many, too large; and what nobody uses ends", async () => {
    const few = await servers.start({
      models: { text },
      limits: { maxSessions: 2, maxSessionBytes: 500, sessionTime: 0.3 },
    });
    const first = await begin(few);
    await begin(few);
    expect(await few.refused(few.post("/v1/models/text/sessions", {}))).toMatchObject({
      status: 429,
      code: "too-many-sessions",
    });
    expect((await few.post(`${first}/predict`, { input: "n" })).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 350));
    const [a, b] = [await begin(few), await begin(few)];
    expect(await few.refused(few.get(first))).toMatchObject({ status: 404 });
    expect((await few.post(`${a}/predict`, { input: "n" })).status).toBe(200);
    expect(await few.refused(few.post(`${b}/predict`, { input: "n" }))).toMatchObject({
      status: 429,
      code: "sessions-full",
    });
    expect(await few.refused(few.get(b))).toMatchObject({ status: 404 });
    expect((await few.get(a)).status).toBe(200);
  });
});

test("a session goes on with its model when another takes that one's place", async () => {
  const own = await servers.start({ models: { text } });
  const session = await begin(own);
  own.server.set("text", words);
  const response = await own.post(`${session}/predict`, { input: "no" });
  expect(await response.json()).toMatchObject({ output: { tokens: 2 } });
});
