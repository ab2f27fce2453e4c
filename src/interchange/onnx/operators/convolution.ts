import { conv1d } from "../../../nn/functional/convolution.js";
import { add } from "../../../tensor/ops/arithmetic.js";
import { concat } from "../../../tensor/ops/join.js";
import { filled } from "../../../tensor/ops/raw.js";
import { expand, flip, permute, reshape, unsqueeze } from "../../../tensor/ops/shape.js";
import { narrow, select, slice } from "../../../tensor/ops/slice.js";
import type { Tensor } from "../../../tensor/tensor.js";
import type { Call, Operator } from "../call.js";
import type { Floats } from "../value.js";
import { padded } from "./pad.js";

export const CONVOLUTION: Readonly<Record<string, Operator>> = { Conv: conv, ConvTranspose: convTranspose };

/** What a convolution and its likes say of each dimension of space. */
export interface Windows {
  strides: number[];
  dilations: number[];
  /** Before, then after. */
  pads: [number, number][];
}

const AUTO = ["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"] as const;

/** @param sizes  of the input, in each dimension of space */
export function windowsOf(call: Call, sizes: readonly number[], kernel: readonly number[]): Windows {
  const strides = call.perDimension("strides", kernel.length, 1, 1);
  const dilations = call.perDimension("dilations", kernel.length, 1, 1);
  const auto = call.oneOf("auto_pad", AUTO, "NOTSET");
  const given = call.perDimension("pads", 2 * kernel.length, 0, 0);
  const pads = kernel.map((size, i): [number, number] => {
    if (auto === "NOTSET") return [given[i], given[i + kernel.length]];
    if (auto === "VALID") return [0, 0];
    const count = Math.ceil(sizes[i] / strides[i]);
    const total = Math.max(0, (count - 1) * strides[i] + (size - 1) * dilations[i] + 1 - sizes[i]);
    const less = Math.floor(total / 2);
    return auto === "SAME_UPPER" ? [less, total - less] : [total - less, less];
  });
  return { strides, dilations, pads };
}

/** @throws ShapeError where the input with its padding is shorter than one window */
export function checkWindowsFit(
  call: Call,
  sizes: readonly number[],
  kernel: readonly number[],
  { dilations, pads }: Windows,
): void {
  for (const [i, size] of kernel.entries()) {
    const least = dilations[i] * (size - 1) + 1 - pads[i][0] - pads[i][1];
    if (sizes[i] >= least) continue;
    call.misshapen("input 0", `have at least ${least} elements in dimension ${i + 2}, a window's`, call.value(0).shape);
  }
}

function checkKernel(call: Call, x: Tensor, weight: Tensor): number[] {
  if (x.rank < 3) call.misshapen("input 0", "have shape [N, C, ..]", x.shape);
  if (weight.rank !== x.rank) call.misshapen("input 1", `have ${x.rank} dimensions`, weight.shape);
  const kernel = weight.shape.slice(2);
  if (kernel.includes(0))
    call.misshapen("input 1", "have a size of at least 1 in each dimension of space", weight.shape);
  const said = call.intList("kernel_shape");
  if (said !== null && `${said}` !== `${kernel}`)
    call.misshapen("input 1", `end in the kernel_shape [${said}]`, weight.shape);
  return kernel;
}

function conv(call: Call): Floats {
  const [x, weight] = [call.tensor(0), call.tensor(1)];
  const kernel = checkKernel(call, x, weight);
  const windows = windowsOf(call, x.shape.slice(2), kernel);
  checkWindowsFit(call, x.shape.slice(2), kernel, windows);
  const groups = call.positiveInt("group", 1);
  const wide = paddedAll(x, windows.pads);
  return call.like(0, withBias(convolved(wide, weight, windows, groups), call.optionalTensor(2)));
}

function paddedAll(x: Tensor, pads: readonly [number, number][]): Tensor {
  return pads.reduce((at, pair, i) => padded(at, i + 2, pair, "constant", 0), x);
}

function withBias(y: Tensor, bias: Tensor | null): Tensor {
  return bias === null ? y : add(y, reshape(bias, [bias.size, ...y.shape.slice(2).map(() => 1)]));
}

/**
 * Over any number of dimensions: the last is one convolution of sequences; each of those before it is a sum over its places in the
 * kernel, of convolutions over the rest.
 */
