import { type NdArray, zerosLike } from "./nd-array.js";
import { StepLayer } from "./recurrent-layer.js";

/**
 * One step of the GRU, gates in columns r|z|n (reset, update, candidate).
 *   r = σ(x_t W_xr + b_r + h_{t-1} W_hr + b_hr)   z likewise
 *   n = tanh(x_t W_xn + b_n + r ⊙ (h_{t-1} W_hn + b_hn))
 *   h_t = (1 - z) ⊙ n + z ⊙ h_{t-1}
 * The reset comes after the product and z keeps the old state, as in PyTorch; so the hidden side needs a bias of its own, bh.
 * x [N, D], h [N, H], Wx [D, 3H], Wh [H, 3H], b and bh [3H]. Line by line: `gruStep`, `gruStepBackward`.
 * Source: Cho et al. 2014.
 */
export class GRU extends StepLayer {
  readonly bh: NdArray;
  readonly dbh: NdArray;

  /** @param bh default: zeros, learned like the rest */
  constructor(Wx: NdArray, Wh: NdArray, b: NdArray, bh: NdArray = zerosLike(b)) {
    super("GRU", "gru", Wx, Wh, b, bh);
    this.bh = bh;
    this.dbh = this.grads[3]!;
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
