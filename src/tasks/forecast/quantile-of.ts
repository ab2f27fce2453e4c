import { logGamma as lnGamma, negativeBinomialQuantile, normalQuantile, studentTQuantile } from "./distributions.js";

export const OUTPUTS = ["gaussian", "student-t", "negative-binomial", "quantiles", "point"] as const;
export type OutputName = (typeof OUTPUTS)[number];

/** The quantiles that are told of a forecast: the ends of its interval of 80 % among them. */
export const LEVELS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] as const;

/** How the numbers that a network says of a value are read. */
export interface Quantile {
  /** P: how many numbers. */
  readonly size: number;
  /** Whether values are counts: scaled, but not shifted. */
  readonly counts: boolean;
  /** The u-quantile, scaled. @param raw  P numbers from `at` on */
  quantile(raw: ArrayLike<number>, at: number, u: number, scale: number): number;
}

/** What scales are at least. */
export const LEAST = 1e-3;
/** Degrees of freedom begin at 2, from where on there is a variance. */
export const FREEDOM = 2;

const positive = (x: number): number => (x > 20 ? x : Math.log1p(Math.exp(x))) + LEAST;

const ALL: Readonly<Record<OutputName, Quantile>> = {
  gaussian: {
    size: 2,
    counts: false,
    quantile: (raw, at, u) => raw[at] + positive(raw[at + 1]) * normalQuantile(u),
  },
  "student-t": {
    size: 3,
    counts: false,
    quantile: (raw, at, u) => raw[at] + positive(raw[at + 1]) * studentTQuantile(u, FREEDOM + positive(raw[at + 2])),
  },
  "negative-binomial": {
    size: 2,
    counts: true,
    quantile(raw, at, u, scale) {
      return negativeBinomialQuantile(u, positive(raw[at]) * scale, positive(raw[at + 1])) / scale;
    },
  },
  quantiles: {
    size: LEVELS.length,
    counts: false,
    quantile(raw, at, u) {
      // Between two levels on the line through both; beyond the last one on that of the last two.
      const place = Math.min(Math.max(u * 10 - 1, -1), LEVELS.length);
      const below = Math.min(Math.max(Math.floor(place), 0), LEVELS.length - 2);
      let value = raw[at];
      for (let i = 1; i <= below; i++) value += positive(raw[at + i]);
      return value + (place - below) * positive(raw[at + below + 1]);
    },
  },
  point: { size: 1, counts: false, quantile: (raw, at) => raw[at] },
};

export function quantileNamed(name: OutputName): Quantile {
  return ALL[name];
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
