import { describe, expect, test } from "vitest";
import { Generator } from "../../../src/base/random.js";
import { tensor } from "../../../src/index.js";
import { quantileOf } from "../../../src/tasks/about-data/quantiles.js";
import type { AnomalySettings } from "../../../src/tasks/anomaly/config.js";
import { anomaly } from "../../../src/tasks/anomaly/task.js";
import { buildTask, decodeTask } from "../../../src/tasks/checkpoint.js";
import { outputNamed } from "../../../src/tasks/forecast/outputs.js";
import { surprise } from "../../../src/tasks/forecast/quantile-of.js";
import { decodeAnyTask } from "../../../src/tasks/registry.js";
import { TaskTraining } from "../../../src/tasks/training/task-training.js";

type Given = Partial<AnomalySettings>;
const SMALL: Given = { hidden: 12, batch: 16, lr: 0.02, valid: 0.2, epochs: 6 };

const source = (text: string, name: string) => ({ name, bytes: new TextEncoder().encode(text) });

function begin(file: ReturnType<typeof source>, settings: Given, resume?: Uint8Array) {
  const { data, config } = anomaly.read({ train: file }, { ...SMALL, ...settings }, { op: "train" });
  return new TaskTraining(anomaly, data, config, { resume: resume && decodeTask(anomaly, resume) });
}

/** Hours with a day of eight of them and noise; at those in `faults` a value that does not belong. */
function hours(count: number, faults: readonly number[] = [], seed = 3): string {
  const generator = new Generator(seed);
  const rows = Array.from({ length: count }, (_, t) => {
    const usual = 50 + 20 * Math.sin((2 * Math.PI * t) / 8) + generator.normal();
    return `${t},${(faults.includes(t) ? 100 - usual : usual).toFixed(2)},${faults.includes(t) ? "yes" : ""}`;
  });
  return `t,y,fault\n${rows.join("\n")}\n`;
}

/** Lines of a log; at those in `faults` a letter that does not belong. */
function lines(count: number, faults: readonly number[] = [], seed = 5): string {
  const generator = new Generator(seed);
  const rows = Array.from({ length: count }, (_, i) => {
    const line = `${["GET", "PUT"][generator.integer(2)]} /${["a", "bc", "def"][generator.integer(3)]} ${200 + generator.integer(5)}`;
    return faults.includes(i) ? line.replace("/", "/q") : line;
  });
  return `${rows.join("\n")}\n`;
}

const SERIES: Given = { time: "t", target: "y", season: 8, label: "fault", quantile: 0.98 };
// Four steps apart from where the series passes through its middle: there what is mirrored is as it was.
const FAULTS = [90, 114, 146, 162];

async function rowsOf(training: ReturnType<typeof begin>, file: ReturnType<typeof source>) {
  const checkpoint = decodeTask(anomaly, training.encode());
  const model = buildTask(anomaly, checkpoint);
  const rows: Record<string, unknown>[] = [];
  for await (const { values } of anomaly.predict!.run(model, checkpoint, file)) rows.push(values);
  return rows;
}

async function figuresOf(training: ReturnType<typeof begin>, file: ReturnType<typeof source>) {
  const checkpoint = decodeTask(anomaly, training.encode());
  const evaluation = await anomaly.evaluate!.run(buildTask(anomaly, checkpoint), checkpoint, file, {});
  return evaluation.values(() => "") as Record<string, number>;
}

test.each([
  ["a NUL, as a power cut leaves some", "GET /a\0\0 200"],
  ["a NUL at its start", "\0\0\0 /a 200"],
  ["an emoji and Hangul", "GET /\u{1f600}/한글 200"],
  ["a control character", "GET /a\u0007\u001b[31m 200"],
])("a line with %s is learned from, and told of again", async (_, odd) => {
  const text = `${lines(60)}${odd}\r\n${lines(3, [], 7)}`;
  const training = begin(source(text, "x.log"), { embed: 4, epochs: 1 });
  const rows = await rowsOf(training, source(text, "x.log"));
  expect(rows).toHaveLength(64);
  const checkpoint = decodeTask(anomaly, training.encode());
  const typed = anomaly.predict!.typed(buildTask(anomaly, checkpoint), checkpoint, odd);
  for await (const { values } of typed) expect(values["score"]).toBeCloseTo(rows[60]!["score"] as number, 4);
  expect((await figuresOf(training, source(text, "x.log")))["loss"] ?? 1).toBeGreaterThan(0);
});

