import { HALVES, halfToNumber } from "../formats/safetensors/stored-dtype.js";
import { dequantizeRows, hasRows, quantizeRows } from "../int8.js";
import type { NamedArray, NamedArrays } from "../named-array.js";
import { ownWeights } from "./described.js";
import type { ModelToWrite, Precision } from "./target.js";

/** Weights as whoever reads the file finds them: what belongs to no module of the blueprint is written as it is. */
export function roundedWeights(
  model: Pick<ModelToWrite, "blueprint" | "weights">,
  precision: Precision,
): Map<string, NamedArray> {
  const own = ownWeights(model);
  const rounded = (array: NamedArray) => (precision === "float16" ? throughHalf(array) : throughInt8(array));
  const all: NamedArrays = model.weights;
  if (precision === "float32") return new Map(all);
  return new Map([...all].map(([name, array]) => [name, own.has(name) ? rounded(array) : array]));
}

function throughHalf(array: NamedArray): NamedArray {
  return { ...array, data: Float32Array.from(array.data, (value) => halfToNumber(HALVES.float16.bits(value))) };
}

function throughInt8(array: NamedArray): NamedArray {
  if (!hasRows(array)) return array;
  const { data, scales } = quantizeRows(array);
  return { ...array, data: dequantizeRows(data, scales) };
}
