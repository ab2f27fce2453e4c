import { refusal } from "../../base/check.js";
import { ShapeError, show } from "../../base/errors.js";
import { formatShape, misshapen, sameShape } from "../../base/shape.js";
import { fromHost, requireTensor } from "../../tensor/ops/raw.js";
import { Tensor } from "../../tensor/tensor.js";

/** Lengths of the sequences of a batch, as a list or an int32 tensor [N]. */
export type Lengths = readonly number[] | Int32Array | Tensor;

/**
 * Lengths as numbers.
 * @param count  how many there must be
 * @param range  the least and the most of each
 * @throws OptionError, ShapeError naming the one that does not fit
 */
export function lengthsOf(
  op: string,
  argument: string,
  given: Lengths,
  count: number,
  [least, most]: readonly [number, number],
): readonly number[] {
  if (given instanceof Tensor && given.rank !== 1) throw misshapen(op, argument, `have shape [${count}]`, given.shape);
  const data = given instanceof Tensor ? given.data() : given;
  // By index: an array whose buffer was sent to a worker has none, but cannot be walked.
  const lengths = ArrayBuffer.isView(data)
    ? Array.from({ length: (data as Int32Array).length }, (_, i) => (data as Int32Array)[i])
    : data;
  if (!Array.isArray(lengths)) throw refusal(op, argument, "be a list of numbers, or a tensor", given);
  if (lengths.length !== count) {
    const must = `name the length of each of the ${count} sequences`;
    throw new ShapeError({ op, argument, must, value: show(lengths) });
  }
  for (const [i, length] of lengths.entries()) {
    if (Number.isInteger(length) && length >= least && length <= most) continue;
    throw refusal(op, `${argument}[${i}]`, `be an integer in [${least}, ${most}]`, length);
  }
  return lengths;
}

/** How long sequences are: by lengths, by a mask, or all as long as there are steps. */
export interface LengthsOrMask {
  lengths?: Lengths | undefined;
  mask?: Tensor | undefined;
}

type Size = readonly [steps: number, batch: number];

/**
 * A mask's elements, as [N, L], 1 for steps that count; null where there is none.
 * @param mask  [L, N], or [N, L] with batchFirst; anything but 0 counts
 * @throws OptionError where lengths are given too; ShapeError for a mask of another shape
 */
function maskData(op: string, given: LengthsOrMask, [steps, batch]: Size, batchFirst: boolean): Int32Array | null {
  const { lengths, mask } = given;
  if (mask === undefined) return null;
  if (lengths !== undefined) throw refusal(op, "mask", "be left out where lengths are given", mask);
  requireTensor(op, "mask", mask);
  const shape = batchFirst ? [batch, steps] : [steps, batch];
  if (!sameShape(mask.shape, shape)) throw misshapen(op, "mask", `have shape ${formatShape(shape)}`, mask.shape);
  return Int32Array.from((batchFirst ? mask : mask.T).data(), (on) => Number(on !== 0));
}

/**
 * Which steps count, as int32 [N, L]: by lengths, by a mask, or null for all.
 * @param mask   [L, N], or [N, L] with batchFirst; anything but 0 counts
 * @param least  of the lengths
 * @throws OptionError, ShapeError for both together, and for what does not fit
 */
export function maskOf(
  op: string,
  given: LengthsOrMask,
  size: Size,
  batchFirst: boolean,
  least: number,
): Tensor | null {
  const data = maskData(op, given, size, batchFirst);
  const [steps, batch] = size;
  if (data !== null) return fromHost(data, [batch, steps]);
  return given.lengths === undefined
    ? null
    : stepMask(lengthsOf(op, "lengths", given.lengths, batch, [least, steps]), steps);
}

/** int32 [N, steps], 1 for the first steps of each sequence, as many as its length says. */
export function stepMask(lengths: readonly number[], steps: number): Tensor {
  const may = new Int32Array(lengths.length * steps);
  for (const [n, length] of lengths.entries()) may.fill(1, n * steps, n * steps + length);
  return fromHost(may, [lengths.length, steps]);
}

/**
 * @param mask  [L, N], or [N, L] with batchFirst, whose 1 come first
 * @returns     N lengths of 1 or more
 * @throws OptionError, ShapeError for both together, for lengths out of range, and for a mask with a gap
 */
export function lengthsFrom(op: string, given: LengthsOrMask, size: Size, batchFirst: boolean): readonly number[] {
  const data = maskData(op, given, size, batchFirst);
  const [steps, batch] = size;
  if (data === null) {
    return lengthsOf(op, "lengths", given.lengths ?? new Array<number>(batch).fill(steps), batch, [1, steps]);
  }
  return Array.from({ length: batch }, (_, n) => {
    const row = data.subarray(n * steps, (n + 1) * steps);
    const end = row.indexOf(0);
    const length = end < 0 ? steps : end;
    const t = length === 0 ? 0 : row.indexOf(1, length);
    if (length > 0 && t < 0) return length;
    const value = `${row[t]} at step ${t} of sequence ${n}`;
    throw refusal(op, "mask", "be 1 for the first steps of each sequence, at least one, and 0 for the rest", value);
  });
}
