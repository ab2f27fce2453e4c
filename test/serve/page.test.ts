import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TaskModel, train } from "../../src/tasks/index.js";
import { launchChromium, noChromium } from "../browser/chromium.js";
import { nonsense } from "../support/text.js";
import { type Asker, Servers } from "./support.js";

const servers = new Servers();
const models: Record<string, TaskModel> = {};
let ask: Asker;
const encode = (text: string) => new TextEncoder().encode(text);
/** Names of classes that a page must not take for markup, or for an order of reading. */
const [MARKUP, BIDI] = ["<img src=x onerror=document.title='owned'>", "ab\u202ecd"];
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

beforeAll(async () => {
  const rows = Array.from({ length: 40 }, (_, i) =>
    JSON.stringify({ what: i % 2 ? "red ball" : "old hat", kind: i % 2 ? MARKUP : BIDI }),
  );
  const small = { hidden: 6, epochs: 3, valid: 0.2 };
  const trained = async (name: string, text: string, settings = {}) =>
    (await train({ name, bytes: encode(text) }, { ...small, ...settings })).model;
  models["kinds"] = await trained("kinds.jsonl", rows.join("\n"), { task: "classify", text: "what", label: "kind" });
  models["text"] = await trained("text.txt", nonsense(900));
  ask = await servers.start({ models });
});
afterAll(() => servers.close());

test("the page says by its policy that nothing of others runs", async () => {
  for (const path of ["/", "/page.js", "/page.css"]) {
    const { headers, status } = await ask.get(path);
    expect(status).toBe(200);
    expect(headers.get("content-security-policy")).toContain("default-src 'none'; script-src 'self'");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  }
});

describe.skipIf(noChromium !== undefined)(`in Chromium${noChromium ? `, ${noChromium}` : ""}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  async function open(server: Asker): Promise<Page> {
    const page = await browser.newPage();
    const wrong: string[] = [];
    page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
    page.on("pageerror", (error) => wrong.push(error.message));
    await page.goto(server.url);
    await page.waitForSelector("#form:not([hidden])");
    expect(wrong).toEqual([]);
    return page;
  }

  test("a model is asked by keyboard, and what it says is text", async () => {
    const page = await open(ask);
    await page.keyboard.type("red ball");
    await page.keyboard.press("Control+Enter");
    await expect.poll(() => page.textContent("#said")).toContain(MARKUP);
    expect(await page.textContent("#said")).toContain("ab\\u202ecd");
    expect(await page.title()).toBe("Unrolled models");
    expect(await page.locator("#said img").count()).toBe(0);
    expect(await page.textContent("#curl")).toContain("/v1/models/kinds/predict");
    await page.fill("#input", "");
    await page.keyboard.press("Control+Enter");
    await expect.poll(() => page.textContent("#said")).toContain("input must hold text");
  });

  test("text is written as it comes, with options, and stopped", async () => {
    const page = await open(ask);
    await page.getByLabel("text · a language model").check();
    await page.fill("#input", "no");
    await page.getByLabel("length").fill("30");
    await page.getByLabel("seed").fill("4");
    await page.click("#ask");
    const expected = `no${[...models["text"]!.generate({ prompt: "no", length: 30, seed: 4 })].join("")}`;
    await expect.poll(() => page.textContent("#said p")).toBe(expected);
    await page.getByLabel("length").fill("9000");
    await page.click("#ask");
    await page.click("#stop");
    await expect.poll(() => page.textContent("#status")).toBe("stopped");
  });

  test("a token is asked for", async () => {
    const own = await servers.start({ models, token: "s3cret" });
    const page = await browser.newPage();
    await page.goto(own.url);
    await page.fill("#token", "s3cret");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#form:not([hidden])");
    await page.fill("#input", "old hat");
    await page.click("#ask");
    await expect.poll(() => page.textContent("#said")).toContain("%");
    expect(await page.textContent("#curl")).not.toContain("s3cret");
  });

  for (const scheme of ["light", "dark"] as const) {
    test(`nothing stands in the way of anybody, ${scheme}, on narrow screens too`, async () => {
      // The page's policy forbids scripts of others, such as the one that looks at it.
      const context = await browser.newContext({
        bypassCSP: true,
        colorScheme: scheme,
        viewport: { width: 360, height: 800 },
      });
      const page = await context.newPage();
      await page.goto(ask.url);
      await page.waitForSelector("#form:not([hidden])");
      await page.fill("#input", "old hat");
      await page.click("#ask");
      await page.waitForSelector(".bars");
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
      await page.addScriptTag({ content: AXE });
      type Axe = { axe: { run(): Promise<{ violations: object[] }> } };
      const found = await page.evaluate(async () => (await (globalThis as unknown as Axe).axe.run()).violations);
      expect(found).toEqual([]);
    });
  }
});