function convolved(x: Tensor, weight: Tensor, { strides, dilations }: Windows, groups: number): Tensor {
  if (x.rank === 3) return conv1d(x, weight, null, { stride: strides[0], dilation: dilations[0], groups });
  const [n, c, size] = x.shape as [number, number, number];
  const places = weight.shape[2];
  const [stride, dilation] = [strides[0], dilations[0]];
  const count = Math.floor((size - dilation * (places - 1) - 1) / stride) + 1;
  const rest: Windows = { strides: strides.slice(1), dilations: dilations.slice(1), pads: [] };
  let sum: Tensor | null = null;
  for (let k = 0; k < places; k++) {
    const rows = slice(narrow(x, 2, k * dilation, (count - 1) * stride + 1), 2, 0, undefined, stride);
    const inner = x.shape.slice(3);
    const order = [0, 2, 1, ...inner.map((_, i) => i + 3)];
    const batch = reshape(permute(rows, order), [n * count, c, ...inner]);
    const part = convolved(batch, select(weight, 2, k), rest, groups);
    sum = sum === null ? part : add(sum, part);
  }
  const y = reshape(sum!, [n, count, ...sum!.shape.slice(1)]);
  return permute(y, [0, 2, 1, ...y.shape.slice(3).map((_, i) => i + 3)]);
}

/** The gradient of a convolution: the input, with zeros between its elements, convolved with the kernel turned about. */
function convTranspose(call: Call): Floats {
  const [x, weight] = [call.tensor(0), call.tensor(1)];
  const kernel = checkKernel(call, x, weight);
  const groups = call.positiveInt("group", 1);
  const { strides, dilations } = windowsOf(call, x.shape.slice(2), kernel);
  const extra = call.perDimension("output_padding", kernel.length, 0, 0);
  const pads = transposePads(call, x.shape.slice(2), kernel, strides, dilations, extra);
  let wide = x;
  for (const [i, stride] of strides.entries()) {
    wide = spaced(wide, i + 2, stride);
    const reach = dilations[i] * (kernel[i] - 1);
    wide = padded(wide, i + 2, [reach - pads[i][0], reach - pads[i][1] + extra[i]], "constant", 0);
  }
  const [c, outputs] = weight.shape as [number, number];
  if (c % groups !== 0) call.misshapen("input 1", `have a multiple of ${groups} channels`, weight.shape);
  // [C, O/G, ..] to [O, C/G, ..].
  const apart = reshape(weight, [groups, c / groups, outputs, ...kernel]);
  const turned = permute(apart, [0, 2, 1, ...kernel.map((_, i) => i + 3)]);
  const back = flip(
    reshape(turned, [groups * outputs, c / groups, ...kernel]),
    kernel.map((_, i) => i + 2),
  );
  const ones = kernel.map(() => 1);
  const y = convolved(wide, back, { strides: ones, dilations, pads: [] }, groups);
  return call.like(0, withBias(y, call.optionalTensor(2)));
}

function transposePads(
  call: Call,
  sizes: readonly number[],
  kernel: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
  extra: readonly number[],
): [number, number][] {
  const auto = call.oneOf("auto_pad", AUTO, "NOTSET");
  const wanted = call.intList("output_shape")?.slice(-kernel.length) ?? null;
  if (wanted !== null && wanted.length !== kernel.length)
    call.fail("attribute output_shape", `be ${kernel.length} sizes`, `[${wanted}]`);
  const given = call.intList("pads") ?? kernel.flatMap(() => [0, 0]);
  if (wanted === null && (auto === "NOTSET" || auto === "VALID")) {
    return kernel.map((_, i) => [given[i], given[i + kernel.length]]);
  }
  return kernel.map((size, i) => {
    const out = wanted?.[i] ?? sizes[i] * strides[i];
    const total = strides[i] * (sizes[i] - 1) + extra[i] + (size - 1) * dilations[i] + 1 - out;
    // Fewer than none: what is asked for is longer, and gets zeros behind.
    if (total < 0) return [0, total];
    const less = Math.floor(total / 2);
    return auto === "SAME_UPPER" ? [less, total - less] : [total - less, less];
  });
}

/** stride - 1 zeros between the elements of a dimension. */
function spaced(x: Tensor, axis: number, stride: number): Tensor {
  const size = x.shape[axis];
  if (stride === 1 || size === 0) return x;
  const apart = unsqueeze(x, axis + 1);
  const zero = filled(
    x.dtype,
    apart.shape.map(() => 1),
    0,
  );
  const zeros = expand(zero, apart.shape.with(axis + 1, stride - 1));
  const wide = reshape(concat([apart, zeros], axis + 1), x.shape.with(axis, size * stride));
  return narrow(wide, axis, 0, (size - 1) * stride + 1);
}
