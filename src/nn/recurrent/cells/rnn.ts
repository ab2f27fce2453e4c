import { checkOptionsObject } from "../../../base/check.js";
import { add } from "../../../tensor/ops/arithmetic.js";
import { linear } from "../../../tensor/ops/matmul.js";
import { type Activation, activate } from "../../functional/activations.js";
import { type Cell, gateParameters } from "../cell.js";
import { stateGate } from "../gates.js";
import { HiddenStack } from "../hidden-stack.js";
import { checkActivation, type RecurrentOptions } from "../options.js";
import { unroll } from "../unroll.js";

export interface RNNOptions extends RecurrentOptions {
  /** Default tanh. hardSigmoid runs step by step, not in a kernel, which is slower (docs/decisions/010). */
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
export class RNN extends HiddenStack {
  readonly nonlinearity: Activation;

  /** @internal The cell of the table, with the defaults. */
  static get cell(): Cell {
    return rnnCell("tanh");
  }

  constructor(inputSize: number, hiddenSize: number, options: RNNOptions = {}) {
    checkOptionsObject("RNN", options, "numLayers");
    const nonlinearity = checkActivation("RNN", "nonlinearity", options.nonlinearity ?? "tanh");
    super(rnnCell(nonlinearity), inputSize, hiddenSize, options, ["nonlinearity"]);
    this.nonlinearity = nonlinearity;
  }
}

export function rnnCell(nonlinearity: Activation): Cell {
  return {
    name: "RNN",
    states: 1,
    gates: stateGate(nonlinearity),
    recurrent: "weight_hh",
    takesNoise: true,
    walksPacked: true,
    kernel: nonlinearity === "hardSigmoid" ? null : `rnn_${nonlinearity}`,
    parameters: (sizes) => gateParameters(1, sizes),
    run(layer) {
      const [wHh, bHh] = [layer.weight("weight_hh"), layer.bias("bias_hh")];
      const inputs = linear(layer.x, layer.weight("weight_ih"), layer.bias("bias_ih"));
      return unroll(inputs, layer, layer.rates, (x, _, seen) => {
        const h = activate(nonlinearity, add(x, linear(seen, wHh, bHh)));
        return { states: [h], gates: [h] };
      });
    },
  };
}
