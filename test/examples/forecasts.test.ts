import { expect, test } from "vitest";
import { forecastBirths } from "../../examples/births.js";
import { forecastEmployment } from "../../examples/employment.js";
import { findFaults } from "../../examples/log-faults.js";
import { findFaults as findInSeries } from "../../examples/series-faults.js";

const figure = (figures: readonly { name: string; value: number }[], name: string) =>
  figures.find((one) => one.name === name)!.value;

test("births a day ahead: well below the seasonal naive forecast after three passes", { timeout: 60_000 }, async () => {
  const { figures } = await forecastBirths(1, { epochs: 3 });
  expect(figure(figures, "seasonal naive MASE")).toBeCloseTo(1.18, 2);
  expect(figure(figures, "MASE")).toBeLessThan(0.75 * figure(figures, "seasonal naive MASE"));
  expect(Math.abs(figure(figures, "coverage") - 0.8)).toBeLessThan(0.1);
});

test("many series at once: employment by industry", { timeout: 60_000 }, async () => {
  const { model, figures } = await forecastEmployment(4);
  expect(model.config).toMatchObject({ time: "month", target: "thousands", id: "industry", season: 12 });
  expect(figure(figures, "values")).toBe(21 * 6 * 13);
  expect(figure(figures, "MASE")).toBeLessThan(0.6 * figure(figures, "seasonal naive MASE"));
});

test("planted faults in a log are found by a detector that has seen none", { timeout: 60_000 }, async () => {
  const { figures } = await findFaults(4, 1500);
  expect(figure(figures, "faults")).toBe(50);
  expect(figure(figures, "recall")).toBeGreaterThan(0.9);
  expect(figure(figures, "precision")).toBeGreaterThan(0.4);
});

test("planted faults in a series: more are found, and fewer told wrongly, than by the day before", {
  timeout: 60_000,
}, async () => {
  const { detector, naive, test: faulty, first } = await findInSeries({ days: 60, epochs: 5 });
  expect(faulty.events).toHaveLength(32);
  // All faults lie where the detector has enough before it.
  expect(first).toBeLessThanOrEqual(faulty.events[0]!.from);
  expect(detector.precision).toBeGreaterThan(naive.precision + 0.2);
  expect(detector.recall).toBeGreaterThan(naive.recall + 0.2);
});
