import { refusal } from "../base/check.js";
import { ShapeError } from "../base/errors.js";
import { formatShape } from "../base/shape.js";
import { requireTensor } from "../tensor/ops/raw.js";
import { reshape } from "../tensor/ops/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import type { TensorModule } from "./containers.js";
import { Module } from "./module.js";
import { PackedSequence } from "./packed-sequence.js";

/**
 * The same module at every step of every sequence: it sees [L·N, ..]. `Linear` and its like take [L, N, ..] as they are; this is for modules
 * that want a batch, and for packed sequences.
 * Parameters: those of `module`, under `module.`.
 * @example
 * const head = new nn.TimeDistributed(new nn.Sequential(new nn.Linear(64, 32), new nn.Dropout(0.1)));
 * head.forward(y); // [L, N, 64] gives [L, N, 32]
 */
export class TimeDistributed<M extends TensorModule = TensorModule> extends Module {
  module: M;

  constructor(module: M) {
    super();
    if (!(module instanceof Module)) {
      throw refusal("TimeDistributed", "module", "be a Module", module);
    }
    this.module = module;
  }

  /** @param x  packed rows */
  forward(x: PackedSequence): PackedSequence;
  /**
   * @param x  [L, N, ..] or [N, L, ..]
   * @throws ShapeError for fewer than three dimensions
   */
  forward(x: Tensor): Tensor;
  forward(x: Tensor | PackedSequence): Tensor | PackedSequence {
    if (x instanceof PackedSequence) return x.with(this.module.forward(x.data));
    requireTensor("TimeDistributed.forward", "input", x);
    if (x.rank < 3) {
      const must = "have shape [L, N, ..]";
      const value = formatShape(x.shape);
      throw new ShapeError({ op: "TimeDistributed.forward", argument: "input", must, value });
    }
    const [outer, inner, ...rest] = x.shape;
    const y = this.module.forward(reshape(x, [outer * inner, ...rest]));
    return reshape(y, [outer, inner, ...y.shape.slice(1)]);
  }
}
