import { describe, expect, test } from "vitest";
import { Generator } from "../../src/base/random.js";
import type { AnomalyModel } from "../../src/tasks/anomaly/model.js";
import { buildTask, decodeTask } from "../../src/tasks/checkpoint.js";
import type { CommandTask } from "../../src/tasks/commands.js";
import { CHECKS, type CheckName } from "../../src/tasks/health/checks.js";
import { taskNamed } from "../../src/tasks/registry.js";
import type { Source, TaskTypes } from "../../src/tasks/task.js";
import { TaskTraining } from "../../src/tasks/training/task-training.js";
import { healthWordsKo } from "../../studio/src/strings/health-words.js";
import { reversedPairs } from "../support/pairs.js";
import { dailyTable, nameTable, priceTable, seriesTable } from "../support/rows.js";
import { conll, taggedSentences } from "../support/tagged.js";
import { nonsense } from "../support/text.js";

const sourceOf = (name: string, text: string): Source => ({ name, bytes: new TextEncoder().encode(text) });

/** Series with a week and noise, of which a model has to know more than the last value. */
const days = dailyTable(120);
const series = { time: "day", target: "load", id: "site", context: 21, lags: "1,7", batch: 16 };
const logs = Array.from({ length: 80 }, (_, i) => `user ${i % 7} came from 10.0.0.${i % 13}`).join("\n");
/** Long rows whose first letter tells. */
const first = (rows: number, letters = "abcdef") => {
  const generator = new Generator(5);
  const pick = () => letters[Math.floor(generator.uniform() * letters.length)]!;
  return `t,k\n${Array.from({ length: rows }, () => `${Array.from({ length: 24 }, pick).join("")},${generator.uniform() < 0.5 ? "p" : "q"}`).join("\n")}\n`;
};

interface Case {
  task: string;
  source: Source;
  settings: object;
  steps?: number;
}

/** A task each, with as little training as shows. */
const CASES = {
  classify: { task: "classify", source: sourceOf("n.csv", nameTable(120)), settings: { text: "name", label: "kind" } },
  attends: {
    task: "classify",
    source: sourceOf("n.csv", nameTable(120)),
    settings: { text: "name", label: "kind", pooling: "attention", bidirectional: true },
  },
  numbers: { task: "classify", source: sourceOf("s.csv", seriesTable(80)), settings: { label: "label" } },
  regress: {
    task: "regress",
    source: sourceOf("p.csv", priceTable(80)),
    settings: { text: "what", label: "price", tokens: "word" },
  },
  tag: {
    task: "tag",
    source: sourceOf("t.conll", conll(taggedSentences(40))),
    settings: { charEmbed: 6, charHidden: 6 },
  },

  seq2seq: {
    task: "seq2seq",
    source: sourceOf("p.tsv", reversedPairs(150, { longest: 6 })),
    settings: {},
    steps: 200,
  },
  generate: { task: "generate", source: sourceOf("n.csv", nameTable(120)), settings: { text: "name", label: "kind" } },
  forecast: { task: "forecast", source: sourceOf("d.csv", days), settings: { ...series, horizon: 12 }, steps: 120 },
  anomaly: { task: "anomaly", source: sourceOf("d.csv", days), settings: series, steps: 120 },
  lines: { task: "anomaly", source: sourceOf("l.log", logs), settings: {} },
  "language-model": { task: "language-model", source: sourceOf("t.txt", nonsense(2500)), settings: { seqLen: 16 } },
} satisfies Record<string, Case>;
type Name = keyof typeof CASES;

const made = new Map<string, Promise<{ task: CommandTask; bytes: Uint8Array; source: Source }>>();

async function train({ task: name, source, settings, steps = 60 }: Case) {
  const task = taskNamed(name);
  const given = {
    hidden: 12,
    embed: 8,
    batch: 16,
    lr: 0.02,
    seed: 3,
    epochs: 1000,
    maxSteps: steps,
    validateEvery: steps,
    ...settings,
  };
  const own = Object.fromEntries(Object.entries(given).filter(([key]) => Object.hasOwn(task.fields, key)));
  const { data, config } = task.read({ train: source }, own, { op: "test" });
  const training = new TaskTraining(task, data, config);
  await training.fit();
  return { task, bytes: training.encode(), source };
}

function trained(name: string, more: Case = CASES[name as Name]) {
  if (!made.has(name)) made.set(name, train(more));
  return made.get(name)!;
}

type Model = TaskTypes["model"];

interface Asked {
  /** What it reads; default: what it learned from. */
  content?: Source | string;
  /** A case of its own under this name. */
  more?: Case;
}

