import { functional } from "../../nn/index.js";
import { concat, cumsum, type Tensor } from "../../tensor/index.js";
import { logGamma as lnGamma, negativeBinomialQuantile, normalQuantile, studentTQuantile } from "./distributions.js";

export const OUTPUTS = ["gaussian", "student-t", "negative-binomial", "quantiles", "point"] as const;
export type OutputName = (typeof OUTPUTS)[number];

/** The quantiles that are told of a forecast: the ends of its interval of 80 % among them. */
export const LEVELS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] as const;

/** What a network says of a value: P numbers, as a distribution in the scale of its series. */
export interface Output {
  /** P. */
  size: number;
  /** What the loss counts. */
  unit: string;
  /** Whether values are counts: scaled, but not shifted. */
  counts: boolean;
  /**
   * The mean loss of values.
   * @param raw    [.., P]
   * @param value  [..], scaled
   * @param scale  [..] or broadcast to it: what values were divided by
   */
  loss(raw: Tensor, value: Tensor, scale: Tensor): Tensor;
  /** What a value lies about, scaled: the median but for counts, of which it is the mean. @param raw  [.., P] */
  centre(raw: Tensor): Tensor;
  /** The u-quantile, scaled. @param raw  P numbers from `at` on */
  quantile(raw: ArrayLike<number>, at: number, u: number, scale: number): number;
}

const LEAST = 1e-3;
const positive = (x: number): number => (x > 20 ? x : Math.log1p(Math.exp(x))) + LEAST;
const positives = (x: Tensor): Tensor => functional.softplus(x).add(LEAST);
const part = (raw: Tensor, i: number): Tensor => raw.select(-1, i);

const gaussian: Output = {
  size: 2,
  unit: "nats",
  counts: false,
  loss(raw, value) {
    return functional.gaussianNLLLoss(part(raw, 0), value, positives(part(raw, 1)).square(), { full: true });
  },
  centre: (raw) => part(raw, 0),
  quantile: (raw, at, u) => raw[at] + positive(raw[at + 1]) * normalQuantile(u),
};

/** Degrees of freedom begin at 2, from where on there is a variance. */
const FREEDOM = 2;
const studentT: Output = {
  size: 3,
  unit: "nats",
  counts: false,
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
  quantile: (raw, at, u) => raw[at] + positive(raw[at + 1]) * studentTQuantile(u, FREEDOM + positive(raw[at + 2])),
};

const negativeBinomial: Output = {
  size: 2,
  unit: "nats",
  counts: true,
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
  quantile(raw, at, u, scale) {
    return negativeBinomialQuantile(u, positive(raw[at]) * scale, positive(raw[at + 1])) / scale;
  },
};

const quantiles: Output = {
  size: LEVELS.length,
  unit: "",
  counts: false,
  // The lowest, and how much each is above the one below it: they cannot cross.
  loss(raw, value) {
    const steps = concat([raw.narrow(-1, 0, 1), positives(raw.narrow(-1, 1, LEVELS.length - 1))], -1);
    return functional.quantileLoss(cumsum(steps, -1), value, { quantiles: LEVELS });
  },
  centre: (raw) => part(raw, 0).add(positives(raw.narrow(-1, 1, LEVELS.indexOf(0.5))).sum(-1)),
  quantile(raw, at, u) {
    // Between two levels on the line through both; beyond the last one on that of the last two.
    const place = Math.min(Math.max(u * 10 - 1, -1), LEVELS.length);
    const below = Math.min(Math.max(Math.floor(place), 0), LEVELS.length - 2);
    let value = raw[at];
    for (let i = 1; i <= below; i++) value += positive(raw[at + i]);
    return value + (place - below) * positive(raw[at + below + 1]);
  },
};

const point: Output = {
  size: 1,
  unit: "",
  counts: false,
  loss: (raw, value) => functional.l1Loss(part(raw, 0), value),
  centre: (raw) => part(raw, 0),
  quantile: (raw, at) => raw[at],
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

/** How unlikely a value is, in nats. @param raw  P numbers of a Gaussian or Student's t, from `at` on */
export function surprise(name: "gaussian" | "student-t", raw: ArrayLike<number>, at: number, value: number): number {
  const scale = positive(raw[at + 1]);
  const square = ((value - raw[at]) / scale) ** 2;
  if (name === "gaussian") return square / 2 + Math.log(scale) + Math.log(2 * Math.PI) / 2;
  const freedom = FREEDOM + positive(raw[at + 2]);
  const half = (freedom + 1) / 2;
  const shape = lnGamma(freedom / 2) - lnGamma(half) + Math.log(freedom * Math.PI) / 2;
  return shape + Math.log(scale) + half * Math.log1p(square / freedom);
}
