import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type StudioServer, serveStudio } from "../../src/cli/studio/server.js";

const folder = mkdtempSync(join(tmpdir(), "studio-"));
const run = join(folder, "runs", "<b>run");
let server: StudioServer;

beforeAll(async () => {
  mkdirSync(join(folder, "site", "assets"), { recursive: true });
  mkdirSync(run, { recursive: true });
  writeFileSync(join(folder, "site", "index.html"), "<html><head></head><body></body></html>");
  writeFileSync(join(folder, "site", "assets", "main.js"), "export {};");
  writeFileSync(join(folder, "secret.txt"), "secret");
  writeFileSync(join(run, "config.json"), JSON.stringify({ task: "classify", file: "a.csv", hidden: 3 }));
  const line = { type: "validation", step: 7, epoch: 1, totalSteps: 9, loss: 0.5, best: true };
  writeFileSync(join(run, "metrics.jsonl"), `${JSON.stringify(line)}\n`);
  writeFileSync(join(run, "best.safetensors"), "weights");
  server = await serveStudio(join(folder, "site"), [run], 0);
});
afterAll(async () => {
  await server?.close();
  rmSync(folder, { recursive: true });
});

interface Asked {
  path?: string;
  method?: string;
  headers?: Record<string, string>;
}

/** As it is written: `fetch` would mend paths and set the host itself. */
function ask({ path = "/", method = "GET", headers = {} }: Asked) {
  const { port } = new URL(server.url);
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, method, headers }, async (response) => {
      let body = "";
      for await (const piece of response) body += piece;
      resolve({ status: response.statusCode!, headers: response.headers, body });
    });
    sent.once("error", reject).end();
  });
}

describe("the server of the studio", () => {
  test("gives the site with what threads need, and tells its page of the runs", async () => {
    const { status, headers, body } = await ask({ path: "/?view=look" });
    expect(status).toBe(200);
    expect(body).toContain('<meta name="unrolled-runs" content="runs.json">');
    expect(headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
      "cross-origin-resource-policy": "same-origin",
      "x-content-type-options": "nosniff",
      "content-security-policy": expect.stringMatching(
        /^default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; .*frame-ancestors 'none'$/,
      ),
    });
    const script = await ask({ path: "/assets/main.js" });
    expect([script.headers["content-type"], script.body]).toEqual(["text/javascript; charset=utf-8", "export {};"]);
    expect(await ask({ method: "HEAD" })).toMatchObject({ status: 200, body: "" });
  });

  test("tells of each run, and gives its checkpoints", async () => {
    const { body } = await ask({ path: "/runs.json" });
    expect(JSON.parse(body)).toMatchObject([
      { index: 0, path: run, task: "classify", step: 7, totalSteps: 9, checkpoints: ["best"], settings: { hidden: 3 } },
    ]);
    expect(await ask({ path: "/runs/0/best.safetensors" })).toMatchObject({ status: 200, body: "weights" });
  });

  test.each([
    ["a name of a stranger that points here", { headers: { host: "evil.example:80" } }, 403],
    ["another port of this machine", { headers: { host: "127.0.0.1:1" } }, 403],
    [
      "a page of another site that asks for runs",
      { path: "/runs.json", headers: { "sec-fetch-site": "cross-site" } },
      403,
    ],
    ["a page of another port", { path: "/runs/0/best.safetensors", headers: { "sec-fetch-site": "same-site" } }, 403],
    ["a method that writes", { method: "POST" }, 405],
    ["a way out of the folder", { path: "/../secret.txt" }, 404],
    ["one that is written in another way", { path: "/%2e%2e/secret.txt" }, 404],
    ["one within", { path: "/assets/..%2f..%2fsecret.txt" }, 404],
    ["the folder itself", { path: "/assets" }, 404],
    ["a run that there is not", { path: "/runs/1/best.safetensors" }, 404],
    ["a checkpoint that there is not", { path: "/runs/0/last.safetensors" }, 404],
    ["another file of a run", { path: "/runs/0/config.json" }, 404],
    ["what objects have", { path: "/runs/__proto__/best.safetensors" }, 404],
  ] as const)("refuses %s", async (_name, asked, status) => {
    const found = await ask(asked);
    expect(found.status).toBe(status);
    expect(found.body).not.toMatch(/secret$|weights|hidden/);
  });

  test("refuses names of strangers at its own port too", async () => {
    const { port } = new URL(server.url);
    for (const name of ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "localhost@evil", ""]) {
      const { status } = await ask({ path: "/runs.json", headers: { host: `${name}:${port}` } });
      expect([name, status]).toEqual([name, 403]);
    }
    for (const name of ["localhost", "127.0.0.1", "[::1]", "LocalHost"]) {
      const { status } = await ask({ path: "/runs.json", headers: { host: `${name}:${port}` } });
      expect([name, status]).toEqual([name, 200]);
    }
  });

  test("answers this machine alone", () => {
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  });
});