/** What is said of a model that was changed. */
async function warned(name: string, change: (model: Model) => void = () => {}, { content, more }: Asked = {}) {
  const { task, bytes, source } = await trained(name, more);
  const checkpoint = decodeTask(task, bytes);
  const model = buildTask(task, checkpoint);
  change(model);
  const inspected = await task.inspect!.run(model, checkpoint, content ?? source, {});
  const warnings = inspected.warnings();
  return { inspected, warnings, names: warnings.map(({ check }) => check), config: checkpoint.config, task };
}

/** Changes the parameters of these names, in place. */
const each =
  (part: RegExp, to: (value: number, i: number, count: number) => number) =>
  (model: Model): void => {
    const found = model.namedParameters().filter(([name]) => part.test(name));
    expect(found.length).toBeGreaterThan(0);
    for (const [, parameter] of found) {
      parameter.set(parameter.data().map((value, i) => to(value, i, parameter.size)));
    }
  };
const all =
  (...changes: ((model: Model) => void)[]) =>
  (model: Model) => {
    for (const change of changes) change(model);
  };
const zero = (part: RegExp) => each(part, () => 0);

const threshold = (to: number) => (model: Model) => (model as unknown as AnomalyModel).threshold.set([to]);

describe("a healthy model opens without a warning", () => {
  test.each(Object.keys(CASES))("%s", async (name) => {
    expect((await warned(name)).warnings).toEqual([]);
  });
});

const noise = (rows: number): string => {
  const generator = new Generator(8);
  const word = () => Array.from({ length: 5 }, () => "bdlmnrst"[Math.floor(8 * generator.uniform())]).join("");
  return `name,kind\n${Array.from({ length: rows }, (_, i) => `${word()},${i % 2 ? "flower" : "stone"}`).join("\n")}\n`;
};
const LONG: Case = {
  task: "classify",
  source: sourceOf("f.csv", first(60)),
  settings: { text: "t", label: "k" },
  steps: 3,
};
const PLAIN: Case = { ...LONG, settings: { text: "t", label: "k", cell: "irnn" } };
const WORDS: Case = {
  task: "tag",
  source: sourceOf("t.conll", conll(taggedSentences(40))),
  settings: { chars: "none" },
};

/** A model that was made to be wrong for each, in as many tasks as can be wrong so. */
const WRONG: readonly (readonly [
  check: CheckName,
  name: string,
  change?: ((model: Model) => void) | undefined,
  asked?: Asked,
])[] = [
  ...Object.keys(CASES).map((name) => {
    return ["not-finite", name, each(/weight_hh|rnn.*weight/, (w, i) => (i === 3 ? Number.NaN : w))] as const;
  }),
  ...Object.keys(CASES).map((name) => ["large-weights", name, each(/weight_ih/, (w) => 400 * w)] as const),
  ...Object.keys(CASES).map((name) => ["dead", name, zero(/rnn|encoder|decoder|lstm|weight_|bias_/)] as const),
  ["exploding", "irnn", each(/weight_hh/, (_, i, n) => (i % (Math.sqrt(n) + 1) === 0 ? 2 : 0)), { more: PLAIN }],
  [
    "vanishing",
    "long",
    // Forget gates that are shut, and nothing that comes round through the state.
    all(
      zero(/weight_hh/),
      each(/bias_ih/, (b, i, n) => (i >= n / 4 && i < n / 2 ? -9 : b)),
    ),
    { more: LONG },
  ],
  [
    "vanishing",
    "forecast",
    all(
      zero(/weight_hh|weight_ih/),
      each(/bias_ih/, (b, i, n) => (i >= n / 4 && i < n / 2 ? -9 : b)),
    ),
  ],
  ["saturated", "long", each(/rnn.*weight_ih/, (w) => 200 * w), { more: LONG }],
  [
    "saturated",
    "language-model",
    all(
      each(/rnn.*weight_ih/, (w) => 200 * w),
      each(/head/, (w) => -w),
    ),
  ],
  ["guess", "classify", each(/head/, (w) => -w)],
  ["guess", "attends", each(/head/, (w) => -w)],
  ["guess", "regress", each(/head/, (w) => -3 * w)],
  ["guess", "tag", each(/head\.weight/, (w) => -w)],
  ["guess", "language-model", each(/head/, (w) => -w)],
  ["guess", "generate", each(/head/, (w) => -w)],
  ["guess", "lines", each(/head/, (w) => -w)],
  ["guess", "forecast", each(/head/, (w) => -3 * w)],
  ["one-answer", "classify", zero(/head\.weight/)],
  ["one-answer", "numbers", zero(/head\.weight/)],
  ["one-answer", "regress", zero(/head\.weight/)],
  ["one-answer", "tag", zero(/head\.weight/)],
  ["one-answer", "seq2seq", zero(/head\.weight/)],
  ["overconfident", "classify", each(/head/, (w) => 30 * w), { content: sourceOf("n.csv", noise(60)) }],
  ["attention-even", "attends", zero(/pool/)],
  ["attention-even", "seq2seq", zero(/attention/)],
  [
    "attention-stuck",
    "seq2seq",
    // A decoder that stands still asks one question, and gets one answer; and never ends.
    all(
      zero(/decoder.*weight/),
      each(/decoder.*bias/, () => 1),
      each(/attention/, (w) => 300 * w),
      each(/head\.bias/, (b, i) => (i < 4 ? -99 : b)),
    ),
    { content: "abcdea" },
  ],
  ["endless", "seq2seq", each(/head\.bias/, (b, i) => (i < 4 ? -99 : b))],
  ["unknown", "classify", undefined, { content: sourceOf("n.csv", "name,kind\n한글이름,stone\n이름,flower\n") }],
  ["unknown", "words", undefined, { more: WORDS, content: "Qaa zzz yyy xxx www" }],
  ["unknown", "generate", undefined, { content: "한글이름" }],
  ["unknown", "lines", undefined, { content: "한글이름 user" }],
  ["unknown", "seq2seq", undefined, { content: "xyzxyz" }],
  ["outside", "numbers", undefined, { content: sourceOf("s.csv", "a,b,c,d,e\n1000,1001,999,1003,1004\n") }],
  [
    "outside",
    "forecast",
    undefined,
    {
      content: sourceOf(
        "d.csv",
        days.replaceAll(/,(\d+\.\d+)$/gm, (_, x) => `,${1000 * x}`),
      ),
    },
  ],
  [
    "outside",
    "anomaly",
    undefined,
    {
      content: sourceOf(
        "d.csv",
        days.replaceAll(/,(\d+\.\d+)$/gm, (_, x) => `,${1000 * x}`),
      ),
    },
  ],
  [
    "no-width",
    "forecast",
    all(
      zero(/head\.weight/),
      each(/head\.bias/, (b, i) => (i === 1 ? -50 : b)),
    ),
  ],
  ["narrow", "forecast", each(/head\.bias/, (b, i) => (i === 1 ? b - 2.5 : b))],
  ["flagged", "anomaly", threshold(-99)],
  ["flagged", "lines", threshold(0)],
];

