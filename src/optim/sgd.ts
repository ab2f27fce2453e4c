import type { Given } from "../base/check.js";
import { OptionError } from "../base/errors.js";
import { currentEngine } from "../engine/select.js";
import type { Tensor } from "../tensor/tensor.js";
import { type BaseOptions, checkNonNegative, Optimizer, type Params, type Slot } from "./optimizer.js";

export interface SGDOptions extends BaseOptions {
  /** Default 1e-3. */
  lr: number;
  /** Default 0. */
  momentum: number;
  /** Default 0. */
  dampening: number;
  /** Default 0. */
  weightDecay: number;
  /** Default false. */
  nesterov: boolean;
}

const DEFAULTS: SGDOptions = { lr: 1e-3, momentum: 0, dampening: 0, weightDecay: 0, nesterov: false };

function check(options: SGDOptions): void {
  checkNonNegative("SGD", options, ["lr", "momentum", "weightDecay"]);
  if (options.nesterov && (options.momentum === 0 || options.dampening !== 0)) {
    throw new OptionError({
      op: "SGD",
      argument: "nesterov",
      must: "be used with momentum > 0 and dampening 0",
      value: `momentum ${options.momentum}, dampening ${options.dampening}`,
    });
  }
}

/**
 * Stochastic gradient descent.
 *   g += wd·p;  buf = momentum·buf + (1 - dampening)·g;  p -= lr·(nesterov ? g + momentum·buf : buf)
 * Source: Sutskever et al. 2013 for Nesterov's momentum; PyTorch optim.SGD.
 * @example const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
 */
export class SGD extends Optimizer<SGDOptions> {
  constructor(params: Params<SGDOptions>, options: Given<SGDOptions> = {}) {
    super("SGD", params, options, DEFAULTS, check);
  }

  protected override update(p: Tensor, grad: Tensor, slot: Slot, o: SGDOptions): void {
    const { lr, momentum, dampening, nesterov, weightDecay } = o;
    const first = !slot.tensors.has("momentum_buffer");
    const buffer = momentum === 0 ? null : this.stateTensor(slot, "momentum_buffer", p);
    currentEngine().sgdStep(p, grad, buffer, { lr, momentum, dampening, nesterov, weightDecay, first });
  }

  protected override stateNames(): readonly string[] {
    return ["momentum_buffer"];
  }
}
