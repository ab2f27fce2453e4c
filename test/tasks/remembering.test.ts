import { beforeAll, describe, expect, test } from "vitest";
import { Generator } from "../../src/base/random.js";
import type { Input, Output, TaskModel } from "../../src/tasks/index.js";
import { train } from "../../src/tasks/index.js";
import { partsOf } from "../../src/tasks/task-model.js";
import { dailyTable } from "../support/rows.js";

/** Series that come piece by piece, as the sessions of a server read them. */
const SMALL = { hidden: 6, epochs: 1, valid: 0.2 };

async function trained(table: string, settings: Record<string, unknown>): Promise<TaskModel> {
  const bytes = new TextEncoder().encode(table);
  return (await train({ name: "days.csv", bytes }, { ...SMALL, ...settings })).model;
}

async function said(model: TaskModel, input: Input): Promise<Output[]> {
  const all: Output[] = [];
  for await (const output of model.predict([input])) all.push(output);
  return all;
}

/** One stream: what is said after each piece. */
class Stream {
  readonly #parts;
  readonly #memory;

  constructor(model: TaskModel) {
    this.#parts = partsOf(model);
    this.#memory = this.#parts.task.remembers!.begin();
  }

  read(row: Input): Output[] {
    const { task, model, known } = this.#parts;
    return task.remembers!.read(model, known, this.#memory, row, {}) as Output[];
  }

  get bytes(): number {
    return this.#parts.task.remembers!.bytes(this.#memory);
  }
}

/** Rows of a table, cut at drawn places. */
function cutUp(rows: readonly string[], generator: Generator, most: number): string[][] {
  const pieces: string[][] = [];
  for (let at = 0; at < rows.length; ) {
    const length = 1 + Math.floor(most * generator.uniform());
    pieces.push(rows.slice(at, at + length));
    at += length;
  }
  return pieces;
}

const headAndRows = (table: string): [string, string[]] => {
  const [head, ...rows] = table.trim().split("\n");
  return [head!, rows];
};

/** A series with a month, or a number, for a time; some values are missing, rows of others altogether. */
function gappy(count: number, timeOf: (t: number) => string, seed: number): string {
  const generator = new Generator(seed);
  const rows = Array.from({ length: count }, (_, t) => {
    const value = (10 + 4 * Math.sin(t / 2) + generator.normal()).toFixed(3);
    const draw = generator.uniform();
    if (t > 2 && t < count - 1 && draw < 0.1) return [];
    return [`${timeOf(t)},${t > 2 && t < count - 1 && draw < 0.2 ? "nan" : value}`];
  });
  return `time,value\n${rows.flat().join("\n")}\n`;
}

const month = (t: number) => {
  // Ends of months: the day of the first one counts for all after it.
  const [year, at] = [2001 + Math.floor(t / 12), t % 12];
  return new Date(Date.UTC(year, at + 1, 0)).toISOString().slice(0, 10);
};
const SERIES: [string, string, Record<string, unknown>][] = [
  ["two series side by side", dailyTable(80, { seed: 3 }), { time: "day", target: "load", id: "site", horizon: 3 }],
  [
    "one of many months, linear between",
    gappy(90, month, 4),
    { time: "time", target: "value", horizon: 2, fill: "linear", context: 7, lags: "1,12" },
  ],
  [
    "days, as before, counted from the last one",
    gappy(90, (t) => new Date(Date.UTC(2001, 0, 1 + t)).toISOString().slice(0, 10), 5),
    { time: "time", target: "value", horizon: 2, fill: "previous", context: 5, lags: "1,3", centre: "last" },
  ],
  [
    "tenths of a number, zero between, drawn step by step",
    gappy(90, (t) => String((3 + t) / 10), 6),
    { time: "time", target: "value", horizon: 3, fill: "zero", decoding: "recursive", paths: 8, output: "gaussian" },
  ],
];

describe("a forecast after each piece is that of all rows until then", () => {
  for (const [name, table, settings] of SERIES) {
    test(name, async () => {
      const model = await trained(table, { task: "forecast", ...settings });
      const [head, rows] = headAndRows(table);
      const generator = new Generator(7);
      const stream = new Stream(model);
      let [soFar, compared]: [string[], number] = [[], 0];
      for (const piece of cutUp(rows, generator, 9)) {
        const told = stream.read([head, ...piece].join("\n"));
        soFar = [...soFar, ...piece];
        const whole = [head, ...soFar].join("\n");
        const expected = await said(model, whole).catch(({ code }) => void expect(code).toBe("short-series"));
        if (expected === undefined) continue;
        compared++;
        expect(told).toEqual(expected);
      }
      expect(compared).toBeGreaterThan(8);
    });
  }

  test("what is known ahead is told once, or anew, and what comes in its place takes it", async () => {
    const table = dailyTable(90, { seed: 8, future: 5 });
    const [head, rows] = headAndRows(table);
    const known = rows.filter((row) => !row.endsWith(","));
    const settings = { time: "day", target: "load", id: "site", known: "holiday", horizon: 3 };
    const model = await trained([head, ...known].join("\n"), { task: "forecast", ...settings });
    const ahead = (from: number, to: number) => rows.slice(from, to).map((row) => row.replace(/[^,]*$/, ""));
    const stream = new Stream(model);
    const first = stream.read([head, ...rows.slice(0, 100), ...ahead(100, 120)].join("\n"));
    expect(first).toEqual(await said(model, [head, ...rows.slice(0, 100), ...ahead(100, 120)].join("\n")));
    // Two days of what was told ahead come, and their rows are replaced.
    const second = stream.read([head, ...rows.slice(100, 104)].join("\n"));
    expect(second).toEqual(await said(model, [head, ...rows.slice(0, 104), ...ahead(104, 120)].join("\n")));
    const other = ahead(106, 120).map((row) => row.replace(",yes,", ",,"));
    const third = stream.read([head, ...rows.slice(104, 106), ...other].join("\n"));
    expect(third).toEqual(await said(model, [head, ...rows.slice(0, 106), ...other].join("\n")));
  });

  test("of numbers, whose times follow one another", async () => {
    const table = gappy(70, String, 9);
    const model = await trained(table, {
      task: "forecast",
      time: "time",
      target: "value",
      horizon: 2,
      fill: "previous",
    });
    const numbers = Array.from({ length: 60 }, (_, t) => 10 + 4 * Math.sin(t / 2));
    const stream = new Stream(model);
    stream.read(numbers.slice(0, 50));
    expect(stream.read(numbers.slice(50))).toEqual(await said(model, numbers));
  });
});

describe("each value of a stream is judged as in the whole", () => {
  for (const [name, table, settings] of SERIES) {
    test(name, async () => {
      const { horizon: _h, decoding: _d, paths: _p, ...own } = settings;
      const model = await trained(table, { task: "anomaly", ...own, output: "gaussian", quantile: 0.8 });
      const [head, rows] = headAndRows(table);
      // One fault by itself, and a change that stays: the first is replaced, the second is read as it is.
      const faulty = rows.map((row, i) => {
        const [, before, value] = /^(.*,)([^,]*)$/.exec(row)!;
        const add = i === Math.floor(rows.length / 2) ? 500 : i > 0.7 * rows.length ? 60 : 0;
        return value === "nan" ? row : before! + (Number(value) + add);
      });
      const expected = await said(model, [head, ...faulty].join("\n"));
      const stream = new Stream(model);
      const told = cutUp(faulty, new Generator(11), 6).flatMap((piece) => stream.read([head, ...piece].join("\n")));
      const byPlace = (a: Output, b: Output) => placeOf(a).localeCompare(placeOf(b));
      const scored = told.filter(({ score }) => score !== null);
      expect(scored.map(placeOf).sort()).toEqual(expected.map(placeOf).sort());
      expect(new Set(told.map(placeOf)).size).toBe(told.length);
      expect(told.filter(({ score }) => score === null).every(({ unusual }) => unusual === false)).toBe(true);
      for (const [i, one] of [...scored].sort(byPlace).entries()) {
        const other = [...expected].sort(byPlace)[i]!;
        expect(one["value"]).toBe(other["value"]);
        expect(one["score"]).toBeCloseTo(other["score"] as number, 3);
        expect(one["unusual"]).toBe(other["unusual"]);
      }
      expect(expected.filter(({ unusual }) => unusual).length).toBeGreaterThan(3);
    });
  }
});

const placeOf = ({ id, time }: Output) => `${id} ${time}`;

describe("what is kept, and what is refused", () => {
  let model: TaskModel;
  const [head, rows] = headAndRows(dailyTable(120, { seed: 12 }));
  const piece = (from: number, to: number) => [head, ...rows.slice(from, to)].join("\n");
  beforeAll(async () => {
    model = await trained(piece(0, 160), { task: "forecast", time: "day", target: "load", id: "site", horizon: 2 });
  });

  test("a stream takes the memory of what is read, however long it is", () => {
    const stream = new Stream(model);
    stream.read(piece(0, 120));
    const before = stream.bytes;
    stream.read(piece(120, 240));
    expect(before).toBeGreaterThan(100);
    expect(Math.abs(stream.bytes - before)).toBeLessThan(0.1 * before);
  });

  test("a piece that does not go on leaves the stream as it was", async () => {
    const stream = new Stream(model);
    stream.read(piece(0, 100));
    const refused = [
      [piece(98, 100), { must: expect.stringContaining("come once, and not again after") }],
      [piece(40, 41), { must: expect.stringContaining("be later than") }],
      [piece(110, 112), { must: expect.stringContaining("missing") }],
      [`${head}\n2023-02-20,west,,3`, { must: expect.stringContaining("name a series that the model has learned") }],
      [`${head}\n2023-02-20,north,,x`, { must: "be a finite number" }],
      [`day,site,holiday\n2023-02-20,north,`, { code: "no-column" }],
      [[1, 2], { must: expect.stringContaining("be a table as text") }],
    ] as const;
    for (const [row, error] of refused) {
      let thrown: unknown;
      try {
        stream.read(row);
      } catch (cause) {
        thrown = cause;
      }
      expect(thrown, JSON.stringify(row)).toMatchObject(error);
      expect(String((thrown as Error).message)).not.toContain("line 0");
    }
    expect(stream.read(piece(100, 104))).toEqual(await said(model, piece(0, 104)));
  });
});