const ROWS = WRONG.map(([check, name, change, asked]): [CheckName, string, typeof change, typeof asked] => {
  return [check, name, change, asked];
});

describe("a model that is wrong is told so, with what to do", () => {
  test.each(ROWS)("%s: %s", async (check, name, change, asked) => {
    const { warnings, names, inspected } = await warned(name, change, asked);
    expect(names).toContain(check);
    const { found, fix } = warnings.find((one) => one.check === check)!;
    expect(`${found}. ${fix}`).not.toMatch(/undefined|NaN|null|\.\.|, \./);
    // In Korean it is told with the same settings, and with no word of English but names.
    const one = warnings.find((other) => other.check === check)!;
    const korean = `${healthWordsKo.found(one)} ${healthWordsKo.todo(one)}`;
    expect(korean).toMatch(/[가-힣].*[가-힣]/);
    expect(korean).not.toMatch(/undefined|NaN|null| or | with |always|saying/);
    expect(korean.match(/--[a-z-]+/g)).toEqual(fix.match(/--[a-z-]+/g));
    const source = { model: "m", text: "t" };
    const told = [inspected.html(source).replaceAll("&quot;", '"'), inspected.lines("m", { width: 1000 }).join("\n")];
    for (const text of told) expect(text).toContain(`${found}. ${fix}`);
    expect((inspected.values as { warnings: unknown }).warnings).toEqual(warnings);
  });

  test("there is one for every check", () => {
    expect([...new Set(WRONG.map(([check]) => check))].sort()).toEqual(Object.keys(CHECKS).sort());
  });
});

describe("advice that works when it is followed", () => {
  /** `--lr 0.005, --clip 1` as what is typed: each with its value, true where it has none. */
  const flagsIn = (text: string) => {
    return [...text.matchAll(/--([a-z-]+)(?: ([\w-]+(?:\.\d+)?))?/g)].map(([, name, value]) => ({
      key: name!.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()),
      value: value === undefined || value === "or" ? true : Number.isNaN(Number(value)) ? value : Number(value),
    }));
  };

  test.each(ROWS)("%s: %s", async (check, name, change, asked) => {
    const { warnings, config, task } = await warned(name, change, asked);
    const { fix } = warnings.find((one) => one.check === check)!;
    const flags = flagsIn(fix);
    // What lies outside is a matter of the data.
    expect(flags.length > 0 || ["outside", "unknown"].includes(check)).toBe(true);
    for (const { key, value } of flags) {
      expect(Object.keys(task.fields)).toContain(key);
      expect([key, (config as unknown as Record<string, unknown>)[key]]).not.toEqual([key, value]);
      expect(() => task.resolve({ ...config, [key]: value } as never, "test")).not.toThrow();
    }
  });
});
