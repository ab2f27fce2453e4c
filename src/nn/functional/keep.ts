import { copyOf } from "../../tensor/ops/raw.js";
import type { Saved } from "../../tensor/tape.js";
import type { Tensor } from "../../tensor/tensor.js";

/** Gathers what an operation keeps for its backward pass. */
export class Keep implements Saved {
  readonly held: Tensor[] = [];
  readonly owned: Tensor[] = [];

  /** x itself when it is in row-major order, else a copy that dies with the operation. */
  dense(x: Tensor): Tensor {
    if (!x.isContiguous) return this.own(copyOf(x));
    this.held.push(x);
    return x;
  }

  /** A tensor that nobody else sees. */
  own(x: Tensor): Tensor {
    this.owned.push(x);
    return x;
  }
}