describe("faults that were planted are found", () => {
  test.each(["gaussian", "student-t"] as const)("in a series, %s", async (output) => {
    const training = begin(source(hours(400, [100, 200]), "x.csv"), { ...SERIES, output });
    await training.fit();
    const found = await figuresOf(training, source(hours(200, FAULTS, 4), "y.csv"));
    expect(found["recall"]).toBe(1);
    // Without replacing what was unusual it is 0.18: a fault makes those after it look like faults.
    expect(found["precision"]).toBeGreaterThan(0.25);
    expect(found["faults"]).toBe(FAULTS.length);
    const rows = await rowsOf(training, source(hours(200, FAULTS, 4), "y.csv"));
    const worst = rows.toSorted((a, b) => Number(b["score"]) - Number(a["score"])).slice(0, FAULTS.length);
    expect(worst.map(({ time }) => time).sort()).toEqual([...FAULTS].sort());
  });

  test("in lines, with the place of what was least likely", async () => {
    const training = begin(source(lines(400), "x.log"), { embed: 8, quantile: 0.99 });
    await training.fit();
    const rows = await rowsOf(training, source(lines(60, [7, 31], 6), "y.log"));
    const unusual = rows.filter((row) => row["unusual"]);
    expect(unusual.map(({ line }) => line)).toEqual(expect.arrayContaining([8, 32]));
    expect(unusual.length).toBeLessThan(7);
    expect(rows[7]!["token"], "the letter after the slash").toBe(6);
    expect(await figuresOf(training, source(lines(60, [7, 31], 6), "y.log"))).toMatchObject({
      samples: 60,
      unusual: unusual.length,
    });
  });
});

test.each([
  ["series", source(hours(150), "x.csv"), { ...SERIES, dropout: 0.2 }],
  ["lines", source(lines(150), "x.log"), { embed: 6, layers: 2, dropout: 0.2 }],
] as [string, ReturnType<typeof source>, Given][])(
  "%s: 15 steps are 6 + 9, to the bit, and shapes are as announced",
  async (_, file, given) => {
    const settings = { ...given, validateEvery: 4 };
    const whole = begin(file, settings);
    await whole.fit({ untilStep: 15 });
    const first = begin(file, settings);
    await first.fit({ untilStep: 6 });
    const second = begin(file, settings, first.encode());
    await second.fit({ untilStep: 15 });
    expect(second.encode()).toEqual(whole.encode());
    const made = [...whole.model.stateDict()].map(([name, { shape }]) => [name, [...shape]]).sort();
    const announced = anomaly.parameterShapes(whole.config, whole.about.meta);
    expect([...announced].map(([name, shape]) => [name, [...shape]]).sort()).toEqual(made);
    expect(decodeAnyTask(whole.encode(), "x").task.name).toBe("anomaly");
  },
);

test("what a label calls a fault is not learned from", () => {
  const labelled = begin(source(hours(150, [60, 61, 140]), "x.csv"), SERIES);
  const all = begin(source(hours(150, [60, 61, 140]), "x.csv"), { ...SERIES, label: null });
  expect(labelled.data.train.length).toBe(all.data.train.length - 2);
  expect(labelled.data.validation.length).toBe(all.data.validation.length - 1);
});

test.each([
  [source("\n \n", "x.log"), {}, /x\.log must hold a line that is not empty/],
  [
    source("line,bad\nab,yes\ncd,1\n", "x.csv"),
    { text: "line", label: "bad" },
    /must hold something that is no fault, got faults alone/,
  ],
  [source("line,bad\nab,\ncd,\n", "x.csv"), { text: "lin" }, /must have the column, got "lin"\. Did you mean "line"\?/],
  [
    source(lines(9), "x.log"),
    { valid: 0 },
    /valid must be more than 0: the threshold is a quantile of what is held out/,
  ],
  [source(lines(9), "x.log"), { quantile: 1 }, /quantile must be/],
  [source(hours(90).replace("\n7,", "\n70,"), "x.csv"), SERIES, /x\.csv:9: column "t"/],
] as [ReturnType<typeof source>, Given, RegExp][])("bad input %#", (file, given, says) => {
  expect(() => begin(file, given)).toThrow(says);
});

test("descriptions that are damaged are refused", () => {
  for (const damaged of [{}, { series: null }, { vocabulary: null }, { vocabulary: 3 }]) {
    expect(() => anomaly.readMeta(damaged)).toThrow(expect.objectContaining({ name: "FormatError" }));
  }
});

test.each(["gaussian", "student-t"] as const)("%s: a score is the loss of one value", (name) => {
  const raw = [0.3, -0.7, 1.2].slice(0, outputNamed(name).size);
  const at = tensor(Float64Array.from(raw), { shape: [1, raw.length] });
  const loss = outputNamed(name).loss(at, tensor(Float64Array.of(2.5)), tensor(Float64Array.of(1)));
  expect(surprise(name, [9, ...raw], 1, 2.5)).toBeCloseTo(loss.item(), 7);
});

test("the quantile of scores leaves at most its rest above", () => {
  const scores = Float64Array.from({ length: 100 }, (_, i) => (i * 37) % 100).sort();
  expect(quantileOf(scores, 0.99)).toBe(98);
  expect(quantileOf(scores, 0.5)).toBe(49);
  expect(quantileOf(Float64Array.of(3), 0.01)).toBe(3);
});
