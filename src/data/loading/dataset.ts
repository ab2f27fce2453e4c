import { checkNonNegativeInteger, isObject, refusal } from "../../base/check.js";
import { type DType, dtypeOf, type TypedArray, typedArray } from "../../base/dtype.js";
import { ShapeError } from "../../base/errors.js";
import { type Shape, sizeOf } from "../../base/shape.js";
import { Tensor } from "../../tensor/index.js";
import { fromHost } from "../../tensor/ops/raw.js";
import { isSamples, type Samples, takeRows } from "../samples.js";
import { isWhole, leafOf } from "./leaf.js";

/** Samples by number, made or fetched when asked for. */
export interface Dataset<S> {
  readonly length: number;
  get(index: number): S;
}

/** Tensors or arrays with one row a sample. */
export type Column = Tensor | TypedArray | readonly number[] | Samples;

/** A data set as a loader reads it. */
export interface Source {
  length: number;
  get(index: number): unknown;
  /** Makes a batch of whole arrays, where no sample has to be taken apart for it. */
  gather?: ((rows: Int32Array) => unknown) | undefined;
  /** Of parts that `get` gives as plain numbers, by name, as far as they are known. */
  dtypes(): Readonly<Record<string, DType>>;
}

/**
 * @throws OptionError for what is no data set
 * @throws ShapeError for columns that do not have equally many rows
 */
export function sourceOf(op: string, dataset: unknown): Source {
  if (Array.isArray(dataset))
    return { length: dataset.length, get: (i) => dataset[i], dtypes: () => targetDTypes(dataset) };
  if (isColumn(dataset)) {
    const rows = rowsOf(op, "dataset", dataset);
    return {
      length: rows.shape[0],
      get: (i) => rowOf(rows, i),
      gather: (at) => taken(rows, at),
      dtypes: () => ({ x: dtypeOf(rows.data)! }),
    };
  }
  if (isObject(dataset) && typeof (dataset as { get?: unknown }).get === "function") {
    const given = dataset as Dataset<unknown> & { gather?: (rows: Int32Array) => unknown };
    const length = checkNonNegativeInteger(op, "dataset.length", given.length, "get(i) is asked for 0 to length - 1.");
    const gather = typeof given.gather === "function" ? (rows: Int32Array) => given.gather!(rows) : undefined;
    return { length, get: (i) => given.get(i), gather, dtypes: () => ({}) };
  }
  if (isObject(dataset) && !(Symbol.iterator in dataset) && Object.keys(dataset).length > 0) {
    return columnSource(op, dataset as Record<string, unknown>);
  }
  const must = "be an array of samples, { length, get(i) }, or tensors and typed arrays by name";
  const fix = isObject(dataset) && Symbol.iterator in dataset ? "Write [...dataset]." : "";
  throw refusal(op, "dataset", must, dataset, fix);
}

function columnSource(op: string, dataset: Record<string, unknown>): Source {
  const columns = Object.entries(dataset).map(([name, value]) => [name, rowsOf(op, `dataset.${name}`, value)] as const);
  const [[first, { shape }]] = columns;
  for (const [name, rows] of columns) {
    if (rows.shape[0] === shape[0]) continue;
    const must = `have as many rows as ${first} (${shape[0]})`;
    throw new ShapeError({ op, argument: `dataset.${name}`, must, value: String(rows.shape[0]) });
  }
  return {
    length: shape[0],
    get: (i) => Object.fromEntries(columns.map(([name, rows]) => [name, rowOf(rows, i)])),
    gather: (at) => Object.fromEntries(columns.map(([name, rows]) => [name, taken(rows, at)])),
    dtypes: () => Object.fromEntries(columns.map(([name, { data }]) => [name, dtypeOf(data)!])),
  };
}

/** One type for the targets of all batches, where they are numbers. */
function targetDTypes(samples: readonly unknown[]): Readonly<Record<string, DType>> {
  let seen = false;
  for (const sample of samples) {
    if (!isObject(sample) || sample instanceof Promise) return {};
    const target = Array.isArray(sample) ? sample[1] : (sample as { y?: unknown }).y;
    const numbers = Array.isArray(target) ? target : [target];
    if (!numbers.every((value) => typeof value === "number" || typeof value === "boolean")) return {};
    if (!numbers.every(isWhole)) return { y: "float32" };
    seen = true;
  }
  return seen ? { y: "int32" } : {};
}

function isColumn(value: unknown): value is Column {
  return value instanceof Tensor || (ArrayBuffer.isView(value) && !(value instanceof DataView)) || isSamples(value);
}

/** A column as typed array: numbers become float32, those called y int32 where all are whole. */
function rowsOf(op: string, argument: string, value: unknown): Samples {
  if (isSamples(value)) return value;
  if (!isColumn(value) && !Array.isArray(value)) {
    throw refusal(op, argument, "be a tensor, a typed array or an array of numbers, one row a sample", value);
  }
  const { data, shape, dtype } = leafOf(op, argument, value);
  if (shape.length === 0) throw refusal(op, argument, "have a row for each sample", value);
  if (dtypeOf(data) !== undefined) return { data: data as TypedArray, shape };
  const whole = argument.endsWith(".y") && Array.prototype.every.call(data, isWhole);
  const typed = typedArray(dtype ?? (whole ? "int32" : "float32"), data.length);
  typed.set(data);
  return { data: typed, shape };
}

/** A view, or the number of a column without further dimensions. */
function rowOf({ data, shape }: Samples, index: number): number | Tensor {
  if (shape.length === 1) return data[index];
  const step: Shape = shape.slice(1);
  const size = sizeOf(step);
  return fromHost(data.subarray(index * size, (index + 1) * size) as TypedArray, step);
}

function taken(rows: Samples, at: Int32Array): Tensor {
  const { data, shape } = takeRows(rows, at);
  return fromHost(data, shape);
}
