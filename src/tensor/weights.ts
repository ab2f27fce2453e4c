import { isObject, refusal } from "../base/check.js";
import { FormatError, show } from "../base/errors.js";
import type { NestedArray } from "../base/nested.js";
import { sameShape } from "../base/shape.js";
import { tensor } from "./create.js";
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
  const fix = "Pass what stateDict() gave, or the tensors of decodeSafetensors(bytes).";
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
  if (Array.isArray(given) || typeof given === "number" || ArrayBuffer.isView(given))
    return tensor(given as NestedArray);
  if (isObject(given) && ArrayBuffer.isView(given.data))
    return tensor(given.data, { shape: given.shape, dtype: given.dtype });
  const must = "be a tensor, { shape, data }, or arrays of numbers";
  throw new FormatError({ op, argument: name, must, value: show(given) });
}

/** Whether both hold the same values. */
export function sameValues(a: Tensor, b: Tensor): boolean {
  if (!sameShape(a.shape, b.shape)) return false;
  const [left, right] = [a.data(), b.data()];
  return left.every((value: number, i: number) => Object.is(value, right[i]));
}
