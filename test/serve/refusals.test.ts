import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TaskModel, train } from "../../src/tasks/index.js";
import { nameTable, seriesTable } from "../support/rows.js";
import { nonsense } from "../support/text.js";
import { type Asker, Servers } from "./support.js";

const servers = new Servers();
let models: Record<string, TaskModel>;
let ask: Asker;
const encode = (text: string) => new TextEncoder().encode(text);
const LIMITS = { maxBody: 4096, maxInputs: 5, maxLength: 300, maxDrawn: 50, maxPrompt: 40, timeout: 0.4 };

beforeAll(async () => {
  const trained = async (name: string, text: string) =>
    (await train({ name, bytes: encode(text) }, { hidden: 6, epochs: 1, valid: 0.2 })).model;
  models = {
    names: await trained("names.csv", nameTable(60)),
    slopes: await trained("slopes.csv", seriesTable(60)),
    text: await trained("text.txt", nonsense(900)),
  };
  ask = await servers.start({ models, limits: LIMITS });
});
afterAll(() => servers.close());

const PREDICT = "/v1/models/names/predict";
const GENERATE = "/v1/models/text/generate";

describe("what is wrong with a body is said with its place", () => {
  const deep = (n: number) => `${"[".repeat(n)}${"]".repeat(n)}`;
  const cases: [string, string, unknown, object][] = [
    [
      "no JSON",
      PREDICT,
      '{"input": "Lata"',
      { status: 400, code: "not-json", field: "body", value: 'its end at character 16 where "," or "}" belongs' },
    ],
    ["a word", PREDICT, '{"input": nope}', { status: 400, code: "not-json", value: '"nope}" at character 10' }],
    ["nothing", PREDICT, "", { status: 400, code: "not-json", value: "its end at character 0" }],
    [
      "a byte that is no UTF-8",
      PREDICT,
      Uint8Array.of(0x22, 0x61, 0xff, 0x22),
      { status: 400, code: "not-utf8", details: { byte: 2, line: 1 } },
    ],
    [
      "a surrogate by itself as UTF-8",
      PREDICT,
      Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22),
      { status: 400, code: "not-utf8" },
    ],
    [
      "UTF-16",
      PREDICT,
      new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0]),
      { status: 400, code: "not-utf8", details: { byte: 0, line: 1 } },
    ],
    ["deep JSON", PREDICT, `{"input":${deep(1900)}}`, { status: 422, field: "input[0][0]" }],
    ["deep JSON without its end", PREDICT, "[".repeat(4000), { status: 400, code: "not-json" }],
    ["null", PREDICT, "null", { status: 422, field: "body", must: "be an object" }],
    ["a list", PREDICT, "[1]", { status: 422, field: "body" }],
    [
      "neither",
      PREDICT,
      {},
      { status: 422, field: "body", must: 'have one of "input" and "inputs"', value: "neither" },
    ],
    ["both", PREDICT, { input: "a", inputs: [] }, { status: 422, value: "both" }],
    [
      "a key that is near",
      PREDICT,
      { imput: "a" },
      { status: 422, code: "unknown-field", fix: "Did you mean input?", details: { key: "imput", nearest: "input" } },
    ],
    [
      "__proto__",
      PREDICT,
      '{"__proto__": {"input": "a"}}',
      { status: 422, code: "unknown-field", value: '"__proto__"' },
    ],
    [
      "__proto__ of an input",
      PREDICT,
      '{"input": {"__proto__": "a"}}',
      { status: 422, field: "input", value: '"__proto__"' },
    ],
    [
      "a long key",
      PREDICT,
      JSON.stringify({ ["k".repeat(3000)]: 1 }),
      { status: 422, code: "unknown-field", details: { key: "k".repeat(100) } },
    ],
    ["constructor", PREDICT, '{"constructor": 1, "input": "a"}', { status: 422, value: '"constructor"' }],
    ["a number", PREDICT, { input: 3 }, { status: 422, field: "input" }],
    ["no text", PREDICT, { inputs: ["Lata", ""] }, { status: 422, field: "inputs[1]", must: "hold text" }],
    [
      "numbers for a text",
      PREDICT,
      { inputs: ["Lata", [1, 2]] },
      { status: 422, field: "inputs[1]", must: "be a text" },
    ],
    ["another column", PREDICT, { input: { nam: "a" } }, { status: 422, field: "input", fix: "Did you mean name?" }],
    ["a text for numbers", "/v1/models/slopes/predict", { input: "x" }, { status: 422, field: "input" }],
    [
      "too few numbers",
      "/v1/models/slopes/predict",
      { input: [1, 2] },
      { status: 422, field: "input", value: "2 numbers" },
    ],
    [
      "null among numbers",
      "/v1/models/slopes/predict",
      { input: [1, 2, null, 4, 5] },
      { status: 422, field: "input[2]", value: "null" },
    ],
    ["1e999", "/v1/models/slopes/predict", '{"input":[1,2,3,4,1e999]}', { status: 422, field: "input" }],
    [
      "a column that lacks",
      "/v1/models/slopes/predict",
      { input: { a: 1, b: 2, c: 3, d: 4 } },
      { status: 422, field: "input.e" },
    ],
    [
      "a column as text",
      "/v1/models/slopes/predict",
      { input: { a: 1, b: 2, c: 3, d: 4, e: "5" } },
      { status: 422, field: "input.e", value: '"5"' },
    ],
    ["inputs that are none", PREDICT, { inputs: "Lata" }, { status: 422, field: "inputs", must: "be a list" }],
    [
      "too many inputs",
      PREDICT,
      { inputs: Array(6).fill("a") },
      { status: 422, code: "too-many", field: "inputs", value: "6" },
    ],
    [
      "a long input",
      PREDICT,
      { inputs: ["a", "b".repeat(301)] },
      { status: 422, code: "too-long", field: "inputs[1]", value: "301" },
    ],
    ["options that it has not", PREDICT, { input: "a", options: { beam: 2 } }, { status: 422, field: "options" }],
    ["a large body", PREDICT, { input: "x".repeat(5000) }, { status: 413, code: "too-large", field: "body" }],
    ["too much to write", GENERATE, { length: 51 }, { status: 422, code: "too-many", field: "length", value: "51" }],
    ["a long prompt", GENERATE, { prompt: "n".repeat(41) }, { status: 422, code: "too-long", field: "prompt" }],
    [
      "a prompt with a new character",
      GENERATE,
      { prompt: "\u{1f600}" },
      { status: 422, code: "unknown-token", field: "prompt" },
    ],
    [
      "a temperature below 0",
      GENERATE,
      { temperature: -1 },
      { status: 422, field: "temperature", must: "be a finite number >= 0" },
    ],
    ["a temperature as text", GENERATE, { temperature: "1" }, { status: 422, field: "temperature", value: '"1"' }],
    ["topP of 0", GENERATE, { topP: 0 }, { status: 422, field: "topP" }],
    ["an option of another task", GENERATE, { count: 2 }, { status: 422, code: "unknown-field", value: '"count"' }],
    [
      "a task that does not write",
      "/v1/models/names/generate",
      {},
      { status: 404, code: "unsupported", value: "a classifier" },
    ],
    ["a task that does not predict", "/v1/models/text/predict", { input: "a" }, { status: 404, code: "unsupported" }],
    ["a model that is near", "/v1/models/name/predict", { input: "a" }, { status: 404, fix: "Did you mean names?" }],
    [
      "a path in a name",
      "/v1/models/..%2f..%2fetc%2fpasswd/predict",
      { input: "a" },
      { status: 404, code: "unknown-model" },
    ],
    ["a path that climbs", "/v1/models/../../../etc/passwd", {}, { status: 404, code: "unknown-path" }],
    ["a null byte", "/v1/models/names%00/predict", { input: "a" }, { status: 404, code: "unknown-model" }],
    ["__proto__ as a name", "/v1/models/__proto__/predict", { input: "a" }, { status: 404, code: "unknown-model" }],
    [
      "a path that is near",
      "/v1/models/names/predikt",
      { input: "a" },
      { status: 404, fix: "Did you mean /v1/models/names/predict?" },
    ],
  ];
  for (const [what, path, body, expected] of cases) {
    test(what, async () => {
      expect(await ask.refused(ask.post(path, body))).toMatchObject(expected);
    });
  }

  test("content type and method", async () => {
    const asText = ask.post(PREDICT, { input: "a" }, { "content-type": "text/plain" });
    expect(await ask.refused(asText)).toMatchObject({ status: 415, value: '"text/plain"' });
    const response = await ask.get(PREDICT);
    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
    expect(await ask.refused(ask.post("/v1/models", {}))).toMatchObject({ status: 405, must: "be GET" });
  });

  test("a line may be a body with its options, where that is no column", async () => {
    const lines = [
      '{"input":"Lata"}',
      '{"input":"Lata","options":{"beam":2}}',
      '{"input":"","x":1}',
      '{"name":"Lata"}',
    ];
    const response = await ask.post(PREDICT, lines.join("\n"), { "content-type": "application/x-ndjson" });
    const told = (await response.text())
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(told[0]).toEqual(told[3]);
    expect(told[1]).toMatchObject({
      line: 2,
      error: { code: "unknown-field", field: "line 2: options", value: '"beam"' },
    });
    expect(told[2]).toMatchObject({ line: 3, error: { code: "unknown-field", field: "line 3", value: '"x"' } });
    expect(told[0]).toHaveProperty("label");
  });

  test("lines that are wrong stand in their places, and the others are answered", async () => {
    const lines = ['"Lata"', "", "{", '{"nam":"a"}', `"${"x".repeat(5000)}"`, '"Bodo"'].join("\r\n");
    const response = await ask.post(PREDICT, lines, { "content-type": "application/jsonl" });
    const told = (await response.text())
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(told.map(({ label, error, line }) => (label === undefined ? [line, error.status] : "told"))).toEqual([
      "told",
      [3, 400],
      [4, 422],
      [5, 413],
      "told",
    ]);
  });
});

