import { checkNumber, type Given, refusal } from "../base/check.js";
import { currentEngine } from "../engine/select.js";
import type { Tensor } from "../tensor/tensor.js";
import { type BaseOptions, checkNonNegative, Optimizer, type Params, type Slot } from "./optimizer.js";

export interface AdamOptions extends BaseOptions {
  /** Default 1e-3. */
  lr: number;
  /** Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Default 1e-8. */
  eps: number;
  /** Default 0; 0.01 for AdamW. */
  weightDecay: number;
  /** Default false. */
  amsgrad: boolean;
}

const DEFAULTS: AdamOptions = { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, amsgrad: false };

function checker(op: string): (options: AdamOptions) => void {
  return (options) => {
    checkNonNegative(op, options, ["lr", "eps", "weightDecay"]);
    const { betas } = options;
    if (!Array.isArray(betas) || betas.length !== 2) {
      throw refusal(op, "betas", "be a pair of numbers", betas);
    }
    for (const i of [0, 1]) checkNumber(op, `betas[${i}]`, betas[i], { min: 0, max: 1, openMax: true });
  };
}

/** Adam and AdamW differ in where the decay acts. */
abstract class AdamBase extends Optimizer<AdamOptions> {
  protected abstract readonly decoupled: boolean;

  protected override update(p: Tensor, grad: Tensor, slot: Slot, o: AdamOptions): void {
    const { lr, betas, eps, weightDecay } = o;
    const m = this.stateTensor(slot, "exp_avg", p);
    const v = this.stateTensor(slot, "exp_avg_sq", p);
    const vMax = o.amsgrad ? this.stateTensor(slot, "max_exp_avg_sq", p) : null;
    const { step } = slot;
    const { decoupled } = this;
    const options = { lr, beta1: betas[0], beta2: betas[1], eps, weightDecay, decoupled, step };
    currentEngine().adamStep(p, grad, m, v, vMax, options);
  }

  protected override stateNames(groups: readonly AdamOptions[]): readonly string[] {
    return ["exp_avg", "exp_avg_sq", ...(groups.some((group) => group.amsgrad) ? ["max_exp_avg_sq"] : [])];
  }
}

/**
 * Adam, with the weight decay added to the gradient.
 *   m = β1·m + (1-β1)·g;  v = β2·v + (1-β2)·g²;  p -= lr/(1-β1ᵗ) · m / (√v/√(1-β2ᵗ) + eps)
 * Source: Kingma & Ba 2015; AMSGrad of Reddi et al. 2018; PyTorch optim.Adam.
 * @example const optimizer = new optim.Adam(model.parameters(), { lr: 0.002 });
 */
export class Adam extends AdamBase {
  protected readonly decoupled = false;

  constructor(params: Params<AdamOptions>, options: Given<AdamOptions> = {}) {
    super("Adam", params, options, DEFAULTS, checker("Adam"));
  }
}

/**
 * Adam whose weight decay acts on the parameter, p *= 1 - lr·wd, instead of the gradient.
 * Source: Loshchilov & Hutter 2019; PyTorch optim.AdamW.
 * @example const optimizer = new optim.AdamW(model.parameters(), { lr: 0.002, weightDecay: 0.1 });
 */
export class AdamW extends AdamBase {
  protected readonly decoupled = true;

  constructor(params: Params<AdamOptions>, options: Given<AdamOptions> = {}) {
    super("AdamW", params, options, { ...DEFAULTS, weightDecay: 0.01 }, checker("AdamW"));
  }
}
