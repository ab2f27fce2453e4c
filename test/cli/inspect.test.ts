import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import { blocks } from "../../src/tasks/inspection/lines.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { FakeTerminal } from "../support/terminal.js";
import { nonsense } from "../support/text.js";

const folder = temporaryFolder();
const { at } = folder;

async function makeModel(...flags: string[]): Promise<void> {
  writeFileSync(at("c.txt"), nonsense(3000));
  const small = ["--hidden", "8", "--layers", "2", "--batch", "4", "--seq-len", "10", "--threads", "1"];
  await folder.cli("train", "@c.txt", "--out", "@run", ...small, "--max-steps", "3", ...flags);
}

beforeEach(() => makeModel());

test("without a text: the layers with their parameters, and the spectral radii", async () => {
  const { code, out, err } = await folder.cli("inspect", "@run");
  expect([code, err]).toEqual([0, ""]);
  const lines = out.split("\n").map((line) => line.replace(/ +/g, " "));
  const vocabulary = new Set(nonsense(3000)).size;
  expect(lines.slice(0, 2)).toEqual(["run/best.safetensors", "a language model of characters, 2 lstm layers of 8"]);
  expect(lines).toContain("layer kind weights parameters");
  expect(lines).toContain(`embed Embedding ${vocabulary}×8 ${vocabulary * 8}`);
  expect(lines).toContain("rnn layer 1 LSTM 32×8 32×8 32 32 576");
  expect(lines).toContain(`total ${(17 * vocabulary + 2 * 576).toLocaleString("en")}`);
  expect(out).toMatch(
    /spectral radius of the recurrent matrices\n +input +forget +candidate +output\nlayer 0 +\d\.\d{3}/,
  );
  expect(out).not.toContain("gradient");
});

test.each([
  ["lstm", ["input", "forget", "candidate", "output"]],
  ["gru", ["reset", "update", "candidate"]],
  ["rnn", ["state"]],
])("%s with a text: gradients and gates as plots of at most 80 columns, plain", async (cell, gates) => {
  await makeModel("--cell", cell, "--out", at("other"));
  const { code, out, err } = await folder.cli("inspect", "@other", "@c.txt");
  expect([code, err]).toEqual([0, ""]);
  expect(out).toContain("200 of 3,000 characters read: loss ");
  for (const layer of [0, 1]) {
    for (const gate of gates) expect(out).toMatch(new RegExp(`layer ${layer} ${gate} *[▁-█]{20,} \\d+ % saturated`));
    expect(out).toMatch(new RegExp(`layer ${layer} h *[▁-█]{20,} \\de-\\d to \\de-\\d`));
    expect(out).toMatch(new RegExp(`layer ${layer} ${cell === "lstm" ? "c" : "h"} *[ ▁-█]{20,} 1 % after \\d+ steps`));
  }
  expect(Math.max(...out.split("\n").map((line) => [...line].length))).toBeLessThanOrEqual(80);
  expect(out).not.toContain("\x1b");
});

test("on a terminal: headings stand out, and a wide one is used", async () => {
  const { out } = await folder.cliOn(new FakeTerminal({ isTTY: true }), "inspect", "@run", "@c.txt");
  expect(out).toContain("\x1b[1mspectral radius");
  const widest = Math.max(
    ...out
      .replaceAll("\x1b[1m", "")
      .replaceAll("\x1b[2m", "")
      .replaceAll("\x1b[0m", "")
      .split("\n")
      .map((line) => [...line].length),
  );
  expect(widest).toBeGreaterThan(90);
  expect(widest).toBeLessThanOrEqual(110);
});

test("--text: its last characters stand under the plot, line breaks and blanks seen", async () => {
  const { code, out } = await folder.cli("inspect", "@run", "--text", "the sea was\ncalm and");
  expect(code).toBe(0);
  expect(out).toContain("19 of 20 characters read");
  expect(out).toMatch(/\n +the·sea·was↵calm·an\n/);
});

test("--json: one line with everything", async () => {
  const { code, out } = await folder.cli(
    "inspect",
    "@run",
    "@c.txt",
    "--json",
    "--length",
    "30",
    "--units",
    "3",
    "--layer",
    "0",
  );
  expect(code).toBe(0);
  expect(out.trimEnd().split("\n")).toHaveLength(1);
  const { source, file, model, architecture, spectralRadii, text } = JSON.parse(out);
  expect([source, file]).toEqual([at("run/best.safetensors"), at("c.txt")].map((path) => path.replace(`${at()}/`, "")));
  expect(model).toMatchObject({ cell: "lstm", tokens: "char", hidden: 8, layers: 2 });
  expect(architecture.rows).toHaveLength(4);
  expect(spectralRadii).toHaveLength(2);
  expect(text.tokens).toHaveLength(30);
  expect(text.layers[1].gradC).toHaveLength(30);
  expect(text.layers[1].gates.forget.mean).toHaveLength(30);
  expect(text.layers[1].horizon).toBeGreaterThanOrEqual(0);
  expect(text.units).toHaveLength(3);
  expect(text.unitLayer).toBe(0);
  expect(text.units[0].values).toHaveLength(30);
  expect(text.perplexity).toBeCloseTo(Math.exp(text.loss), 2);
});

