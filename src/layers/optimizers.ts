import { checkArray, checkKnownOptions, checkNumber, type Given, withDefaults } from "../base/check.js";
import { ShapeError } from "../base/errors.js";
import { sameShape } from "../base/shape.js";
import type { Engine, Operand } from "../engine/engine.js";
import { floatDType } from "./layer.js";
import { add } from "./math.js";
import { type NdArray, requireArray, zerosLike } from "./nd-array.js";
import { onEngine } from "./workspace.js";

/** Something that learns: `update` moves every param, in place, against its gradient. */
export interface Optimizer {
  lr: number;
  update(params: readonly NdArray[], grads: readonly NdArray[]): void;
}

/** Options by name; a number is the learning rate, as the textbook writes it: `new SGD(0.1)`. */
function optionsOf<O extends { lr: number }>(op: string, given: number | Given<O>, defaults: O): O {
  const options = (typeof given === "number" ? { lr: given } : given) as Given<O>;
  checkKnownOptions(op, options, Object.keys(defaults));
  return withDefaults(defaults, options);
}

type UpdateStep = (engine: Engine, p: Operand, grad: Operand, state: Operand[]) => void;

/**
 * The part that all optimisers share. Params that appear twice (tied weights) are updated once, with the sum of their
 * gradients. Each param has `stateSize` arrays of its own shape, which begin as zeros.
 */
abstract class StepOptimizer implements Optimizer {
  lr: number;
  /** Updates made so far. */
  steps = 0;
  readonly #op: string;
  readonly #stateSize: number;
  readonly #state = new Map<NdArray, NdArray[]>();

  constructor(op: string, lr: number, stateSize: number) {
    this.#op = op;
    this.lr = checkNumber(op, "lr", lr, { min: 0 });
    this.#stateSize = stateSize;
  }

