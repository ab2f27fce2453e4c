import { isObject, refusal } from "../base/check.js";
import { checkElement, dtypeOf, typedArray } from "../base/dtype.js";
import { FormatError, show } from "../base/errors.js";
import { flattenNested, type NestedArray } from "../base/nested.js";
import { checkShape, misshapen, type Shape, sameShape, sizeOf } from "../base/shape.js";
import { fromHost } from "./ops/raw.js";
import { Tensor } from "./tensor.js";

/** What `decodeSafetensors` gives for a tensor, and an NdArray of `layers` is. */
export interface WeightEntry {
  readonly dtype?: Tensor["dtype"] | undefined;
  readonly shape: readonly number[];
  readonly data: ReturnType<Tensor["data"]>;
}

/** What a state dict may hold for a name: a tensor, an entry of a file, or nested arrays of numbers. */
export type Weight = Tensor | WeightEntry | NestedArray;

/** By name, as a map or an object. */
export type Weights = ReadonlyMap<string, Weight> | Readonly<Record<string, Weight>>;

/**
 * A state dict as a map.
 * @throws OptionError for what is neither a map nor an object, such as a file's bytes
 */
export function weightMap(op: string, given: Weights): ReadonlyMap<string, Weight> {
  if (given instanceof Map) return given;
  if (isObject(given) && !Array.isArray(given) && !ArrayBuffer.isView(given) && !(given instanceof Tensor)) {
    return new Map(Object.entries(given));
  }
  const fix = "Pass what stateDict() gave, or a file's tensors.";
  throw refusal(op, "stateDict", "be a map or an object of tensors by name", given, fix);
}

/**
 * The weight as a tensor that can be read.
 * @throws OptionError, ShapeError, DisposedError for one that cannot
 */
export function weightOf(op: string, name: string, given: Weight): Tensor {
  if (given instanceof Tensor) {
    given.checkAlive(`${op}, ${name}`);
    return given;
  }
  if (Array.isArray(given) || typeof given === "number") return filledWith(op, name, ...flattenNested(op, given));
  if (isObject(given)) {
    // Once: an entry of a file makes a new array at each reading.
    const { data, shape } = given;
    if (dtypeOf(data) !== undefined) return filledWith(op, name, data, shape);
  }
  const must = "be a tensor, { shape, data }, or arrays of numbers";
  throw new FormatError({ op, argument: name, must, value: show(given) });
}

function filledWith(op: string, name: string, data: ArrayLike<number>, shape: Shape): Tensor {
  const dtype = dtypeOf(data) ?? "float32";
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
