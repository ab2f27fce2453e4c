import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { textWidth } from "../../src/base/width.js";
import { encodeTask } from "../../src/tasks/checkpoint.js";
import type { CommandTask } from "../../src/tasks/commands.js";
import { TASKS } from "../../src/tasks/registry.js";
import { TaskTraining } from "../../src/tasks/training/task-training.js";
import { reversedPairs } from "../support/pairs.js";
import { dailyTable, groupTable, nameTable, priceTable } from "../support/rows.js";
import { conll, taggedSentences } from "../support/tagged.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { nonsense } from "../support/text.js";

/** What would be markup, turn its neighbours around, ring a bell, or be no character at all. */
const EVIL = "<script>alert(1)</script>&\"'\u202e\u0007\u001b[31m\u2066";

interface Case {
  task: string;
  file: string;
  text: string;
  settings?: object;
  /** To type in place of the file. */
  typed: string;
  /** What a person is to read. */
  says: RegExp[];
  /** What a program is to find of the first sample. */
  keys: string[];
}

const series = { time: "day", target: "load", id: "site", context: 6, lags: "1,7" };
const row = { text: "name", label: "kind" };
const logs = Array.from({ length: 60 }, (_, i) => `user ${i % 7} came from 10.0.0.${i % 13}`).join("\n");

