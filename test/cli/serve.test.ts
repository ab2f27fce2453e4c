import { copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { run } from "../../src/cli/run.js";
import { load, train } from "../../src/tasks/index.js";
import { nameTable } from "../support/rows.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { FakeTerminal } from "../support/terminal.js";
import { nonsense } from "../support/text.js";

const { at } = temporaryFolder();
const encode = (text: string) => new TextEncoder().encode(text);
let files: Record<string, Uint8Array>;

beforeAll(async () => {
  const made = async (name: string, text: string, settings: object) =>
    (await train({ name, bytes: encode(text) }, { hidden: 6, epochs: 1, valid: 0.2, ...settings })).checkpoint();
  files = {
    "runs/names/best.safetensors": await made("names.csv", nameTable(60), {}),
    "other.safetensors": await made("names.csv", nameTable(60, 8), { hidden: 7 }),
    "text.safetensors": await made("text.txt", nonsense(900), {}),
  };
});
beforeEach(() => {
  mkdirSync(at("runs/names"), { recursive: true });
  for (const [path, bytes] of Object.entries(files)) writeFileSync(at(path), bytes);
});

async function served(argv: string[]) {
  const terminal = new FakeTerminal();
  const ended = run(["serve", ...argv, "--port", "0"], terminal);
  await expect.poll(() => terminal.stdout.text).toMatch(/listening/);
  const url = /http:\/\/[^;"\s]+/.exec(terminal.stdout.text)![0];
  const post = async (path: string, body: object) => {
    const headers = { "content-type": "application/json" };
    const response = await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) });
    return (await response.json()) as Record<string, unknown>;
  };
  return { terminal, ended, url, post };
}

async function library(path: string, input: string) {
  for await (const output of load(at(path)).predict([input])) return output;
  throw new Error("no answer");
}

test("a run folder and a checkpoint are served until a signal, and the end is 0", async () => {
  const { terminal, ended, post } = await served([at("runs/names"), `lm=${at("text.safetensors")}`]);
  expect(terminal.stdout.text).toMatch(
    /^names: a classifier \(.*\)\nlm: a language model \(.*\)\nlistening at http:\/\/127\.0\.0\.1:\d+; /,
  );
  const output = await library("runs/names/best.safetensors", "Lata");
  expect(await post("/v1/models/names/predict", { input: "Lata" })).toEqual({ output });
  expect(await post("/v1/models/lm/generate", { length: -1 })).toMatchObject({
    error: { status: 422, field: "length" },
  });
  terminal.interrupt("SIGTERM");
  expect(await ended).toBe(0);
  expect(terminal.stderr.text).toBe("draining: what was asked is answered, nothing new is taken\n");
});

test("--json: lines for programs", async () => {
  const { terminal, ended, url } = await served([at("runs/names"), "--json"]);
  terminal.interrupt("SIGINT");
  expect(await ended).toBe(0);
  const lines = terminal.stdout.text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const models = [{ name: "names", path: at("runs/names"), task: "classify" }];
  expect(lines).toEqual([{ type: "listening", url, models }, { type: "ended" }]);
  expect(terminal.stderr.text).toBe("");
});

test("--watch: a file that changes is read anew, a damaged one is not, and every request is answered", async () => {
  const path = at("runs/names/best.safetensors");
  const [before, after] = [
    await library("runs/names/best.safetensors", "Lata"),
    await library("other.safetensors", "Lata"),
  ];
  const { terminal, ended, post } = await served([at("runs/names"), "--watch"]);
  const seen = new Set<string>();
  let isOver = false;
  const asking = (async () => {
    while (!isOver) seen.add(JSON.stringify(await post("/v1/models/names/predict", { input: "Lata" })));
  })();
  writeFileSync(at("damaged"), readFileSync(path).subarray(0, 900));
  renameSync(at("damaged"), path);
  await expect
    .poll(() => terminal.stderr.text, { timeout: 10_000 })
    .toContain("warning: names: the model before goes on: ");
  copyFileSync(at("other.safetensors"), path);
  await expect.poll(() => terminal.stderr.text, { timeout: 10_000 }).toContain("took the place of the one before");
  expect(await post("/v1/models/names/predict", { input: "Lata" })).toEqual({ output: after });
  isOver = true;
  await asking;
  expect([...seen].sort()).toEqual([{ output: before }, { output: after }].map((one) => JSON.stringify(one)).sort());
  terminal.interrupt("SIGTERM");
  expect(await ended).toBe(0);
});

test("what cannot be served is said, with a command that can", async () => {
  const busy = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => busy.once("listening", resolve));
  const { port } = busy.address() as { port: number };
  const names = at("runs/names");
  const cases: [string[], number, string][] = [
    [[at("none")], 4, "none"],
    [[names, "--port", "70000"], 2, '--port: found "70000"; it must be a port, 0 to 65535. Nothing was started. Try: '],
    [
      [names, "--port", String(port)],
      2,
      `--port: found ${port} (EADDRINUSE); it must be a port that is free. Nothing was started. Try: `,
    ],
    [[names, "--host", "0.0.0.0"], 2, `--host: found 0.0.0.0 without --token; `],
    [[names, "--host", "0.0.0.0", "--token", ""], 2, `--token: found ""; it must be letters, digits and signs`],
    [
      [names, "--host", "203.0.113.7", "--insecure", "--port", "0"],
      2,
      '--host: found "203.0.113.7" (EADDRNOTAVAIL); it must be an address of this machine.',
    ],
    [[names, names], 2, `MODEL: found two models named names; each needs a name of its own, as in NAME=PATH.`],
    [[`a/b=${names}`], 2, 'MODEL: found the name "a/b"; it must be letters, digits, dots, dashes and underscores.'],
    [[names, "--max-body", "0"], 2, "--max-body: found 0; it must be a positive integer. Try: "],
    [[names, "--timeout", "x"], 2, '--timeout: found "x"; it must be a finite number > 0. Try: '],
    [[], 2, ""],
  ];
  for (const [argv, status, message] of cases) {
    const terminal = new FakeTerminal();
    expect([argv, await run(["serve", ...argv], terminal)]).toEqual([argv, status]);
    expect(terminal.stderr.text).toContain(message);
  }
  busy.close();
});
