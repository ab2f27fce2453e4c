// One page of the studio in Chromium, and everything about it that must never happen, seen to on the way.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setTimeout as pause } from "node:timers/promises";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** The most that the page's own thread may work at a stretch, in milliseconds of its processor time. */
export const LONG = 50;
/** Of all movements that nobody asked for: what a person does not notice. */
const MOST_SHIFT = 0.02;

export class Visit {
  /** What was wrong, in words. */
  faults = [];
  page;
  #context;
  #url;

  /** @param url  of the studio, with its last slash */
  static async open(browser, url, { width = 1280, height = 900, colorScheme = "light", locale = "en-US" } = {}) {
    const visit = new Visit();
    visit.#url = url;
    visit.#context = await browser.newContext({ viewport: { width, height }, colorScheme, locale });
    await visit.#context.addInitScript(watchShifts);
    visit.page = await visit.#context.newPage();
    visit.#watch();
    return visit;
  }

  #watch() {
    const { page } = this;
    page.on("request", (request) => {
      const address = request.url();
      if (!/^(data|blob):/.test(address) && !address.startsWith(this.#url)) this.faults.push(`asked for ${address}`);
    });
    page.on("pageerror", (error) => this.faults.push(`error in the page: ${error.message}`));
    page.on("console", (message) => message.type() === "error" && this.faults.push(`console: ${message.text()}`));
  }

  async goto(query = "") {
    await this.page.goto(this.#url + query);
  }

  /** What the page moved about since it was loaded, but for what a person did. */
  async shifts(where) {
    const { sum, whose } = await this.page.evaluate(() => globalThis.shifts);
    if (sum > MOST_SHIFT) this.faults.push(`${where}: the layout moved by ${sum.toFixed(3)}: ${whose.join(", ")}`);
  }

  /** What axe finds, all that is AA, and what is wider than the page. */
  async look(where) {
    const { page } = this;
    await page.evaluate(axe);
    const found = await page.evaluate(async () => {
      const { violations } = await globalThis.axe.run();
      return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
    });
    this.faults.push(...found.map((one) => `${where}: ${one}`));
    const beyond = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    if (beyond > 0) this.faults.push(`${where}: ${beyond} pixels too wide`);
  }

  /** Whether the keyboard gets everywhere. */
  async keyboard(where) {
    this.faults.push(...(await unreached(this.page)).map((one) => `${where}: the keyboard does not reach ${one}`));
  }

  /** Does something, and says how long the page's own thread worked at a stretch meanwhile. */
  async traced(where, body) {
    const browser = this.#context.browser();
    await browser.startTracing(this.page, { categories: ["toplevel"] });
    try {
      await body();
    } finally {
      const tasks = mainTasks(JSON.parse((await browser.stopTracing()).toString()).traceEvents);
      const long = tasks.filter((milliseconds) => milliseconds > LONG);
      if (tasks.length < 20) this.faults.push(`${where}: the trace holds ${tasks.length} tasks, which proves nothing`);
      if (long.length > 0) this.faults.push(`${where}: tasks of ${long.map(Math.round).join(", ")} ms`);
      this.longest = Math.max(this.longest ?? 0, ...tasks);
    }
  }

  /** Until this is so. @param what  for the fault, when it never is */
  async until(what, test, seconds = 60) {
    const end = performance.now() + 1000 * seconds;
    for (;;) {
      const found = await test();
      if (found) return found;
      if (performance.now() > end) throw new Error(`${what}: not within ${seconds} s`);
      await pause(100);
    }
  }

  /** Drops a file as a person does. */
  async drop(zone, name, content) {
    const bytes = Buffer.from(content).toString("base64");
    const data = await this.page.evaluateHandle(
      ([name, bytes]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([Uint8Array.from(atob(bytes), (char) => char.charCodeAt(0))], name));
        return transfer;
      },
      [name, bytes],
    );
    await this.page.dispatchEvent(zone, "drop", { dataTransfer: data });
  }

  /** What a press of this button saves. */
  async saved(name) {
    const saving = this.page.waitForEvent("download", { timeout: 60_000 }).catch(() => null);
    await this.page.getByRole("button", { name }).first().click();
    // What was wrong before goes first.
    await this.page.waitForTimeout(150);
    const download = await Promise.race([saving, this.page.waitForSelector("[role=alert]").then(() => null)]);
    if (download === null) throw new Error(`${name}: ${await this.page.textContent("[role=alert]")}`);
    return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
  }

  async close() {
    await this.#context.close();
  }
}

/**
 * What of a page the keyboard does not reach, or does not show that it has reached, by the Tab key alone.
 * @returns {Promise<string[]>}
 */
export async function unreached(page) {
  const count = await page.evaluate(() => {
    const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")];
    const isStop = (element) => element.tabIndex >= 0 && !element.disabled && element.checkVisibility();
    // Of a group of which one is chosen, that one is the stop.
    const isOther = (element) => element.type === "radio" && !element.checked;
    const stops = all.filter((element) => isStop(element) && !isOther(element));
    for (const [i, element] of stops.entries()) element.dataset.stop = i;
    stops[0]?.focus();
    return stops.length;
  });
  const seen = new Map();
  for (let i = 0; i < count + 5; i++) {
    await page.keyboard.press("Tab");
    const { stop, isShown } = await page.evaluate(() => {
      const element = document.activeElement;
      const isRinged = (one) => one !== null && getComputedStyle(one).outlineStyle !== "none";
      const isShown = isRinged(element) || isRinged(element.parentElement);
      return { stop: element.dataset?.stop, isShown };
    });
    if (stop !== undefined) seen.set(Number(stop), isShown);
  }
  const missing = await page.evaluate(
    (seen) =>
      [...document.querySelectorAll("[data-stop]")].flatMap((element) => {
        const found = seen.find(([stop]) => stop === Number(element.dataset.stop));
        // The first one had the focus before a key was pressed.
        const isMissing = found === undefined ? element.dataset.stop !== "0" : !found[1];
        delete element.dataset.stop;
        return isMissing ? [element.outerHTML.slice(0, 120)] : [];
      }),
    [...seen],
  );
  return missing;
}

/** In the page, before anything of it: what moves by itself. */
export function watchShifts() {
  globalThis.shifts = { sum: 0, whose: [] };
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries()) {
      if (hadRecentInput) continue;
      globalThis.shifts.sum += value;
      for (const { node, previousRect, currentRect } of sources) {
        const [x, y] = [currentRect.x - previousRect.x, currentRect.y - previousRect.y].map(Math.round);
        const name = `${node?.nodeName.toLowerCase()}.${node?.className} by ${x}, ${y} from ${Math.round(previousRect.x)}, ${Math.round(previousRect.y)}`;
        if (!globalThis.shifts.whose.includes(name)) globalThis.shifts.whose.push(name);
      }
    }
  }).observe({ type: "layout-shift", buffered: true });
}

/** Processor time of each task of a page's own thread, in milliseconds: how busy the machine is besides does not count. */
function mainTasks(events) {
  const mains = events.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain");
  const isMain = ({ pid, tid }) => mains.some((main) => main.pid === pid && main.tid === tid);
  return events
    .filter((event) => event.ph === "X" && /RunTask$/.test(event.name) && isMain(event))
    .map(({ tdur = 0 }) => tdur / 1000);
}
