import type { Given } from "../base/check.js";
import type { Tensor } from "../tensor/tensor.js";
import { AveragingOptimizer, descend } from "./averaging.js";
import { type BaseOptions, checkNonNegative, type Params, type Slot } from "./optimizer.js";

export interface ASGDOptions extends BaseOptions {
  /** Default 1e-2. */
  lr: number;
  /** Decay of the parameters, and of the rate. Default 1e-4. */
  lambd: number;
  /** Power of the rate's decay. Default 0.75. */
  alpha: number;
  /** The step at which averaging starts. Default 1e6. */
  t0: number;
  /** Default 0. */
  weightDecay: number;
}

const DEFAULTS: ASGDOptions = { lr: 1e-2, lambd: 1e-4, alpha: 0.75, t0: 1e6, weightDecay: 0 };

/**
 * Averaged stochastic gradient descent. At step t, counted from 1:
 *   η = lr / (1 + λ·lr·(t-1))^α   p = (1 - λη)·p - η·(g + wd·p)   ax += (p - ax) / max(1, t - 1 - t0)
 * `withAverages` runs with the averages in place.
 * Source: Polyak & Juditsky 1992; PyTorch optim.ASGD.
 * @example const optimizer = new optim.ASGD(model.parameters(), { lr: 0.1, lambd: 0, t0: 0 });
 */
export class ASGD extends AveragingOptimizer<ASGDOptions> {
  constructor(params: Params<ASGDOptions>, options: Given<ASGDOptions> = {}) {
    super("ASGD", params, options, DEFAULTS, (o) =>
      checkNonNegative("ASGD", o, ["lr", "lambd", "alpha", "t0", "weightDecay"]),
    );
  }

  protected override update(p: Tensor, grad: Tensor, slot: Slot, o: ASGDOptions): void {
    const before = slot.step - 1;
    const eta = o.lr / (1 + o.lambd * o.lr * before) ** o.alpha;
    descend(p, grad, eta, eta * (o.lambd + o.weightDecay));
    this.average(p, slot, 1 / Math.max(1, before - o.t0));
  }
}
