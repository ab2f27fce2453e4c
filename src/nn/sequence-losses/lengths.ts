import { refusal } from "../../base/check.js";
import { ShapeError, show } from "../../base/errors.js";
import { formatShape, misshapen, sameShape } from "../../base/shape.js";
import { requireTensor } from "../../tensor/ops/raw.js";
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

/** How long sequences are: by lengths, by a mask whose 1 come first, or all as long as there are steps. */
export interface LengthsOrMask {
  lengths?: Lengths | undefined;
  mask?: Tensor | undefined;
}

/**
 * @param mask  [L, N], or [N, L] with batchFirst
 * @returns     N lengths of 1 or more
 * @throws OptionError, ShapeError for both together, for lengths out of range, and for a mask with a gap
 */
export function lengthsFrom(
  op: string,
  { lengths, mask }: LengthsOrMask,
  [steps, batch]: readonly [number, number],
  batchFirst: boolean,
): number[] {
  if (lengths !== undefined && mask !== undefined) {
    throw refusal(op, "mask", "be left out where lengths are given", mask);
  }
  if (mask === undefined) return lengthsOf(op, "lengths", lengths ?? new Array(batch).fill(steps), batch, [1, steps]);
  requireTensor(op, "mask", mask);
  const shape = batchFirst ? [batch, steps] : [steps, batch];
  if (!sameShape(mask.shape, shape)) throw misshapen(op, "mask", `have shape ${formatShape(shape)}`, mask.shape);
  const data = mask.data();
  const isOn = (n: number, t: number) => data[batchFirst ? n * steps + t : t * batch + n] !== 0;
  return Array.from({ length: batch }, (_, n) => {
    let length = 0;
    while (length < steps && isOn(n, length)) length++;
    for (let t = length; t < steps; t++) {
      if (!isOn(n, t) && length > 0) continue;
      const value = `${isOn(n, t) ? 1 : 0} at step ${t} of sequence ${n}`;
      throw refusal(op, "mask", "be 1 for the first steps of each sequence, at least one, and 0 for the rest", value);
    }
    return length;
  });
}