  update(params: readonly NdArray[], grads: readonly NdArray[]): void {
    const merged = mergeShared(this.#op, params, grads);
    this.steps++;
    for (const [param, grad] of merged) {
      let state = this.#state.get(param);
      if (!state) {
        state = Array.from({ length: this.#stateSize }, () => zerosLike(param));
        this.#state.set(param, state);
      }
      this.#updateOne(param, grad, state);
    }
  }

  protected abstract step: UpdateStep;

  #updateOne(param: NdArray, grad: NdArray, state: NdArray[]): void {
    onEngine((w) => {
      const p = w.upload(param);
      const s = state.map((x) => w.upload(x));
      this.step(w.engine, p, w.upload(grad), s);
      param.assign(w.download(p));
      for (const [i, x] of state.entries()) x.assign(w.download(s[i]));
    });
  }
}

/** W ← W - η dW. */
export class SGD extends StepOptimizer {
  /** @param options  the learning rate, or { lr }; default 0.01 */
  constructor(options: number | Given<{ lr: number }> = {}) {
    super("SGD", optionsOf("SGD", options, { lr: 0.01 }).lr, 0);
  }

  protected override step: UpdateStep = (engine, p, grad) =>
    engine.sgdStep(p, grad, null, {
      lr: this.lr,
      ...{ momentum: 0, dampening: 0, nesterov: false, weightDecay: 0, first: true },
    });
}

/** v ← αv + dW;  W ← W - ηv. Source: Polyak 1964. */
export class Momentum extends StepOptimizer {
  readonly momentum: number;

  /** @param options  the learning rate, or { lr, momentum }; default 0.01 and 0.9 */
  constructor(options: number | Given<{ lr: number; momentum: number }> = {}) {
    const { lr, momentum } = optionsOf("Momentum", options, { lr: 0.01, momentum: 0.9 });
    super("Momentum", lr, 1);
    this.momentum = checkNumber("Momentum", "momentum", momentum, { min: 0, max: 1, openMax: true });
  }

  // The velocity begins as zeros, so the first step needs no case of its own.
  protected override step: UpdateStep = (engine, p, grad, [v]) =>
    engine.sgdStep(p, grad, v, {
      lr: this.lr,
      momentum: this.momentum,
      ...{ dampening: 0, nesterov: false, weightDecay: 0, first: false },
    });
}

/** s ← s + dW²;  W ← W - η dW / (√s + ε). Source: Duchi, Hazan & Singer 2011. */
export class AdaGrad extends StepOptimizer {
  readonly eps: number;

  /** @param options  the learning rate, or { lr, eps }; default 0.01 and 1e-7 */
  constructor(options: number | Given<{ lr: number; eps: number }> = {}) {
    const { lr, eps } = optionsOf("AdaGrad", options, { lr: 0.01, eps: 1e-7 });
    super("AdaGrad", lr, 1);
    this.eps = checkNumber("AdaGrad", "eps", eps, { min: 0 });
  }

  protected override step: UpdateStep = (engine, p, grad, [s]) =>
    engine.adagradStep(p, grad, s, { lr: this.lr, eps: this.eps, weightDecay: 0 });
}

/** s ← ρs + (1-ρ) dW²;  W ← W - η dW / (√s + ε). Source: Tieleman & Hinton 2012. */
export class RMSprop extends StepOptimizer {
  readonly decay: number;
  readonly eps: number;

  /** @param options  the learning rate, or { lr, decay, eps }; default 0.01, 0.99 and 1e-7 */
  constructor(options: number | Given<{ lr: number; decay: number; eps: number }> = {}) {
    const { lr, decay, eps } = optionsOf("RMSprop", options, { lr: 0.01, decay: 0.99, eps: 1e-7 });
    super("RMSprop", lr, 1);
    this.decay = checkNumber("RMSprop", "decay", decay, { min: 0, max: 1, openMax: true });
    this.eps = checkNumber("RMSprop", "eps", eps, { min: 0 });
  }

  protected override step: UpdateStep = (engine, p, grad, [s]) =>
    engine.rmspropStep(p, grad, s, null, null, {
      lr: this.lr,
      alpha: this.decay,
      eps: this.eps,
      ...{ weightDecay: 0, momentum: 0, centered: false },
    });
}

/**
 * m ← β₁m + (1-β₁) dW;  v ← β₂v + (1-β₂) dW²;  W ← W - η m̂ / (√v̂ + ε), m̂ = m/(1-β₁ᵗ), v̂ = v/(1-β₂ᵗ).
 * Source: Kingma & Ba 2015.
 */
export class Adam extends StepOptimizer {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;

  /** @param options  the learning rate, or { lr, beta1, beta2, eps }; default 0.001, 0.9, 0.999 and 1e-8 */
  constructor(options: number | Given<{ lr: number; beta1: number; beta2: number; eps: number }> = {}) {
    const defaults = { lr: 0.001, beta1: 0.9, beta2: 0.999, eps: 1e-8 };
    const { lr, beta1, beta2, eps } = optionsOf("Adam", options, defaults);
    super("Adam", lr, 2);
    this.beta1 = checkNumber("Adam", "beta1", beta1, { min: 0, max: 1, openMax: true });
    this.beta2 = checkNumber("Adam", "beta2", beta2, { min: 0, max: 1, openMax: true });
    this.eps = checkNumber("Adam", "eps", eps, { min: 0 });
  }

  protected override step: UpdateStep = (engine, p, grad, [m, v]) => {
    const { lr, beta1, beta2, eps, steps } = this;
    engine.adamStep(p, grad, m, v, null, { lr, beta1, beta2, eps, step: steps, weightDecay: 0, decoupled: false });
  };
}

/**
 * Scales all gradients together, in place, so that their common norm ‖g‖ = √ΣΣ g² is at most `maxNorm`.
 * @returns the norm before
 * Source: Pascanu, Mikolov & Bengio 2013.
 */
export function clipGrads(grads: readonly NdArray[], maxNorm: number): number {
  checkNumber("clipGrads", "maxNorm", maxNorm, { min: 0, openMin: true });
  checkArray("clipGrads", "grads", grads, "Pass model.grads.");
  const all = [...new Set(grads)];
  for (const grad of all) {
    requireArray("clipGrads", "each of grads", grad);
    floatDType("clipGrads", "each of grads", grad);
  }
  return onEngine((w) => {
    const operands = all.map((grad) => w.upload(grad));
    const norm = Math.sqrt(w.engine.sumOfSquares(operands));
    const rate = maxNorm / (norm + 1e-6);
    if (rate < 1) {
      for (const [i, g] of operands.entries()) {
        w.engine.affine(g, g, rate, 0);
        all[i].assign(w.download(g));
      }
    }
    return norm;
  });
}

/** Each param once, with the sum of the gradients of all its places. */
function mergeShared(op: string, params: readonly NdArray[], grads: readonly NdArray[]): Map<NdArray, NdArray> {
  checkArray(`${op}.update`, "params", params, "Pass model.params and model.grads.");
  checkArray(`${op}.update`, "grads", grads, "Pass model.params and model.grads.");
  if (params.length !== grads.length) {
    const value = `${params.length} params and ${grads.length} grads`;
    throw new ShapeError({ op: `${op}.update`, argument: "grads", must: "be one for each of params", value });
  }
  const merged = new Map<NdArray, NdArray>();
  for (const [i, param] of params.entries()) {
    const grad = grads[i];
    requireArray(`${op}.update`, `params[${i}]`, param);
    requireArray(`${op}.update`, `grads[${i}]`, grad);
    floatDType(`${op}.update`, `params[${i}]`, param);
    if (!sameShape(param.shape, grad.shape) || param.dtype !== grad.dtype) {
      const value = `${param} and ${grad}`;
      throw new ShapeError({
        op: `${op}.update`,
        argument: `grads[${i}]`,
        must: "have its param's shape and type",
        value,
      });
    }
    const sum = merged.get(param);
    merged.set(param, sum ? add(sum, grad) : grad);
  }
  return merged;
}
