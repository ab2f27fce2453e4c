import { encodeSafetensors } from "../formats/safetensors/index.js";
import type { TargetWriter } from "./target.js";

/** A checkpoint of ours without what training goes on from: weights under their names, and the rest as metadata. */
export const safetensorsWriter: TargetWriter = {
  obstacles: () => [],
  write({ name, weights, metadata }, precision) {
    const bytes = encodeSafetensors(new Map(weights), metadata, precision === "float16" ? { dtype: "float16" } : {});
    return { files: new Map([[`${name}.safetensors`, bytes]]), notes: [] };
  },
};
