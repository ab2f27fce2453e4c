import { checkNumber, refusal } from "../base/check.js";
import { dtypeOf, type TypedArray } from "../base/dtype.js";

import { Generator } from "../base/random.js";

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

/**
 * Row numbers in a random order, cut in two: the last `⌊length · fraction⌋` to validate on, but for those of a class that the
 * others lack, which could not be learned.
 * @param classes  of each row
 */
export function splitRows(
  classes: readonly string[],
  fraction: number,
  seed: number,
): { train: number[]; validation: number[] } {
  const order = [...new Generator(seed).permutation(classes.length)];
  const cut = order.length - Math.floor(order.length * fraction);
  const known = new Set(order.slice(0, cut).map((row) => classes[row]));
  const isHeld = (row: number, i: number) => i >= cut && known.has(classes[row]);
  return { train: order.filter((row, i) => !isHeld(row, i)), validation: order.filter(isHeld) };
}
