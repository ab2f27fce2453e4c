import { checkBoolean, checkKnownOptions, checkNumber, isObject, refusal } from "../base/check.js";
import { UnrolledError } from "../base/errors.js";
import { currentEngine } from "../engine/select.js";
import { contiguous } from "../tensor/ops/raw.js";
import { type ParameterSource, parametersOf } from "../tensor/parameter-list.js";
import { Tensor } from "../tensor/tensor.js";

/** Padding and packing sequences of many lengths, as in PyTorch. */
export * as rnn from "./recurrent/rnn-utils.js";

export interface ClipGradNormOptions {
  /** p of the norm; Infinity for the largest absolute value. Default 2. */
  normType?: number | undefined;
  /** Throw, before anything is scaled, when the norm is NaN or infinite. Default false, as in PyTorch. */
  errorIfNonfinite?: boolean | undefined;
}

/** Stands between the norm and a division by zero, as in PyTorch. */
const CLIP_EPS = 1e-6;

/**
 * Scales all gradients together so that their norm is at most `maxNorm`.
 * @param parameters  a module, or `model.parameters()`, which a loop of many steps had better ask for once
 * @returns the norm before clipping (NaN or infinite when a gradient is: look at it, or ask for `errorIfNonfinite`)
 * @throws UnrolledError, code `not-finite`, with `errorIfNonfinite` when the norm is not finite
 * Source: Pascanu, Mikolov & Bengio 2013.
 */
export function clipGradNorm(parameters: ParameterSource, maxNorm: number, options: ClipGradNormOptions = {}): number {
  const op = "clipGradNorm";
  checkKnownOptions(op, options, ["normType", "errorIfNonfinite"]);
  checkMaximum(op, "maxNorm", maxNorm);
  const strict = checkBoolean(op, "errorIfNonfinite", options.errorIfNonfinite ?? false);
  const grads = gradients(op, parameters);
  const norm = gradNorm(grads, options.normType ?? 2);
  if (strict && !Number.isFinite(norm)) {
    const fix = "Nothing was scaled: skip this step.";
    const [argument, must] = ["the norm of the gradients", "be finite"];
    throw new UnrolledError({ code: "not-finite", op, argument, must, value: String(norm), fix });
  }
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
export function clipGradValue(parameters: ParameterSource, maxValue: number): void {
  checkMaximum("clipGradValue", "maxValue", maxValue);
  for (const grad of gradients("clipGradValue", parameters)) {
    const data = grad.data();
    for (let i = 0; i < data.length; i++) data[i] = Math.min(Math.max(data[i], -maxValue), maxValue);
    grad.set(data);
  }
}

/** Infinity only measures. */
function checkMaximum(op: string, argument: string, value: number): void {
  if (value !== Infinity) checkNumber(op, argument, value, { min: 0 });
}

function gradients(op: string, parameters: ParameterSource): Tensor[] {
  const found: Tensor[] = [];
  for (const parameter of parametersOf(op, "parameters", parameters)) {
    if (!(parameter instanceof Tensor)) throw refusal(op, "each of parameters", "be a tensor", parameter);
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
    return sum < Infinity ? Math.sqrt(sum) : overflowingNorm(grads);
  }
  if (typeof p !== "number" || !(p > 0)) throw refusal("clipGradNorm", "normType", "be a number > 0", p);
  let total = 0;
  for (const grad of grads) {
    for (const value of grad.data()) {
      if (p === Infinity) total = Math.max(total, Math.abs(value));
      else total += Math.abs(value) ** p;
    }
  }
  return p === Infinity ? total : total ** (1 / p);
}

/** Where squares overflow though the norm itself may not: by the largest element. */
function overflowingNorm(grads: readonly Tensor[]): number {
  const largest = gradNorm(grads, Infinity);
  if (!Number.isFinite(largest)) return largest;
  let sum = 0;
  for (const grad of grads) for (const value of grad.data()) sum += (value / largest) ** 2;
  return largest * Math.sqrt(sum);
}

/**
 * A state to carry into the next sequence: the same values, without history, so that the gradient is cut.
 * @param state  whatever a recurrent module returned: a tensor, { h, c }, a list or an object of such
 * @throws OptionError for what is none of these
 */
export function detachState<S extends object>(state: S): S {
  return detached(state, 0);
}

/** Deeper states are a mistake, such as one that holds itself. */
const DEEPEST = 64;

function detached<S extends object>(state: S, depth: number): S {
  if (state instanceof Tensor) return state.detach() as unknown as S;
  if (!isObject(state) || depth > DEEPEST) {
    throw refusal("detachState", "state", "be a recurrent module's state", state);
  }
  if (Array.isArray(state)) return state.map((part) => detached(part, depth + 1)) as unknown as S;
  return Object.fromEntries(Object.entries(state).map(([name, part]) => [name, detached(part, depth + 1)])) as S;
}
