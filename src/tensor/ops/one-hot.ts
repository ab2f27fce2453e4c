import { checkNonNegativeInteger } from "../../base/check.js";
import { typedArray } from "../../base/dtype.js";
import { currentEngine } from "../../engine/select.js";
import type { Tensor } from "../tensor.js";
import { checkIndices } from "./check-indices.js";
import { fromHost, requireInt, requireTensor } from "./raw.js";

/**
 * 1 at each id's place in a new last dimension, else 0.
 * @param ids         int32 [..], each in [0, numClasses)
 * @param numClasses  default: the largest id + 1
 * @returns           int32 [.., numClasses]
 */
export function oneHot(ids: Tensor, numClasses?: number): Tensor {
  requireTensor("oneHot", "ids", ids);
  requireInt("oneHot", "ids", ids);
  const classes = numClasses ?? (ids.size === 0 ? 0 : currentEngine().range(ids)[1] + 1);
  checkNonNegativeInteger("oneHot", "numClasses", classes);
  checkIndices("oneHot", "ids", ids, classes, "numClasses");
  const out = typedArray("int32", ids.size * classes);
  for (const [i, id] of ids.data().entries()) out[i * classes + id] = 1;
  return fromHost(out, [...ids.shape, classes]);
}
