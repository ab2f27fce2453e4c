import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mobyDick } from "../../examples/support/moby-dick.js";
import { launchChromium, noChromium } from "./chromium.js";
import { type Site, serve } from "./site.js";

/** The page as it is written, and the package's modules as they lie in dist/. */
function files(): Map<string, string | Uint8Array> {
  if (!existsSync("dist/index.js")) throw new Error("dist/index.js is missing: run `npm run build` first");
  const found = new Map<string, string | Uint8Array>([["corpus.txt", mobyDick().slice(0, 50_000)]]);
  const add = (folder: string, prefix: string) => {
    for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const path = join(file.parentPath, file.name);
      if (file.isFile() && !path.endsWith(".d.ts"))
        found.set(prefix + path.slice(folder.length + 1), readFileSync(path));
    }
  };
  add("dist", "unrolled/");
  add("examples/no-bundler", "");
  return found;
}

describe.skipIf(noChromium !== undefined)(`a page without a bundler${noChromium ? `, ${noChromium}` : ""}`, () => {
  let browser: Browser;
  let site: Site;

  beforeAll(async () => {
    [browser, site] = await Promise.all([launchChromium(), serve(files())]);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  test("trains under a strict policy, goes on after a reload, and begins again when it is told to", async () => {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    const step = async () => Number(/step (\d+)/.exec((await page.textContent("#loss")) ?? "")?.[1] ?? 0);
    const engine = () => page.textContent("#engine");
    await page.goto(`${site.origin}/strict-page/`);
    await expect.poll(step, { timeout: 60_000 }).toBeGreaterThan(12);
    const plain = `wasm relaxed-simd, threads: ${Math.min(await page.evaluate(() => navigator.hardwareConcurrency), 8)}`;
    expect(await engine()).toBe(plain);
    expect(await page.textContent("#sample")).toMatch(/^The /);
    await page.reload();
    await expect.poll(engine, { timeout: 60_000 }).toContain(`${plain}, goes on after step `);
    const before = Number(/[1-9]\d*0$/.exec((await engine())!)![0]);
    await expect.poll(step, { timeout: 60_000 }).toBeGreaterThan(before);
    await page.click("#forget");
    await expect.poll(engine, { timeout: 60_000 }).toBe(plain);
    await expect.poll(step, { timeout: 60_000 }).toBeGreaterThan(0);
    expect(errors).toEqual([]);
  }, 240_000);
});
