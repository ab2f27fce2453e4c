import { checkKnownOptions, checkNumber, refusal } from "../../base/check.js";
import type { Tensor } from "../../tensor/index.js";
import type { Matrix } from "../matrix.js";
import { type Affine, columnsOf, Scaler, type ScalerOptions } from "./scaler.js";

export interface RobustScalerOptions extends ScalerOptions {
  /** Between which percentiles the scale is measured. Default [25, 75]. */
  quantileRange?: readonly [low: number, high: number] | undefined;
}

/**
 * (x - median) / (75th - 25th percentile), of each column: outliers have no say. Percentiles between two values are interpolated, as in
 * NumPy. A column whose percentiles are one value has scale 1, with a warning.
 * @example const x = new data.RobustScaler().fitTransform(train);
 */
export class RobustScaler extends Scaler {
  /** The medians, float64 [F]. */
  declare readonly center: Tensor;
  /** Between the two percentiles, float64 [F]; 0 where they are one value. */
  declare readonly spread: Tensor;
  readonly quantileRange: readonly [low: number, high: number];

  constructor(options: RobustScalerOptions = {}) {
    checkKnownOptions("RobustScaler", options, ["features", "quantileRange"]);
    super("RobustScaler", options);
    const range = options.quantileRange ?? [25, 75];
    if (!Array.isArray(range) || range.length !== 2 || !(range[0] < range[1])) {
      throw refusal(this.op, "quantileRange", "be [low, high] in per cent, low below high", range);
    }
    for (const end of range) checkNumber(this.op, "quantileRange", end, { min: 0, max: 100 });
    this.quantileRange = [range[0], range[1]];
  }

  override get constantColumns(): number[] {
    const [count, spread] = [this.read("count"), this.read("spread")];
    return [...spread.keys()].filter((c) => count[c] > 0 && spread[c] === 0);
  }

  protected override initial(features: number): Record<string, Float64Array> {
    const zeros = () => columnsOf(features);
    return { count: zeros(), center: zeros(), spread: zeros() };
  }

  protected override learn({ data, rows, features }: Matrix): Record<string, Float64Array> {
    const { count, center, spread } = this.initial(features);
    const [low, high] = this.quantileRange;
    for (let c = 0; c < features; c++) {
      const all = Float64Array.from({ length: rows }, (_, row) => data[row * features + c]);
      const sorted = all.filter((value) => !Number.isNaN(value)).sort();
      count[c] = sorted.length;
      center[c] = percentile(sorted, 50);
      spread[c] = percentile(sorted, high) - percentile(sorted, low);
    }
    return { count, center, spread };
  }

  protected override affine(): Affine {
    return { shift: this.read("center"), scale: this.read("spread").map((value) => value || 1) };
  }
}

function percentile(sorted: Float64Array, percent: number): number {
  const place = ((sorted.length - 1) * percent) / 100;
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (place - below);
}
