import {
  checkArray,
  checkKnownOptions,
  checkNonNegativeInteger,
  checkObject,
  checkPositiveInteger,
  isObject,
  refusal,
} from "../base/check.js";
import { dtypeOf, type TypedArray, typedArray } from "../base/dtype.js";
import { ShapeError, show } from "../base/errors.js";
import { type Generator, generatorOf } from "../base/random.js";
import { checkShape, formatShape, type Shape, sizeOf } from "../base/shape.js";

/** An array of samples: `shape[0]` of them, each of shape `shape.slice(1)`, row-major. */
export interface Samples {
  data: TypedArray;
  shape: Shape;
}

export interface BatchOptions {
  batchSize: number;
  /** Leave the last batch out when it is smaller. Default false. */
  dropLast?: boolean | undefined;
  /** Draws a new order of the samples; without one they come in their own. */
  generator?: Generator | undefined;
}

/** One array for each of `T`, with the same rows. */
export type Rows<T extends readonly Samples[]> = { -readonly [K in keyof T]: Samples };

/**
 * The samples of several arrays, such as inputs and labels, in batches of the same rows of each. The order is drawn at
 * the call; the batches are made one by one.
 * @throws ShapeError when the arrays do not hold equally many samples
 */
export function batches<const T extends readonly Samples[]>(arrays: T, options: BatchOptions): Iterable<Rows<T>> {
  const rows = batchRows(sampleCount("batches", arrays), options);
  return {
    *[Symbol.iterator]() {
      for (const batch of rows) yield takeFromEach(arrays, batch);
    },
  };
}

/** The row numbers of each batch of `count` samples. */
export function batchRows(count: number, options: BatchOptions): Int32Array[] {
  checkKnownOptions("batches", options, ["batchSize", "dropLast", "generator"]);
  const batchSize = checkPositiveInteger("batches", "batchSize", options.batchSize);
  checkNonNegativeInteger("batches", "count", count);
  const { generator } = options;
  const order =
    generator === undefined ? typedArray("int32", count) : generatorOf("batches", generator).permutation(count);
  if (generator === undefined) for (let i = 0; i < count; i++) order[i] = i;
  const end = options.dropLast ? count - (count % batchSize) : count;
  const rows: Int32Array[] = [];
  for (let at = 0; at < end; at += batchSize)
    rows.push(order.subarray(at, Math.min(at + batchSize, end)) as Int32Array);
  return rows;
}

/** The arrays with their samples in one new random order, the same for each. */
export function shuffle<const T extends readonly Samples[]>(arrays: T, generator: Generator): Rows<T> {
  const count = sampleCount("shuffle", arrays);
  return takeFromEach(arrays, generatorOf("shuffle", generator).permutation(count));
}

function takeFromEach<T extends readonly Samples[]>(arrays: T, rows: Int32Array): Rows<T> {
  return arrays.map((samples) => takeRows(samples, rows)) as Rows<T>;
}

/** A new array of the samples with these row numbers, in this order. */
export function takeRows(samples: Samples, rows: ArrayLike<number>): Samples {
  checkSamples("takeRows", "samples", samples);
  if (!Array.isArray(rows) && !ArrayBuffer.isView(rows)) {
    throw refusal("takeRows", "rows", "be an array of row numbers", rows);
  }
  const { data, shape } = samples;
  const size = sizeOf(shape.slice(1));
  const taken = typedArray(dtypeOf(data)!, rows.length * size);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    if (!Number.isInteger(row) || row < 0 || row >= (shape[0] ?? 0)) {
      const must = `hold integers in [0, ${(shape[0] ?? 0) - 1}] (${shape[0] ?? 0} samples)`;
      throw new ShapeError({ op: "takeRows", argument: "rows", must, value: show(row) });
    }
    taken.set(data.subarray(row * size, (row + 1) * size), i * size);
  }
  return { data: taken, shape: [rows.length, ...shape.slice(1)] };
}

function sampleCount(op: string, arrays: readonly Samples[]): number {
  checkArray(op, "arrays", arrays, `Write ${op}([inputs, targets], ...).`);
  for (const samples of arrays) checkSamples(op, "arrays", samples);
  const counts = arrays.map(({ shape }) => shape[0]);
  if (counts.length === 0 || counts.some((count) => count !== counts[0])) {
    const value = counts.length === 0 ? "no arrays" : counts.join(", ");
    throw new ShapeError({ op, argument: "arrays", must: "hold equally many samples, one array or more", value });
  }
  return counts[0];
}

export function isSamples(x: unknown): x is Samples {
  return isObject(x) && dtypeOf((x as Samples).data) !== undefined && Array.isArray((x as Samples).shape);
}

export function checkSamples(op: string, argument: string, samples: Samples): void {
  checkObject(op, argument, samples, "{ data, shape }");
  const { data, shape } = samples;
  if (dtypeOf(data) === undefined) {
    throw refusal(op, `data of ${argument}`, "be a Float32Array, Float64Array or Int32Array", data);
  }
  checkShape(op, shape);
  if (shape.length > 0 && sizeOf(shape) === data.length) return;
  const value = `${formatShape(shape)} for ${data.length} elements`;
  throw new ShapeError({ op, argument, must: "have a shape [N, ...] that fits its data", value });
}
