import { expect, test } from "vitest";
import { FormatError, OptionError, ShapeError } from "../../src/base/errors.js";
import { Generator } from "../../src/base/random.js";
import { batches, batchRows, type Samples, shuffle, takeRows } from "../../src/data/samples.js";
import { slidingWindows } from "../../src/data/windows.js";

const count = 11;
/** Row i of the inputs holds 10i, 10i + 1, 10i + 2; its label is i. */
const inputs: Samples = {
  data: Float64Array.from({ length: count * 3 }, (_, i) => 10 * Math.floor(i / 3) + (i % 3)),
  shape: [count, 3, 1],
};
const labels: Samples = { data: Int32Array.from({ length: count }, (_, i) => i), shape: [count] };

test("batches come in order, the last one smaller unless dropLast is set", () => {
  const shapes = (dropLast: boolean) =>
    [...batches([inputs, labels], { batchSize: 4, dropLast })].map(([x]) => x.shape);
  expect(shapes(false)).toEqual([
    [4, 3, 1],
    [4, 3, 1],
    [3, 3, 1],
  ]);
  expect(shapes(true)).toEqual([
    [4, 3, 1],
    [4, 3, 1],
  ]);
  const [, second] = [...batches([labels], { batchSize: 4 })];
  expect(second).toEqual([{ data: Int32Array.of(4, 5, 6, 7), shape: [4] }]);
});

test("shuffled batches hold every sample once, inputs with their labels, the same for the same seed", () => {
  const read = (seed: number) => [...batches([inputs, labels], { batchSize: 4, generator: new Generator(seed) })];
  const seen: number[] = [];
  for (const [x, y] of read(5)) {
    y.data.forEach((label, i) => {
      seen.push(label);
      expect([...x.data.subarray(3 * i, 3 * i + 3)]).toEqual([10 * label, 10 * label + 1, 10 * label + 2]);
    });
    expect(x.data).toBeInstanceOf(Float64Array);
  }
  expect(seen).not.toEqual([...labels.data]);
  expect(seen.toSorted((a, b) => a - b)).toEqual([...labels.data]);
  expect(read(5)).toEqual(read(5));
  expect(read(6)).not.toEqual(read(5));
});

test("the same iterable gives the same batches again; the order is drawn at the call", () => {
  const generator = new Generator(2);
  const iterable = batches([labels], { batchSize: 4, generator });
  const { state } = generator;
  expect([...iterable]).toEqual([...iterable]);
  expect(generator.state).toEqual(state);
});

test("shuffle moves the arrays alike and leaves the originals", () => {
  const [x, y] = shuffle([inputs, labels], new Generator(3));
  expect(x.shape).toEqual(inputs.shape);
  expect([...y.data].map((label) => 10 * label)).toEqual([...x.data].filter((_, i) => i % 3 === 0));
  expect([...y.data]).not.toEqual([...labels.data]);
  expect(labels.data[0]).toBe(0);
});

test("refuses arrays that do not belong together, and rows that are not there", () => {
  const options = { batchSize: 2 };
  expect(() => batches([inputs, { data: new Int32Array(3), shape: [3] }], options)).toThrow(ShapeError);
  expect(() => batches([inputs, { data: new Int32Array(3), shape: [3] }], options)).toThrow("got 11, 3");
  expect(() => batches([{ data: new Int32Array(3), shape: [2] }], options)).toThrow("got [2] for 3 elements");
  expect(() => batches([], options)).toThrow("got no arrays");
  expect(() => batchRows(4, { batchSize: 0 })).toThrow(OptionError);
  expect(() => takeRows(labels, [11])).toThrow("must hold integers in [0, 10] (11 samples), got 11");
});

test("sliding windows see `window` steps and predict the `horizon` after them", () => {
  const series: Samples = { data: Float32Array.from({ length: 14 }, (_, i) => i), shape: [7, 2] };
  const { inputs: x, targets: y } = slidingWindows(series, { window: 2, horizon: 2, stride: 2 });
  expect(x).toEqual({ data: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7), shape: [2, 2, 2] });
  expect(y).toEqual({ data: Float32Array.of(4, 5, 6, 7, 8, 9, 10, 11), shape: [2, 2, 2] });
  const flat = slidingWindows({ data: Float64Array.of(5, 6, 7), shape: [3] }, { window: 2 });
  expect(flat.inputs).toEqual({ data: Float64Array.of(5, 6), shape: [1, 2] });
  expect(flat.targets).toEqual({ data: Float64Array.of(7), shape: [1, 1] });
  expect(slidingWindows(labels, { window: 11, horizon: 0 }).targets.shape).toEqual([1, 0]);
});

test("a series too short for one window gets the length needed", () => {
  expect(() => slidingWindows(labels, { window: 11 })).toThrow(FormatError);
  expect(() => slidingWindows(labels, { window: 11 })).toThrow(
    "slidingWindows: series must have at least 12 steps (window 11, horizon 1), got 11.",
  );
  expect(() => slidingWindows({ data: new Int32Array(3), shape: [4] }, { window: 1 })).toThrow(ShapeError);
  expect(() => slidingWindows(labels, { window: 2, stride: 0 })).toThrow(OptionError);
});
