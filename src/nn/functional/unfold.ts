import { contiguousStrides, type Shape } from "../../base/shape.js";
import { currentEngine } from "../../engine/select.js";
import { contiguous, empty, filled, Lens, reduceRaw } from "../../tensor/ops/raw.js";
import { record } from "../../tensor/tape.js";
import type { Tensor } from "../../tensor/tensor.js";

/** Which steps each window takes. */
export interface Windows {
  kernelSize: number;
  stride: number;
  dilation: number;
  /** Steps put before and after. */
  padding: readonly [before: number, after: number];
  /** How many windows there are. */
  count: number;
}

/**
 * The windows of a sequence side by side: channels last, so that a step of a window is one run of memory, and a window one row of a product.
 *   out[n, l, k, c] = x[n, c, stride·l + dilation·k - before], and `fill` outside
 * @param x     [N, C, L]
 * @returns     [N, count, kernelSize, C]
 */
export function unfold(x: Tensor, windows: Windows, fill = 0): Tensor {
  const [n, c, length] = x.shape as [number, number, number];
  const { kernelSize, stride, dilation, padding, count } = windows;
  const total = padding[0] + length + padding[1];
  const padded: Shape = [n, total, c];
  const steps = (of: Tensor): Lens =>
    new Lens(of, [n, length, c], contiguousStrides(padded), of.offset + padding[0] * c);
  const source = padding[0] + padding[1] > 0 ? filled(x.dtype, padded, fill) : empty(x.dtype, padded);
  const turned = new Lens(x, [n, length, c], [x.strides[0], x.strides[2], x.strides[1]]);
  if (x.size > 0) currentEngine().copy(steps(source), turned);
  const out = empty(x.dtype, [n, count, kernelSize, c]);
  const strides = [total * c, stride * c, dilation * c, 1];
  if (out.size > 0) currentEngine().copy(out, new Lens(source, out.shape, strides));
  source.dispose();
  const backward = (dOut: Tensor) => {
    // Each step of the window on a sheet of its own, where no two windows meet; then the sheets are added up.
    const dX = empty(x.dtype, x.shape);
    if (dX.size === 0) return [dX];
    const sheets = filled(x.dtype, [kernelSize, ...padded], 0);
    const given = contiguous(dOut);
    for (let k = 0; k < kernelSize && out.size > 0; k++) {
      const from = new Lens(given, [n, count, c], [count * kernelSize * c, kernelSize * c, 1], given.offset + k * c);
      const at = sheets.offset + (k * n * total + k * dilation) * c;
      currentEngine().copy(new Lens(sheets, [n, count, c], [total * c, stride * c, 1], at), from);
    }
    const sum = reduceRaw("sum", sheets, [0], x.dtype);
    const back = steps(sum);
    currentEngine().copy(dX, new Lens(sum, x.shape, [back.strides[0], back.strides[2], back.strides[1]], back.offset));
    sheets.dispose();
    sum.dispose();
    return [dX];
  };
  return record("unfold", [x], out, backward);
}
