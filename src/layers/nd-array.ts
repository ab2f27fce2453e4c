import { checkKnownOptions, checkNumber, checkPositiveInteger, refusal } from "../base/check.js";
import { checkDType, type DType, dtypeOf, type TypedArray, typedArray } from "../base/dtype.js";
import { OptionError, ShapeError, show } from "../base/errors.js";
import { flattenNested, type NestedArray, nest } from "../base/nested.js";
import { type Generator, generatorOf } from "../base/random.js";
import { checkShape, formatShape, type Shape, sameShape, sizeOf } from "../base/shape.js";

/**
 * What the explicit layers compute with: a shape, and the elements in row-major order in JavaScript's own memory. Nothing
 * is recorded and nothing needs to be freed; `data` may be read and written at will.
 */
export class NdArray {
  readonly shape: Shape;
  readonly data: TypedArray;

  /** @param data kept, not copied */
  constructor(data: TypedArray, shape: Shape) {
    if (dtypeOf(data) === undefined) {
      throw refusal(
        "NdArray",
        "data",
        "be a Float32Array, Float64Array or Int32Array",
        data,
        "Use array() for others.",
      );
    }
    checkSizes("NdArray", shape, data.length);
    this.data = data;
    this.shape = shape;
  }

  get dtype(): DType {
    return dtypeOf(this.data)!;
  }

  /** The number of elements. */
  get size(): number {
    return this.data.length;
  }

  /** Nested arrays of the array's shape. */
  toArray(): NestedArray {
    return nest(this.data, this.shape);
  }

  /** This array under another shape of as many elements; both share their memory. */
  reshape(...shape: number[]): NdArray {
    return new NdArray(this.data, shape);
  }

  clone(): NdArray {
    return new NdArray(this.data.slice(), this.shape);
  }

  /** Overwrites the elements in place, so that whoever holds this array sees them. */
  assign(values: NdArray): this {
    requireArray("NdArray.assign", "values", values);
    if (!sameShape(values.shape, this.shape)) throw mismatch("NdArray.assign", "values", this.shape, values.shape);
    this.data.set(values.data);
    return this;
  }

  toString(): string {
    return `NdArray ${formatShape(this.shape)} ${this.dtype}`;
  }
}

/** @throws OptionError for what is no array of `layers` */
export function requireArray(op: string, argument: string, x: unknown): asserts x is NdArray {
  if (!(x instanceof NdArray)) throw refusal(op, argument, "be an NdArray", x, "Make one with layers.array().");
}

/**
 * An array of the numbers given: nested arrays, or flat data with their shape. The data are copied.
 *   array([[1, 2], [3, 4]])   array([1, 2, 3, 4], [2, 2])   array([[3, 1, 4]], "int32")
 * @param shapeOrDType the shape of flat data, or the dtype at once
 * @param dtype        default: a typed array's own, else float32; ids and labels are int32
 * @throws ShapeError when the data do not fill the shape
 */
export function array(data: NestedArray[] | TypedArray, shapeOrDType?: Shape | DType, dtype?: DType): NdArray {
  const isTyped = ArrayBuffer.isView(data) && !(data instanceof DataView);
  const [flat, nesting] = isTyped ? [data, [data.length]] : flattenNested("array", data as NestedArray[]);
  const named = typeof shapeOrDType === "string" ? shapeOrDType : dtype;
  const shape = typeof shapeOrDType === "string" ? nesting : (shapeOrDType ?? nesting);
  checkSizes("array", shape, flat.length);
  const out = zeros(shape, named ?? dtypeOf(data) ?? "float32");
  for (let i = 0; i < flat.length; i++) out.data[i] = checkElement(flat[i], out.dtype);
  return out;
}

/** An array of zeros. */
export function zeros(shape: Shape, dtype: DType = "float32"): NdArray {
  checkDType("zeros", dtype);
  checkSizes("zeros", shape);
  return new NdArray(typedArray(dtype, sizeOf(shape)), shape);
}

/** Zeros, of the shape and type of another array. */
export function zerosLike(x: NdArray): NdArray {
  requireArray("zerosLike", "x", x);
  return zeros(x.shape, x.dtype);
}

export interface RandomOptions {
  dtype?: "float32" | "float64" | undefined;
  /** Default: the one that `manualSeed` seeds. */
  generator?: Generator | undefined;
}

export const RANDOM = ["dtype", "generator"];

function checkFloat(op: string, dtype: DType = "float32"): DType {
  if (checkDType(op, dtype) !== "int32") return dtype;
  throw refusal(op, "dtype", "be float32 or float64", dtype);
}

/** Normal numbers of mean 0 and standard deviation `scale`. */
export function randn(shape: Shape, scale = 1, options: RandomOptions = {}): NdArray {
  checkNumber("randn", "scale", scale);
  checkKnownOptions("randn", options, RANDOM);
  const out = zeros(shape, checkFloat("randn", options.dtype));
  const generator = generatorOf("randn", options.generator);
  for (let i = 0; i < out.size; i++) out.data[i] = scale * generator.normal();
  return out;
}

/** `{op}: {argument} must have shape [2, 3], got [3, 2].` */
export function mismatch(op: string, argument: string, expected: readonly (number | string)[], found: Shape) {
  const must = `have shape [${expected.join(", ")}]`;
  return new ShapeError({ op, argument, must, value: formatShape(found) });
}

function checkSizes(op: string, shape: Shape, length?: number): void {
  checkShape(op, shape);
  for (const size of shape) checkPositiveInteger(op, `each size of shape ${formatShape(shape)}`, size);
  if (length === undefined || sizeOf(shape) === length) return;
  const must = `hold ${sizeOf(shape)} numbers for shape ${formatShape(shape)}`;
  throw new ShapeError({ op, argument: "data", must, value: String(length) });
}

function checkElement(value: unknown, dtype: DType): number {
  const ok = typeof value === "number" && (dtype !== "int32" || (value | 0) === value);
  if (ok) return value;
  const must = dtype === "int32" ? "be integers of 32 bits" : "be numbers";
  throw new OptionError({ op: "array", argument: "data", must, value: show(value) });
}
