import { describe, expect, test } from "vitest";
import type { FormatError } from "../../../src/base/errors.js";
import { buildTask, decodeTask } from "../../../src/tasks/checkpoint.js";
import type { ForecastSettings } from "../../../src/tasks/forecast/config.js";
import { forecast } from "../../../src/tasks/forecast/task.js";
import { TaskTraining } from "../../../src/tasks/training/task-training.js";
import { streamed } from "../../support/rows.js";

type Given = Partial<ForecastSettings>;
const SMALL: Given = { time: "day", target: "load", valid: 0, context: 2, lags: "1", hidden: 3, calendar: "none" };

const read = (text: string, given: Given = {}) =>
  forecast.read(
    { train: { name: "x.csv", bytes: new TextEncoder().encode(text) } },
    { ...SMALL, ...given },
    { op: "train" },
  );

/** As `read`, for a file that stays on the disk. */
async function readOnDisk(text: string, given: Given = {}): Promise<Pick<FormatError, keyof FormatError> | null> {
  try {
    const { close } = await forecast.readStream!(
      { train: streamed(text, 7, "x.csv") },
      { ...SMALL, ...given },
      { op: "train" },
    );
    close!();
    return null;
  } catch (error) {
    return error as FormatError;
  }
}

const date = (day: number) => new Date(Date.UTC(2024, 1, day)).toJSON().slice(0, 10);
/** Lines of days from February 1, 2024, on; those in `other` are as they stand there, by their number in the file. */
function days(count: number, other: Record<number, string | null> = {}, head = "day,load"): string {
  const lines = Array.from({ length: count }, (_, i) => `${date(1 + i)},${(i * 7) % 5}`);
  const all = [head, ...lines].map((line, i) => (other[i + 1] === undefined ? line : other[i + 1]));
  return `${all.filter((line) => line !== null).join("\n")}\n`;
}

function errorOf(body: () => unknown): FormatError {
  try {
    body();
  } catch (error) {
    return error as FormatError;
  }
  throw new Error("no error");
}

