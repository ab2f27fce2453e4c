import { checkKnownOptions, checkPositiveInteger } from "../../base/check.js";
import { dtypeOf, isFloat, type TypedArray, typedArray } from "../../base/dtype.js";
import { OptionError, ShapeError, show } from "../../base/errors.js";
import { BLANK, blank, FILL } from "../../nn/deep-copy.js";
import { Module } from "../../nn/module.js";
import { SIZE } from "../../nn/state-dict.js";
import { add, div, mul, sub, Tensor, tensor } from "../../tensor/index.js";
import { cast } from "../../tensor/ops/cast.js";
import { type Weight, weightOf } from "../../tensor/weights.js";
import { columnPlaces, columnText, type Matrix, matrixOf, type Numbers } from "../matrix.js";
import { isSamples, type Samples } from "../samples.js";

/** What comes back of what is scaled: a tensor, samples, an array, or columns by name. */
export type ScaledNumbers<X> = X extends Tensor
  ? Tensor
  : X extends Samples
    ? Samples
    : X extends Float32Array
      ? Float32Array
      : X extends ArrayLike<number>
        ? Float64Array
        : { [K in keyof X]: Float64Array };

export interface ScalerOptions {
  /** Columns, F. Default: those that it is fitted to, or that what is loaded into it has. */
  features?: number | undefined;
}

export interface ScaleOptions {
  /** The columns that x has, by number or name, where they are some of those that were fitted: the targets of a forecast. */
  columns?: string | number | readonly (string | number)[] | undefined;
}

/** Each column's (x - shift) / scale. */
export interface Affine {
  shift: Float64Array;
  scale: Float64Array;
}

/**
 * Scales columns by what they held when it was fitted. A Module: what it learned are float64 buffers, saved and loaded with a model, also
 * one whose own scaler was never fitted. Columns' names are not saved: after loading, `columns` are told by number.
 * Missing values (NaN) are passed over when it is fitted, and stay NaN.
 */
export abstract class Scaler extends Module {
  /** Values seen of each column, float64 [F]; undefined before it is fitted or told its features. */
  declare readonly count: Tensor | undefined;
  /** Of the columns that it was fitted to, where they had names. */
  #names: readonly string[] | null = null;

  /** @internal */
  protected readonly op: string;

  protected constructor(op: string, { features }: ScalerOptions) {
    super();
    this.op = op;
    if (features !== undefined) this.keep(this.initial(checkPositiveInteger(op, "features", features)));
  }

  /** Columns, F; null before it is fitted. */
  get features(): number | null {
    return this.count?.size ?? null;
  }

  /** @internal What is kept of F columns before the first value, with `count` in it. */
  protected abstract initial(features: number): Record<string, Float64Array>;
  /** @internal What is kept after these values. */
  protected abstract learn(matrix: Matrix): Record<string, Float64Array>;
  /** @internal */
  protected abstract affine(): Affine;

  /**
   * Learns from x alone what columns hold. A column that never changes is shifted, but not scaled, with a warning.
   * @param x  a tensor or samples [.., F], one column as an array, or columns by name
   * @throws OptionError for infinite values, or a column without any
   */
  fit(x: Numbers): this {
    const op = `${this.op}.fit`;
    const matrix = matrixOf(op, "x", x);
    checkValues(op, matrix);
    this.keep(this.learn(matrix));
    this.#names = matrix.names;
    this.#warnOfConstants();
    return this;
  }

  /**
   * x in the scale of the columns: what comes back is of the kind that was given; tensors are float32 unless float64, and gradients
   * flow through them.
   * @throws OptionError before it is fitted, or for other columns than those it was fitted to
   */
  transform<X extends Numbers>(x: X, options: ScaleOptions = {}): ScaledNumbers<X> {
    return this.#apply(`${this.op}.transform`, x, options, "scale");
  }

  /** x back in the columns' own units: the way back of `transform`. */
  inverseTransform<X extends Numbers>(x: X, options: ScaleOptions = {}): ScaledNumbers<X> {
    return this.#apply(`${this.op}.inverseTransform`, x, options, "unscale");
  }

  /** `fit(x)`, and x in the scale of its columns. */
  fitTransform<X extends Numbers>(x: X): ScaledNumbers<X> {
    return this.fit(x).transform(x);
  }

  /** `transform`, so that a scaler may stand in a network. */
  forward(x: Tensor): Tensor {
    return this.transform(x);
  }

  /** @internal A scaler that was never fitted gets as many columns as the file has. */
  override [SIZE](given: (name: string) => Weight | undefined, op: string): (() => void) | undefined {
    const count = given("count");
    if (count === undefined || this.isFitted) return undefined;
    const before = Object.fromEntries(this.namedBuffers());
    const initial = this.initial(weightOf(op, "count", count).size);
    this.keep(initial);
    const own = this as unknown as Record<string, Tensor | undefined>;
    return () => {
      for (const name of Object.keys(initial)) own[name] = before[name];
    };
  }

  get isFitted(): boolean {
    return this.count?.data().some((count) => count > 0) ?? false;
  }

  /** @internal Replaces the buffers. */
  protected keep(values: Record<string, Float64Array>): void {
    for (const [name, data] of Object.entries(values)) this.registerBuffer(name, tensor(data));
  }

  /** @internal A buffer's values; none before it is fitted. */
  protected read(name: string): Float64Array {
    return Float64Array.from((this as unknown as Record<string, Tensor | undefined>)[name]?.data() ?? []);
  }

