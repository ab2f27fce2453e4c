import { refusal } from "../../base/check.js";
import { ShapeError, show } from "../../base/errors.js";
import { misshapen } from "../../base/shape.js";
import { Tensor } from "../../tensor/tensor.js";
import type { Lengths } from "../recurrent/packed-sequence.js";

/**
 * Lengths that may be 0, as numbers.
 * @param count  how many there must be
 * @param range  the least and the most of each
 * @throws OptionError, ShapeError naming the one that does not fit
 */
export function lengthsOf(
  op: string,
  argument: string,
  given: Lengths | number,
  count: number,
  [least, most]: readonly [number, number],
): number[] {
  if (given instanceof Tensor && given.rank > 1) throw misshapen(op, argument, `have shape [${count}]`, given.shape);
  const data = given instanceof Tensor ? given.data() : typeof given === "number" ? [given] : given;
  const lengths = ArrayBuffer.isView(data) ? Array.from(data as Int32Array) : data;
  if (!Array.isArray(lengths)) throw refusal(op, argument, "be a list of numbers, or a tensor", given);
  if (lengths.length !== count) {
    const must = `name the length of each of the ${count} sequences`;
    throw new ShapeError({ op, argument, must, value: show(lengths) });
  }
  lengths.forEach((length, i) => {
    if (Number.isInteger(length) && length >= least && length <= most) return;
    throw refusal(op, `${argument}[${i}]`, `be an integer in [${least}, ${most}]`, length);
  });
  return lengths;
}
