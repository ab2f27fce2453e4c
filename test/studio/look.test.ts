import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type StudioServer, serveStudio } from "../../src/cli/studio/server.js";
import { languageModel, manualSeed } from "../../src/index.js";
import { encodeTask } from "../../src/tasks/checkpoint.js";
import { languageModelTask } from "../../src/tasks/language-model/commands.js";
import { buildVocabulary } from "../../src/text/index.js";
import { launchChromium, noChromium } from "../browser/chromium.js";
import { nonsense } from "../support/text.js";

const [SITE, VIEWER] = ["dist/studio/index.html", "dist/report/viewer.js"];
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** A vocabulary in which there is markup, and a mark that turns a line around. */
const TEXT = `${nonsense(300)}<b>\u202e&"`;

function model(seed: number): languageModel.LanguageModel {
  manualSeed(seed);
  const config = languageModel.resolveConfig({ hidden: 12, layers: 1, cell: "gru" });
  return new languageModel.LanguageModel(config, buildVocabulary("char", TEXT));
}

const checkpoint = (seed: number): Buffer => {
  const own = model(seed);
  return Buffer.from(encodeTask(languageModelTask, { model: own, config: own.config, meta: own.vocabulary as never }));
};

describe.skipIf(noChromium !== undefined)(
  `looking into models in Chromium${noChromium ? `, ${noChromium}` : ""}`,
  () => {
    let browser: Browser;
    let server: StudioServer;
    let page: Page;
    const errors: string[] = [];

    beforeAll(async () => {
      for (const file of [SITE, VIEWER]) {
        if (!existsSync(file))
          throw new Error(`${file} is missing: run \`npm run studio:build\` and \`npm run build\` first`);
      }
      [browser, server] = await Promise.all([launchChromium(), serveStudio("dist/studio", [], 0)]);
      page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
      page.on("pageerror", (error) => errors.push(error.message));
      page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    });
    afterAll(async () => {
      await browser?.close();
      await server?.close();
    });

    const told = async () => (await page.getAttribute(".sequence [role=slider]", "aria-valuetext")) ?? "";
    const choose = (name: string, seed: number) =>
      page.setInputFiles(".look-open input", { name, mimeType: "application/octet-stream", buffer: checkpoint(seed) });

    async function complaints(on: Page): Promise<string[]> {
      await on.evaluate(axe);
      return on.evaluate(async () => {
        const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }> } }; // biome-ignore format: one line
        const { violations } = await axe.run();
        return violations.flatMap(({ id, nodes }) =>
          nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
        );
      });
    }

    test("a model that is opened shows its score; the cursor follows the pointer and the keys", async () => {
      await page.goto(`${server.url}?view=look&at.text=${encodeURIComponent(TEXT)}`);
      await choose("first.safetensors", 1);
      const plot = page.locator(".sequence .plot");
      await plot.waitFor();
      const box = (await plot.boundingBox())!;
      await page.mouse.move(box.x + 150, box.y + 120);
      await expect
        .poll(told)
        .toMatch(/^step \d+, .*surprise: \d\.\d\d nats; gradient: horizon: \d+ steps?; gates 1: reset/);
      const before = Number(/^step (\d+)/.exec(await told())![1]);
      await plot.focus();
      await page.keyboard.press("ArrowRight");
      await expect.poll(told).toMatch(new RegExp(`^step ${before + 1}, `));
      await page.keyboard.press("End");
      // The last of the text is a quotation mark; what turns lines around has become a box before.
      await expect.poll(told).toMatch(/^step 305, "/);
      await page.keyboard.press("ArrowLeft");
      await page.keyboard.press("ArrowLeft");
      await expect.poll(told).toMatch(/^step 303, ▯/);
      expect(await complaints(page)).toEqual([]);
    });

    test("two models: both of each track, or their difference", async () => {
      await choose("second.safetensors", 2);
      await expect.poll(() => page.inputValue(".look-bar select >> nth=0")).toBe("second.safetensors");
      await page.selectOption(".look-bar select >> nth=0", "first.safetensors");
      await page.selectOption(".look-bar select >> nth=1", "second.safetensors");
      await expect.poll(() => page.locator(".whose.is-b").count()).toBeGreaterThan(3);
      await page.getByRole("radio", { name: "difference" }).check();
      await expect.poll(() => page.locator(".whose", { hasText: "A − B" }).count()).toBeGreaterThanOrEqual(3);
      // Of lists of tokens there is no difference: they stay two.
      expect(await page.locator('[data-track="next\'"]').count()).toBe(1);
      await expect.poll(() => new URL(page.url()).searchParams.get("at.mode")).toBe("difference");
    });

    test("a click on a unit, or the menu by the keyboard, asks about it; a track can be taken along", async () => {
      const panel = page.locator(".look-panel");
      await page.getByRole("radio", { name: "both" }).check();
      // Of the other model it is that one's unit: each has its own at a place of its map.
      const asked = async (key: string) => {
        await page.locator(`[data-track="${key}"] canvas`).click({ position: { x: 60, y: 3 } });
        await panel.waitFor();
        const name = await panel.getAttribute("aria-label");
        await panel.getByRole("button", { name: "close" }).click();
        return name;
      };
      const key = (await page.locator('[data-track^="units:"]').first().getAttribute("data-track"))!;
      const of = async (seed: number) => {
        await page.selectOption(".look-bar select >> nth=0", seed === 1 ? "first.safetensors" : "second.safetensors");
        await page.selectOption(".look-bar select >> nth=1", seed === 1 ? "second.safetensors" : "first.safetensors");
      };
      const [own, others] = [await asked(key), await asked(`${key}'`)];
      await of(2);
      await expect.poll(async () => [await asked(key), await asked(`${key}'`)]).toEqual([others, own]);
      expect(own).not.toBe(others);
      await page.selectOption(".look-bar select >> nth=1", "");
      await expect.poll(() => page.locator(".whose").count()).toBe(0);
      const units = page.locator(`[data-track="${key}"]`);
      await units.locator("canvas").click({ position: { x: 60, y: 3 } });
      await panel.waitFor();
      const name = (await panel.getAttribute("aria-label"))!;
      expect(name).toMatch(/^What unit \d+ does$/);
      expect(await panel.locator(".contexts li").count()).toBeGreaterThan(4);
      expect(await complaints(page)).toEqual([]);
      await panel.getByRole("button", { name: "close" }).click();
      await page.locator(".sequence .plot").focus();
      await page.keyboard.press("Home");
      await page.keyboard.press("ArrowRight");
      await expect.poll(told).toMatch(/^step 1, /);
      const [, strongest] = /units 1: strongest: (unit \d+)/.exec(await told())!;
      const menu = units.locator("summary");
      await menu.focus();
      await page.keyboard.press("Enter");
      await units.getByRole("button", { name: "ask about its strongest unit at the cursor" }).press("Enter");
      await panel.waitFor();
      expect(await panel.getAttribute("aria-label")).toBe(`What ${strongest} does`);
      await panel.getByRole("button", { name: "close" }).click();
      await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
      const clipboard = () =>
        page.evaluate(async () => {
          const [item] = await navigator.clipboard.read();
          const [type] = item!.types;
          return type === "image/png" ? "PNG" : navigator.clipboard.readText();
        });
      const copy = async (kind: string) => {
        await menu.click();
        await units.getByRole("button", { name: `copy ${kind}` }).click();
      };
      await copy("as SVG");
      await expect.poll(clipboard).toMatch(/^<svg [\s\S]*data:image\/png[\s\S]*<\/svg>\s*$/);
      await copy("the numbers");
      await expect.poll(async () => (await clipboard()).split("\n")[2]).toMatch(/^1\t\S+(\t-?[\d.e-]+){12}$/);
      await copy("as PNG");
      await expect.poll(clipboard).toBe("PNG");
    });

    test("a file that a page cannot read says what can", async () => {
      await page.goto(`${server.url}?view=look`);
      const buffer = Buffer.from("894844460d0a1a0a00000000", "hex");
      await page.setInputFiles(".look-open input", { name: "own.h5", mimeType: "application/octet-stream", buffer });
      expect(await page.textContent("[role=alert]")).toMatch(/own\.h5 is a file of HDF5.*npx unrolled import own\.h5/);
      // That the package is not there is told on the console too: not of this page's own doing.
      errors.length = 0;
    });

    test("Learn in Korean: the lesson's pictures and the tracks speak it too", async () => {
      const korean = await browser.newPage({ locale: "ko-KR" });
      await korean.goto(`${server.url}?view=learn&at.lesson=6`);
      const picture = korean.locator(".pictures img").first();
      const drawn = await korean.evaluate(
        async (src) => (await fetch(src)).text(),
        (await picture.getAttribute("src"))!,
      );
      expect(drawn).toContain("망각 게이트 f");
      expect(await picture.getAttribute("alt")).toMatch(/^셀 하나의 기억/);
      await korean.close();
    });

    test("Learn: the scissors stop the gradient, from the keyboard too", async () => {
      await page.goto(`${server.url}?view=learn&at.lesson=4`);
      const scissors = page.locator(".scissors");
      await scissors.focus();
      await page.keyboard.press("ArrowLeft");
      await expect.poll(() => scissors.getAttribute("aria-valuetext")).toBe("after step 4");
      expect(await page.locator(".unrolled .reach text").allTextContents()).toEqual(expect.arrayContaining(["0"]));
      expect(await complaints(page)).toEqual([]);
    });

    test("a report stands alone: it asks nobody, says what it shows, and nothing in it is markup", async () => {
      const folder = mkdtempSync(join(tmpdir(), "unrolled-report-"));
      try {
        const own = model(3);
        const inspected = await languageModelTask.inspect!.run(own, { config: own.config, meta: {} as never }, TEXT, {
          length: 60,
        });
        const viewer = { script: readFileSync(VIEWER, "utf8") };
        writeFileSync(join(folder, "in.html"), inspected.html({ model: "</script><b>", text: "a\u202eb", viewer }));
        const asked: string[] = [];
        const report = await browser.newPage();
        report.on("request", (request) => asked.push(request.url()));
        report.on("pageerror", (error) => errors.push(error.message));
        await report.goto(`file://${folder}/in.html`);
        const slider = report.locator("#score [role=slider]");
        await slider.press("ArrowRight");
        expect(await slider.getAttribute("aria-valuetext")).toMatch(/^step 41, .*; gradient: horizon: \d+ steps?/);
        expect(asked).toHaveLength(1);
        for (const [width, colorScheme] of [
          [1440, "dark"],
          [360, "light"],
        ] as const) {
          await report.setViewportSize({ width, height: 740 });
          await report.emulateMedia({ colorScheme });
          expect(await complaints(report)).toEqual([]);
          const { scrollWidth, clientWidth } = await report.evaluate(() => {
            const { scrollWidth, clientWidth } = document.documentElement;
            return { scrollWidth, clientWidth };
          });
          expect(scrollWidth).toBeLessThanOrEqual(clientWidth);
        }
        expect(await report.locator("nav a").allTextContents()).toContain("Step by step");
        expect(await report.locator("h1 b, .track-title b, .sequence b").count()).toBe(0);
        await report.close();
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

    test("nothing went wrong unseen", () => expect(errors).toEqual([]));
  },
);
