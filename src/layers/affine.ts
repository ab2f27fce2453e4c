import { checkKnownOptions } from "../base/check.js";
import type { Operand } from "../engine/engine.js";
import { fromRows, toRows } from "./arrange.js";
import { checkInput, checkShape, floatDType, gradsOf, type Layer, requireCache } from "./layer.js";
import type { NdArray } from "./nd-array.js";
import { onEngine, transposed, type Workspace } from "./workspace.js";

export interface AffineOptions {
  /** W is given as [O, D], and Wᵀ multiplies: to share an embedding's [V, D] as the read-out (Press & Wolf 2017). */
  tied?: boolean | undefined;
}

/**
 * The fully connected layer.
 *   y = x W + b
 *   dx = dy Wᵀ   dW = xᵀ dy   db = Σ_n dy_n
 * x [N, D], W [D, O], b [O] or null, y [N, O].
 */
export class Affine implements Layer {
  readonly W: NdArray;
  readonly b: NdArray | null;
  readonly dW: NdArray;
  readonly db: NdArray | null;
  readonly params: readonly NdArray[];
  readonly grads: readonly NdArray[];
  readonly tied: boolean;
  /** The input of the last forward pass. */
  x: NdArray | null = null;

  constructor(W: NdArray, b: NdArray | null = null, options: AffineOptions = {}) {
    checkKnownOptions("Affine", options, ["tied"]);
    const tied = options.tied ?? false;
    const dtype = floatDType("Affine", "W", checkShape("Affine", "W", W, ["D", "O"]));
    if (b !== null) checkInput("Affine", "b", b, [W.shape[tied ? 0 : 1]], dtype);
    this.W = W;
    this.b = b;
    this.tied = tied;
    this.params = b ? [W, b] : [W];
    this.grads = gradsOf(this.params);
    this.dW = this.grads[0];
    this.db = this.grads[1] ?? null;
  }

  get inputSize(): number {
    return this.W.shape[this.tied ? 1 : 0];
  }

  get outputSize(): number {
    return this.W.shape[this.tied ? 0 : 1];
  }

  /** x [N, D] to y [N, O]. */
  forward(x: NdArray): NdArray {
    checkInput("Affine.forward", "x", x, ["N", this.inputSize], this.W.dtype);
    this.x = x;
    return onEngine((w) => {
      const y = w.empty([x.shape[0], this.outputSize], x.dtype);
      const bias = this.b ? w.upload(this.b) : undefined;
      w.engine.matmul(y, w.upload(x), transposed(this.#weight(w)), { bias });
      return w.download(y);
    });
  }

  /** dy [N, O] to dx [N, D]; fills dW and db. */
  backward(dy: NdArray): NdArray {
    const x = requireCache("Affine.backward", this.x);
    checkInput("Affine.backward", "dy", dy, [x.shape[0], this.outputSize], x.dtype);
    return onEngine((w) => {
      const [dOut, dX] = [w.upload(dy), w.empty(x.shape, x.dtype)];
      w.engine.matmul(dX, dOut, this.#weight(w));
      const dWeight = w.empty([this.outputSize, this.inputSize], x.dtype);
      w.engine.matmul(dWeight, transposed(dOut), w.upload(x));
      this.dW.assign(w.download(this.tied ? dWeight : transposed(dWeight)));
      if (this.db) {
        const dBias = w.empty(this.db.shape, x.dtype);
        w.engine.reduce("sum", dBias, transposed(dOut), 1);
        this.db.assign(w.download(dBias));
      }
      return w.download(dX);
    });
  }

  /** Wᵀ [O, D], as `nn.Linear` stores it: the kernels see the same operands from both faces. */
  #weight(w: Workspace): Operand {
    const W = w.upload(this.W);
    return this.tied ? W : w.dense(transposed(W));
  }
}

/** `Affine` at every step of a sequence, with the same W and b: xs [N, T, D] to ys [N, T, O]. */
export class TimeAffine extends Affine {
  override forward(xs: NdArray): NdArray {
    checkInput("TimeAffine.forward", "xs", xs, ["N", "T", this.inputSize], this.W.dtype);
    const [n, t] = xs.shape as [number, number];
    return fromRows(super.forward(toRows(xs)), n, t);
  }

  override backward(dys: NdArray): NdArray {
    checkInput("TimeAffine.backward", "dys", dys, ["N", "T", this.outputSize], this.W.dtype);
    const [n, t] = dys.shape as [number, number];
    return fromRows(super.backward(toRows(dys)), n, t);
  }
}
