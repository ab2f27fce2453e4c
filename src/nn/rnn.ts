import { checkOneOf } from "../base/check.js";
import type { Tensor } from "../tensor/tensor.js";
import { Recurrent, type RecurrentOptions } from "./recurrent.js";

export interface RNNOptions extends RecurrentOptions {
  /** Default tanh. */
  nonlinearity?: "tanh" | "relu";
}

/**
 * The simple recurrent network over whole sequences, `numLayers` deep.
 *   h_t = φ(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh), φ = tanh or relu
 * Parameters: see `Recurrent`; H rows.
 * Source: Elman 1990; PyTorch nn.RNN.
 * @example
 * const rnn = new nn.RNN(100, 100);
 * const [y, h] = rnn.forward(x); // x [L, N, 100], y [L, N, 100], h [1, N, 100]
 */
export class RNN extends Recurrent {
  readonly nonlinearity: "tanh" | "relu";

  constructor(inputSize: number, hiddenSize: number, options: RNNOptions = {}) {
    const nonlinearity = checkOneOf("RNN", "nonlinearity", options.nonlinearity ?? "tanh", ["tanh", "relu"]);
    super("RNN", `rnn_${nonlinearity}`, inputSize, hiddenSize, options);
    this.nonlinearity = nonlinearity;
  }

  /**
   * @param x  [L, N, I], or [N, L, I] with batchFirst
   * @param h  [D·K, N, H]; zeros when left out
   * @returns  y [L, N, D·H] and the state after the last step
   * @throws ShapeError, DTypeError when x or h do not fit
   */
  forward(x: Tensor, h?: Tensor | null): readonly [Tensor, Tensor] {
    const run = this.run(x, { h: h ?? null, c: null });
    return [run.y, run.h];
  }
}
