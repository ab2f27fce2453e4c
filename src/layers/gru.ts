import { checkKnownOptions, checkObject, checkOneOf } from "../base/check.js";
import { OptionError } from "../base/errors.js";
import { type NdArray, zerosLike } from "./nd-array.js";
import { type Cell, StepLayer } from "./recurrent-layer.js";

export interface GruOptions {
  /**
   * Where the reset gate acts: on h_{t-1} W_hn + b_hn (PyTorch), or with false on h_{t-1} before the product (the paper, the textbook),
   *   n = tanh(x_t W_xn + (r ⊙ h_{t-1}) W_hn + b_n),
   * step by step and not in a kernel, with one bias: leave bh out. Default true.
   */
  resetAfter?: boolean | undefined;
}

/**
 * One step of the GRU, gates in columns r|z|n (reset, update, candidate).
 *   r = σ(x_t W_xr + b_r + h_{t-1} W_hr + b_hr)   z likewise
 *   n = tanh(x_t W_xn + b_n + r ⊙ (h_{t-1} W_hn + b_hn))
 *   h_t = (1 - z) ⊙ n + z ⊙ h_{t-1}
 * The reset comes after the product and z keeps the old state, as in PyTorch; so the hidden side needs a bias of its own, bh.
 * x [N, D], h [N, H], Wx [D, 3H], Wh [H, 3H], b and bh [3H]. Line by line: `gruStep`, `gruStepBackward`; with `resetAfter: false`,
 * `gruResetFirstStep`, `gruResetFirstStepBackward`. For a textbook whose z takes the new state instead of keeping the old one, negate
 * the columns of z in Wx, Wh and b: 1 - σ(a) = σ(-a).
 * Source: Cho et al. 2014.
 */
export class GRU extends StepLayer {
  readonly bh: NdArray;
  readonly dbh: NdArray;

  /** @param bh default: zeros, learned like the rest; with the reset before the product they stay zeros */
  constructor(Wx: NdArray, Wh: NdArray, b: NdArray, bh: NdArray | null = null, options: GruOptions = {}) {
    checkKnownOptions("GRU", options, ["resetAfter"]);
    const { cell, own } = resolveGru("GRU", b, bh, options);
    super("GRU", cell, Wx, Wh, b, ...own);
    this.bh = own[0] ?? zerosLike(b);
    this.dbh = this.grads[3] ?? zerosLike(b);
  }

  /** x [N, D] and hPrev [N, H] to h [N, H]. */
  forward(x: NdArray, hPrev: NdArray): NdArray {
    return this.stepForward(x, hPrev).h;
  }

  /** dhNext [N, H] to [dx, dhPrev]; fills dWx, dWh, db, dbh. */
  backward(dhNext: NdArray): [dx: NdArray, dhPrev: NdArray] {
    const { dx, dh0 } = this.stepBackward(dhNext);
    return [dx, dh0];
  }
}

/** @throws OptionError for a second bias where one is all there is */
export function resolveGru(
  op: string,
  b: NdArray,
  bh: NdArray | null,
  options: GruOptions,
): { cell: Cell; own: [bh?: NdArray] } {
  checkObject(op, "options", options);
  const { resetAfter = true } = options;
  checkOneOf(op, "resetAfter", resetAfter, [true, false]);
  if (resetAfter) return { cell: "gru", own: [bh ?? zerosLike(b)] };
  if (bh !== null) {
    const fix = "Add it to b.";
    throw new OptionError({ op, argument: "bh", must: "be left out with resetAfter: false", value: `${bh}`, fix });
  }
  return { cell: "gru_reset_first", own: [] };
}