const CASES: Record<string, Case> = {
  classify: {
    ...{
      task: "classify",
      file: "n.csv",
      text: nameTable(60),
      settings: { ...row, pooling: "attention" },
      typed: "Bora",
    },
    says: [/^line 2: \S+$/m, /^flower +[\d.]+ % █*$/m, /What decided the log odds of/, /Where attention looks/],
    keys: ["line", "text", "steps", "answer", "decided", "pooling", "layers"],
  },
  "classify, several labels": {
    ...{ task: "classify", file: "n.csv", text: nameTable(60).replaceAll("flower", "flower;nice") },
    ...{ settings: { ...row, multi: true, bidirectional: true }, typed: "Bora" },
    says: [/What decided the log odds of "(flower|nice|stone)"/, /rnn layer 0 reverse/],
    keys: ["answer", "decided", "layers"],
  },
  "classify, rows as steps": {
    ...{ task: "classify", file: "g.csv", text: groupTable(40), settings: { group: "id", label: "way" }, typed: "" },
    says: [/step \d [+-][\d.]+/, /The same by column\n.*\nsmall ← step/s],
    keys: ["answer", "decided", "layers"],
  },
  regress: {
    ...{ task: "regress", file: "p.csv", text: priceTable(60), typed: "old oak" },
    settings: { text: "what", label: "price", tokens: "word", layers: 2, hiddenDropout: 0.1 },
    says: [/What decided price/, /(oak|pine|steel|small|large|old) (\(\d\) )?[+-]/, /rnn\.layers\.1/],
    keys: ["answer", "decided", "layers"],
  },
  tag: {
    ...{ task: "tag", file: "t.conll", text: conll(taggedSentences(30)), typed: "Toma works in Rabton ." },
    settings: { charEmbed: 4, charHidden: 3 },
    says: [/^word +tag +probability +else +probability$/m, /Which words decided each tag/, /^works \S+ +← /m],
    keys: ["tokens", "tags", "probabilities", "decided", "layers"],
  },
  "tag, a CRF": {
    ...{ task: "tag", file: "t.conll", text: conll(taggedSentences(30)), typed: "Toma works in Rabton ." },
    settings: { charEmbed: 4, charHidden: 3, crf: true, chars: "conv", bidirectional: false },
    says: [/before the CRF weighs\s+them with/],
    keys: ["tags", "probabilities"],
  },
  seq2seq: {
    ...{ task: "seq2seq", file: "s.tsv", text: reversedPairs(80, { longest: 6 }), typed: "abc" },
    settings: { reverse: true, maxLength: 8 },
    says: [/Where the decoder looks/, /What decided all that was written/, /encoder layer 0 h/, /decoder layer 0 h/],
    keys: ["source", "target", "sourceTokens", "targetTokens", "probabilities", "attention", "decided", "layers"],
  },
  "seq2seq, no attention": {
    ...{ task: "seq2seq", file: "s.tsv", text: reversedPairs(80), typed: "abc" },
    settings: { attention: "none", peeky: true, bidirectional: true, maxLength: 8 },
    says: [/no attention/, /What decided all that was written/],
    keys: ["attention", "decided"],
  },
  "seq2seq, input feeding": {
    ...{ task: "seq2seq", file: "s.tsv", text: reversedPairs(80), typed: "abc" },
    settings: { attention: "additive", inputFeeding: true, maxLength: 8 },
    says: [/attention additive/],
    keys: ["attention", "decided"],
  },
  generate: {
    ...{ task: "generate", file: "n.csv", text: nameTable(60), settings: row, typed: "Bora" },
    says: [/Next characters/, /^character +probability +likeliest$/m, /nats a character, perplexity/],
    keys: ["condition", "tokens", "probabilities", "likeliest", "logProbability", "layers"],
  },
  forecast: {
    ...{ task: "forecast", file: "d.csv", text: dailyTable(60), settings: { ...series, horizon: 3 }, typed: "" },
    says: [
      /The forecast beside the last values, series "north"/,
      /^10 % /m,
      /2023-03-02 ← .*lag 7/,
      /Which past values decided/,
    ],
    keys: ["id", "observed", "times", "quantiles", "inputs", "decided", "past", "layers"],
  },
  "forecast, recursive": {
    ...{ task: "forecast", file: "d.csv", text: dailyTable(60), typed: "" },
    settings: { ...series, horizon: 3, decoding: "recursive", paths: 5, output: "quantiles", centre: "last" },
    says: [/^median /m],
    keys: ["quantiles", "decided"],
  },
  anomaly: {
    ...{ task: "anomaly", file: "d.csv", text: dailyTable(60), settings: series, typed: "" },
    says: [/^threshold +[▁█]+ [\d.-]+$/m, /The most unusual values, series "north"/],
    keys: ["id", "threshold", "steps", "layers"],
  },
  "anomaly, lines": {
    ...{ task: "anomaly", file: "l.log", text: logs, settings: { embed: 4 }, typed: "user 3 came fxom 10.0.0.1" },
    says: [/Surprise of each character, line 1/, /the threshold is/, /What made character \d+ surprising/],
    keys: ["text", "score", "threshold", "unusual", "tokens", "surprise", "decided", "layers"],
  },
  "language-model": {
    ...{ task: "language-model", file: "c.txt", text: nonsense(600), settings: { seqLen: 10 }, typed: "the sea was" },
    says: [/characters read: loss/],
    keys: [],
  },
};

const SMALL = { hidden: 6, batch: 4, lr: 0.02, seed: 3, valid: 0.2 };
const models = new Map<string, Uint8Array>();

function modelOf(name: string, text?: string): Uint8Array {
  const found = text === undefined ? models.get(name) : undefined;
  if (found !== undefined) return found;
  const { task: id, file, text: own, settings = {} } = CASES[name]!;
  const task = TASKS.find((one) => one.name === id) as CommandTask;
  const source = { name: file, bytes: new TextEncoder().encode(text ?? own) };
  const given = { ...SMALL, ...settings } as Record<string, unknown>;
  const known = Object.fromEntries(Object.entries(given).filter(([key]) => Object.hasOwn(task.fields, key)));
  const { data, config } = task.read({ train: source }, known as never, { op: "test" });
  const training = new TaskTraining(task, data, config);
  const { model, about } = training;
  const bytes = encodeTask(task, { model, config: training.config, meta: about.meta });
  if (text === undefined) models.set(name, bytes);
  return bytes;
}

const folder = temporaryFolder();
const { at } = folder;

function lay(name: string, text?: string): string {
  writeFileSync(at("m.safetensors"), modelOf(name, text));
  const { file, text: own } = CASES[name]!;
  writeFileSync(at(file), text ?? own);
  return `@${file}`;
}

