import { checkNonNegativeInteger } from "../../base/check.js";
import { ShapeError } from "../../base/errors.js";
import { currentEngine } from "../../engine/select.js";
import type { Tensor } from "../tensor.js";
import { requireInt, requireTensor } from "./raw.js";

/** @throws ShapeError when an element of `ids` is not in [0, size) */
export function checkIndices(op: string, argument: string, ids: Tensor, size: number, what: string): void {
  requireTensor(op, argument, ids);
  checkNonNegativeInteger(op, "size", size);
  requireInt(op, argument, ids);
  if (ids.size === 0) return;
  const range = currentEngine().range(ids);
  const low = range[0];
  const high = range[1];
  if (low >= 0 && high < size) return;
  throw new ShapeError({
    op,
    argument,
    must: `lie in [0, ${size - 1}] (${what}=${size})`,
    value: String(low < 0 ? low : high),
    fix: "Check the vocabulary that made the ids.",
  });
}
