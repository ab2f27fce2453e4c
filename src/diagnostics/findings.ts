import { type GateTrace, mean, saturation } from "./gates.js";
import { type LayerPlace, layerName } from "./recurrent-net.js";

/** From which sizes on something is named. */
export interface Thresholds {
  /** A gradient that keeps less than this part of its size on the way back vanishes. Default 1e-3. */
  vanishing: number;
  /** One that grows by more than this factor explodes. Default 100. */
  exploding: number;
  /** The memory horizon ends where less than this part of the gradient is left. Default 0.01. */
  horizon: number;
  /** Share of units, on average over the steps, from which a tanh or relu counts as saturated. Default 0.75. */
  saturated: number;
}

export const THRESHOLDS: Readonly<Thresholds> = { vanishing: 1e-3, exploding: 100, horizon: 0.01, saturated: 0.75 };

/** Something in a run that a person should know. */
export interface Finding extends LayerPlace {
  kind: "vanishing" | "exploding" | "not-finite" | "saturated";
  /** Where it begins, an index of time from 0: for gradients the first step, on the way back, at which it holds. */
  step: number;
  /** One sentence. */
  message: string;
}

/** The gradient that one layer's state has at each step. */
export interface Curve extends LayerPlace {
  /** By time, from 0. */
  norms: readonly number[];
}

/** The indices of time on the way back, from `from`: down to 0, or up to the end in the reverse direction. */
function wayBack({ norms, direction }: Curve, from: number): number[] {
  return direction === "forward"
    ? Array.from({ length: from + 1 }, (_, s) => from - s)
    : Array.from({ length: norms.length - from }, (_, s) => from + s);
}

/**
 * How many steps back from `from` the gradient keeps at least `fraction` of its size there: L - 1 when it reaches the first
 * step of a sequence of L, 0 when the step before has already lost it.
 */
export function memoryHorizon(curve: Curve, from: number, fraction: number): number {
  const first = curve.norms[from]!;
  const lost = wayBack(curve, from).findIndex((t) => !(curve.norms[t]! >= fraction * first));
  if (first === 0 || lost === 0) return 0;
  return (lost < 0 ? wayBack(curve, from).length : lost) - 1;
}

/** What there is to say of a gradient on its way back from the step `from`. */
export function gradientFindings(curve: Curve, from: number, thresholds: Thresholds): Finding[] {
  const { norms, layer, direction } = curve;
  const first = norms[from]!;
  const way = wayBack(curve, from);
  const found: Finding[] = [];
  const name = (kind: Finding["kind"], holds: (norm: number) => boolean, say: (norm: number) => string): boolean => {
    const s = way.findIndex((t) => holds(norms[t]!));
    if (s < 0) return false;
    const step = way[s]!;
    const place = `at step ${step}, ${s === 1 ? "1 step" : `${s} steps`} back from step ${from}`;
    found.push({ kind, layer, direction, step, message: `${layerName(curve)}: ${say(norms[step]!)} ${place}` });
    return true;
  };
  const broken = name(
    "not-finite",
    (norm) => !Number.isFinite(norm),
    (norm) => `the gradient is ${norm}`,
  );
  if (broken || first === 0) return found;
  name(
    "exploding",
    (norm) => norm > thresholds.exploding * first,
    (norm) => `the gradient explodes: it is ${(norm / first).toPrecision(2)} times what it was`,
  );
  name(
    "vanishing",
    (norm) => norm < thresholds.vanishing * first,
    (norm) => `the gradient vanishes: it is ${(norm / first).toExponential(1)} of what it was`,
  );
  return found;
}

/** Tanh and relu units that have left the range in which they pass a gradient. Gates may well be open or shut. */
export function gateFindings(
  { layer, direction }: LayerPlace,
  gates: Readonly<Record<string, GateTrace>>,
  thresholds: Thresholds,
): Finding[] {
  const found: Finding[] = [];
  for (const [name, gate] of Object.entries(gates)) {
    const shares = saturation(gate);
    if (/sigmoid/i.test(gate.activation) || mean(shares) < thresholds.saturated) continue;
    const step = shares.findIndex((share) => share >= thresholds.saturated);
    const how = gate.activation === "relu" ? "0, where a relu passes no gradient" : "beyond ±0.9, where tanh is flat";
    const message = `${layerName({ layer, direction })}: ${Math.round(100 * mean(shares))} % of the ${name} is ${how}, from step ${step} on`;
    found.push({ kind: "saturated", layer, direction, step, message });
  }
  return found;
}
