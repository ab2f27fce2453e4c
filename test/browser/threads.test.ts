import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { configure, engineInfo } from "../../src/engine/select.js";
import { kernelBytes } from "../../src/engine/wasm/loader.js";
import type { Answer, Commands } from "./app/commands.js";
import type { Command, PageApp } from "./app/main.js";
import { train } from "./app/train.js";
import { bundledApp, PAGE } from "./bundled-app.js";
import { launchChromium, noChromium } from "./chromium.js";
import { type Site, serve } from "./site.js";

/** In the page. */
declare const app: PageApp;

const STEPS = 8;
const ON_MAIN_THREAD = "the main thread of a page may not wait: train in a Worker";
const NOT_ISOLATED = expect.stringMatching(
  /^memory cannot be shared here: a page must be cross-origin isolated, .*Cross-Origin-Embedder-Policy$/,
);

describe.skipIf(noChromium !== undefined)(`threads in Chromium${noChromium ? `, ${noChromium}` : ""}`, () => {
  let browser: Browser;
  let site: Site;
  let page: Page;
  const errors: string[] = [];
  let nodeLosses: number[];

  beforeAll(async () => {
    configure({ engine: "wasm", threads: 1 });
    nodeLosses = train(STEPS);
    site = await serve(
      new Map<string, string | Uint8Array>([
        ["index.html", PAGE],
        ["app.js", await bundledApp()],
        ["relaxed.wasm", kernelBytes("relaxed", false)],
        ["relaxed-threads.wasm", kernelBytes("relaxed", true)],
      ]),
    );
    browser = await launchChromium();
    page = await open("isolated");
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });
  afterEach(() => {
    expect(errors.splice(0), "errors that the page reported").toEqual([]);
  });

  /** A page with the headers of a folder of the site. */
  async function open(folder: string): Promise<Page> {
    const page = await browser.newPage();
    page.on("pageerror", (error) => errors.push(String(error)));
    await page.goto(`${site.origin}/${folder}/`);
    return page;
  }

  /** A fresh Worker of the page, whose script has the headers of a folder. */
  async function startWorker(folder = "isolated"): Promise<void> {
    await page.evaluate((url) => app.startWorker(url), `${site.origin}/${folder}/app.js`);
  }

  type Args<K extends keyof Commands> = Parameters<Commands[K]>[0];

  async function here<K extends keyof Commands>(name: K, args: Args<K>): Promise<Answer<K>> {
    const command: Command = { name, args };
    return (await page.evaluate((command) => app.here(command), command)) as Answer<K>;
  }

  async function inWorker<K extends keyof Commands>(name: K, args: Args<K>): Promise<Answer<K>> {
    const command: Command = { name, args };
    return (await page.evaluate((command) => app.inWorker(command), command)) as Answer<K>;
  }

  test("a Worker of an isolated page trains on two threads, to the last bit as on one and as Node", async () => {
    await startWorker();
    const engine = { name: "wasm", variant: engineInfo().variant, threads: 2 };
    expect(await inWorker("start", { threads: 2 })).toMatchObject({ engine, shared: true, warnings: [] });
    const two = await inWorker("trainUntilHelped", { steps: STEPS });
    expect(two).toMatchObject({ engine, shared: true, warnings: [] });
    expect(two.helped).toBeGreaterThan(0);
    expect(two.losses).toEqual(nodeLosses);

    expect((await inWorker("start", { threads: 1 })).engine).toEqual({ ...engine, threads: 1 });
    expect((await inWorker("train", { steps: STEPS })).losses).toEqual(nodeLosses);
    configure({ engine: "wasm", threads: 2 });
    expect(train(STEPS)).toEqual(nodeLosses);
  });

  test.each([
    ["isolated", "relaxed-threads.wasm", 2],
    ["strict-page", "relaxed-threads.wasm", 2],
    ["plain", "relaxed.wasm", 1],
  ] as const)("kernels that are compiled while they arrive, %s: %s, the same bits", async (folder, file, threads) => {
    const before = page;
    page = await open(folder);
    await startWorker(folder);
    const found = await inWorker("startStreaming", { threads: 2 });
    expect(found).toMatchObject({ file, shared: threads > 1, warnings: [], engine: { name: "wasm", threads } });
    expect((await inWorker("train", { steps: STEPS })).losses).toEqual(nodeLosses);
    await page.close();
    page = before;
  });

  test("has as many threads as the browser says there are cores, at most 8", async () => {
    await startWorker();
    const { cores, threads } = await inWorker("threadsByDefault", {});
    expect(threads).toBe(Math.min(cores, 8));
    for (const [cores, threads] of [
      [1, 1],
      [3, 3],
      [64, 8],
    ] as const) {
      expect(await inWorker("threadsByDefault", { cores })).toEqual({ cores, threads });
    }
  });

  test("the main thread of an isolated page has one thread, and engine() says why", async () => {
    const alone = { shared: false, warnings: [], engine: { threads: 1, oneThreadBecause: ON_MAIN_THREAD } };
    expect(await here("start", { threads: 2 })).toMatchObject(alone);
    const { losses, ...found } = await here("train", { steps: STEPS });
    expect(found).toMatchObject(alone);
    expect(losses).toEqual(nodeLosses);
  });

  test("without isolation there is one thread on unshared memory, and engine() says why", async () => {
    const isolated = page;
    page = await open("plain");
    await startWorker("plain");
    const alone = { shared: false, warnings: [], engine: { threads: 1, oneThreadBecause: NOT_ISOLATED } };
    expect(await here("start", { threads: 2 })).toMatchObject(alone);
    expect(await inWorker("start", { threads: 2 })).toMatchObject(alone);
    expect((await here("train", { steps: STEPS })).losses).toEqual(nodeLosses);
    expect((await inWorker("train", { steps: STEPS })).losses).toEqual(nodeLosses);
    await page.close();
    page = isolated;
  });

  test("starts workers under a Content-Security-Policy that allows blob:", async () => {
    await startWorker("blob-allowed");
    expect(await inWorker("start", { threads: 2 })).toMatchObject({ engine: { threads: 2 }, warnings: [] });
  });

  for (const [folder, why] of [
    ["blob-refused", "the browser does not load it"],
    ["trusted-types", "TypeError: Failed to construct 'Worker': This document requires 'TrustedScriptURL' assignment"],
  ] as const) {
    test(`goes on with one thread and one line where workers are refused: ${folder}`, async () => {
      await startWorker(folder);
      const oneThreadBecause = `a worker thread cannot be started: ${why}`;
      expect(await inWorker("start", { threads: 2 })).toMatchObject({
        engine: { threads: 1, oneThreadBecause },
        warnings: [
          `unrolled: one thread is used, because ${oneThreadBecause}. A Content-Security-Policy must allow it: worker-src blob:`,
        ],
      });
      expect(await inWorker("train", { steps: STEPS })).toMatchObject({ losses: nodeLosses, warnings: [] });
    });
  }

  test("falls back to the reference engine, with one line, where WebAssembly may not be compiled", async () => {
    await startWorker("wasm-refused");
    expect(await inWorker("start", { threads: 2 })).toMatchObject({
      engine: { name: "reference" },
      warnings: [
        expect.stringMatching(
          /^unrolled: the engine "reference" is used, .*must be allowed to compile, got CompileError: .*script-src 'wasm-unsafe-eval'/,
        ),
      ],
    });
    expect((await inWorker("train", { steps: 1 })).losses[0]).toBeCloseTo(nodeLosses[0]!, 5);
  });

  test("says once why a loop that never awaits has one thread", async () => {
    await startWorker();
    const expected = { losses: nodeLosses, helped: 0 };
    const first = await inWorker("trainWithoutStart", { threads: 2, steps: STEPS });
    expect(first).toMatchObject({
      ...expected,
      warnings: [expect.stringMatching(/^unrolled: one thread is used so far, .* Call await startThreads\(\) before/)],
    });
    expect(await inWorker("train", { steps: STEPS })).toMatchObject({ losses: nodeLosses, warnings: [] });
  });

  test("a worker that stalls with work in hand is an error, and then there is one thread", async () => {
    await startWorker();
    expect(await inWorker("loseWorker", { stalls: true })).toEqual({
      message: expect.stringMatching(
        /UnsupportedError: worker pool: .*, got no answer for 0.05 s\. The engine goes on/,
      ),
      engine: expect.objectContaining({
        threads: 1,
        oneThreadBecause: "a worker thread was lost: no answer for 0.05 s",
      }),
    });
  });

  test("a worker that was ended without work costs nothing but its help", async () => {
    await startWorker();
    expect(await inWorker("loseWorker", { stalls: false })).toMatchObject({ message: "no error" });
  });

  test("several engines in one Worker, and one beside them on the page", async () => {
    await startWorker();
    const [{ helped, threads }, { losses }] = await Promise.all([
      inWorker("engines", { threads: [2, 3] }),
      here("train", { steps: STEPS }),
    ]);
    expect(threads).toEqual([2, 3]);
    for (const parts of helped) expect(parts).toBeGreaterThan(0);
    expect(losses).toEqual(nodeLosses);
  });

  test("ends with the Worker that it belongs to", async () => {
    const shared = page;
    page = await open("isolated");
    await startWorker();
    await inWorker("start", { threads: 3 });
    await expect.poll(() => page.workers().length).toBe(3);
    await page.evaluate(() => app.endWorker());
    // The browser gives a sleeping one 2 s.
    await expect.poll(() => page.workers().length, { timeout: 20_000 }).toBe(0);
    await page.close();
    page = shared;
  });
});
