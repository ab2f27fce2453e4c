import { existsSync, readFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serve } from "../../examples/browser.js";
import { launchChromium, noChromium } from "./chromium.js";

test("docs/browser.md shows the example's code", () => {
  const page = readFileSync("docs/browser.md", "utf8");
  for (const name of ["train-worker", "page"]) {
    expect(page).toContain(`\`\`\`ts\n${readFileSync(`examples/browser/${name}.ts`, "utf8")}\`\`\`\n`);
  }
});

describe.skipIf(noChromium !== undefined)(`the example of a page${noChromium ? `, ${noChromium}` : ""}`, () => {
  let browser: Browser;
  let site: Awaited<ReturnType<typeof serve>>;

  beforeAll(async () => {
    if (!existsSync("dist/index.js")) throw new Error("dist/index.js is missing: run `npm run build` first");
    [browser, site] = await Promise.all([launchChromium(), serve()]);
  });
  afterAll(async () => {
    await browser?.close();
    site?.close();
  });

  test("trains the built package in a Worker, on all cores, and shows every loss", async () => {
    const page = await browser.newPage();
    await page.goto(site.url);
    await page.click("#train");
    await expect.poll(() => page.textContent("#losses"), { timeout: 20_000 }).toMatch(/^step +3 {2}[34]\.\d{3} nats/m);
    const threads = Math.min(await page.evaluate(() => navigator.hardwareConcurrency), 8);
    expect((await page.textContent("#engine"))!.trim()).toBe(`wasm relaxed-simd, threads: ${threads}`);
    await page.click("#stop");
  });
});
