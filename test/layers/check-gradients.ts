import { type NdArray, numericalGradient } from "../../src/layers/index.js";
import { expectClose } from "../support/close.js";

/** The bound for analytic against numeric gradients in float64 (AGENTS.md, Tests). */
const GRADCHECK = { rtol: 1e-6, atol: 1e-8 };

/** Σ x ⊙ w: a loss whose gradient with respect to x is w. */
export function weighted(x: NdArray, w: NdArray): number {
  let sum = 0;
  for (let i = 0; i < x.size; i++) sum += x.data[i]! * w.data[i]!;
  return sum;
}

/** Compares each gradient with central differences of `loss`, which must compute from the arrays' present content. */
export function checkGradients(loss: () => number, pairs: Record<string, [x: NdArray, dx: NdArray]>): void {
  const found = Object.entries(pairs).map(([name, [x, dx]]) => ({ name, x, dx: dx.clone() }));
  for (const { name, x, dx } of found) expectClose(dx.data, numericalGradient(loss, x).data, GRADCHECK, name);
}

/** The params of a layer as pairs for `checkGradients`. */
export function paramPairs(params: readonly NdArray[], grads: readonly NdArray[]): Record<string, [NdArray, NdArray]> {
  return Object.fromEntries(params.map((param, i) => [`params[${i}]`, [param, grads[i]!]]));
}
