import { checkBoolean, checkKnownOptions } from "../../base/check.js";
import type { Tensor } from "../../tensor/index.js";
import { type Matrix, matrixOf, type Numbers } from "../matrix.js";
import { type Affine, checkValues, columnsOf, Scaler, type ScalerOptions } from "./scaler.js";

export interface StandardScalerOptions extends ScalerOptions {
  /** Whether the mean is taken off. Default true. */
  withMean?: boolean | undefined;
  /** Whether it is divided by the standard deviation. Default true. */
  withStd?: boolean | undefined;
}

/**
 * (x - mean) / standard deviation, of each column; the deviation is that of the values themselves (divided by n), as scikit-learn has it.
 * A column that never changes has scale 1, with a warning.
 * @example
 * const scaler = new data.StandardScaler().fit(train); // a tensor [rows, F], or columns by name
 * const x = scaler.transform(train);
 * const celsius = scaler.inverseTransform(model.forward(x), { columns: [0] });
 * Source: Chan, Golub & LeVeque 1983, for parts that come one after another.
 */
export class StandardScaler extends Scaler {
  /** float64 [F]. */
  declare readonly mean: Tensor;
  /** float64 [F]. */
  declare readonly variance: Tensor;
  readonly withMean: boolean;
  readonly withStd: boolean;

  constructor(options: StandardScalerOptions = {}) {
    checkKnownOptions("StandardScaler", options, ["features", "withMean", "withStd"]);
    super("StandardScaler", options);
    this.withMean = checkBoolean(this.op, "withMean", options.withMean ?? true);
    this.withStd = checkBoolean(this.op, "withStd", options.withStd ?? true);
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
    const seen = before
      ? { count: this.read("count"), mean: this.read("mean"), variance: this.read("variance") }
      : null;
    if (seen !== null) for (let c = 0; c < matrix.features; c++) merge(part, seen, c);
    this.keep(part);
    return this;
  }

  override get constantColumns(): number[] {
    const [count, mean, variance] = [this.read("count"), this.read("mean"), this.read("variance")];
    // What rounding leaves of a variance of 0, as scikit-learn bounds it.
    const bound = (c: number) => count[c] * 2 ** -52 * variance[c] + (count[c] * mean[c] * 2 ** -52) ** 2;
    return [...variance.keys()].filter((c) => count[c] > 0 && variance[c] <= bound(c));
  }

  protected override initial(features: number): Record<string, Float64Array> {
    const zeros = () => columnsOf(features);
    return { count: zeros(), mean: zeros(), variance: zeros() };
  }

  protected override learn({ data, rows, features }: Matrix): Record<string, Float64Array> {
    const { count, mean, variance } = this.initial(features);
    const each = (use: (c: number, value: number) => void) => {
      for (let i = 0; i < rows * features; i++) if (!Number.isNaN(data[i])) use(i % features, data[i]);
    };
    each((c, value) => {
      count[c]++;
      mean[c] += (value - mean[c]) / count[c];
    });
    each((c, value) => {
      variance[c] += (value - mean[c]) ** 2 / count[c];
    });
    return { count, mean, variance };
  }

  protected override affine(): Affine {
    const [mean, variance] = [this.read("mean"), this.read("variance")];
    const constant = new Set(this.constantColumns);
    return {
      shift: this.withMean ? mean : mean.fill(0),
      scale: variance.map((value, c) => (this.withStd && !constant.has(c) ? Math.sqrt(value) : 1)),
    };
  }
}

/** Writes into column c of `part` what it and what was seen before are together. */
function merge(part: Record<string, Float64Array>, seen: Record<string, Float64Array>, c: number): void {
  const [count, mean, variance] = [seen["count"][c], seen["mean"][c], seen["variance"][c]];
  const all = count + part["count"][c];
  const share = part["count"][c] / all;
  const apart = part["mean"][c] - mean;
  part["variance"][c] = variance * (1 - share) + part["variance"][c] * share + apart ** 2 * share * (1 - share);
  part["mean"][c] = mean + apart * share;
  part["count"][c] = all;
}