/** What comes back for bytes that are sent as they are. */
function raw(url: string, parts: string[], { halfClose = false, wait = 0 } = {}): Promise<string> {
  const { port, hostname } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, async () => {
      for (const part of parts) {
        socket.write(part);
        await new Promise((done) => setTimeout(done, wait));
      }
      if (halfClose) socket.end();
    });
    let text = "";
    socket.on("data", (data) => {
      text += data.toString();
    });
    socket.on("close", () => resolve(text));
    socket.on("error", reject);
  });
}

const head = (length: number | string, more = "") =>
  `POST ${PREDICT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n${more}\r\n`;
const statusOf = (text: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]);
const BODY = '{"input":"Lata"}';

describe("bodies and sockets that lie", () => {
  test("a body that is shorter than it says is waited for, and then refused", async () => {
    const text = await raw(ask.url, [head(100) + BODY]);
    expect(statusOf(text)).toBe(408);
    expect(text).toContain('"code":"late-body"');
  });

  test("a gigabyte is refused by its length, and a stream without one as it goes beyond", async () => {
    expect(statusOf(await raw(ask.url, [head(1e9)]))).toBe(413);
    const chunked = `POST ${PREDICT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const chunk = `800\r\n${"x".repeat(0x800)}\r\n`;
    expect(statusOf(await raw(ask.url, [chunked, chunk, chunk, chunk]))).toBe(413);
  });

  test("a chunked body is read, and one that stops is refused", async () => {
    const chunked = `POST ${PREDICT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`;
    const text = await raw(ask.url, [chunked, `5\r\n${BODY.slice(0, 5)}\r\n`, `b\r\n${BODY.slice(5)}\r\n0\r\n\r\n`]);
    expect(statusOf(text)).toBe(200);
    expect(statusOf(await raw(ask.url, [chunked, `5\r\n${BODY.slice(0, 5)}\r\n`]))).toBe(408);
  });

  test("two lengths, a length and chunks, a length that is none, and what is no HTTP", async () => {
    expect(statusOf(await raw(ask.url, [head("16\r\nContent-Length: 17") + BODY]))).toBe(400);
    expect(statusOf(await raw(ask.url, [head(16, "Transfer-Encoding: chunked\r\n") + BODY]))).toBe(400);
    expect(statusOf(await raw(ask.url, [head("1e3") + BODY]))).toBe(400);
    const text = await raw(ask.url, ["hello\r\n\r\n"]);
    expect(text).toContain('"code":"not-http"');
    expect(
      statusOf(await raw(ask.url, [`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`])),
    ).toBe(431);
  });

  test("a socket that is closed on its one side is answered", async () => {
    const text = await raw(ask.url, [head(BODY.length, "Connection: close\r\n") + BODY], { halfClose: true });
    expect(statusOf(text)).toBe(200);
    expect(text).toContain('"label"');
  });

  test("a slow client is answered, byte by byte", async () => {
    const text = await raw(ask.url, [head(BODY.length, "Connection: close\r\n"), ...BODY], { wait: 5 });
    expect(statusOf(text)).toBe(200);
  });

  test("a body counts for the bytes of it that came, whatever it says", async () => {
    const told: unknown[] = [];
    const own = await servers.start({
      models,
      limits: { ...LIMITS, maxBodies: 6000 },
      onError: (error) => told.push(error),
    });
    const lies = Array.from({ length: 20 }, () => raw(own.url, [head(4000) + BODY]));
    await expect.poll(async () => (await own.get("/metrics")).text()).toContain("\nunrolled_requests_under_way 21\n");
    expect(await (await own.get("/metrics")).text()).toContain(`\nunrolled_body_bytes ${20 * BODY.length}\n`);
    expect((await own.post(PREDICT, BODY)).status).toBe(200);
    expect((await Promise.all(lies)).map(statusOf)).toEqual(Array(20).fill(408));
    expect(told).toEqual([]);
  });

  test("a line that comes byte by byte does not hold its stream for ever", async () => {
    const path = `POST ${PREDICT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nContent-Length: 500\r\nConnection: close\r\n\r\n`;
    const text = await raw(ask.url, [path, '"Lata"\n"', ..."Bo".repeat(40)], { wait: 20 });
    expect(text).toContain('"label"');
    expect(text).toContain('"code":"late-body"');
  });

  test("a client that goes leaves nothing behind", async () => {
    const { port, hostname } = new URL(ask.url);
    await Promise.all(
      Array.from({ length: 20 }, () => {
        return new Promise<void>((resolve) => {
          const socket = connect(Number(port), hostname, () => {
            socket.write(head(100) + BODY, () => socket.destroy());
          });
          socket.on("close", () => resolve());
        });
      }),
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    const figures = await (await ask.get("/metrics")).text();
    expect(figures).toContain("\nunrolled_requests_under_way 1\n");
    expect(figures).toContain("\nunrolled_body_bytes 0\n");
  });

  test("Host: a name that was not told is refused, however it is written", async () => {
    const hosts = [
      "evil.example",
      "evil.example:80",
      "localhost.evil.example",
      "127.0.0.1.evil.example",
      "",
      "LOCALHOST@x",
    ];
    for (const host of hosts) {
      const text = await raw(ask.url, [`GET /v1/models HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`]);
      expect([host, statusOf(text) === 403 || statusOf(text) === 400]).toEqual([host, true]);
    }
    for (const host of ["localhost", "LocalHost:1234", "127.0.0.1:80", "[::1]:8080"]) {
      const text = await raw(ask.url, [`GET /v1/models HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`]);
      expect([host, statusOf(text)]).toEqual([host, 200]);
    }
  });
});

describe("who may ask", () => {
  test("pages of other sites may not, unless they were told", async () => {
    const own = await servers.start({ models, origins: ["https://a.example"], hosts: ["b.example"] });
    const from = (origin: string) => own.post(PREDICT, { input: "Lata" }, { origin });
    for (const origin of ["https://evil.example", "null", "http://localhost.evil.example"]) {
      expect(await own.refused(from(origin))).toMatchObject({
        status: 403,
        code: "origin",
        value: JSON.stringify(origin),
      });
    }
    const allowed = await from("https://a.example");
    expect([allowed.status, allowed.headers.get("access-control-allow-origin")]).toEqual([200, "https://a.example"]);
    expect((await from(own.url)).status).toBe(200);
    const asked = (origin: string) =>
      fetch(own.url + PREDICT, { method: "OPTIONS", headers: { origin, "access-control-request-method": "POST" } });
    const preflight = await asked("https://a.example");
    expect([preflight.status, preflight.headers.get("access-control-allow-headers")]).toEqual([
      204,
      "authorization, content-type",
    ]);
    expect((await asked("https://evil.example")).status).toBe(403);
    const text = await raw(own.url, ["GET /v1/models HTTP/1.1\r\nHost: b.example\r\nConnection: close\r\n\r\n"]);
    expect(statusOf(text)).toBe(200);
  });

  test("a token", async () => {
    const own = await servers.start({ models, token: "s3cret", host: "0.0.0.0" });
    own.server;
    const url = own.url.replace("0.0.0.0", "127.0.0.1");
    const ask = (authorization?: string, path = "/v1/models") =>
      fetch(url + path, { headers: authorization === undefined ? {} : { authorization } });
    for (const given of [undefined, "s3cret", "Bearer", "Bearer s3cre", "Bearer s3crett", "Basic s3cret", "Bearer "]) {
      const response = await ask(given);
      expect([given, response.status, response.headers.get("www-authenticate")]).toEqual([
        given,
        401,
        'Bearer realm="unrolled"',
      ]);
    }
    expect((await ask("Bearer s3cret")).status).toBe(200);
    expect((await ask("bearer  s3cret")).status).toBe(200);
    expect((await ask(undefined, "/metrics")).status).toBe(401);
    for (const open of ["/healthz", "/readyz"]) expect((await ask(undefined, open)).status).toBe(200);
    const foreign = (path: string, more = "", method = "GET") =>
      raw(url, [`${method} ${path} HTTP/1.1\r\nHost: a.example\r\n${more}Connection: close\r\n\r\n`]);
    expect(statusOf(await foreign("/v1/models", "Authorization: Bearer s3cret\r\n"))).toBe(200);
    // Behind a proxy it is asked under any name, for what needs no token too.
    for (const open of ["/", "/page.js", "/healthz", "/readyz"]) {
      expect([open, statusOf(await foreign(open))]).toEqual([open, 200]);
    }
    expect(statusOf(await foreign(PREDICT, "Origin: http://a.example\r\n", "OPTIONS"))).toBe(204);
  });

  test("who knows no token is not told what there is", async () => {
    const own = await servers.start({ models, token: "s3cret" });
    for (const [method, path] of [
      ["GET", "/v1/models/name/predikt"],
      ["POST", "/v1/models/names/predikt"],
      ["GET", PREDICT],
      ["DELETE", PREDICT],
      ["POST", "/v1/models/names"],
    ]) {
      const response = await fetch(own.url + path, { method: method! });
      expect([method, path, response.status]).toEqual([method, path, 401]);
      expect(await response.text()).not.toContain("names");
    }
  });

  test("a token that is nothing, or cannot stand in a head, is refused", async () => {
    for (const token of ["", " ", "two words", "l\nine", "schl\u00fcssel"]) {
      await expect(servers.start({ models, token })).rejects.toMatchObject({
        argument: "token",
        fix: "Leave it out for none.",
      });
    }
    await servers.start({ models, token: null });
  });

  test("an address that others reach needs a token", async () => {
    await expect(servers.start({ models, host: "0.0.0.0" })).rejects.toThrow(
      'serve: host must be of this machine alone where there is no token, got "0.0.0.0". Give it a token, or say that anybody may ask (insecure).',
    );
    await servers.start({ models, host: "0.0.0.0", insecure: true });
  });
});
