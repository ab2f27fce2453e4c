import { refusal } from "../../base/check.js";
import { formatShape, misshapen, sameShape } from "../../base/shape.js";
import { fromHost, requireTensor } from "../../tensor/ops/raw.js";
import type { Tensor } from "../../tensor/tensor.js";
import { type LengthsOrMask, lengthsOf } from "./lengths.js";

/**
 * Which steps count, as int32 [N, L]: by lengths, by a mask, or null for all.
 * @param mask   [L, N], or [N, L] with batchFirst; anything but 0 counts
 * @param least  of the lengths
 */
export function maskOf(
  op: string,
  { lengths, mask }: LengthsOrMask,
  [steps, batch]: readonly [number, number],
  batchFirst: boolean,
  least: number,
): Tensor | null {
  if (lengths !== undefined && mask !== undefined)
    throw refusal(op, "mask", "be left out where lengths are given", mask);
  if (mask !== undefined) {
    requireTensor(op, "mask", mask);
    const shape = batchFirst ? [batch, steps] : [steps, batch];
    if (!sameShape(mask.shape, shape)) throw misshapen(op, "mask", `have shape ${formatShape(shape)}`, mask.shape);
    const data = (batchFirst ? mask : mask.T).data();
    return fromHost(
      Int32Array.from(data, (on) => Number(on !== 0)),
      [batch, steps],
    );
  }
  if (lengths === undefined) return null;
  const may = new Int32Array(batch * steps);
  lengthsOf(op, "lengths", lengths, batch, [least, steps]).forEach((length, n) => {
    may.fill(1, n * steps, n * steps + length);
  });
  return fromHost(may, [batch, steps]);
}
