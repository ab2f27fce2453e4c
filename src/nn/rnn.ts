import { checkOptionsObject } from "../base/check.js";
import type { Tensor } from "../tensor/tensor.js";
import type { Activation } from "./functional/activations.js";
import type { States } from "./functional/recurrent-layer.js";
import { stateGate } from "./gates.js";
import { Recurrent } from "./recurrent.js";
import { checkActivation, type RecurrentOptions } from "./recurrent-options.js";

export interface RNNOptions extends RecurrentOptions {
  /** Default tanh. hardSigmoid runs step by step, not in a kernel, which is slower (docs/log.md). */
  nonlinearity?: Activation | undefined;
}

/**
 * The simple recurrent network over whole sequences, `numLayers` deep.
 *   h_t = φ(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh), φ = tanh, relu, sigmoid or hardSigmoid
 * Parameters: see `Recurrent`; H rows.
 * Source: Elman 1990; PyTorch nn.RNN.
 * @example
 * const rnn = new nn.RNN(100, 100);
 * const [y, h] = rnn.forward(x); // x [L, N, 100], y [L, N, 100], h [1, N, 100]
 */
export class RNN extends Recurrent<Tensor> {
  readonly nonlinearity: Activation;

  constructor(inputSize: number, hiddenSize: number, options: RNNOptions = {}) {
    checkOptionsObject("RNN", options);
    const nonlinearity = checkActivation("RNN", "nonlinearity", options.nonlinearity ?? "tanh");
    const setup = {
      cell: nonlinearity === "hardSigmoid" ? ("rnn_tanh" as const) : (`rnn_${nonlinearity}` as const),
      options: ["nonlinearity"],
      activations: { gate: nonlinearity, state: nonlinearity, resetAfter: true },
      gates: stateGate(nonlinearity),
      hasKernel: nonlinearity !== "hardSigmoid",
    };
    super("RNN", setup, inputSize, hiddenSize, options);
    this.nonlinearity = nonlinearity;
  }

  protected override statesOf(h: Tensor): States {
    return { h, c: null };
  }

  protected override stateFrom(h: Tensor): Tensor {
    return h;
  }
}
