import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TaskModel, train } from "../../src/tasks/index.js";
import { nameTable } from "../support/rows.js";
import { nonsense } from "../support/text.js";
import { said } from "./support.js";

/** The handler as one script without imports, in the runtimes that `npm run runtimes` fetches. */
const fetched = (path: string) => resolve("tools/runtimes/node_modules", path);
const RUNTIMES = [
  { name: "Node", file: process.execPath, args: [] },
  { name: "Deno, nothing allowed", file: fetched("@deno/linux-x64-glibc/deno"), args: ["run", "--no-prompt"] },
  { name: "Bun", file: fetched("@oven/bun-linux-x64/bin/bun"), args: [] },
];
const INPUTS = ["Lata", "Bodo", "Kin", "Edulana"];
const folder = mkdtempSync(join(tmpdir(), "unrolled-serve-"));
let names: TaskModel;
let text: TaskModel;

function program(): string {
  const [first, second] = [names, text].map((model) => Buffer.from(model.encode()).toString("base64"));
  return `
    import { configure } from "./index.js";
    import { createHandler } from "./serve/index.js";
    import { load } from "./tasks/index.js";
    configure({ engine: "wasm", threads: 1 });
    const bytes = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
    const of = (name, text) => load({ name, bytes: bytes(text) });
    const models = { names: of("names", "${first}"), text: of("text", "${second}") };
    const { fetch } = createHandler({ models });
    const post = async (path, body, type) => {
      const init = { method: "POST", headers: { "content-type": type ?? "application/json" }, body };
      const response = await fetch(new Request("http://localhost" + path, init));
      return response.text();
    };
    const inputs = ${JSON.stringify(INPUTS)};
    const path = "/v1/models/names/predict";
    console.log(JSON.stringify({
      many: await post(path, JSON.stringify({ inputs })),
      lines: await post(path, inputs.map((input) => JSON.stringify(input)).join("\\n"), "application/x-ndjson"),
      text: await post("/v1/models/text/generate", JSON.stringify({ length: 12, seed: 3 })),
      wrong: await post(path, "{"),
      page: (await (await fetch(new Request("http://localhost/"))).text()).slice(0, 15),
    }));
    globalThis.process?.exit?.(0);
  `;
}

beforeAll(async () => {
  if (!existsSync("dist/serve/index.js")) throw new Error("dist/ is missing: run `npm run build` first");
  const small = { hidden: 6, epochs: 1, valid: 0.2 };
  const of = async (name: string, content: string) =>
    (await train({ name, bytes: new TextEncoder().encode(content) }, small)).model;
  names = await of("names.csv", nameTable(60));
  text = await of("text.txt", nonsense(900));
  const bundle = await rolldown({
    input: "program",
    platform: "browser",
    logLevel: "silent",
    plugins: [
      {
        name: "program",
        resolveId: (id, importer) => (id === "program" ? id : importer === "program" ? resolve("dist", id) : null),
        load: (id) => (id === "program" ? program() : null),
      },
    ],
  });
  const { output } = await bundle.generate({ format: "esm", codeSplitting: false });
  await bundle.close();
  writeFileSync(join(folder, "program.mjs"), output[0].code);
  expect(output[0].imports, "of other modules").toEqual([]);
});
afterAll(() => rmSync(folder, { recursive: true }));

for (const { name, file, args } of RUNTIMES) {
  const none = existsSync(file) ? undefined : "skip: `npm run runtimes -- --fetch` fetches it from npm";
  test.skipIf(none !== undefined)(`the handler in ${name}${none ? `, ${none}` : ""}`, async () => {
    const script = join(folder, "program.mjs");
    const { stdout } = await promisify(execFile)(file, [...args, script], { cwd: folder, env: { HOME: folder } });
    const { many, lines, text: written, wrong, page } = JSON.parse(stdout.trim().split("\n").at(-1)!);
    const expected = await said(names, INPUTS);
    // JavaScriptCore's relaxed SIMD rounds a product and its sum twice.
    const close =
      name === "Bun" ? (value: unknown) => JSON.stringify(value).replace(/(\.\d{4})\d+/g, "$1") : JSON.stringify;
    expect(close(JSON.parse(many))).toBe(close({ outputs: expected }));
    expect(
      close(
        lines
          .trim()
          .split("\n")
          .map((line: string) => JSON.parse(line)),
      ),
    ).toBe(close(expected));
    expect(written).toContain("event: done");
    expect(JSON.parse(wrong)).toMatchObject({ error: { status: 400, code: "not-json" } });
    expect(page).toBe("<!doctype html>");
  });
}
