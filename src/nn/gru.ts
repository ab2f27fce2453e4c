import { checkOptionsObject } from "../base/check.js";
import type { Tensor } from "../tensor/tensor.js";
import type { States } from "./functional/recurrent-layer.js";
import { gruGates } from "./gates.js";
import { checkBoolean } from "./options.js";
import { Recurrent } from "./recurrent.js";
import { checkActivation, type GateActivations, type RecurrentOptions } from "./recurrent-options.js";

export interface GRUOptions extends RecurrentOptions, GateActivations {
  /**
   * Where the reset gate acts: on W_hn h_{t-1} + b_hn (PyTorch, cuDNN), or with false on h_{t-1} before the product (the paper, older Keras),
   *   n = tanh(W_in x_t + b_in + W_hn (r⊙h_{t-1}) + b_hn),
   * which runs step by step, not in a kernel, which is slower (docs/log.md). Default true.
   */
  resetAfter?: boolean | undefined;
}

/**
 * Gated recurrent units over whole sequences, `numLayers` deep.
 *   r,z = σ(W_i· x_t + b_i· + W_h· h_{t-1} + b_h·)   n = tanh(W_in x_t + b_in + r⊙(W_hn h_{t-1} + b_hn))
 *   h_t = (1-z)⊙n + z⊙h_{t-1}
 * Parameters: see `Recurrent`; rows r|z|n, 3H of them.
 * Source: Cho et al. 2014, with the reset after the product as in PyTorch nn.GRU and cuDNN.
 * @example
 * const gru = new nn.GRU(64, 128);
 * const [y, h] = gru.forward(x); // x [L, N, 64], y [L, N, 128], h [1, N, 128]
 */
export class GRU extends Recurrent<Tensor> {
  constructor(inputSize: number, hiddenSize: number, options: GRUOptions = {}) {
    checkOptionsObject("GRU", options);
    const gate = checkActivation("GRU", "gateActivation", options.gateActivation ?? "sigmoid");
    const state = checkActivation("GRU", "stateActivation", options.stateActivation ?? "tanh");
    const resetAfter = checkBoolean("GRU", "resetAfter", options.resetAfter ?? true);
    const setup = {
      cell: "gru" as const,
      options: ["gateActivation", "stateActivation", "resetAfter"],
      activations: { gate, state, resetAfter },
      gates: gruGates(gate, state),
      hasKernel: gate === "sigmoid" && state === "tanh" && resetAfter,
    };
    super("GRU", setup, inputSize, hiddenSize, options);
  }

  protected override statesOf(h: Tensor): States {
    return { h, c: null };
  }

  protected override stateFrom(h: Tensor): Tensor {
    return h;
  }
}
