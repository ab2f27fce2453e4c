import { add, div, maximum } from "../../../tensor/ops/arithmetic.js";
import { filled } from "../../../tensor/ops/raw.js";
import { extreme, mean } from "../../../tensor/ops/reduce.js";
import { narrow, slice } from "../../../tensor/ops/slice.js";
import type { Tensor } from "../../../tensor/tensor.js";
import type { Call, Operator } from "../call.js";
import { moved, type Value } from "../value.js";
import { checkWindowsFit, type Windows, windowsOf } from "./convolution.js";
import { padded } from "./pad.js";

export const POOL: Readonly<Record<string, Operator>> = {
  MaxPool: (call) => {
    if (call.wanted > 1) call.fail("output 1", "not be asked for", "indices");
    const { kernel, windows } = poolOf(call);
    const pads = windows.pads.map(([before, after], i): Pads => [before, after + extraOf(call, kernel, windows, i)]);
    return moved(call.value(0), (x) => pooled(x, kernel, windows, pads, -Infinity, maximum));
  },
  AveragePool: averages,
  GlobalAveragePool: (call) => call.like(0, mean(call.tensor(0), space(call), { keepDim: true })),
  GlobalMaxPool: (call) => call.like(0, extreme("max", call.tensor(0), space(call), { keepDim: true })),
};

type Pads = [before: number, after: number];

/** The dimensions of space: all after batch and channels. */
function space(call: Call): number[] {
  const { shape } = call.value(0);
  if (shape.length < 3) call.misshapen("input 0", "have shape [N, C, ..]", shape);
  return shape.map((_, i) => i).slice(2);
}

function poolOf(call: Call): { kernel: number[]; windows: Windows } {
  const kernel = call.intList("kernel_shape") ?? call.fail("attribute kernel_shape", "be given", "none");
  const sizes = space(call).map((axis) => call.value(0).shape[axis]);
  if (kernel.length !== sizes.length || kernel.some((size) => !Number.isSafeInteger(size) || size < 1)) {
    call.fail("attribute kernel_shape", `be ${sizes.length} positive integers`, `[${kernel}]`);
  }
  const windows = windowsOf(call, sizes, kernel);
  checkWindowsFit(call, sizes, kernel, windows);
  return { kernel, windows };
}

/** How far the last window reaches beyond the padding, where a part of one counts: but none begins there. */
function extraOf(call: Call, kernel: readonly number[], { strides, dilations, pads }: Windows, i: number): number {
  if (!call.flag("ceil_mode")) return 0;
  const size = call.value(0).shape[i + 2];
  const whole = size + pads[i][0] + pads[i][1];
  const reach = dilations[i] * (kernel[i] - 1) + 1;
  let count = Math.ceil((whole - reach) / strides[i]) + 1;
  if ((count - 1) * strides[i] >= size + pads[i][0]) count--;
  return Math.max(0, (count - 1) * strides[i] + reach - whole);
}

/** Windows of every dimension, one dimension after another. */
function pooled(
  x: Tensor,
  kernel: readonly number[],
  { strides, dilations }: Windows,
  pads: readonly Pads[],
  fill: number,
  join: (a: Tensor, b: Tensor) => Tensor,
): Tensor {
  return kernel.reduce((at, places, i) => {
    const wide = padded(at, i + 2, pads[i], "constant", fill);
    const count = Math.floor((wide.shape[i + 2] - dilations[i] * (places - 1) - 1) / strides[i]) + 1;
    const part = (k: number): Tensor =>
      slice(narrow(wide, i + 2, k * dilations[i], (count - 1) * strides[i] + 1), i + 2, 0, undefined, strides[i]);
    let joined = part(0);
    for (let k = 1; k < places; k++) joined = join(joined, part(k));
    return joined;
  }, x);
}

/** Sums, each divided by how many elements its window has: with padding or without. */
function averages(call: Call): Value {
  const x = call.tensor(0);
  const { kernel, windows } = poolOf(call);
  const extra: Pads[] = kernel.map((_, i) => [0, extraOf(call, kernel, windows, i)]);
  const both = windows.pads.map(([before, after], i): Pads => [before, after + extra[i][1]]);
  const sums = pooled(x, kernel, windows, both, 0, add);
  const ones = filled(x.dtype, [1, 1, ...x.shape.slice(2)], 1);
  const counted = call.flag("count_include_pad")
    ? windows.pads.reduce((at, pair, i) => padded(at, i + 2, pair, "constant", 1), ones)
    : ones;
  const counts = pooled(counted, kernel, windows, call.flag("count_include_pad") ? extra : both, 0, add);
  return call.like(0, div(sums, counts));
}