test("--html and --svg: reports that stand alone, and are named", async () => {
  writeFileSync(at("<&>.txt"), nonsense(300));
  const { code, out } = await folder.cli("inspect", "@run", "@<&>.txt", "--html", "@in.html", "--svg", "@in.svg");
  expect(code).toBe(0);
  expect(out).toMatch(/wrote in\.html\nwrote in\.svg\n$/);
  const [html, svg] = ["in.html", "in.svg"].map((name) => readFileSync(at(name), "utf8"));
  for (const text of [html!, svg!]) {
    // Names of XML dialects are no addresses to fetch.
    expect(text.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:|<script|<link|<img|@import|url\(/);
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
    expect(text.length).toBeLessThan(300_000);
  }
  expect(html).toMatch(/^<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">/);
  expect(html).toContain("&lt;&amp;&gt;.txt");
  expect(html!.match(/<p class="unit">/g)).toHaveLength(8);
  expect(html).toContain("↵\n");
  expect(svg).toMatch(/^<svg xmlns=.*<\/svg>\n$/s);
  expect(svg).toContain("Hidden units of layer 1 over the text");
});

test.each(["word", "byte"])("tokens: %s", async (tokens) => {
  await makeModel("--tokens", tokens, "--out", at("other"));
  const { code, out, err } = await folder.cli("inspect", "@other", "@c.txt", "--svg", "@in.svg", "--html", "@in.html");
  expect([code, err]).toEqual([0, ""]);
  expect(out).toContain(`${tokens}s read`);
  expect(readFileSync(at("in.svg"), "utf8")).toContain(tokens === "word" ? ">whales</text>" : ">↵</text>");
});

describe("mistakes", () => {
  test.each([
    [
      [],
      2,
      /^error: unrolled inspect: found no MODEL; it needs one\. Nothing was written\. Try: unrolled inspect runs\/corpus\n$/,
    ],
    [["@none"], 4, /^error: none: found nothing there; it must be an existing file/],
    [["@c.txt"], 3, /^error: c\.txt: found /],
    [["@run", "@none.txt"], 4, /^error: none\.txt: found nothing there/],
    [
      ["@run", "--html", "o.html"],
      2,
      /^error: --html: found no FILE; it needs a text that the model reads\. Nothing was written\. Try: unrolled inspect run --html o\.html c\.txt\n$/,
    ],
    [["@run", "--units", "3"], 2, /^error: --units: found no FILE/],
    [["@run", "@c.txt", "--text", "x"], 2, /^error: --text: found a FILE as well \(c\.txt\); it stands for a file/],
    [
      ["@run", "@c.txt", "--length", "0"],
      2,
      /^error: --length: found 0; it must be a positive integer\. Nothing was written\. Try: --length 200\n$/,
    ],
    [
      ["@run", "@c.txt", "--layer", "2"],
      2,
      /^error: --layer: found 2; it must be less than 2, the number of layers\. Nothing was written\. Try: --layer 0\n$/,
    ],
    [["@run", "@c.txt", "--units", "many"], 2, /^error: --units: found "many"; it must be a positive integer/],
    [["@run", "--text", "the ß"], 3, /^error: --text:1:5: found U\+00DF "ß", which the model has never seen/],
    [
      ["@run", "--text", "t"],
      3,
      /^error: --text: found 1; it must have at least 2 tokens\. Nothing was written\. Try: a longer text\n$/,
    ],
    [["@run", "@c.txt", "--svg", "@no/in.svg"], 4, /^error: no\/in\.svg: found nothing there/],
    [["@run", "@c.txt", "--htm", "x"], 2, /found the unknown option --htm.*Try: --html\n$/],
  ])("%j: exit %i", async (argv, code, message) => {
    const result = await folder.cli("inspect", ...argv);
    expect(result.err).toMatch(message);
    expect([result.code, result.out]).toEqual([code, ""]);
    expect(existsSync(at("in.svg"))).toBe(false);
  });

  test("a text that is not UTF-8: its place", async () => {
    writeFileSync(at("bad.txt"), Uint8Array.of(0x74, 0x68, 0x0a, 0x65, 0xff));
    const { code, err } = await folder.cli("inspect", "@run", "@bad.txt");
    expect(code).toBe(3);
    expect(err).toMatch(/^error: bad\.txt:2:2: found byte 0xff at offset 4/);
  });

  test("a report where a folder is", async () => {
    mkdirSync(at("in.html"));
    const { code, err } = await folder.cli("inspect", "@run", "@c.txt", "--html", "@in.html");
    expect(code).toBe(4);
    expect(err).toMatch(/^error: in\.html: found a folder; it must be a file/);
  });
});

test("--help teaches", async () => {
  const { code, out } = await folder.cli("inspect", "--help");
  expect(code).toBe(0);
  expect(out).toMatch(/unrolled inspect runs\/corpus new\.txt --html inside\.html/);
});

describe("blocks", () => {
  test("from the lowest to the highest", () => expect(blocks([0, 1, 2, 3, 4, 5, 6, 7])).toBe("▁▂▃▄▅▆▇█"));
  test("logarithmic: a decade is a decade; nothing where there is no logarithm", () => {
    expect(blocks([1e-8, 1e-6, 1e-4, 1e-2, 1, 0, Number.NaN], { log: true })).toBe("▁▃▅▇█  ");
  });
  test("a scale of its own, values beyond at its ends", () =>
    expect(blocks([-5, 0, 0.5, 1, 9], { low: 0, high: 1 })).toBe("▁▁▅██"));
  test("a flat line is in the middle", () => expect(blocks([3, 3])).toBe("▅▅"));
});

test("a report that cannot be written says what to do, and apart from it what is untouched", async () => {
  const { code, err } = await folder.cli("inspect", "@run", "@c.txt", "--html", "@nothing/in.html");
  expect(code).toBe(4);
  expect(err).toMatch(/ What was there before is untouched\. Try: Check the spelling of the path\n$/);
});
