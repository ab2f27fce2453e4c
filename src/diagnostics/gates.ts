import type { Tensor } from "../tensor/index.js";
import type { GateActivation } from "./recurrent-net.js";

/** What a gate does at each step of a run, over all its units and the whole batch. */
export interface GateTrace {
  activation: GateActivation;
  /** Mean value at each step. */
  mean: number[];
  /** Share of units at the lower end: below 0.1 (sigmoid), below -0.9 (tanh), at 0 (relu). */
  low: number[];
  /** Share at the upper end: above 0.9 (sigmoid and tanh); none for relu, which has no upper end. */
  high: number[];
}

/** Where a unit counts as saturated: its derivative there is at most 0.36 (sigmoid) or 0.19 (tanh) of what it is at 0. */
const ENDS: Readonly<Record<GateActivation, readonly [low: number, high: number]>> = {
  sigmoid: [0.1, 0.9],
  hardSigmoid: [0.1, 0.9],
  tanh: [-0.9, 0.9],
  // A relu at 0 passes no gradient at all.
  relu: [Number.MIN_VALUE, Number.POSITIVE_INFINITY],
};

export function emptyGateTrace(activation: GateActivation): GateTrace {
  return { activation, mean: [], low: [], high: [] };
}

/** Enters the values [n, H] of the step t. */
export function noteGate(trace: GateTrace, t: number, step: Tensor): void {
  const [low, high] = ENDS[trace.activation];
  const values = step.data();
  let [sum, below, above] = [0, 0, 0];
  for (const value of values) {
    sum += value;
    if (value < low) below++;
    if (value > high) above++;
  }
  trace.mean[t] = sum / values.length;
  trace.low[t] = below / values.length;
  trace.high[t] = above / values.length;
}

/** Share of a gate's units at either end, at each step. */
export function saturation(gate: GateTrace): number[] {
  return gate.low.map((low, t) => low + gate.high[t]!);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