  /** @internal Where x goes on from what was seen before. @throws OptionError for other columns */
  protected seenBefore(op: string, matrix: Matrix): boolean {
    if (!this.isFitted) {
      this.#names = matrix.names;
      return false;
    }
    if (matrix.features !== this.features) throw this.#otherColumns(op, matrix.features);
    return true;
  }

  /** @internal */
  override [BLANK](): this {
    return blank(() => Reflect.construct(Scaler, [this.op, {}], this.constructor) as this);
  }

  /** @internal */
  override [FILL](original: this): void {
    this.#names = original.#names;
  }

  #warnOfConstants(): void {
    const { scale } = this.affine();
    const found = this.constantColumns.map((column) => columnText(column, this.#names));
    if (found.length === 0 || scale.length === 0) return;
    const more = found.length > 5 ? ` and ${found.length - 5} more` : "";
    const verb = found.length === 1 ? "never changes: it is" : "never change: they are";
    console.warn(`unrolled: ${this.op}: ${found.slice(0, 5).join(", ")}${more} ${verb} shifted, and not scaled.`);
  }

  /** Columns that held one value when it was fitted: their scale is 1. */
  abstract get constantColumns(): number[];

  #apply<X extends Numbers>(op: string, x: X, options: ScaleOptions, way: Way): ScaledNumbers<X> {
    checkKnownOptions(op, options, ["columns"]);
    if (!this.isFitted) {
      const fix = "Call fit() with the training data, or load what was saved.";
      throw new OptionError({ op, argument: "scaler", must: "be fitted", value: "one that is not", fix });
    }
    const known = { features: this.features!, names: this.#names };
    const { columns } = options;
    const places = columns === undefined ? null : columnPlaces(op, "columns", columns, known);
    if (x instanceof Tensor) return this.#applyToTensor(op, x, places, way) as ScaledNumbers<X>;
    const matrix = matrixOf(op, "x", x);
    return unpack(x, matrix, scaled(matrix, this.#affineFor(op, matrix, places), way)) as ScaledNumbers<X>;
  }

  /** Of the columns that x has, in its order. */
  #affineFor(op: string, { features, names }: Matrix, places: number[] | null): Affine {
    const all = this.affine();
    let chosen = places;
    if (chosen === null && names !== null && this.#names !== null) {
      chosen = columnPlaces(op, "x", names, { features: this.features!, names: this.#names });
    }
    const width = chosen?.length ?? all.shift.length;
    if (features !== width) throw this.#otherColumns(op, features, width);
    const pick = (values: Float64Array) => (chosen === null ? values : Float64Array.from(chosen, (c) => values[c]));
    return { shift: pick(all.shift), scale: pick(all.scale) };
  }

  #applyToTensor(op: string, x: Tensor, places: number[] | null, way: Way): Tensor {
    x.checkAlive(op);
    const { shift, scale } = this.#affineFor(
      op,
      { data: [], rows: 0, features: x.shape.at(-1) ?? 1, names: null },
      places,
    );
    const [by, from] = [tensor(scale), tensor(shift)];
    const out = way === "scale" ? div(sub(x, from), by) : add(mul(x, by), from);
    return cast(out, isFloat(x.dtype) ? x.dtype : "float32");
  }

  #otherColumns(op: string, found: number, wanted = this.features!): ShapeError {
    const must = `have ${wanted} columns, last in its shape`;
    const fix = wanted === this.features ? "For some of them say which: { columns: [...] }." : "";
    return new ShapeError({ op, argument: "x", must, value: String(found), fix });
  }
}

/** @throws OutOfMemoryError for an absurd number of columns */
export function columnsOf(features: number): Float64Array {
  return typedArray("float64", features) as Float64Array;
}

type Way = "scale" | "unscale";

function scaled({ data, rows, features }: Matrix, { shift, scale }: Affine, way: Way): Float64Array {
  const out = new Float64Array(rows * features);
  for (let i = 0; i < out.length; i++) {
    const c = i % features;
    out[i] = way === "scale" ? (data[i] - shift[c]) / scale[c] : data[i] * scale[c] + shift[c];
  }
  return out;
}

/** Scaled numbers in the kind of array that x is. */
function unpack(x: Exclude<Numbers, Tensor>, { features, names }: Matrix, out: Float64Array): unknown {
  if (names !== null) {
    const column = (c: number) =>
      Float64Array.from({ length: out.length / features }, (_, row) => out[row * features + c]);
    return Object.fromEntries(names.map((name, c) => [name, column(c)]));
  }
  if (!isSamples(x)) return x instanceof Float32Array ? Float32Array.from(out) : out;
  const dtype = dtypeOf(x.data) === "float64" ? "float64" : "float32";
  const data: TypedArray = typedArray(dtype, out.length);
  data.set(out);
  return { data, shape: x.shape };
}

/** @throws OptionError for infinite values, or a column without any, with its row */
export function checkValues(op: string, { data, rows, features, names }: Matrix): void {
  const seen = new Uint8Array(features);
  for (let i = 0; i < rows * features; i++) {
    if (Number.isNaN(data[i])) continue;
    const column = i % features;
    seen[column] = 1;
    if (Number.isFinite(data[i])) continue;
    const argument = `row ${Math.floor(i / features)}, ${columnText(column, names)}`;
    const details = { index: i };
    throw new OptionError({
      op,
      argument,
      must: "be finite, or NaN where it is missing",
      value: show(data[i]),
      details,
    });
  }
  const empty = seen.indexOf(0);
  if (empty < 0) return;
  const value = rows === 0 ? "no rows" : "missing values alone";
  throw new OptionError({ op, argument: columnText(empty, names), must: "hold a value", value });
}
