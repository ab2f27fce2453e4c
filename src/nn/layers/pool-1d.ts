import type { Tensor } from "../../tensor/tensor.js";
import {
  type AvgPool1dSettings,
  avgPool1d,
  type MaxPool1dSettings,
  maxPool1d,
  resolvePool,
} from "../functional/pool-1d.js";
import { Module } from "../module.js";

/**
 * The largest of each window of a sequence.
 *   y[n, c, l] = max_k x[n, c, stride·l + dilation·k - padding]
 * x [N, C, L] or [C, L] gives [N, C, L'] or [C, L'], L' = ⌊(L + 2·padding - dilation·(kernelSize-1) - 1) / stride⌋ + 1; ⌈ ⌉ with ceilMode.
 * Source: PyTorch nn.MaxPool1d.
 * @example
 * new nn.MaxPool1d(2).forward(x); // [N, 32, 100] gives [N, 32, 50]
 */
export class MaxPool1d extends Module {
  readonly kernelSize: number;
  readonly options: MaxPool1dSettings;

  constructor(kernelSize: number, options: MaxPool1dSettings = {}) {
    super();
    this.kernelSize = resolvePool("MaxPool1d", kernelSize, options, "max").kernelSize;
    this.options = { ...options };
  }

  /** @throws ShapeError for sequences shorter than a window */
  forward(x: Tensor): Tensor {
    return maxPool1d(x, this.kernelSize, this.options);
  }
}

/**
 * The mean of each window of a sequence.
 *   y[n, c, l] = Σ_k x[n, c, stride·l + k - padding] / kernelSize
 * x [N, C, L] or [C, L] gives [N, C, L'] or [C, L'], L' = ⌊(L + 2·padding - kernelSize) / stride⌋ + 1; ⌈ ⌉ with ceilMode.
 * Source: PyTorch nn.AvgPool1d.
 * @example
 * new nn.AvgPool1d(2).forward(x); // [N, 32, 100] gives [N, 32, 50]
 */
export class AvgPool1d extends Module {
  readonly kernelSize: number;
  readonly options: AvgPool1dSettings;

  constructor(kernelSize: number, options: AvgPool1dSettings = {}) {
    super();
    this.kernelSize = resolvePool("AvgPool1d", kernelSize, options, "avg").kernelSize;
    this.options = { ...options };
  }

  /** @throws ShapeError for sequences shorter than a window */
  forward(x: Tensor): Tensor {
    return avgPool1d(x, this.kernelSize, this.options);
  }
}
