import { checkKnownOptions, checkNumber, refusal } from "../../base/check.js";
import type { Tensor } from "../../tensor/index.js";
import { type Matrix, matrixOf, type Numbers } from "../matrix.js";
import { type Affine, checkValues, columnsOf, Scaler, type ScalerOptions } from "./scaler.js";

export interface MinMaxScalerOptions extends ScalerOptions {
  /** What the least and the greatest value become. Default [0, 1]. */
  featureRange?: readonly [low: number, high: number] | undefined;
}

/**
 * Each column into a range: (x - least) / (greatest - least) · (high - low) + low. What lies outside of what it was fitted to lies outside
 * of the range. A column that never changes becomes `low`, with a warning.
 * @example const x = new data.MinMaxScaler({ featureRange: [-1, 1] }).fitTransform(train);
 */
export class MinMaxScaler extends Scaler {
  /** float64 [F]. */
  declare readonly dataMin: Tensor;
  /** float64 [F]. */
  declare readonly dataMax: Tensor;
  readonly featureRange: readonly [low: number, high: number];

  constructor(options: MinMaxScalerOptions = {}) {
    checkKnownOptions("MinMaxScaler", options, ["features", "featureRange"]);
    super("MinMaxScaler", options);
    const range = options.featureRange ?? [0, 1];
    if (!Array.isArray(range) || range.length !== 2 || !(range[0] < range[1])) {
      throw refusal(this.op, "featureRange", "be [low, high], low below high", range);
    }
    for (const end of range) checkNumber(this.op, "featureRange", end);
    this.featureRange = [range[0], range[1]];
  }

  /**
   * Goes on learning: after all parts of a stream it is fitted as to the whole.
   * @param x  a part of the rows, as for `fit`
   */
  partialFit(x: Numbers): this {
    const op = `${this.op}.partialFit`;
    const matrix = matrixOf(op, "x", x);
    checkValues(op, matrix);
    const before = this.seenBefore(op, matrix);
    const part = this.learn(matrix);
    if (before) {
      const [count, low, high] = [this.read("count"), this.read("dataMin"), this.read("dataMax")];
      for (let c = 0; c < matrix.features; c++) {
        part["count"][c] += count[c];
        part["dataMin"][c] = Math.min(part["dataMin"][c], low[c]);
        part["dataMax"][c] = Math.max(part["dataMax"][c], high[c]);
      }
    }
    this.keep(part);
    return this;
  }

  override get constantColumns(): number[] {
    const [count, low, high] = [this.read("count"), this.read("dataMin"), this.read("dataMax")];
    return [...low.keys()].filter((c) => count[c] > 0 && low[c] === high[c]);
  }

  protected override initial(features: number): Record<string, Float64Array> {
    const zeros = () => columnsOf(features);
    return { count: zeros(), dataMin: zeros(), dataMax: zeros() };
  }

  protected override learn({ data, rows, features }: Matrix): Record<string, Float64Array> {
    const { count, dataMin, dataMax } = this.initial(features);
    for (let i = 0; i < rows * features; i++) {
      if (Number.isNaN(data[i])) continue;
      const c = i % features;
      dataMin[c] = count[c] === 0 ? data[i] : Math.min(dataMin[c], data[i]);
      dataMax[c] = count[c] === 0 ? data[i] : Math.max(dataMax[c], data[i]);
      count[c]++;
    }
    return { count, dataMin, dataMax };
  }

  protected override affine(): Affine {
    const [low, high] = [this.read("dataMin"), this.read("dataMax")];
    const [from, to] = this.featureRange;
    // x = low becomes `from`: shift = low - from · scale.
    const scale = low.map((value, c) => (high[c] === value ? 1 : (high[c] - value) / (to - from)));
    return { shift: low.map((value, c) => value - from * scale[c]), scale };
  }
}
