import type { NdArray } from "./nd-array.js";
import { StepLayer } from "./recurrent-layer.js";

/**
 * One step of the LSTM, the textbook's way: one bias, gates in columns f|g|i|o.
 *   a = h_{t-1} W_h + x_t W_x + b
 *   f = σ(a_f)  g = tanh(a_g)  i = σ(a_i)  o = σ(a_o)
 *   c_t = f ⊙ c_{t-1} + g ⊙ i
 *   h_t = o ⊙ tanh(c_t)
 * x [N, D], h and c [N, H], Wx [D, 4H], Wh [H, 4H], b [4H]. Line by line, with its gradients: `lstmStep`,
 * `lstmStepBackward`.
 * Source: Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000.
 */
export class LSTM extends StepLayer {
  constructor(Wx: NdArray, Wh: NdArray, b: NdArray) {
    super("LSTM", "lstm", Wx, Wh, b);
  }

  /** x [N, D], hPrev and cPrev [N, H] to [h, c]. */
  forward(x: NdArray, hPrev: NdArray, cPrev: NdArray): [hNext: NdArray, cNext: NdArray] {
    const { h, c } = this.stepForward(x, hPrev, cPrev);
    return [h, c!];
  }

  /** dhNext and dcNext [N, H] to [dx, dhPrev, dcPrev]; fills dWx, dWh, db. */
  backward(dhNext: NdArray, dcNext: NdArray): [dx: NdArray, dhPrev: NdArray, dcPrev: NdArray] {
    const { dx, dh0, dc0 } = this.stepBackward(dhNext, dcNext);
    return [dx, dh0, dc0!];
  }
}
