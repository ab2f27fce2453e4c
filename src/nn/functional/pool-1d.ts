import {
  checkBoolean,
  checkKnownOptions,
  checkNonNegativeInteger,
  checkPositiveInteger,
  refusal,
} from "../../base/check.js";
import { typedArray } from "../../base/dtype.js";
import { misshapen } from "../../base/shape.js";
import { div } from "../../tensor/ops/arithmetic.js";
import { gather } from "../../tensor/ops/gather.js";
import { fromHost } from "../../tensor/ops/raw.js";
import { argExtreme, sum } from "../../tensor/ops/reduce.js";
import { reshape } from "../../tensor/ops/shape.js";
import type { Tensor } from "../../tensor/tensor.js";
import { batched, channelsFirst } from "./convolution.js";
import { unfold, type Windows } from "./unfold.js";

interface PoolSettings {
  /** Steps from one window to the next. Default: the kernel's size. */
  stride?: number | undefined;
  /** Steps beyond each end, at most half a window; they are never the largest. Default 0. */
  padding?: number | undefined;
  /** Take a last window that reaches beyond the end too. Default false. */
  ceilMode?: boolean | undefined;
}

export interface MaxPool1dSettings extends PoolSettings {
  /** Steps from one element of a window to the next. Default 1. */
  dilation?: number | undefined;
}

export interface AvgPool1dSettings extends PoolSettings {
  /** Divide by the window's size where it reaches into the padding too. Default true. */
  countIncludePad?: boolean | undefined;
}

const OF_MAX = ["stride", "padding", "dilation", "ceilMode"];
const OF_AVG = ["stride", "padding", "ceilMode", "countIncludePad"];

export interface ResolvedPool {
  kernelSize: number;
  stride: number;
  padding: number;
  dilation: number;
  ceilMode: boolean;
  countIncludePad: boolean;
}

/** @throws OptionError */
export function resolvePool(
  op: string,
  kernelSize: number,
  settings: MaxPool1dSettings & AvgPool1dSettings,
  kind: "max" | "avg",
): ResolvedPool {
  checkKnownOptions(op, settings, kind === "max" ? OF_MAX : OF_AVG);
  checkPositiveInteger(op, "kernelSize", kernelSize);
  const { stride = kernelSize, padding = 0, dilation = 1, ceilMode = false, countIncludePad = true } = settings;
  checkPositiveInteger(op, "stride", stride);
  checkPositiveInteger(op, "dilation", dilation);
  checkNonNegativeInteger(op, "padding", padding);
  if (2 * padding > kernelSize) throw refusal(op, "padding", `be at most half of kernelSize ${kernelSize}`, padding);
  checkBoolean(op, "ceilMode", ceilMode);
  checkBoolean(op, "countIncludePad", countIncludePad);
  return { kernelSize, stride, padding, dilation, ceilMode, countIncludePad };
}

/** Where windows lie in a sequence of this length. @throws ShapeError where there is no place for one */
function windowsOver(op: string, x: Tensor, length: number, pool: ResolvedPool): Windows {
  const { kernelSize, stride, padding, dilation, ceilMode } = pool;
  const reach = dilation * (kernelSize - 1);
  const room = length + 2 * padding - reach - 1;
  let count = (ceilMode ? Math.ceil(room / stride) : Math.floor(room / stride)) + 1;
  // A window that begins beyond the end would see padding alone.
  if (ceilMode && (count - 1) * stride >= length + padding) count--;
  if (room < 0 || count < 1) {
    throw misshapen(
      op,
      "input",
      `have at least ${reach + 1 - 2 * padding} steps, one window less its padding`,
      x.shape,
    );
  }
  const after = Math.max(padding, (count - 1) * stride + reach + 1 - length - padding);
  return { kernelSize, stride, dilation, padding: [padding, after], count };
}

/**
 * The largest of each window; the first of equals takes the gradient.
 *   y[n, c, l] = max_k x[n, c, stride·l + dilation·k - padding]
 * @param x           [N, C, L] or [C, L]
 * @param kernelSize  steps of a window
 * @returns           [N, C, L'] or [C, L'], L' = ⌊(L + 2·padding - dilation·(kernelSize-1) - 1) / stride⌋ + 1; ⌈ ⌉ with ceilMode
 * @throws ShapeError for sequences shorter than a window
 * Source: PyTorch nn.functional.max_pool1d.
 */
export function maxPool1d(x: Tensor, kernelSize: number, settings: MaxPool1dSettings = {}): Tensor {
  const op = "maxPool1d";
  const pool = resolvePool(op, kernelSize, settings, "max");
  const sequences = batched(op, x);
  const [n, c, length] = sequences.shape as [number, number, number];
  const windows = windowsOver(op, x, length, pool);
  const rows = unfold(sequences, windows, -Infinity);
  const shape = [n, windows.count, c];
  if (n * c === 0) return channelsFirst(reshape(sum(rows, 2), shape), x.rank);
  const places = argExtreme("argmax", rows.detach(), 2, { keepDim: true });
  return channelsFirst(reshape(gather(rows, 2, places), shape), x.rank);
}

/**
 * The mean of each window.
 *   y[n, c, l] = Σ_k x[n, c, stride·l + k - padding] / kernelSize
 * @param x           [N, C, L] or [C, L]
 * @param kernelSize  steps of a window
 * @returns           [N, C, L'] or [C, L'], L' = ⌊(L + 2·padding - kernelSize) / stride⌋ + 1; ⌈ ⌉ with ceilMode
 * @throws ShapeError for sequences shorter than a window
 * Source: PyTorch nn.functional.avg_pool1d.
 */
export function avgPool1d(x: Tensor, kernelSize: number, settings: AvgPool1dSettings = {}): Tensor {
  const op = "avgPool1d";
  const pool = resolvePool(op, kernelSize, settings, "avg");
  const sequences = batched(op, x);
  const length = sequences.shape[2];
  const windows = windowsOver(op, x, length, pool);
  const { padding, stride, countIncludePad } = pool;
  const counts = typedArray(x.dtype, windows.count);
  for (let l = 0; l < windows.count; l++) {
    const start = l * stride - padding;
    const end = Math.min(start + kernelSize, length + padding);
    counts[l] = countIncludePad ? end - start : Math.min(end, length) - Math.max(start, 0);
  }
  const even = counts.every((count) => count === kernelSize);
  const total = sum(unfold(sequences, windows), 2);
  return channelsFirst(div(total, even ? kernelSize : fromHost(counts, [windows.count, 1])), x.rank);
}
