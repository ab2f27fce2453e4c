import { normOf } from "../../diagnostics/norm.js";
import type { GradientRow } from "./score-data.js";

/** The horizon ends where less than this part of the largest is left. */
const LEFT = 0.01;

/** A row, with how far it reaches. @param from  the step of its first value */
export function gradientRow(step: number, values: Float32Array, from = 0): GradientRow {
  const horizon = Math.min(step, horizonOf(values, from));
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  const last = from + (most > 0 ? values.findLastIndex((value) => value >= LEFT * most) : -1);
  return { step, from, values, horizon, ...(last > step && { ahead: last }) };
}

/** Of a step at which nothing is predicted. */
export const noGradient = (step: number): GradientRow => ({
  step,
  from: step,
  values: new Float32Array(0),
  horizon: step,
});

/** The first step with at least 1 % of the largest. */
export function horizonOf(values: ArrayLike<number>, from = 0): number {
  const most = Array.from(values).reduce((a, b) => Math.max(a, b), 0);
  const first = most > 0 ? Array.from(values).findIndex((value) => value >= LEFT * most) : values.length - 1;
  return from + Math.max(0, first);
}

/** ‖·‖ of what each of the first `length` steps of [L, F] has. */
export function normsByStep(gradient: Float32Array | Float64Array, steps: number, length = steps): Float32Array {
  const size = gradient.length / steps;
  return Float32Array.from({ length }, (_, s) => normOf(gradient.subarray(s * size, (s + 1) * size)));
}