beforeAll(() => {
  expect([...new Set(Object.values(CASES).map(({ task }) => task))].sort()).toEqual(
    TASKS.map(({ name }) => name).sort(),
  );
  for (const task of TASKS) expect(task.inspect, task.name).toBeDefined();
});

describe.each(Object.keys(CASES))("%s", (name) => {
  const { says, keys, typed, task } = CASES[name]!;

  test("without a FILE: the layers alone", async () => {
    lay(name);
    const { code, out, err } = await folder.cli("inspect", "@m.safetensors");
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/^layer +kind +(weights +)?parameters$/m);
    expect(out).toMatch(/^total +[\d,]+$/m);
    expect(out).not.toMatch(/gradient of|saturated/i);
  });

  test("a FILE: at most 80 columns, plain; gates and gradients", async () => {
    const { code, out, err } = await folder.cli("inspect", "@m.safetensors", lay(name));
    expect([code, err]).toEqual([0, ""]);
    for (const pattern of says) expect(out).toMatch(pattern);
    expect(out).toMatch(/ \d+ % saturated/);
    expect(out).toMatch(/ \de[+-]\d to \de[+-]\d/);
    expect(Math.max(...out.split("\n").map(textWidth))).toBeLessThanOrEqual(80);
    expect(out).not.toMatch(/NaN|undefined/);
    expect([...out].filter(acts)).toEqual([]);
  });

  test("--json: one line with all of it, and without a sample of NaN", async () => {
    const { code, out } = await folder.cli("inspect", "@m.safetensors", lay(name), "--json");
    expect(code).toBe(0);
    expect(out.trimEnd().split("\n")).toHaveLength(1);
    const { architecture, spectralRadii, samples = [{}] } = JSON.parse(out);
    expect(architecture.total).toBeGreaterThan(0);
    expect(spectralRadii.length).toBeGreaterThan(0);
    expect(Object.keys(samples[0])).toEqual(expect.arrayContaining(keys));
    expect(out).not.toMatch(/NaN|undefined/);
  });

  test("--html and --svg stand alone", async () => {
    const { code } = await folder.cli("inspect", "@m.safetensors", lay(name), "--html", "@in.html", "--svg", "@in.svg");
    expect(code).toBe(0);
    const [html, svg] = ["in.html", "in.svg"].map((file) => readFileSync(at(file), "utf8"));
    for (const page of [html!, svg!]) {
      expect(page.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:|<script|<link|<img|@import|url\(/);
      expect(page).not.toMatch(/NaN|undefined|Infinity/);
    }
    expect(html).toMatch(/^<!doctype html>/);
    expect(svg).toMatch(/^<svg xmlns=.*<\/svg>\n$/s);
    isBalanced(svg!);
    isBalanced(html!.slice(html!.indexOf("<body>"), html!.indexOf("</html>")).replaceAll("<br>", ""));
  });

  if (typed !== "")
    test("--text", async () => {
      lay(name);
      const { code, out, err } = await folder.cli("inspect", "@m.safetensors", "--text", typed);
      expect([code, err]).toEqual([0, ""]);
      for (const pattern of says.slice(1)) expect(out).toMatch(pattern);
    });

  if (task !== "language-model")
    test("--row chooses; one that is not there is told", async () => {
      const file = lay(name);
      const first = JSON.parse((await folder.cli("inspect", "@m.safetensors", file, "--json", "--rows", "2")).out);
      const second = JSON.parse(
        (await folder.cli("inspect", "@m.safetensors", file, "--json", "--row", "2", "--rows", "1")).out,
      );
      expect(second.samples).toEqual([first.samples[1]].filter((one) => one !== undefined));
      const { code, err } = await folder.cli("inspect", "@m.safetensors", file, "--row", "9999");
      expect([code, err]).toEqual([
        2,
        expect.stringMatching(/^error: --row: found 9999; it must be at most \d+, the samples of the file\./),
      ]);
    });
});

