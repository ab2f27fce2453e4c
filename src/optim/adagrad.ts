import type { Given } from "../base/check.js";
import { currentEngine } from "../engine/select.js";
import type { Tensor } from "../tensor/tensor.js";
import { type BaseOptions, checkNonNegative, Optimizer, type Params, type Slot } from "./optimizer.js";

export interface AdagradOptions extends BaseOptions {
  /** Default 1e-2. */
  lr: number;
  /** The rate is lr/(1 + (step - 1)·lrDecay). Default 0. */
  lrDecay: number;
  /** Default 0. */
  weightDecay: number;
  /** Default 0. */
  initialAccumulatorValue: number;
  /** Default 1e-10. */
  eps: number;
}

const DEFAULTS: AdagradOptions = { lr: 1e-2, lrDecay: 0, weightDecay: 0, initialAccumulatorValue: 0, eps: 1e-10 };

function check(options: AdagradOptions): void {
  checkNonNegative("Adagrad", options, ["lr", "lrDecay", "weightDecay", "initialAccumulatorValue", "eps"]);
}

/**
 * Gradients divided by the root of the sum of all their squares.
 *   s += g²;  p -= lr/(1 + (t-1)·lrDecay) · g/(√s + eps)
 * Source: Duchi, Hazan & Singer 2011; PyTorch optim.Adagrad.
 */
export class Adagrad extends Optimizer<AdagradOptions> {
  constructor(params: Params<AdagradOptions>, options: Given<AdagradOptions> = {}) {
    super("Adagrad", params, options, DEFAULTS, check);
  }

  protected override update(p: Tensor, grad: Tensor, slot: Slot, o: AdagradOptions): void {
    const { eps, weightDecay } = o;
    const sum = this.stateTensor(slot, "sum", p, o.initialAccumulatorValue);
    const lr = o.lr / (1 + (slot.step - 1) * o.lrDecay);
    currentEngine().adagradStep(p, grad, sum, { lr, eps, weightDecay });
  }

  protected override stateNames(): readonly string[] {
    return ["sum"];
  }
}
