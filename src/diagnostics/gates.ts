import { checkArray, checkObject } from "../base/check.js";
import type { GateActivation } from "../nn/observable.js";
import type { Tensor } from "../tensor/index.js";

/** What a gate does at each step of a run, over all its units and the whole batch. */
export interface GateTrace {
  activation: GateActivation;
  /** Mean value at each step. */
  mean: number[];
  /** Share of units at the lower end: below 0.1 (sigmoid, and a candidate that is positive), below -0.9 (tanh), at 0 (relu). */
  low: number[];
  /** Share at the upper end: above 0.9 (sigmoid and tanh); none for the others, which have no upper end. */
  high: number[];
}

/** Where a unit counts as saturated: its derivative there is at most 0.36 (sigmoid) or 0.19 (tanh) of what it is at 0. */
const ENDS: Readonly<Record<GateActivation, readonly [low: number, high: number]>> = {
  sigmoid: [0.1, 0.9],
  hardSigmoid: [0.1, 0.9],
  tanh: [-0.9, 0.9],
  // A relu at 0 passes no gradient at all.
  relu: [Number.MIN_VALUE, Number.POSITIVE_INFINITY],
  positive: [0.1, Number.POSITIVE_INFINITY],
};

interface Counts {
  units: number;
  sum: number;
  low: number;
  high: number;
}

/** Counts a gate's values, step by step. */
export class GateNotes {
  readonly #activation: GateActivation;
  readonly #steps: Counts[] = [];

  constructor(activation: GateActivation) {
    this.#activation = activation;
  }

  /** @param values  [n, H], row k at the index of time times[k] */
  note(times: readonly number[], values: Tensor): void {
    const [low, high] = ENDS[this.#activation];
    const data = values.data();
    const width = data.length / times.length;
    for (const [row, t] of times.entries()) {
      this.#steps[t] ??= { units: 0, sum: 0, low: 0, high: 0 };
      const counts = this.#steps[t];
      counts.units += width;
      for (let i = row * width; i < (row + 1) * width; i++) {
        const value = data[i];
        counts.sum += value;
        if (value < low) counts.low++;
        if (value > high) counts.high++;
      }
    }
  }

  trace(): GateTrace {
    const each = (of: "sum" | "low" | "high"): number[] => this.#steps.map((counts) => counts[of] / counts.units);
    return { activation: this.#activation, mean: each("sum"), low: each("low"), high: each("high") };
  }
}

/** Share of a gate's units at either end, at each step. */
export function saturation(gate: GateTrace): number[] {
  checkObject("saturation", "gate", gate, "a gate of trace() or watch()");
  checkArray("saturation", "gate.low", gate.low);
  checkArray("saturation", "gate.high", gate.high);
  return gate.low.map((low, t) => low + gate.high[t]);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
