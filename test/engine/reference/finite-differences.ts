import { expectClose } from "../../support/close.js";

/** The bound on a gradient in float64 (AGENTS.md, Tests). */
const BOUND = { rtol: 1e-6, atol: 1e-8 };
const STEP = 1e-5;

/**
 * Each analytic gradient against central differences of `loss`, a function of the named arrays, within rtol 1e-6 and atol 1e-8.
 * `loss` must read the arrays anew each time.
 */
export function expectGradients(
  values: Record<string, number[]>,
  loss: () => number,
  analytic: Record<string, ArrayLike<number>>,
): void {
  for (const [name, gradient] of Object.entries(analytic)) {
    const value = values[name]!;
    const numeric = value.map((x, i) => {
      value[i] = x + STEP;
      const above = loss();
      value[i] = x - STEP;
      const below = loss();
      value[i] = x;
      return (above - below) / (2 * STEP);
    });
    expectClose(gradient, numeric, BOUND, `gradient of ${name}`);
  }
}
