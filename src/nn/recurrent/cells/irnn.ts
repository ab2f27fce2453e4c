import { checkNumber, checkOptionsObject } from "../../../base/check.js";
import { eye } from "../../../tensor/create.js";
import { mul } from "../../../tensor/ops/arithmetic.js";
import { normal, zeros } from "../../init.js";
import type { Cell } from "../cell.js";
import type { RecurrentOptions } from "../options.js";
import { RNN, rnnCell } from "./rnn.js";

export interface IRNNOptions extends RecurrentOptions {
  /** The recurrent matrix starts as this multiple of the identity; less than 1 forgets. Default 1. */
  scale?: number | undefined;
  /** The input weights of the first layer are normal with this deviation. Default 0.001; with 0.1 the adding problem is learned in a fifth of the steps. */
  inputStd?: number | undefined;
}

/**
 * The simple recurrent network that remembers from the start: `RNN` with relu whose recurrent matrices begin as the identity
 * and whose biases as zeros, so that the state, and the gradient on its way back, pass unchanged until learning says
 * otherwise.
 *   h_t = relu(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh),  W_hh = scale·I, W_ih ~ N(0, inputStd²), b = 0 at the start
 * Parameters: those of `RNN`; above the first layer, W_ih starts as the RNN's does.
 * Source: Le, Jaitly & Hinton 2015.
 * @example
 * const rnn = new nn.IRNN(2, 100);
 * const [y, h] = rnn.forward(x); // x [L, N, 2], y [L, N, 100], h [1, N, 100]
 */
export class IRNN extends RNN {
  /** @internal The cell of the table, with the defaults. */
  static override get cell(): Cell {
    return rnnCell("relu");
  }

  constructor(inputSize: number, hiddenSize: number, options: IRNNOptions = {}) {
    checkOptionsObject("IRNN", options, "numLayers");
    const { scale = 1, inputStd = 0.001, ...rest } = options;
    checkNumber("IRNN", "scale", scale);
    checkNumber("IRNN", "inputStd", inputStd, { min: 0 });
    super(inputSize, hiddenSize, { ...rest, nonlinearity: "relu" });
    for (const [name, parameter] of this.namedParameters()) {
      if (name.startsWith("bias")) zeros(parameter);
      else if (name.startsWith("weight_hh"))
        parameter.copyFrom(mul(eye(hiddenSize, { dtype: parameter.dtype }), scale));
      else if (name.startsWith("weight_ih_l0")) normal(parameter, 0, inputStd);
    }
  }
}
