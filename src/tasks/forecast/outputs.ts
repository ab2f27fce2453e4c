import { functional } from "../../nn/index.js";
import { concat, cumsum, type Tensor } from "../../tensor/index.js";
import { FREEDOM, LEAST, LEVELS, type OutputName, type Quantile, quantileNamed } from "./quantile-of.js";

/** What a network says of a value: P numbers, as a distribution in the scale of its series. */
export interface Output extends Quantile {
  /** What the loss counts. */
  unit: string;
  /**
   * The mean loss of values.
   * @param raw    [.., P]
   * @param value  [..], scaled
   * @param scale  [..] or broadcast to it: what values were divided by
   */
  loss(raw: Tensor, value: Tensor, scale: Tensor): Tensor;
  /** What a value lies about, scaled: the median but for counts, of which it is the mean. @param raw  [.., P] */
  centre(raw: Tensor): Tensor;
}

const positives = (x: Tensor): Tensor => functional.softplus(x).add(LEAST);
const part = (raw: Tensor, i: number): Tensor => raw.select(-1, i);

const gaussian: Output = {
  ...quantileNamed("gaussian"),
  unit: "nats",
  loss(raw, value) {
    return functional.gaussianNLLLoss(part(raw, 0), value, positives(part(raw, 1)).square(), { full: true });
  },
  centre: (raw) => part(raw, 0),
};

const studentT: Output = {
  ...quantileNamed("student-t"),
  unit: "nats",
  loss(raw, value) {
    const scale = positives(part(raw, 1));
    const freedom = positives(part(raw, 2)).add(FREEDOM);
    const error = value.sub(part(raw, 0)).div(scale);
    const half = freedom.add(1).mul(0.5);
    const shape = logGamma(freedom.mul(0.5)).sub(logGamma(half)).add(freedom.mul(Math.PI).log().mul(0.5));
    return shape
      .add(scale.log())
      .add(half.mul(error.square().div(freedom).add(1).log()))
      .mean();
  },
  centre: (raw) => part(raw, 0),
};

const negativeBinomial: Output = {
  ...quantileNamed("negative-binomial"),
  unit: "nats",
  loss(raw, value, scale) {
    const count = value.mul(scale);
    const mean = positives(part(raw, 0)).mul(scale);
    const alpha = positives(part(raw, 1));
    const r = alpha.pow(-1);
    const spread = alpha.mul(mean);
    const all = spread.add(1).log();
    const likelihood = logGamma(count.add(r))
      .sub(logGamma(r))
      .sub(logGamma(count.add(1)));
    return likelihood
      .sub(r.mul(all))
      .add(count.mul(spread.log().sub(all)))
      .mean()
      .neg();
  },
  centre: (raw) => positives(part(raw, 0)),
};

const quantiles: Output = {
  ...quantileNamed("quantiles"),
  unit: "",
  // The lowest, and how much each is above the one below it: they cannot cross.
  loss(raw, value) {
    const steps = concat([raw.narrow(-1, 0, 1), positives(raw.narrow(-1, 1, LEVELS.length - 1))], -1);
    return functional.quantileLoss(cumsum(steps, -1), value, { quantiles: LEVELS });
  },
  centre: (raw) => part(raw, 0).add(positives(raw.narrow(-1, 1, LEVELS.indexOf(0.5))).sum(-1)),
};

const point: Output = {
  ...quantileNamed("point"),
  unit: "",
  loss: (raw, value) => functional.l1Loss(part(raw, 0), value),
  centre: (raw) => part(raw, 0),
};

const ALL: Readonly<Record<OutputName, Output>> = {
  gaussian,
  "student-t": studentT,
  "negative-binomial": negativeBinomial,
  quantiles,
  point,
};

export function outputNamed(name: OutputName): Output {
  return ALL[name];
}

/** ln Γ(x) of each x > 0: Stirling's series at x + 6, which recurrence brings down. Its gradient comes with it. */
export function logGamma(x: Tensor): Tensor {
  const z = x.add(6);
  const inverse = z.pow(-1);
  const square = inverse.square();
  const series = inverse.mul(square.mul(square.mul(1 / 1260).sub(1 / 360)).add(1 / 12));
  const stirling = z
    .sub(0.5)
    .mul(z.log())
    .sub(z)
    .add(0.5 * Math.log(2 * Math.PI))
    .add(series);
  const steps = [0, 1, 2, 3, 4, 5].map((i) => x.add(i).log());
  return steps.reduce((sum, step) => sum.sub(step), stirling);
}
