import { checkKnownOptions, checkObject, checkOneOf } from "../base/check.js";
import type { NdArray } from "./nd-array.js";
import { StepLayer } from "./recurrent-layer.js";
import type { Activation } from "./steps-by-hand.js";

export interface RnnOptions {
  /** φ. Default tanh. */
  activation?: Activation | undefined;
}

/**
 * One step of the simple recurrence.
 *   h_t = φ(h_{t-1} W_h + x_t W_x + b)
 *   da = dh_t ⊙ φ'(a)   dx_t = da W_xᵀ   dh_{t-1} = da W_hᵀ   dW_x = x_tᵀ da   dW_h = h_{t-1}ᵀ da   db = Σ_n da_n
 * x [N, D], h [N, H], Wx [D, H], Wh [H, H], b [H]. Line by line: `rnnStep`, `rnnStepBackward`.
 * Source: Elman 1990.
 */
export class RNN extends StepLayer {
  constructor(Wx: NdArray, Wh: NdArray, b: NdArray, options: RnnOptions = {}) {
    checkKnownOptions("RNN", options, ["activation"]);
    super("RNN", `rnn_${checkActivation("RNN", options)}`, Wx, Wh, b);
  }

  /** x [N, D] and hPrev [N, H] to h [N, H]. */
  forward(x: NdArray, hPrev: NdArray): NdArray {
    return this.stepForward(x, hPrev).h;
  }

  /** dhNext [N, H] to [dx, dhPrev]; fills dWx, dWh, db. */
  backward(dhNext: NdArray): [dx: NdArray, dhPrev: NdArray] {
    const { dx, dh0 } = this.stepBackward(dhNext);
    return [dx, dh0];
  }
}

export function checkActivation(op: string, options: RnnOptions): Activation {
  checkObject(op, "options", options);
  return checkOneOf(op, "activation", options.activation ?? "tanh", ["tanh", "relu", "sigmoid"]);
}
