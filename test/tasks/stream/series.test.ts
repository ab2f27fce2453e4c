import { readdirSync } from "node:fs";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Generator, manualSeed } from "../../../src/base/random.js";
import type { CommandTask, PredictedPart, Prediction } from "../../../src/tasks/commands.js";
import { taskNamed } from "../../../src/tasks/registry.js";
import type { ReadData, TaskTypes } from "../../../src/tasks/task.js";
import { dailyTable, streamed } from "../../support/rows.js";
import { temporaryFolder } from "../../support/temporary-folder.js";
import { weightsAfter } from "../../support/weights-after.js";

const folder = temporaryFolder();
afterEach(() => void vi.unstubAllEnvs());
const SMALL = { hidden: 5, batch: 8, lr: 0.01, epochs: 2, dropout: 0.1, time: "day", target: "load" };
const SITES = { id: "site", known: "holiday", horizon: 4, context: 6 };

/** Rows of a table one series after another: in their order of appearance, or the last first. */
function grouped(table: string, column: number, isReversed = false): string {
  const [head, ...rows] = table.trimEnd().split("\n");
  const names = [...new Set(rows.map((row) => row.split(",")[column]!))];
  if (isReversed) names.reverse();
  return `${[head, ...names.flatMap((name) => rows.filter((row) => row.split(",")[column] === name))].join("\n")}\n`;
}

/** Many series that begin at other days, of which rows are missing and cells empty, with a number and a word that are known. */
function ragged(series: number, { future = 0, seed = 3 } = {}): string {
  const draw = new Generator(seed);
  const rows: string[] = [];
  for (let t = 0; t < 70 + future; t++) {
    for (let s = 0; s < series; s++) {
      if (t < 3 * s || (t < 70 && t % 11 !== 0 && draw.uniform() < 0.1)) continue;
      const day = new Date(Date.UTC(2023, 0, 1 + t)).toISOString().slice(0, 10);
      const load =
        t >= 70 || draw.uniform() < 0.1
          ? ["", "", "NaN"][t < 70 ? draw.integer(3) : 0]!
          : (5 * s + draw.normal() + (t % 7)).toFixed(2);
      rows.push(
        `${day},s${s},${(draw.normal() * 3).toFixed(1)},${["dry", "wet"][draw.integer(2)]},${["a", "b"][s % 2]},${load}`,
      );
    }
  }
  return `day,site,warm,rain,kind,load\n${rows.join("\n")}\n`;
}
const RAGGED = { id: "site", known: "warm,rain", static: "kind", context: 5, lags: "1,2", horizon: 3 };

const months = (count: number, day: number) =>
  `day,load\n${Array.from({ length: count }, (_, m) => `${new Date(Date.UTC(2015, m + (day > 27 ? 1 : 0), day > 27 ? 0 : day)).toISOString().slice(0, 10)},${(m % 12) + ((m * 7) % 5) / 3}`).join("\n")}\n`;
const numbers = (count: number) =>
  `day,load\n${Array.from({ length: count }, (_, t) => `${(0.1 * t).toFixed(1)},${Math.sin(t).toFixed(3)}`).join("\n")}\n`;

/** Values of two sites of which some are faults, which a column says. */
function faulty(days: number): string {
  const [head, ...rows] = dailyTable(days).trimEnd().split("\n");
  const all = rows.map((row, i) => (i % 17 === 5 || i % 31 === 30 ? `${row}5,yes` : `${row},no`));
  return `${[`${head},fault`, ...all].join("\n")}\n`;
}
const LOGS = Array.from({ length: 90 }, (_, i) => `job ${i % 7} ${i % 3 ? "done" : "begins"}`);

interface Case {
  task: string;
  name?: string;
  text: string;
  valid: string;
  given: object;
  /** To predict of. */
  file: string;
}

