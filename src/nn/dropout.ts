import { checkNumber } from "../base/check.js";
import { dropout } from "../tensor/ops/unary.js";
import type { Tensor } from "../tensor/tensor.js";
import { Module } from "./module.js";

/** In training, zeroes each element with probability p and scales the rest by 1/(1-p). Source: Srivastava et al. 2014. */
export class Dropout extends Module {
  readonly p: number;

  /** @param p in [0, 1] */
  constructor(p = 0.5) {
    super();
    this.p = checkNumber("Dropout", "p", p, { min: 0, max: 1 });
  }

  forward(x: Tensor): Tensor {
    return dropout(x, this.p, { training: this.training });
  }
}
