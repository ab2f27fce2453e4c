import { misshapen } from "../../../base/shape.js";
import { indexSelect } from "../../../tensor/ops/gather.js";
import { concat } from "../../../tensor/ops/join.js";
import { filled } from "../../../tensor/ops/raw.js";
import { expand } from "../../../tensor/ops/shape.js";
import { narrow } from "../../../tensor/ops/slice.js";
import type { Tensor } from "../../../tensor/tensor.js";
import type { Call, Operator } from "../call.js";
import { indexTensor, moved, type Value } from "../value.js";

const MODES = ["constant", "reflect", "edge", "wrap"] as const;
export type PadMode = (typeof MODES)[number];

export const PAD: Readonly<Record<string, Operator>> = { Pad: pad };

/** Pads and value are attributes up to opset 10, inputs from 11 on; axes came with 18. */
function pad(call: Call): Value {
  const x = call.value(0);
  const mode = call.oneOf("mode", MODES, "constant");
  const pads = call.intList("pads") ?? call.ints(1);
  const value = call.has(2) ? call.number(2) : call.float("value", 0);
  const rank = x.shape.length;
  const axes = call.optionalInts(3)?.map((axis) => call.axis(axis, rank)) ?? x.shape.map((_, i) => i);
  if (pads.length !== 2 * axes.length)
    call.fail("pads", `be ${2 * axes.length} numbers, two for each axis`, `${pads.length}`);
  return moved(x, (tensor) =>
    axes.reduce((at, axis, i) => padded(at, axis, [pads[i], pads[i + axes.length]], mode, value), tensor),
  );
}

/** One dimension, longer before and after; shorter where a number is negative. */
export function padded(
  x: Tensor,
  axis: number,
  [before, after]: readonly [number, number],
  mode: PadMode,
  value: number,
): Tensor {
  if (before === 0 && after === 0) return x;
  const size = x.shape[axis];
  const [cutBefore, cutAfter] = [Math.max(-before, 0), Math.max(-after, 0)];
  if (cutBefore + cutAfter > size) {
    throw misshapen("Pad", "input 0", `have ${cutBefore + cutAfter} elements to cut in dimension ${axis}`, x.shape);
  }
  const kept = narrow(x, axis, cutBefore, size - cutBefore - cutAfter);
  const [first, last] = [Math.max(before, 0), Math.max(after, 0)];
  if (mode === "constant") {
    const block = (count: number): Tensor[] => {
      if (count === 0) return [];
      return [
        expand(
          filled(
            x.dtype,
            x.shape.map(() => 1),
            value,
          ),
          kept.shape.with(axis, count),
        ),
      ];
    };
    return concat([...block(first), kept, ...block(last)], axis);
  }
  const length = kept.shape[axis];
  const most = mode === "reflect" ? length - 1 : length === 0 ? 0 : Infinity;
  if (first > most || last > most) {
    throw misshapen("Pad", "input 0", `be longer than its padding in dimension ${axis}`, x.shape);
  }
  const index = Array.from({ length: first + length + last }, (_, i) => placeIn(mode, i - first, length));
  return indexSelect(kept, axis, indexTensor([index.length], index));
}

function placeIn(mode: PadMode, place: number, length: number): number {
  if (mode === "edge") return Math.min(Math.max(place, 0), length - 1);
  if (mode === "wrap") return ((place % length) + length) % length;
  const folded = Math.abs(place);
  return folded < length ? folded : 2 * (length - 1) - folded;
}
