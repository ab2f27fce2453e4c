import type { Given } from "../base/check.js";
import { currentEngine } from "../engine/select.js";
import type { Tensor } from "../tensor/tensor.js";
import { type BaseOptions, checkNonNegative, Optimizer, type Params, type Slot } from "./optimizer.js";

export interface RMSpropOptions extends BaseOptions {
  /** Default 1e-2. */
  lr: number;
  /** How much of the running average stays. Default 0.99. */
  alpha: number;
  /** Default 1e-8. */
  eps: number;
  /** Default 0. */
  weightDecay: number;
  /** Default 0. */
  momentum: number;
  /** Divide by the deviation from the running mean. Default false. */
  centered: boolean;
}

const DEFAULTS: RMSpropOptions = { lr: 1e-2, alpha: 0.99, eps: 1e-8, weightDecay: 0, momentum: 0, centered: false };

function check(options: RMSpropOptions): void {
  checkNonNegative("RMSprop", options, ["lr", "alpha", "eps", "weightDecay", "momentum"]);
}

/**
 * Gradients divided by a running root mean square.
 *   s = α·s + (1-α)·g²;  d = g/(√(s - ḡ²) + eps), ḡ the running mean when centered, else 0;  p -= lr·(momentum·buf + d)
 * Source: Hinton's lecture 6e, 2012; Graves 2013 for the centred form; PyTorch optim.RMSprop.
 */
export class RMSprop extends Optimizer<RMSpropOptions> {
  constructor(params: Params<RMSpropOptions>, options: Given<RMSpropOptions> = {}) {
    super("RMSprop", params, options, DEFAULTS, check);
  }

  protected override update(p: Tensor, grad: Tensor, slot: Slot, o: RMSpropOptions): void {
    const { lr, alpha, eps, weightDecay, momentum, centered } = o;
    const square = this.stateTensor(slot, "square_avg", p);
    const buffer = momentum > 0 ? this.stateTensor(slot, "momentum_buffer", p) : null;
    const mean = centered ? this.stateTensor(slot, "grad_avg", p) : null;
    currentEngine().rmspropStep(p, grad, square, buffer, mean, { lr, alpha, eps, weightDecay, momentum, centered });
  }

  protected override stateNames(): readonly string[] {
    return ["square_avg", "momentum_buffer", "grad_avg"];
  }
}
