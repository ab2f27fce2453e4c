import { checkArray, checkFunction, checkKnownOptions, checkNumber } from "../base/check.js";
import { DTypeError } from "../base/errors.js";
import { inScope, stepBoundary } from "../tensor/lifetime.js";
import { requireTensor } from "../tensor/ops/raw.js";
import type { Tensor } from "../tensor/tensor.js";
import { backward } from "./backward.js";
import { withRecording } from "./grad-mode.js";

export interface GradcheckOptions {
  /** Step of the central difference. Default 1e-6. */
  eps?: number | undefined;
  /** Default 1e-6. */
  rtol?: number | undefined;
  /** Default 1e-8. */
  atol?: number | undefined;
}

/** What `gradcheck` found. */
export interface GradcheckResult {
  ok: boolean;
  /** Where analytic and numeric gradients differ most, relative to the tolerance. */
  worst: { input: number; index: number; analytic: number; numeric: number } | null;
}

/**
 * Compares the gradients of `fn` with central differences, (f(x+ε) - f(x-ε)) / 2ε, for every element of every input that
 * requires a gradient. `fn` must be deterministic; its result is summed with fixed uneven weights, so that no error hides
 * in a symmetry. Leaves the inputs' `grad` null.
 * @param inputs  contiguous; those that require no gradient are left alone
 * @throws OptionError for an unknown option
 * @throws DTypeError when an input is not float64: float32 has too few digits for differences
 */
export function gradcheck(
  fn: () => Tensor,
  inputs: readonly Tensor[],
  options: GradcheckOptions = {},
): GradcheckResult {
  const op = "gradcheck";
  checkFunction(op, "fn", fn, "Write gradcheck(() => f(x, y), [x, y]).");
  checkArray(op, "inputs", inputs, "Write gradcheck(() => f(x, y), [x, y]).");
  checkKnownOptions(op, options, ["eps", "rtol", "atol"]);
  const { eps = 1e-6, rtol = 1e-6, atol = 1e-8 } = options;
  checkNumber(op, "eps", eps, { min: 0, openMin: true });
  for (const [argument, value] of Object.entries({ rtol, atol })) checkNumber(op, argument, value, { min: 0 });
  for (const [i, input] of inputs.entries()) requireTensor(op, `inputs[${i}]`, input);
  for (const [i, input] of inputs.entries()) {
    if (!input.requiresGrad || input.dtype === "float64") continue;
    throw new DTypeError({ op: "gradcheck", argument: `inputs[${i}]`, must: "be float64", value: input.dtype });
  }
  const analytic = analyticGradients(fn, inputs);
  const value = (): number =>
    withRecording(false, () =>
      inScope(
        "gradcheck",
        () => weighted(output(fn).data()),
        () => [],
      ),
    );
  let worst: GradcheckResult["worst"] = null;
  let worstExcess = -1;
  inputs.forEach((input, which) => {
    if (!input.requiresGrad) return;
    const data = input.data();
    for (let index = 0; index < data.length; index++) {
      const kept = data[index];
      const at = (x: number): number => {
        data[index] = x;
        input.set(data);
        return value();
      };
      const step = eps * Math.max(1, Math.abs(kept));
      const numeric = (at(kept + step) - at(kept - step)) / (2 * step);
      data[index] = kept;
      const found = analytic[which][index];
      const excess = Math.abs(found - numeric) / (atol + rtol * Math.abs(numeric));
      if (excess > worstExcess || Number.isNaN(excess)) {
        worstExcess = Number.isNaN(excess) ? Infinity : excess;
        worst = { input: which, index, analytic: found, numeric };
      }
    }
    input.set(data);
  });
  stepBoundary();
  return { ok: worstExcess <= 1, worst };
}

function output(fn: () => Tensor): Tensor {
  const out = fn();
  requireTensor("gradcheck", "fn's result", out);
  return out;
}

function analyticGradients(fn: () => Tensor, inputs: readonly Tensor[]): ArrayLike<number>[] {
  for (const input of inputs) input.grad = null;
  const out = output(fn);
  const seed = out.detach().clone();
  seed.set(Float64Array.from({ length: out.size }, (_, i) => weightOf(i)));
  backward(out, seed);
  seed.dispose();
  return inputs.map((input) => {
    const grad = input.grad?.data() ?? new Float64Array(input.size);
    input.grad?.dispose();
    input.grad = null;
    return grad;
  });
}

/** Uneven, of both signs, never zero. */
function weightOf(i: number): number {
  return Math.cos(1 + 1.7 * i) + (i % 2 === 0 ? 1.1 : -1.3);
}

function weighted(data: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i] * weightOf(i);
  return sum;
}
