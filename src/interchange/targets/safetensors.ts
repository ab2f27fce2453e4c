import { encodeSafetensors } from "../formats/safetensors/index.js";
import { hasRows, quantizeRows, scaleName } from "../int8.js";
import type { NamedArray } from "../named-array.js";
import { ownWeights } from "./described.js";
import type { ModelToWrite, TargetWriter } from "./target.js";

/** A checkpoint of ours without what training goes on from: weights under their names, and the rest as metadata. */
export const safetensorsWriter: TargetWriter = {
  obstacles: () => [],
  write(model, precision) {
    const { name, weights, metadata } = model;
    const own = ownWeights(model);
    const keep = new Set([...weights.keys()].filter((key) => !own.has(key)));
    const bytes =
      precision === "int8"
        ? int8File(model, own)
        : encodeSafetensors(new Map(weights), metadata, precision === "float16" ? { dtype: "float16", keep } : {});
    return { files: new Map([[`${name}.safetensors`, bytes]]), notes: [] };
  },
};

/** Matrices in 8 bits, with the scales of their rows beside them. */
function int8File({ weights, metadata }: ModelToWrite, own: ReadonlyMap<string, NamedArray>): Uint8Array {
  const arrays = new Map<string, NamedArray>();
  const int8 = new Set<string>();
  for (const [name, array] of weights) {
    if (!own.has(name) || !hasRows(array)) {
      arrays.set(name, array);
      continue;
    }
    const { data, scales } = quantizeRows(array);
    arrays.set(name, { dtype: "int32", shape: array.shape, data: Int32Array.from(data) });
    arrays.set(scaleName(name), { dtype: "float32", shape: [scales.length], data: scales });
    int8.add(name);
  }
  return encodeSafetensors(arrays, metadata, { int8 });
}
