import { checkKnownOptions, checkNumber } from "../base/check.js";
import { OptionError, show } from "../base/errors.js";
import { currentEngine } from "../engine/select.js";
import { contiguous } from "../tensor/ops/raw.js";
import { Tensor } from "../tensor/tensor.js";

export * as rnn from "./recurrent/rnn-utils.js";

export interface ClipGradNormOptions {
  /** p of the norm; Infinity for the largest absolute value. Default 2. */
  normType?: number;
}

/** Stands between the norm and a division by zero, as in PyTorch. */
const CLIP_EPS = 1e-6;

/**
 * Scales all gradients together so that their norm is at most `maxNorm`.
 * @returns the norm before clipping (NaN or infinite when a gradient is)
 * Source: Pascanu, Mikolov & Bengio 2013.
 */
export function clipGradNorm(parameters: Iterable<Tensor>, maxNorm: number, options: ClipGradNormOptions = {}): number {
  checkKnownOptions("clipGradNorm", options, ["normType"]);
  checkMaximum("clipGradNorm", "maxNorm", maxNorm);
  const grads = gradients(parameters);
  const norm = gradNorm(grads, options.normType ?? 2);
  const scale = maxNorm / (norm + CLIP_EPS);
  if (scale < 1) {
    const engine = currentEngine();
    for (const grad of grads) {
      grad.storage.beforeWrite("clipGradNorm()");
      engine.affine(grad, grad, scale, 0);
    }
  }
  return norm;
}

/** Limits every element of every gradient to [-maxValue, maxValue]. */
export function clipGradValue(parameters: Iterable<Tensor>, maxValue: number): void {
  checkMaximum("clipGradValue", "maxValue", maxValue);
  for (const grad of gradients(parameters)) {
    const data = grad.data();
    for (let i = 0; i < data.length; i++) data[i] = Math.min(Math.max(data[i], -maxValue), maxValue);
    grad.set(data);
  }
}

/** Infinity only measures. */
function checkMaximum(op: string, argument: string, value: number): void {
  if (value !== Infinity) checkNumber(op, argument, value, { min: 0 });
}

function gradients(parameters: Iterable<Tensor>): Tensor[] {
  const found: Tensor[] = [];
  for (const parameter of parameters) {
    const grad = parameter.grad;
    if (grad === null || grad.size === 0) continue;
    if (!grad.isContiguous) parameter.grad = contiguous(grad).retain();
    found.push(parameter.grad!);
  }
  return found;
}

function gradNorm(grads: readonly Tensor[], p: number): number {
  if (p === 2) {
    let sum = 0;
    for (const dtype of ["float32", "float64"] as const) {
      const same = grads.filter((grad) => grad.dtype === dtype);
      if (same.length > 0) sum += currentEngine().sumOfSquares(same);
    }
    return Math.sqrt(sum);
  }
  if (typeof p !== "number" || !(p > 0)) {
    throw new OptionError({ op: "clipGradNorm", argument: "normType", must: "be a number > 0", value: String(p) });
  }
  let total = 0;
  for (const grad of grads) {
    for (const value of grad.data()) {
      if (p === Infinity) total = Math.max(total, Math.abs(value));
      else total += Math.abs(value) ** p;
    }
  }
  return p === Infinity ? total : total ** (1 / p);
}

/**
 * A state to carry into the next sequence: the same values, without history, so that the gradient is cut.
 * @param state  whatever a recurrent module returned: a tensor, { h, c }, a list or an object of such
 * @throws OptionError for what is none of these
 */
export function detachState<S extends object>(state: S): S {
  if (state instanceof Tensor) return state.detach() as unknown as S;
  if (Array.isArray(state)) return state.map(detachState) as unknown as S;
  if (state === null || typeof state !== "object") {
    const must = "be a recurrent module's state";
    throw new OptionError({ op: "detachState", argument: "state", must, value: show(state) });
  }
  return Object.fromEntries(Object.entries(state).map(([name, part]) => [name, detachState(part)])) as S;
}
