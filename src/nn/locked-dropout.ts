import { checkKnownOptions, checkNumber } from "../base/check.js";
import type { Tensor } from "../tensor/tensor.js";
import { lockedDropout, lockedRows } from "./functional/regularization.js";
import { Module } from "./module.js";
import { checkBoolean } from "./options.js";
import { PackedSequence } from "./recurrent/packed-sequence.js";

/**
 * Variational (locked) dropout between recurrent layers: one mask a sequence, the same at every time step, so that the
 * noise does not change under the recurrence's feet.
 *   y_t = x_t ⊙ m,  m = 0 with probability p, else 1/(1-p)
 * Source: Gal & Ghahramani 2016; "locked" as in Merity, Keskar & Socher 2018.
 * @example
 * const drop = new nn.LockedDropout(0.4);
 * const [y] = lstm.forward(drop.forward(x)); // x [L, N, I]
 */
export class LockedDropout extends Module {
  readonly p: number;
  readonly batchFirst: boolean;

  /** @param p in [0, 1] */
  constructor(p = 0.5, options: { batchFirst?: boolean | undefined } = {}) {
    super();
    checkKnownOptions("LockedDropout", options, ["batchFirst"]);
    this.p = checkNumber("LockedDropout", "p", p, { min: 0, max: 1 });
    this.batchFirst = checkBoolean("LockedDropout", "batchFirst", options.batchFirst ?? false);
  }

  /** @param x  packed rows, of which those of one sequence share their mask */
  forward(x: PackedSequence): PackedSequence;
  /** @param x  [L, N, H], or [N, L, H] with batchFirst */
  forward(x: Tensor): Tensor;
  forward(x: Tensor | PackedSequence): Tensor | PackedSequence {
    if (x instanceof PackedSequence) return x.with(lockedRows(x.data, x.batchSizes, this.p, this.training));
    return lockedDropout(x, this.p, { training: this.training, axis: this.batchFirst ? 1 : 0 });
  }
}
