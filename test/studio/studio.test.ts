import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import type { Browser, BrowserContext, Download, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type StudioServer, serveStudio } from "../../src/cli/studio/server.js";
import { unreached, watchShifts } from "../../tools/rigs/studio/visit.mjs";
import { launchChromium, noChromium } from "../browser/chromium.js";

const SITE = "dist/studio";
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** The most that the page itself may work at a stretch, in milliseconds. */
const LONG = 50;
/** Of the layout's own movements, in shares of what is seen: what nobody notices. */
const STILL = 0.02;

describe.skipIf(noChromium !== undefined)(`the studio in Chromium${noChromium ? `, ${noChromium}` : ""}`, () => {
  let browser: Browser;
  let server: StudioServer;
  let context: BrowserContext;
  let page: Page;
  const strangers: string[] = [];
  /** Paths of what came from the server. */
  const loaded = new Set<string>();
  const errors: string[] = [];

  beforeAll(async () => {
    if (!existsSync(`${SITE}/index.html`)) throw new Error(`${SITE} is missing: run \`npm run studio:build\` first`);
    [browser, server] = await Promise.all([launchChromium(), serveStudio(SITE, [], 0)]);
    context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    await context.addInitScript(watchShifts);
    page = await context.newPage();
    page.on("request", (request) => {
      if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(server.url)) strangers.push(request.url());
    });
    page.on("request", (request) => loaded.add(new URL(request.url()).pathname));
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    await page.goto(server.url);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** What axe finds, with all that is AA. */
  async function complaints(): Promise<string[]> {
    await page.evaluate(axe);
    return page.evaluate(async () => {
      const { violations } = await (globalThis as unknown as { axe: { run(): Promise<AxeResult> } }).axe.run();
      return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
      );
    });
  }

  /** How much of the page moved about by itself since it was loaded, and what of it. */
  const moved = () =>
    page.evaluate(() => (globalThis as unknown as { shifts: { sum: number; whose: string[] } }).shifts);

  const step = async (): Promise<number> => {
    const [, told] = /step ([\d,]+) of/.exec((await page.textContent(".progress-line")) ?? "") ?? [];
    return Number(told?.replaceAll(",", "") ?? 0);
  };
  const untilStep = (least: number) => expect.poll(step, { timeout: 20_000 }).toBeGreaterThanOrEqual(least);
  const phase = () => page.textContent(".progress-line [aria-live]");

  /** What a press of this button saves. */
  async function saved(name: string | RegExp): Promise<[name: string, bytes: Buffer]> {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
    return [(download as Download).suggestedFilename(), readFileSync(await download.path())];
  }

  async function dropFile(name: string, text: string): Promise<void> {
    const data = await page.evaluateHandle(
      ([name, text]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([text], name));
        return transfer;
      },
      [name, text] as const,
    );
    await page.dispatchEvent(".drop-zone", "drop", { dataTransfer: data });
  }

  test("loads less than 400 KiB, compressed, before it can train", async () => {
    await page.waitForSelector(".examples button");
    await page.waitForLoadState("networkidle");
    const paths = [...loaded].filter((path) => path.startsWith("/assets/"));
    expect(paths.some((path) => /^\/assets\/main-.*\.js$/.test(path))).toBe(true);
    const sizes = ["/index.html", ...paths].map((path) => gzipSync(readFileSync(`${SITE}${path}`)).length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(400 * 1024);
  });

  test("begins with three examples, and complains about nothing in light and dark, wide and narrow", async () => {
    await page.waitForSelector(".examples button");
    expect(await page.locator(".examples button").count()).toBe(3);
    expect(await unreached(page)).toEqual([]);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await complaints()).toEqual([]);
    }
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await page.evaluate(overflow)).toBe(0);
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  test("trains an example while the page stays free, shows how it goes, and pauses", async () => {
    // What the tests before did to the page is not its own doing.
    await page.evaluate(() =>
      Object.assign((globalThis as unknown as { shifts: object }).shifts, { sum: 0, whose: [] }),
    );
    await page.getByRole("button", { name: /^Names/ }).click();
    // What it does untrained is there before it is trained.
    await page.waitForSelector(".stage .score");
    expect(await page.textContent(".samples")).toContain("step 0");
    await browser.startTracing(page, { categories: ["toplevel"] });
    await page.getByRole("button", { name: "Start" }).click();
    await untilStep(120);
    const tasks = longTasks(await browser.stopTracing());
    expect(tasks.filter((milliseconds) => milliseconds > LONG)).toEqual([]);
    const { sum, whose } = await moved();
    expect(sum, whose.join("\n")).toBeLessThan(STILL);
    await page.getByRole("button", { name: "Pause" }).click();
    await expect.poll(phase).toBe("paused");
    expect(await page.getByRole("img", { name: /^loss: training \d\.\d+, held out \d\.\d+$/ }).count()).toBe(1);
    expect(await page.locator(".answers tbody tr").count()).toBe(8);
    expect(await unreached(page)).toEqual([]);
    expect(await page.textContent(".answers tbody td")).toMatch(/^(man|woman) +\d+\.\d %$/);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await complaints()).toEqual([]);
    }
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await page.evaluate(overflow)).toBe(0);
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  test("is where it was after a reload, goes back to a checkpoint, and a step on", async () => {
    const before = await step();
    await page.reload();
    await page.waitForSelector(".section");
    await expect.poll(step).toBe(before);
    expect(await page.getByRole("img", { name: /^loss: training \d/ }).count()).toBe(1);
    await page.getByRole("slider", { name: "Training time" }).focus();
    await page.keyboard.press("Home");
    for (let i = 0; i < 30; i++) await page.keyboard.press("ArrowLeft");
    await page.getByRole("button", { name: "Back to 0" }).click();
    await expect.poll(step).toBe(0);
    await page.getByRole("button", { name: "One step" }).click();
    await expect.poll(step).toBe(1);
    await expect.poll(phase).toBe("paused");
  });

  test("has every setting, marks what is changed, undoes it, and begins anew with it", async () => {
    const hidden = page.getByLabel("hidden", { exact: true });
    await hidden.fill("-3");
    await hidden.press("Enter");
    await page.getByText(/It must be a positive integer, got -3/).waitFor();
    await hidden.fill("16");
    await hidden.press("Enter");
    await expect.poll(() => page.url()).toMatch(/set\.hidden=16(&|$)/);
    expect(await page.locator(".setting.changed").count()).toBe(1);
    await page.getByRole("button", { name: /Undo hidden: back to 64/ }).click();
    await expect.poll(() => hidden.inputValue()).toBe("64");
    await page.goBack();
    await expect.poll(() => hidden.inputValue()).toBe("16");
    // An address that settles just then ends a move of the history: it is asked for again.
    const forward = () => page.goForward().then(() => hidden.inputValue());
    await expect.poll(forward).toBe("64");
  });

  test("exports a program that trains the very bits of the model that it exports", async () => {
    await page.goto(`${server.url}?example=first-names&set.hidden=8&set.epochs=1&set.seed=4`);
    await page.getByRole("button", { name: "Start" }).click();
    await expect.poll(phase, { timeout: 20_000 }).toBe("done");
    await page.getByText("Export", { exact: true }).click();
    // Each that is offered can be made in a page.
    expect(await page.getByRole("button", { name: /^Model for Keras/ }).count()).toBe(0);
    const [modelName, model] = await saved(/^Model \(/);
    const [programName, program] = await saved(/as code/);
    expect([modelName, programName]).toEqual(["first-names.safetensors", "train-first-names.ts"]);
    expect(program.toString().split("\n").length).toBeLessThanOrEqual(31);
    const [pictureName, picture] = await saved("loss as SVG");
    expect(pictureName).toBe("loss.svg");
    expect(picture.toString()).toMatch(/^<svg[\s\S]*training[\s\S]*<\/svg>\s*$/);
    expect((await saved("loss as PNG"))[1].subarray(1, 4).toString()).toBe("PNG");
    expect((await saved("loss as CSV"))[1].toString()).toMatch(/^curve,step,value\ntraining,\d+,\d/);
    // In the repository `unrolled` is itself.
    const folder = "build/studio-test";
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/first-names.csv`, readFileSync("studio/src/examples/first-names.csv"));
    writeFileSync(`${folder}/program.mjs`, program);
    execFileSync(process.execPath, ["program.mjs"], { cwd: folder, stdio: "pipe" });
    expect(readFileSync(`${folder}/first-names.safetensors`).equals(model)).toBe(true);
    rmSync(folder, { recursive: true });
  });

  test("gives a link that trains the same bits for somebody else, at another learning rate on the way too", async () => {
    const exported = async (on: Page) => {
      const [download] = await Promise.all([
        on.waitForEvent("download"),
        on.getByRole("button", { name: /^Model \(/ }).click(),
      ]);
      return readFileSync(await (download as Download).path());
    };
    const trained = async (on: Page): Promise<Buffer> => {
      await on.getByRole("button", { name: "Start" }).click();
      const done = () => on.textContent(".progress-line [aria-live]");
      await expect.poll(done, { timeout: 20_000 }).toBe("done");
      await on.getByText("Export", { exact: true }).click();
      return exported(on);
    };
    await page.goto(`${server.url}?example=first-names&set.hidden=4&set.maxSteps=4&set.seed=6`);
    await page.getByRole("button", { name: "2× the learning rate" }).click();
    await expect.poll(() => page.textContent(".rate output")).toBe("0.004");
    // A press of Start is never lost: it can be pressed while a change is being read.
    await page.evaluate(() => {
      const seen = Object.assign(globalThis, { disabled: 0 });
      const watched = { subtree: true, attributeFilter: ["disabled"] };
      new MutationObserver(() => seen.disabled++).observe(document.querySelector(".controls .primary")!, watched);
    });
    const parameters = () => page.textContent(".data");
    const before = await parameters();
    await page.getByLabel("embed", { exact: true }).fill("3");
    await page.getByLabel("embed", { exact: true }).press("Enter");
    await expect.poll(parameters).not.toBe(before);
    expect(await page.evaluate(() => (globalThis as unknown as { disabled: number }).disabled)).toBe(0);
    const own = await trained(page);
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByRole("button", { name: "Copy the link" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    const another = await browser.newContext();
    try {
      const theirs = await another.newPage();
      await theirs.goto(link);
      expect(await theirs.getByLabel("hidden", { exact: true }).inputValue()).toBe("4");
      expect((await trained(theirs)).equals(own)).toBe(true);
    } finally {
      await another.close();
    }
  });

  test("takes a file that is dropped, in which nothing is markup, and says what is wrong with another", async () => {
    await page.goto(server.url);
    await page.waitForSelector(".examples button");
    const evil = '<img src=x onerror="document.title=1">';
    const rows = Array.from(
      { length: 60 },
      (_, i) => `"${evil.replaceAll('"', '""')} ${i}",${i % 2 ? "\u202eyes" : "no"}`,
    );
    await dropFile(`${evil}.csv`, `words,answer\n${rows.join("\n")}\n`);
    await page
      .getByText("60 rows")
      .or(page.getByText(/57 rows \(3 to validate on\)/))
      .first()
      .waitFor();
    expect(await page.textContent(".data h2")).toBe(`${evil}.csv`);
    await page.getByText("What is in it").click();
    await page.getByRole("button", { name: "One step" }).click();
    await page.waitForSelector(".answers tbody tr");
    expect(await page.textContent(".answers tbody")).toContain(evil);
    expect(await page.locator("main img").count()).toBe(0);
    expect(await page.title()).toBe("Unrolled studio");
    expect(await page.textContent("body")).not.toContain("\u202e");
    expect(await complaints()).toEqual([]);
    await dropFile("broken.csv", 'words,answer\n"one,yes\n');
    await page.getByRole("alert").waitFor();
    expect(await page.textContent("[role=alert]")).toMatch(/broken\.csv/);
  });

  test("asked no other host, and nothing went wrong unseen", () => {
    expect(strangers).toEqual([]);
    expect(errors).toEqual([]);
  });
});

/** In the page: pixels that are too wide for it. */
const overflow = () => Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth);

interface AxeResult {
  violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
}

/** Processor time of what the page's own thread did at a stretch, in milliseconds: how busy the machine is besides does not count. */
function longTasks(trace: Buffer): number[] {
  interface TraceEvent {
    name: string;
    ph: string;
    pid: number;
    tid: number;
    tdur?: number;
    args: { name?: string };
  }
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const mains = traceEvents.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain");
  const tasks = traceEvents.filter(({ name, ph }) => ph === "X" && /RunTask$/.test(name));
  const ofMain = tasks.filter(({ pid, tid }) => mains.some((main) => main.pid === pid && main.tid === tid));
  // A trace without any would be no proof.
  expect(ofMain.length).toBeGreaterThan(50);
  return ofMain.map(({ tdur = 0 }) => tdur / 1000);
}
