// Every use of the studio in Chromium, with screenshots that are compared with those that somebody looked at.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { launchChromium } from "../../support/browsers.mjs";
import { root } from "../../support/process.mjs";
import { start } from "../command-line.mjs";
import { LEARN } from "./learn.mjs";
import { LOOK } from "./look.mjs";
import { MOST_OTHERS, reduced, unlikeness } from "./pictures.mjs";
import { TRAIN } from "./train.mjs";
import { Visit } from "./visit.mjs";

const FIXTURES = join(root, "test/fixtures/studio");
const WIDE = { width: 1280, height: 900, colorScheme: "light", locale: "en-US" };
const NARROW = { width: 360, height: 740, colorScheme: "dark", locale: "en-US" };
/** How each part is visited. */
const VISITS = [
  { name: "wide-light-en", how: WIDE, uses: { ...TRAIN, ...LOOK, ...LEARN } },
  {
    name: "narrow-dark-en",
    how: NARROW,
    uses: { ...some(TRAIN, "the first page", "train on each example"), ...LEARN },
  },
  { name: "narrow-light-ko", how: { ...NARROW, colorScheme: "light", locale: "ko-KR" }, uses: some(LEARN, "each lesson at its figure") }, // biome-ignore format: one line
  { name: "wide-dark-ko", how: { ...WIDE, colorScheme: "dark", locale: "ko-KR" }, uses: { ...some(TRAIN, "the first page"), ...some(LEARN, "each lesson at its figure") } }, // biome-ignore format: one line
];
/** Those that are kept. */
const KEPT = [
  "begin.wide-light-en",
  "begin.narrow-dark-en",
  "begin.wide-dark-ko",
  "train-moby-dick.wide-light-en",
  "train-first-names.narrow-dark-en",
  "train-births.wide-light-en",
  "bad-file.wide-light-en",
  "look.wide-light-en",
  "learn-3.narrow-light-ko",
  "learn-4.narrow-dark-en",
  "learn-6.wide-light-en",
  "learn-7.wide-dark-ko",
];

function some(uses, ...names) {
  return Object.fromEntries(names.map((name) => [name, uses[name]]));
}

/**
 * @param out    a folder for the screenshots; default: `build/studio`
 * @param renew  writes those that are kept, for somebody to look at
 * @param only   a part of the names of uses, or of a visit
 * @returns {Promise<{ cases: number, faults: string[] }>}
 */
export async function studio({ seed, folder, out = join(root, "build/studio"), renew = false, only = "" }) {
  mkdirSync(out, { recursive: true });
  const [browser, server] = await Promise.all([launchChromium(), serving(folder)]);
  const gallery = new Gallery(await browser.newPage(), out, renew);
  const faults = [];
  let cases = 0;
  try {
    for (const { name, how, uses } of VISITS) {
      for (const [use, body] of Object.entries(uses)) {
        if (!`${use} (${name})`.includes(only)) continue;
        cases++;
        const visit = await Visit.open(browser, server.url, how);
        const shot = async (picture) => {
          await visit.look(picture);
          visit.faults.push(...(await gallery.take(visit.page, `${picture}.${name}`)));
        };
        try {
          await body(visit, shot, { seed, folder });
        } catch (error) {
          visit.faults.push(String(error.message).split("\n").slice(0, 3).join(" "));
        }
        faults.push(...new Set(visit.faults.map((fault) => `${use} (${name}): ${fault}`)));
        await visit.close();
      }
    }
  } finally {
    await browser.close();
    server.child.kill("SIGINT");
    await server.ended;
  }
  return { cases, faults };
}

/** Pictures of pages: all of them in a folder, some of them compared. */
class Gallery {
  #blank;
  #out;
  #renew;

  constructor(blank, out, renew) {
    [this.#blank, this.#out, this.#renew] = [blank, out, renew];
  }

  /** @returns what is wrong with it */
  async take(page, name) {
    const png = await page.screenshot({ animations: "disabled", caret: "hide" });
    writeFileSync(join(this.#out, `${name}.png`), png);
    if (!KEPT.includes(name)) return [];
    const kept = join(FIXTURES, `${name}.png`);
    if (this.#renew) {
      mkdirSync(FIXTURES, { recursive: true });
      writeFileSync(kept, await reduced(this.#blank, png));
    }
    if (!existsSync(kept)) return [`${name} is not among those that are kept: --renew writes it`];
    const share = await unlikeness(this.#blank, png, readFileSync(kept));
    return share > MOST_OTHERS ? [`${name} is another in ${(100 * share).toFixed(0)} % of its cells`] : [];
  }
}

/** `unrolled studio` itself, and where it listens. */
export async function serving(folder) {
  let listens;
  const url = new Promise((resolve) => {
    listens = resolve;
  });
  const { child, ended } = start(folder, ["studio", "--port", "0"], {
    onOutput: (out) => {
      const [found] = /http:\/\/\S+/.exec(out) ?? [];
      if (found !== undefined) listens(found);
    },
  });
  const found = await Promise.race([url, ended]);
  if (typeof found !== "string") throw new Error(`unrolled studio ended with ${found.status}: ${found.err}`);
  return { url: found, child, ended };
}
