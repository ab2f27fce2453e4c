import { readFileSync } from "node:fs";
import type { DType, TypedArray } from "../../src/base/dtype.js";
import { sizeOf } from "../../src/base/shape.js";

/** A tensor as PyTorch computed it: row-major elements. */
export interface FixtureTensor {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly data: TypedArray;
}

/** One case of a fixture file. `O` is what the family's generator in tools/fixtures writes as `options`. */
export interface FixtureCase<O = Record<string, unknown>> {
  readonly name: string;
  readonly seed: number;
  readonly options: O;
  readonly tensors: Readonly<Record<string, FixtureTensor>>;
}

export interface Fixture<O = Record<string, unknown>> {
  readonly meta: { readonly torch: string; readonly generator: string; readonly seed: number };
  readonly cases: readonly FixtureCase<O>[];
}

interface EncodedTensor {
  shape: number[];
  dtype: DType;
  /** base64 of little-endian elements */
  data: string;
}

/** Reads `test/fixtures/{name}.json`, as in `loadFixture("modules/lstm")`. Files are made by tools/fixtures/generate.py. */
export function loadFixture<O = Record<string, unknown>>(name: string): Fixture<O> {
  const text = readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), "utf8");
  const file = JSON.parse(text) as {
    meta: Fixture<O>["meta"];
    cases: { name: string; seed: number; options: O; tensors: Record<string, EncodedTensor> }[];
  };
  const cases = file.cases.map((found) => ({
    ...found,
    tensors: Object.fromEntries(Object.entries(found.tensors).map(([key, value]) => [key, decode(value)])),
  }));
  return { meta: file.meta, cases };
}

/** The tensor called `name`; a missing one is an error that lists what there is. */
export function tensorOf(found: FixtureCase<unknown>, name: string): FixtureTensor {
  const tensor = found.tensors[name];
  if (tensor === undefined) {
    throw new Error(`fixture case "${found.name}" has no tensor ${name}; it has ${Object.keys(found.tensors)}`);
  }
  return tensor;
}

/** The tensors whose names start with `prefix` and a dot, without it: `under(c, "grad")` gives x, weight_ih_l0, ... */
export function under(found: FixtureCase<unknown>, prefix: string): Record<string, FixtureTensor> {
  const start = `${prefix}.`;
  const entries = Object.entries(found.tensors).filter(([key]) => key.startsWith(start));
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(start.length), value]));
}

function decode({ shape, dtype, data }: EncodedTensor): FixtureTensor {
  const bytes = Buffer.from(data, "base64");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = sizeOf(shape);
  if (dtype === "float32")
    return { shape, dtype, data: Float32Array.from({ length }, (_, i) => view.getFloat32(4 * i, true)) };
  if (dtype === "float64")
    return { shape, dtype, data: Float64Array.from({ length }, (_, i) => view.getFloat64(8 * i, true)) };
  return { shape, dtype, data: Int32Array.from({ length }, (_, i) => view.getInt32(4 * i, true)) };
}

/** A case with its floating tensors in float64: what a float32 gradient is held against. */
export function inFloat64<O>(found: FixtureCase<O>): FixtureCase<O> {
  const widen = (tensor: FixtureTensor): FixtureTensor =>
    tensor.dtype === "float32" ? { ...tensor, dtype: "float64", data: Float64Array.from(tensor.data) } : tensor;
  const entries = Object.entries(found.tensors).map(([key, tensor]) => [key, widen(tensor)] as const);
  return { ...found, tensors: Object.fromEntries(entries) };
}
