import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PageApp } from "./app/main.js";
import { bundledApp, PAGE } from "./bundled-app.js";
import { launchChromium, noChromium } from "./chromium.js";
import { type Site, serve } from "./site.js";

/** In the page. */
declare const app: PageApp;

describe.skipIf(noChromium !== undefined)(`files in Chromium${noChromium ? `, ${noChromium}` : ""}`, () => {
  let browser: Browser;
  let site: Site;

  beforeAll(async () => {
    const files = new Map([["index.html", PAGE] as const, ["app.js", await bundledApp()] as const]);
    site = await serve(files);
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  test.each([
    ["the page's own file system", undefined, []],
    ["IndexedDB, where files cannot be written", "createWritable", ["unrolled"]],
    ["IndexedDB, where there is no file system", "storage", ["unrolled"]],
  ] as const)("save and load by %s, in a page and in its worker", async (_name, without, databases) => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${site.origin}/plain/`);
    await page.evaluate((url) => app.startWorker(url), `${site.origin}/plain/app.js`);
    for (const where of ["here", "inWorker"] as const) {
      const command = { name: "saveAndLoad" as const, args: { path: `models/${where}.safetensors`, without } };
      const found = page.evaluate(([way, asked]) => app[way](asked), [where, command] as const);
      expect(await found).toEqual({
        failed: expect.stringMatching(
          /^FileError: load: "models.* must be a file that was saved here, got nothing there/,
        ),
        step: 3,
        same: true,
        databases,
      });
    }
    await context.close();
  });
});