test.each<[class_: string, fix: RegExp]>([
  ["flowr", /Try: --label flower\n$/],
  ["quite another", /Try: .* inspect \S+ --text Bora\n$/],
])("a class that was not learned: what is advised is one that was, or none: %s", async (label, fix) => {
  lay("generate");
  const { code, err } = await folder.cli("inspect", "@m.safetensors", "--text", "Bora", "--label", label);
  expect([code, err]).toEqual([2, expect.stringMatching(fix)]);
});

/** A control character but the end of a line, or one that turns the direction of writing. */
function acts(char: string): boolean {
  const code = char.codePointAt(0)!;
  const isControl = code < 32 || (code >= 0x7f && code < 0xa0);
  return (isControl && char !== "\n") || (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

/** Whether every element ends, in order, and nothing is left of marks that are no elements. */
function isBalanced(xml: string): void {
  const open: string[] = [];
  for (const [, end, name, self] of xml.matchAll(/<(\/?)([a-z0-9]+)[^<>]*?(\/?)>/g)) {
    if (end === "/") expect(open.pop()).toBe(name);
    else if (self !== "/") open.push(name!);
  }
  expect(open).toEqual([]);
  expect(xml.replace(/<\/?[a-z0-9]+[^<>]*>/g, "")).not.toMatch(/[<>]|&(?!amp;|lt;|gt;|quot;|#)/);
}

describe("text is never markup, nor acts on its reader", () => {
  const cell = JSON.stringify(EVIL).replaceAll('\\"', '""');
  const cells = (text: string) =>
    text.replace(/\n([^,\n]*),([^\n]*)/g, (_, a, b) => `\n"${a}${EVIL.replaceAll('"', '""')}",${b}`);
  test.each<[name: string, text: string]>([
    ["classify", cells(nameTable(20)).replaceAll(",flower", `,${cell.replace(/\\u[0-9a-f]{4}/g, "")}`)],
    ["regress", cells(priceTable(20))],
    ["generate", cells(nameTable(20))],
    ["tag", conll(taggedSentences(12)).replaceAll("works", EVIL.replace(" ", "")).replaceAll("O\n", "O<script>\n")],
    [
      "seq2seq",
      `source\ttarget\n${Array.from({ length: 12 }, (_, i) => `a${EVIL.replaceAll('"', "")}\tb${i}<script>`).join("\n")}\n`,
    ],
    ["forecast", dailyTable(60).replaceAll("north", `"north${EVIL.replaceAll('"', '""')}"`)],
    ["anomaly", dailyTable(60).replaceAll("north", `"north${EVIL.replaceAll('"', '""')}"`)],
    ["anomaly, lines", logs.replaceAll("came", EVIL)],
    ["language-model", nonsense(300).replaceAll("the", EVIL)],
  ])("%s", async (name, text) => {
    const settings = CASES[name]!.settings ?? {};
    Object.assign(settings, name === "seq2seq" && { maxLength: 60 });
    const file = lay(name, text);
    const { code, out, err } = await folder.cli(
      "inspect",
      "@m.safetensors",
      file,
      "--html",
      "@in.html",
      "--svg",
      "@in.svg",
    );
    expect([code, err]).toEqual([0, ""]);
    const json = await folder.cli("inspect", "@m.safetensors", file, "--json");
    const [html, svg] = ["in.html", "in.svg"].map((path) => readFileSync(at(path), "utf8"));
    for (const shown of [html!, svg!, out, json.out]) {
      expect([...shown].filter(acts)).toEqual([]);
    }
    expect(html).not.toMatch(/<script|alert\(1\)<\//);
    expect(svg).not.toContain("<script");
    isBalanced(svg!);
    isBalanced(html!.slice(html!.indexOf("<body>"), html!.indexOf("</html>")).replaceAll("<br>", ""));
    expect(Math.max(...out.split("\n").map(textWidth))).toBeLessThanOrEqual(80);
  });
});