const CASES: Record<string, Case> = {
  "series side by side": { task: "forecast", text: dailyTable(90), valid: dailyTable(60, { seed: 2 }), given: SITES, file: dailyTable(60, { seed: 2, future: 4 }) },
  "one after another": { task: "forecast", text: grouped(dailyTable(90), 1), valid: grouped(dailyTable(60, { seed: 2 }), 1, true), given: { ...SITES, decoding: "recursive", paths: 5 }, file: grouped(dailyTable(60, { seed: 4, future: 4 }), 1, true) },
  "filled from both sides": { task: "forecast", text: ragged(9), valid: ragged(9, { seed: 5 }), given: { ...RAGGED, fill: "linear", calibrate: true }, file: ragged(9, { future: 3 }) },
  "filled with what was": { task: "forecast", text: ragged(4), valid: ragged(4, { seed: 5 }), given: { ...RAGGED, fill: "previous", centre: "last", decoding: "recursive", paths: 4 }, file: ragged(4, { future: 3 }) },
  "filled with zeros": { task: "forecast", text: ragged(3), valid: ragged(3, { seed: 5 }), given: { ...RAGGED, fill: "zero", known: null, static: null }, file: ragged(3) },
  months: { task: "forecast", text: months(80, 31), valid: months(60, 31), given: { horizon: 2 }, file: months(50, 31) },
  "days of months": { task: "forecast", text: months(80, 5), valid: months(60, 5), given: { horizon: 2 }, file: months(50, 5) },
  numbers: { task: "forecast", text: numbers(90), valid: numbers(60), given: { horizon: 2, output: "point" }, file: numbers(50) },
  counts: { task: "forecast", text: dailyTable(90).replaceAll(/\.\d+\n/g, "\n"), valid: dailyTable(60, { seed: 2 }).replaceAll(/\.\d+\n/g, "\n"), given: { ...SITES, output: "negative-binomial" }, file: dailyTable(60, { future: 4 }).replaceAll(/\.\d+\n/g, "\n") },
  "a series with faults": { task: "anomaly", text: faulty(90), valid: faulty(60), given: { id: "site", label: "fault", context: 6 }, file: faulty(70) },
  "series without faults": { task: "anomaly", text: ragged(5), valid: ragged(5, { seed: 5 }), given: { id: "site", known: "rain", fill: "previous", context: 4, lags: "1,2" }, file: ragged(5, { seed: 7 }) },
  "lines with faults": { task: "anomaly", name: "l.csv", text: `text,fault\n${LOGS.map((line, i) => `${line},${i % 9 === 4 ? 1 : 0}`).join("\n")}\n`, valid: `text,fault\njob 1 done,no\njob 2 lost,yes\njob 2 begins,no\n`, given: { time: null, target: null, text: "text", label: "fault", embed: 4 }, file: `text,fault\n${LOGS.map((line, i) => `${line}${i % 9 ? "" : "!"},${i % 9 === 4 ? 1 : 0}`).join("\n")}\n` },
  "lines of a text": { task: "anomaly", name: "l.log", text: `${LOGS.join("\n")}\n\n`, valid: `${LOGS.slice(20, 50).join("\n")}\n`, given: { time: null, target: null, embed: 4, minCount: 2 }, file: LOGS.map((line, i) => (i % 9 ? line : `${line} again`)).join("\n") },
}; // biome-ignore format: cases

const settingsOf = ({ given }: Case): object =>
  Object.fromEntries(Object.entries({ ...SMALL, ...given }).filter(([key, value]) => value !== null || key === "x"));
const taskOf = ({ task }: Case): CommandTask => taskNamed(task);
const bytesOf = (text: string) => new TextEncoder().encode(text);

