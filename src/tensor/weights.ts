import { isObject, refusal } from "../base/check.js";
import { checkDType, checkElement, type DType, dtypeOf, type TypedArray, typedArray } from "../base/dtype.js";
import { FormatError, show } from "../base/errors.js";
import { flattenNested, type NestedArray } from "../base/nested.js";
import { checkShape, formatShape, misshapen, type Shape, sameShape, sizeOf } from "../base/shape.js";
import { fromHost } from "./ops/raw.js";
import { Tensor } from "./tensor.js";

/** What `decodeSafetensors` gives for a tensor, and an NdArray of `layers` is. */
export interface WeightEntry {
  readonly dtype?: Tensor["dtype"] | undefined;
  readonly shape: readonly number[];
  readonly data: TypedArray | readonly number[];
}

/** What a state dict may hold for a name: a tensor, an entry of a file, nested arrays of numbers, or as many in a typed array. */
export type Weight = Tensor | WeightEntry | NestedArray | TypedArray;

type ByName = ReadonlyMap<string, Weight> | Readonly<Record<string, Weight>>;

/** By name, as a map or an object; or what a reader of a file gives, whose `tensors` are such a map. */
export type Weights = ByName | { readonly tensors: ReadonlyMap<string, Weight> };

/**
 * A state dict as a map.
 * @throws OptionError for what is neither a map nor an object, such as a file's bytes
 */
export function weightMap(op: string, given: Weights): ReadonlyMap<string, Weight> {
  if (given instanceof Map) return given;
  if (isObject(given) && !Array.isArray(given) && !isBytes(given) && !(given instanceof Tensor)) {
    const { tensors, then } = given as { tensors?: unknown; then?: unknown };
    if (tensors instanceof Map) return tensors;
    if (typeof then !== "function") return new Map(Object.entries(given));
  }
  throw refusal(op, "stateDict", "be a map or an object of tensors by name", given, adviceFor(given));
}

function isBytes(given: object): boolean {
  return ArrayBuffer.isView(given) || given instanceof ArrayBuffer;
}

function adviceFor(given: unknown): string {
  if (typeof given === "string") return "Read the file, and pass decodeSafetensors(bytes).";
  if (!isObject(given)) return "Pass what stateDict() gave, or a file's tensors.";
  if (isBytes(given)) return "Pass decodeSafetensors(bytes).";
  return typeof (given as { then?: unknown }).then === "function"
    ? "It is a promise: await it."
    : "Pass what stateDict() gave, or a file's tensors.";
}

/**
 * The weight as a tensor that can be read.
 * @param like  what it is for: numbers without a shape or a type take its own
 * @throws OptionError, ShapeError, DisposedError for one that cannot
 */
export function weightOf(op: string, name: string, given: Weight, like?: Tensor): Tensor {
  if (given instanceof Tensor) {
    given.checkAlive(`${op}, ${name}`);
    return given;
  }
  if (Array.isArray(given) || typeof given === "number") {
    return filledWith(op, name, ...flattenNested(op, given), like?.dtype ?? "float32");
  }
  const own = dtypeOf(given);
  if (own !== undefined && like !== undefined && (given as TypedArray).length === like.size) {
    return filledWith(op, name, given as TypedArray, like.shape, own);
  }
  if (own === undefined && isObject(given)) {
    // Once: an entry of a file makes a new array at each reading.
    const { data, shape, dtype } = given as WeightEntry;
    const held = dtypeOf(data);
    if (held !== undefined) return filledWith(op, name, data, shape, held);
    if (Array.isArray(data)) {
      return filledWith(
        op,
        name,
        data,
        shape,
        dtype === undefined ? (like?.dtype ?? "float32") : checkDType(op, dtype),
      );
    }
  }
  const must =
    like === undefined || own === undefined
      ? "be a tensor, { shape, data }, or arrays of numbers"
      : `hold ${like.size} numbers for shape ${formatShape(like.shape)}`;
  const value = own === undefined ? show(given) : String((given as TypedArray).length);
  throw new FormatError({ op, argument: name, must, value });
}

function filledWith(op: string, name: string, data: ArrayLike<number>, shape: Shape, dtype: DType): Tensor {
  checkShape(op, shape);
  if (sizeOf(shape) !== data.length) throw misshapen(op, name, `have a shape for its ${data.length} elements`, shape);
  const host = typedArray(dtype, data.length);
  for (let i = 0; i < host.length; i++) host[i] = checkElement(op, name, data[i], dtype);
  return fromHost(host, [...shape]);
}

/** Whether both hold the same values. */
export function sameValues(a: Tensor, b: Tensor): boolean {
  if (!sameShape(a.shape, b.shape)) return false;
  const [left, right] = [a.data(), b.data()];
  return left.every((value: number, i: number) => Object.is(value, right[i]));
}
