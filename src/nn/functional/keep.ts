import { copyOf } from "../../tensor/ops/raw.js";
import type { Saved } from "../../tensor/tape.js";
import type { Tensor } from "../../tensor/tensor.js";

/** Gathers what an operation keeps for its backward pass. */
export class Keep implements Saved {
  readonly held: Tensor[] = [];
  readonly unread: Tensor[] = [];
  readonly owned: Tensor[] = [];

  /**
   * x itself when it is in row-major order, else a copy that dies with the operation.
   * @param isRead  whether the backward pass reads its values, or only hands it to a kernel
   */
  dense(x: Tensor, isRead = true): Tensor {
    if (!x.isContiguous) return this.own(copyOf(x));
    (isRead ? this.held : this.unread).push(x);
    return x;
  }

  /** A tensor that nobody else sees. */
  own(x: Tensor): Tensor {
    this.owned.push(x);
    return x;
  }
}
