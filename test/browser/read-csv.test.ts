import { existsSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nameTable } from "../support/rows.js";
import type * as app from "./app/read-csv.js";
import type * as tasksApp from "./app/tasks.js";
import { launchChromium, noChromium } from "./chromium.js";
import { type Site, serve } from "./site.js";

/** In the page. */
declare const csv: typeof app;
declare const tasks: typeof tasksApp;

/** The built package, as a bundler for browsers takes it. */
async function bundled(file: string, name: string): Promise<string> {
  const input = join(import.meta.dirname, "app", file);
  const bundle = await rolldown({
    input,
    platform: "browser",
    external: /^node:/,
    tsconfig: false,
    logLevel: "silent",
  });
  const { output } = await bundle.generate({ format: "iife", name });
  await bundle.close();
  return output[0].code;
}

describe.skipIf(noChromium !== undefined)(`files in Chromium${noChromium ? `, ${noChromium}` : ""}`, () => {
  let browser: Browser;
  let site: Site;
  let page: Page;

  beforeAll(async () => {
    if (!existsSync("dist/data/with-readers.js")) throw new Error("dist/data is missing: run `npm run build` first");
    const html =
      '<!doctype html><link rel="icon" href="data:,"><input type="file"><script src="app.js"></script><script src="tasks.js"></script>';
    site = await serve(
      new Map([
        ["index.html", html],
        ["app.js", await bundled("read-csv.ts", "csv")],
        ["tasks.js", await bundled("tasks.ts", "tasks")],
      ]),
    );
    browser = await launchChromium();
    page = await browser.newPage();
    await page.goto(`${site.origin}/plain/`);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  const TEXT = 'name,price,amount\n"a, ""b""",1.5,2\n한글 😀,2.25,\n"x\r\ny",-3,1\n';
  const choose = (name: string, buffer: Buffer) => page.setInputFiles("input", { name, mimeType: "text/csv", buffer });

  test.each([
    ["a.csv", Buffer.from(TEXT.replace(",\n", ",4\n"))],
    ["a.csv.gz", gzipSync(TEXT.replace(",\n", ",4\n"))],
  ])("%s is read and walked", async (name, bytes) => {
    await choose(name, bytes);
    const found = await page.evaluate(() => csv.readChosen(document.querySelector("input")!.files![0]!));
    expect(found).toEqual({
      rows: 3,
      sum: 0.75,
      types: { name: "text", price: "number", amount: "integer" },
      batch: [1.5, 2, 2.25, 4],
      names: ['a, "b"', "한글 😀", "x\r\ny"],
    });
  });

  test("what is wrong in it is named", async () => {
    await choose("bad.csv", Buffer.from(`${TEXT}1,2\n`));
    const message = await page.evaluate(() => csv.refusal(document.querySelector("input")!.files![0]!));
    expect(message).toContain("bad.csv:6 must have 3 cells, as the header has, got 2.");
  });

  test.each(["names.csv", "names.csv.gz"])(
    "a task is trained on %s, in memory and in pieces, and reads others",
    async (name) => {
      const bytes = Buffer.from(nameTable(120));
      await choose(name, name.endsWith("gz") ? gzipSync(bytes) : bytes);
      const found = await page.evaluate(() => tasks.learn(document.querySelector("input")!.files![0]!));
      const keys = ["label", "probability", "probabilities"];
      expect(found).toEqual({
        ...{ task: "classify", same: true, rows: 120, one: 1 },
        said: [keys, ["error", "line"], keys],
      });
    },
  );

  test("a bad row of it is named", async () => {
    await choose("bad.csv", Buffer.from("name,kind\na,x\nb\n"));
    const message = await page.evaluate(() => tasks.refusal(document.querySelector("input")!.files![0]!));
    expect(message).toContain("bad.csv:3 must have 2 cells, as the header has, got 1.");
  });
});
