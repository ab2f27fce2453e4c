import { existsSync, readFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOM } from "../../tools/rigs/memory-run.mjs";
import type { PageApp } from "./app/main.js";
import { bundledApp, PAGE } from "./bundled-app.js";
import { launchChromium, noChromium } from "./chromium.js";
import { type Site, serve } from "./site.js";

/** In the page. */
declare const app: PageApp;

const cannot =
  noChromium ?? (existsSync("/proc/self/status") ? undefined : "skip: no /proc to read a process's memory");

/** Each leaves 300 MiB behind; a synchronous loop, which gives no finalizer a turn, is among them. */
const NAMES = [
  "training",
  "evaluation in a synchronous loop",
  "request handlers between tasks",
  "modules made in a loop",
  "many small tensors",
];

describe.skipIf(cannot !== undefined)(`memory in Chromium${cannot ? `, ${cannot}` : ""}`, () => {
  let browser: Browser;
  let site: Site;

  beforeAll(async () => {
    site = await serve(
      new Map([
        ["index.html", PAGE],
        ["app.js", await bundledApp()],
      ]),
    );
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  /** The most memory that any process of a page had, in bytes. */
  async function peak(): Promise<number> {
    const session = await browser.newBrowserCDPSession();
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    const peaks = processInfo
      .filter(({ type }) => type === "renderer")
      .map(({ id }) => 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${id}/status`, "utf8"))![1]));
    return Math.max(...peaks);
  }

  test.each(["a page", "a worker"])("stays bounded in %s", async (where) => {
    const page = await browser.newPage();
    await page.goto(`${site.origin}/plain/`);
    const before = await peak();
    const found = await page.evaluate(
      async ([where, names, script]) => {
        const command = { name: "memoryPatterns", args: { names } } as const;
        if (where === "a page") return app.here(command);
        app.startWorker(script as string);
        return app.inWorker(command);
      },
      [where, NAMES, `${site.origin}/plain/app.js`],
    );
    expect(found).toEqual({ over: [] });
    // Graphs of 5 MB.
    expect((await peak()) - before).toBeLessThan(ROOM + 15e6);
    await page.close();
  });
});
