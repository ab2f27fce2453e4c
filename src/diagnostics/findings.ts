import { type GateTrace, mean, saturation } from "./gates.js";
import { type GateActivation, type LayerPlace, layerName } from "./recurrent-net.js";

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
  /**
   * Where it begins, an index of time from 0: for gradients the first step, on the way back, at which it holds; of sequences of many
   * lengths, in the one that ends last.
   */
  step: number;
  /** One sentence. */
  message: string;
}

/** The gradient that one layer's state has on its way back, each sequence's counted from where its loss begins. */
export interface Curve extends LayerPlace {
  /** Norms by the number of steps back: 0 where the way begins. */
  norms: readonly number[];
  /** What the sequences that are still there, k steps back, had at the beginning: one number when all are of one length. */
  begins: readonly number[];
  /** Where the way begins, an index of time: in the sequence that has it last (in reverse, first). */
  from: number;
  /** Whether all sequences begin there. */
  together: boolean;
}

/** The index of time k steps back, in the sequence that begins last. */
export function stepBack({ from, direction }: Curve, k: number): number {
  return direction === "forward" ? from - k : from + k;
}

/**
 * How many steps back the gradient keeps at least `fraction` of its size at the beginning: L - 1 when it reaches the first
 * step of a sequence of L, 0 when the step before has already lost it.
 */
export function memoryHorizon({ norms, begins }: Curve, fraction: number): number {
  const lost = norms.findIndex((norm, k) => begins[k] === 0 || !(norm >= fraction * begins[k]));
  return Math.max(0, (lost < 0 ? norms.length : lost) - 1);
}

/** What there is to say of a gradient on its way back. */
export function gradientFindings(curve: Curve, thresholds: Thresholds): Finding[] {
  const { norms, begins, layer, direction, from, together } = curve;
  const found: Finding[] = [];
  const name = (
    kind: Finding["kind"],
    holds: (norm: number, begin: number) => boolean,
    say: (norm: number, begin: number) => string,
  ): boolean => {
    const k = norms.findIndex((norm, k) => holds(norm, begins[k]));
    if (k < 0) return false;
    const step = stepBack(curve, k);
    const back = `${k === 1 ? "1 step" : `${k} steps`} back from`;
    const end = direction === "forward" ? "end" : "start";
    const place = together ? `at step ${step}, ${back} step ${from}` : `${back} each sequence's ${end}`;
    found.push({
      kind,
      layer,
      direction,
      step,
      message: `${layerName(curve)}: ${say(norms[k], begins[k])} ${place}`,
    });
    return true;
  };
  const broken = name(
    "not-finite",
    (norm) => !Number.isFinite(norm),
    (norm) => `the gradient is ${norm}`,
  );
  if (broken || begins[0] === 0) return found;
  name(
    "exploding",
    (norm, begin) => norm > thresholds.exploding * begin,
    (norm, begin) => `the gradient explodes: it is ${(norm / begin).toPrecision(2)} times what it was`,
  );
  name(
    "vanishing",
    (norm, begin) => norm < thresholds.vanishing * begin,
    (norm, begin) => `the gradient vanishes: it is ${(norm / begin).toExponential(1)} of what it was`,
  );
  return found;
}

const FLAT: Partial<Record<GateActivation, string>> = {
  relu: "0, where a relu passes no gradient",
  positive: "below 0.1, where its curve is flat",
};

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
    const how = FLAT[gate.activation] ?? "beyond ±0.9, where tanh is flat";
    const message = `${layerName({ layer, direction })}: ${Math.round(100 * mean(shares))} % of the ${name} is ${how}, from step ${step} on`;
    found.push({ kind: "saturated", layer, direction, step, message });
  }
  return found;
}