const CELLS: [what: string, text: string, given: Given, line: number, column: number | undefined, says: RegExp][] = [
  [
    "a time that is none",
    days(9, { 4: "soon,3" }),
    {},
    4,
    1,
    /x\.csv:4: column "day" must be a time \(2024-02-29.*got "soon"/,
  ],
  ["a day that there is not", days(9, { 4: "2023-02-29,3" }), {}, 4, 1, /must be a time/],
  ["no time", days(9, { 3: ",3" }), {}, 3, 1, /must be a time/],
  ["a date among numbers", "day,load\n1,2\n2,4\n2024-02-03,3\n", {}, 4, 1, /must be a number, as the times before it/],
  ["a number among dates", days(9, { 6: "7,3" }), {}, 6, 1, /must be a time/],
  [
    "a time twice",
    days(9, { 5: "2024-02-03,1" }),
    {},
    5,
    1,
    /must come once, and not again after 2024-02-03 in line 4, got "2024-02-03"/,
  ],
  ["a time too early", days(9, { 5: "2024-02-01,1" }), {}, 5, 1, /must be later than 2024-02-03 in line 4/],
  [
    "a gap",
    days(12, { 5: null, 6: null }),
    {},
    5,
    1,
    /must be 2024-02-04, 1 day after 2024-02-03 in line 4 \(2 missing\), got "2024-02-06"\. Fill it/,
  ],
  ["a time between", days(9, { 5: "2024-02-03T07:00,1" }), {}, 5, 1, /must be whole steps of 1 day after 2024-02-03/],
  [
    "months of other days",
    "day,load\n2024-01-05,1\n2024-02-05,2\n2024-03-05,1\n2024-04-06,2\n",
    {},
    5,
    1,
    /must be whole steps of 1 month after 2024-03-05/,
  ],
  [
    "a step between numbers",
    "day,load\n1,1\n2,2\n3,1\n3.5,1\n4.5,3\n",
    {},
    5,
    1,
    /must be whole steps of 1 after 3 in line 4/,
  ],
  [
    "a comma",
    `${days(9).replace("\n2024-02-03,4", '\n2024-02-03,"1,5"')}`,
    {},
    4,
    2,
    /must be a finite number, got "1,5"\. Write it with a point: 1\.5\./,
  ],
  ["a unit", days(9, { 4: "2024-02-03,12 kg" }), {}, 4, 2, /got "12 kg"\. Write the number alone: 12\./],
  ["NaN", days(9, { 4: "2024-02-03,NaN" }), {}, 4, 2, /got "NaN"\. Fill it/],
  [
    "infinity",
    days(9, { 4: "2024-02-03,-inf" }),
    { fill: "zero" },
    4,
    2,
    /got "-inf"\. Write a finite number, or none and fill it\./,
  ],
  ["1e999", days(9, { 4: "2024-02-03,1e999" }), {}, 4, 2, /must be a finite number, got "1e999"/],
  ["nothing", days(9, { 4: "2024-02-03," }), {}, 4, 2, /got ""\. Fill it/],
  ["a ragged row", days(9, { 4: "2024-02-03,1,2" }), {}, 4, 3, /must have 2 cells/],
  [
    "a series without a name",
    "day,site,load\n2024-02-01,a,1\n2024-02-02,,2\n",
    { id: "site" },
    3,
    2,
    /must name a series/,
  ],
  [
    "a known cell that is no number",
    "day,t,load\n2024-02-01,1,1\n2024-02-02,2,5\n2024-02-03,,2\n2024-02-04,,1\n",
    { known: "t" },
    4,
    2,
    /must be a finite number, got ""/,
  ],
  [
    "a static cell that changes",
    "day,t,load\n2024-02-01,1,1\n2024-02-02,1,5\n2024-02-03,2,2\n2024-02-04,1,1\n",
    { static: "t" },
    4,
    2,
    /must be as in line 2, the first of its series, got "2"/,
  ],
  [
    "values that never change",
    days(9).replaceAll(/,\d\n/g, ",3\n"),
    {},
    2,
    undefined,
    /x\.csv:2: the series must change in its training part, got 3 at every step/,
  ],
  [
    "no counts",
    days(9, { 4: "2024-02-03,1.5" }),
    { output: "negative-binomial" },
    2,
    undefined,
    /must hold counts \(0, 1, 2, \.\.\.\).*got 1\.5/,
  ],
  [
    "too few values",
    days(6),
    { horizon: 5 },
    2,
    undefined,
    /must have 8 values or more to train on \(lags of 1, a context of 2 and a horizon of 5\), got 6/,
  ],
  [
    "fewer values than are forecast, held out among them",
    days(9),
    { horizon: 12, valid: 0.1 },
    2,
    undefined,
    /must have 15 values or more to train on .*, got 9, of which 9 are held out/,
  ],
  [
    "no value at all",
    days(9).replaceAll(/,\d\n/g, ",\n"),
    { fill: "zero" },
    2,
    undefined,
    /x\.csv:2: the series must hold a value, got none\. Leave it out, or forecast another column\./,
  ],
  [
    "missing values alone",
    days(9).replaceAll(/,\d\n/g, ",NaN\n"),
    { fill: "previous" },
    2,
    undefined,
    /the series must hold a value, got none/,
  ],
  [
    "one of two series without a value",
    "day,site,load\n2024-02-01,a,1\n2024-02-01,b,\n2024-02-02,a,2\n2024-02-02,b,\n2024-02-03,a,1\n2024-02-04,a,2\n",
    { id: "site" },
    3,
    undefined,
    /x\.csv:3: series "b" must hold a value/,
  ],
  [
    "values too small to be told apart",
    days(9).replaceAll(/(\d)\n/g, "$1e-300\n"),
    {},
    2,
    undefined,
    /must hold a number of 1e-100 or more in size, got 4e-300\. Write its numbers in a smaller unit\./,
  ],
  ...["2024-02-03T00:00Z", "2024-02-03T00:00+02:00", "2024-02-03 00:00:00.5-0330"].map(
    (cell): (typeof CELLS)[number] => [
      `a zone among times without: ${cell}`,
      days(9, { 2: "2024-02-01T00:00,2", 4: `${cell},3` }),
      {},
      4,
      1,
      /must have no zone, as the times before it, got "2024.*Write all times with their zones, or all without\./,
    ],
  ),
  [
    "a time without a zone among those with one",
    days(9, { 2: "2024-02-01T00:00Z,2", 4: "2024-02-03T00:00,3" }),
    {},
    4,
    1,
    /must have a zone, as the times before it/,
  ],
  [
    "a known value that the training part lacks",
    "day,promo,load\n2024-02-01,a,1\n2024-02-02,b,5\n2024-02-03,a,2\n2024-02-04,b,1\n2024-02-05,b,4\n2024-02-06,c,3\n",
    { known: "promo", valid: 0.1, context: 1 },
    7,
    2,
    /must be a value that was learned \("a", "b"\), got "c"\. Write one of these, or learn from rows that have it\./,
  ],
  [
    "mostly gaps",
    days(4, { 5: "2031-02-04,1" }),
    { fill: "linear" },
    2,
    undefined,
    /must miss at most half of its times, got 2557 of 2561/,
  ],
];

describe("a table of times", () => {
  test.each(CELLS)("%s", (_, text, given, line, column, says) => {
    const error = errorOf(() => read(text, given));
    expect(error.message).toMatch(says);
    expect([error.name, error.details.line, error.details.column]).toEqual(["FormatError", line, column]);
  });

  test.each(CELLS)("%s, on the disk", async (_, text, given) => {
    expect(JSON.stringify(await readOnDisk(text, given))).toBe(JSON.stringify(errorOf(() => read(text, given))));
  });

  test.each([
    ["time", "dy"],
    ["target", "lod"],
    ["id", "lode"],
    ["known", "lode"],
    ["static", "dat"],
  ] as const)("%s names no column", (key, name) => {
    const error = errorOf(() => read(days(9), { [key]: name }));
    expect(error).toMatchObject({ code: "no-column", details: { key: name, settings: { [key]: expect.any(String) } } });
  });

  test("times that come again are those of several series, where a column tells them apart", async () => {
    const rows = [1, 2, 3, 4].flatMap((day) => ["a", "b"].map((site) => `${date(day)},${site},${day % 3}`));
    const text = `day,site,load\n${rows.join("\n")}\n`;
    const error = errorOf(() => read(text));
    expect(error.details.settings).toEqual({ id: "site" });
    expect(JSON.stringify(await readOnDisk(text))).toBe(JSON.stringify(error));
    expect(read(`day,site,load\n${rows.join("\n")}\n`, { id: "site" }).data.series).toBe(2);
  });
});

test.each([
  ["previous", [2, 4, 4, 4, 1, 1, 3, 4]],
  ["zero", [2, 4, 0, 0, 1, 0, 3, 4]],
  ["linear", [2, 4, 3, 2, 1, 2, 3, 4]],
] as const)("gaps and empty cells, filled: %s", (fill, expected) => {
  const rows = [
    "2024-02-01,2",
    "2024-02-02,4",
    "2024-02-05,1",
    "2024-02-06,",
    "2024-02-07,3",
    "2024-02-08,4",
    "2024-02-09,",
  ];
  const { data } = read(`day,load\n${rows.join("\n")}\n`, { fill });
  expect([...data.train.at(0)!.series.values]).toEqual(expected);
});

const OPTIONS: [given: Given, says: RegExp][] = [
  [{ horizon: 0 }, /horizon must be a positive integer/],
  [{ lags: "1,0" }, /lags must be a positive integer, got 0/],
  [{ lags: "1;7" }, /lags must be a positive integer, got "1;7"/],
  [{ calendar: "day-of-weak" }, /calendar must name some of hour, .*Did you mean "day-of-week"\?/],
  [{ output: "gausian" as never }, /Did you mean "gaussian"\?/],
  [{ fill: "mean" as never }, /fill must be one of "none", "previous", "zero", "linear"/],
  [{ season: -1 }, /season must be a positive integer/],
  [{ calibrate: true }, /calibrate must be left out with valid 0/],
  [{ calibrate: true, valid: 0.2, output: "point" }, /calibrate must be left out with output point/],
  [{ centre: "last", output: "negative-binomial" }, /centre must be left out with output negative-binomial/],
  [{ paths: 0.5 }, /paths must be a positive integer/],
];

test.each(OPTIONS)("%j", (given, says) => {
  expect(() => read(days(20), given)).toThrow(says);
});

test("a calendar for times that are numbers", () => {
  const rows = Array.from({ length: 12 }, (_, t) => `${t},${t % 5}`);
  expect(() => read(`day,load\n${rows.join("\n")}\n`, { calendar: "month" })).toThrow(
    "must be none where times are no dates",
  );
});

describe("at prediction", () => {
  const sites = (count: number, holiday: (day: number) => string) =>
    Array.from({ length: count }, (_, i) => `${date(1 + i)},${holiday(i)},${(i * 7) % 5}`).join("\n");
  const table = `day,holiday,load\n${sites(20, (day) => (day % 3 === 0 ? "yes" : ""))}\n`;
  const training = (() => {
    const { data, config } = read(table, { known: "holiday", horizon: 2 });
    return new TaskTraining(forecast, data, config);
  })();
  const checkpoint = decodeTask(forecast, training.encode());
  const model = buildTask(forecast, checkpoint);
  const onDisk = async (text: string) => {
    const rows = [];
    for await (const part of forecast.predict!.stream!(model, checkpoint, streamed(text, 7, "y.csv"), false)) {
      rows.push(...part.rows);
    }
    return rows;
  };
  const predicted = async (text: string) => {
    const rows = [];
    for await (const row of forecast.predict!.run(model, checkpoint, {
      name: "y.csv",
      bytes: new TextEncoder().encode(text),
    }))
      rows.push(row);
    return rows;
  };
  const future = "2024-02-21,yes,\n2024-02-22,,\n";

  test("what must be known ahead is", async () => {
    const rows = await predicted(table + future);
    expect(rows.map(({ values }) => values["time"])).toEqual(["2024-02-21", "2024-02-22"]);
    expect(await onDisk(table + future)).toEqual(rows);
  });

  test.each([
    [
      "no rows ahead",
      table,
      /y\.csv:21: the series must go on for 2 rows after its last value, with holiday and an empty load, got 0/,
    ],
    ["another column", (table + future).replace("holiday", "feast"), /y\.csv must have the column, got "holiday"/],
    ["no target", (table + future).replace("load", "lode"), /must have the column, got "load"\. Did you mean "lode"\?/],
    [
      "a holiday that was not learned",
      `${table}2024-02-21,maybe,\n2024-02-22,,\n`,
      /y\.csv:22: column "holiday" must be a value that was learned \("", "yes"\), got "maybe"/,
    ],
    [
      "numbers for times",
      (table + future).replaceAll(/2024-02-(\d\d)/g, "$1"),
      /must have dates for times, as in training, got numbers/,
    ],
    [
      "another step",
      (table + future).replaceAll("2024-02-", "2024-").replaceAll(/2024-(\d\d)/g, (_, n) => date(2 * Number(n))),
      /must be 2024-02-03, 1 day after 2024-02-02 in line 2/,
    ],
    [
      "too short",
      `day,holiday,load\n2024-02-01,,1\n2024-02-02,,3\n${"2024-02-03,,\n2024-02-04,,\n"}`,
      /y\.csv:2: the series must have 3 values or more before the forecast, which the model reads, got 2/,
    ],
  ])("%s", async (_, text, says) => {
    await expect(predicted(text)).rejects.toThrow(says);
    const told = (rows: Promise<unknown>) => rows.then(String, (error: FormatError) => JSON.stringify(error));
    expect(await told(onDisk(text))).toBe(await told(predicted(text)));
  });

  test("settings that a model cannot do without", () => {
    for (const key of ["context", "season", "lags", "calendar"]) {
      const config = { ...checkpoint.config, [key]: null };
      const error = errorOf(() => forecast.parameterShapes(config, checkpoint.meta));
      expect([error.name, error.must]).toEqual(["FormatError", "hold context, season, lags and calendar"]);
    }
  });

  test("damaged descriptions are refused by their name", () => {
    const whole = forecast.describeMeta(checkpoint.meta)["series"] as Record<string, unknown>;
    const damages: Record<string, unknown>[] = [
      { axis: { unit: "year", step: 1 } },
      { axis: null },
      { axis: { unit: "ms", step: 0 } },
      { form: "week" },
      { form: "number" },
      { season: 0 },
      { season: 1.5 },
      { output: "x" },
      { calendar: ["x"] },
      { calendar: null },
      { covariates: [{}] },
      { covariates: [null] },
      { scales: [] },
      { scales: [["", 0, 0, 1, 0]] },
      { scales: [["", 0, 1, 1]] },
      { scales: [[3, 0, 1, 1, 0]] },
      { scales: {} },
    ];
    expect(forecast.readMeta({ series: whole as never })).toMatchObject({ season: 7, form: "day" });
    for (const damage of [null, 3, [], ...damages.map((part) => ({ ...whole, ...part }))]) {
      expect(errorOf(() => forecast.readMeta({ series: damage as never })).name, JSON.stringify(damage)).toBe(
        "FormatError",
      );
    }
    expect(errorOf(() => forecast.readMeta({})).name).toBe("FormatError");
  });
});