function inMemory(one: Case, valid = one.valid, more: object = {}): ReadData<TaskTypes> {
  const { name = "d.csv", text } = one;
  const held = valid === "" ? undefined : { name: `v-${name}`, bytes: bytesOf(valid) };
  const settings = { ...settingsOf(one), ...more } as never;
  return taskOf(one).read({ train: { name, bytes: bytesOf(text) }, valid: held }, settings, { op: "train" });
}
function onDisk(one: Case, valid = one.valid, more: object = {}): Promise<ReadData<TaskTypes>> {
  const { name = "d.csv", text } = one;
  const held = valid === "" ? undefined : streamed(valid, 50, `v-${name}`);
  const settings = { ...settingsOf(one), ...more } as never;
  return taskOf(one).readStream!({ train: streamed(text, 97, name), valid: held }, settings, { op: "train" });
}
const seen = (one: Case, { data, config, fitted }: ReadData<TaskTypes>) => {
  const { counts, summary, meta, details } = taskOf(one).about(data, config);
  expect(details).toBeDefined();
  return { counts, summary, details, meta: taskOf(one).describeMeta(meta), config, fitted };
};

async function predictionsOf(parts: AsyncIterable<PredictedPart>): Promise<Prediction[]> {
  const all: Prediction[] = [];
  for await (const { rows } of parts) all.push(...rows);
  return all;
}

/** A model that was never trained, with a threshold that some of what it reads exceeds. */
function modelOf(one: Case) {
  const task = taskOf(one);
  const { data, config } = inMemory(one, "", { valid: 0.2 });
  manualSeed(3);
  const { meta } = task.about(data, config);
  const model = task.build(config, meta).eval();
  if (one.task === "anomaly") for (const _ of task.outputs(model, data, { ...config, quantile: 0.8 } as never));
  return { task, model, known: { config, meta } };
}

describe.each(Object.entries(CASES))("%s", (_, one) => {
  const isSeries = !one.name;

  test("are on the disk what they are in memory: data, batches, what is validated on, to the bit", async () => {
    const parts = [{ valid: one.valid }, ...(isSeries ? [{ valid: "", more: { valid: 0.25 } }, { valid: "", more: { fold: "2/3" } }] : [])]; // biome-ignore format: cases
    for (const { valid, more = {} } of parts as { valid: string; more?: object }[]) {
      const stored = await onDisk(one, valid, more);
      expect(seen(one, stored)).toEqual(seen(one, inMemory(one, valid, more)));
      stored.close!();
      const often = { ...more, validateEvery: 5 };
      const disk = await weightsAfter(taskOf(one), () => onDisk(one, valid, often), 12);
      expect(disk).toEqual(await weightsAfter(taskOf(one), async () => inMemory(one, valid, often), 12));
    }
  });

  test("go on to the bit mid-epoch, and leave nothing", async () => {
    vi.stubEnv("TMPDIR", folder.at());
    const read = () => onDisk(one, "", { valid: 0.25, validateEvery: 4 });
    expect(await weightsAfter(taskOf(one), read, 5, 6, 11)).toEqual(await weightsAfter(taskOf(one), read, 11));
    expect(readdirSync(folder.at())).toEqual([]);
  });

  test("a file is predicted and judged as in memory", async () => {
    const { task, model, known } = modelOf(one);
    const { name = "d.csv", file } = one;
    const whole: Prediction[] = [];
    for await (const row of task.predict!.run(model, known, { name, bytes: bytesOf(file) })) whole.push(row);
    expect(whole.length).toBeGreaterThan(1);
    if (one.task === "anomaly") expect(new Set(whole.map(({ values }) => values["unusual"]))).toEqual(new Set([true, false])); // biome-ignore format: a line
    vi.stubEnv("TMPDIR", folder.at());
    const told = await predictionsOf(task.predict!.stream!(model, known, streamed(file, 61, name), false));
    const plain = ({ text, values }: Prediction) => ({ text, values });
    expect(told.map(plain)).toEqual(whole.map(plain));
    const judged = await task.evaluate!.run(model, known, { name, bytes: bytesOf(file) }, {});
    const found = await task.evaluate!.stream!(model, known, streamed(file, 61, name), {});
    expect(found.figures).toEqual(judged.figures);
    expect(found.values(() => "")).toEqual(judged.values(() => ""));
    expect(readdirSync(folder.at())).toEqual([]);
  });
});
