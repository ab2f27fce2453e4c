import { checkNumber, refusal } from "../base/check.js";
import { dtypeOf, type TypedArray } from "../base/dtype.js";

/**
 * Cuts a sequence in two: the first `⌊length · (1 - fraction)⌋` elements to train on, the rest to validate on. Both are
 * views of `ids`. Contiguous, because the neighbours of a token in the training part would give it away.
 * @param fraction of the whole, in [0, 1)
 */
export function trainValidationSplit<T extends TypedArray>(ids: T, fraction: number): { train: T; validation: T } {
  if (dtypeOf(ids) === undefined) {
    throw refusal("trainValidationSplit", "ids", "be a Float32Array, Float64Array or Int32Array", ids);
  }
  checkNumber("trainValidationSplit", "fraction", fraction, { min: 0, max: 1, openMax: true });
  const length = Math.floor(ids.length * (1 - fraction));
  return { train: ids.subarray(0, length) as T, validation: ids.subarray(length) as T };
}
