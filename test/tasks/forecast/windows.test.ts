import { expect, test } from "vitest";
import { batchOf, knownLag } from "../../../src/tasks/forecast/batch.js";
import type { ForecastSettings } from "../../../src/tasks/forecast/config.js";
import { forecasts } from "../../../src/tasks/forecast/decode.js";
import { forecast } from "../../../src/tasks/forecast/task.js";
import { TaskTraining } from "../../../src/tasks/training/task-training.js";
import { dailyTable } from "../../support/rows.js";

const SMALL: Partial<ForecastSettings> = {
  time: "day",
  target: "load",
  id: "site",
  hidden: 5,
  horizon: 9,
  context: 6,
  valid: 0.2,
  paths: 8,
};

function begin(more: Partial<ForecastSettings>) {
  const source = { name: "x.csv", bytes: new TextEncoder().encode(dailyTable(120)) };
  const { data, config } = forecast.read({ train: source }, { ...SMALL, ...more }, { op: "test" });
  const training = new TaskTraining(forecast, data, config);
  training.model.eval();
  return training;
}

test("the latest known value that is whole lags before", () => {
  const table = [1, 2, 3, 4, 7, 8].map((ahead) => [1, 3, 7].map((lag) => knownLag(lag, ahead)));
  expect(table).toEqual([
    [1, 3, 7],
    [2, 3, 7],
    [3, 3, 7],
    [4, 6, 7],
    [7, 9, 7],
    [8, 9, 14],
  ]);
});

test.each([
  ["direct", "series"],
  ["direct", "last"],
  ["recursive", "series"],
  ["recursive", "last"],
] as const)("%s, counted from %s: a forecast reads nothing that comes after it began", (decoding, centre) => {
  const { model, data, config } = begin({ decoding, centre, known: "holiday" });
  const [first, second] = data.validation;
  const changed = [first!, second!].map((window) => {
    const scaled = window.series.scaled.map((value, step) => (step < window.origin ? value : 1e4));
    return { ...window, series: { ...window.series, scaled } };
  });
  const found = forecasts(model, [first!, second!], config, data);
  expect(found).toEqual(forecasts(model, changed, config, data));
  expect(found.every((quantiles) => quantiles.every(Number.isFinite))).toBe(true);
  const before = changed.map((window) => {
    const scaled = window.series.scaled.map((value, step) => (step === window.origin - 1 ? value + 1 : value));
    return { ...window, series: { ...window.series, scaled } };
  });
  expect(forecasts(model, before, config, data)).not.toEqual(found);
});

test("scales, and the means of covariates, are those of the training part", () => {
  const { data } = begin({ known: "holiday" });
  const { series, origin } = data.validation.at(0)!;
  const part = series.values.subarray(0, origin);
  const mean = part.reduce((sum, value) => sum + value, 0) / part.length;
  const spread = Math.sqrt(part.reduce((sum, value) => sum + (value - mean) ** 2, 0) / part.length);
  expect([series.scale.shift, series.scale.scale]).toEqual([expect.closeTo(mean, 9), expect.closeTo(spread, 9)]);
  const naive = part.slice(7).reduce((sum, value, t) => sum + Math.abs(value - part[t]!), 0) / (part.length - 7);
  expect(series.scale.naive).toBeCloseTo(naive, 9);
  expect([...data.train].every((window) => window.origin + 9 <= origin)).toBe(true);
});

test("what a step reads, by hand", () => {
  const { data, config } = begin({ decoding: "direct", lags: "1,7", calendar: "none" });
  const window = data.train.at(3)!;
  const { x, values } = batchOf([window], config, data);
  const { scaled } = window.series;
  const rows = x.toArray() as number[][][];
  const at = window.origin;
  // The last step of the context, and the first, second and eighth to forecast.
  expect(rows[5]![0]).toEqual([scaled[at - 2], scaled[at - 8], 0, 0]);
  expect(rows[6]![0]).toEqual([scaled[at - 1], scaled[at - 7], 1, Math.fround(1 / 9)]);
  expect(rows[7]![0]).toEqual([scaled[at - 1], scaled[at - 6], 1, Math.fround(2 / 9)]);
  expect(rows[13]![0]).toEqual([scaled[at - 1], scaled[at + 7 - 14], 1, Math.fround(8 / 9)]);
  expect(values.data()[6]).toBe(scaled[at]);
});
