import { checkNonNegativeInteger, checkOptionsObject, refusal } from "../base/check.js";
import { OptionError } from "../base/errors.js";
import { Tensor } from "../tensor/tensor.js";
import type { States } from "./functional/recurrent-layer.js";
import { lstmGates } from "./gates.js";
import { checkBoolean } from "./options.js";
import type { Parameter } from "./parameter.js";
import { Recurrent } from "./recurrent.js";
import { checkActivation, type GateActivations, type RecurrentOptions } from "./recurrent-options.js";

/** What an LSTM carries from one sequence to the next: h [D·K, N, H] (or P with a projection) and c [D·K, N, H]. */
export interface LSTMState {
  h: Tensor;
  c: Tensor;
}

export interface LSTMOptions extends RecurrentOptions, GateActivations {
  /**
   * P, less than hiddenSize: h_t is W_hr times what it would be, with `weight_hr_l{k}` [P, H]; y is [L, N, D·P]. 0 for none. Default 0.
   * Source: Sak, Senior & Beaufays 2014.
   */
  projSize?: number | undefined;
  /** The forget gate's biases start with the sum 1, so that memory lasts from the start. Default false. Source: Jozefowicz et al. 2015. */
  unitForgetBias?: boolean | undefined;
}

/**
 * Long short-term memory over whole sequences, `numLayers` deep.
 *   i,f,o = σ(W_i· x_t + b_i· + W_h· h_{t-1} + b_h·)   g = tanh(...)   c_t = f⊙c_{t-1} + i⊙g   h_t = o⊙tanh(c_t)
 * Parameters: see `Recurrent`; rows i|f|g|o, 4H of them.
 * Source: Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000; PyTorch nn.LSTM.
 * @example
 * const lstm = new nn.LSTM(128, 256, { numLayers: 2 });
 * const [y, next] = lstm.forward(x);                                   // x [L, N, 128], y [L, N, 256]
 * const [z] = lstm.forward(more, { h: next.h.detach(), c: next.c.detach() });
 */
export class LSTM extends Recurrent<LSTMState> {
  constructor(inputSize: number, hiddenSize: number, options: LSTMOptions = {}) {
    checkOptionsObject("LSTM", options);
    const gate = checkActivation("LSTM", "gateActivation", options.gateActivation ?? "sigmoid");
    const state = checkActivation("LSTM", "stateActivation", options.stateActivation ?? "tanh");
    const setup = {
      cell: "lstm" as const,
      options: ["projSize", "gateActivation", "stateActivation", "unitForgetBias"],
      activations: { gate, state, resetAfter: true },
      gates: lstmGates(gate, state),
      hasKernel: gate === "sigmoid" && state === "tanh",
      projSize: checkProjection(options.projSize ?? 0, hiddenSize),
    };
    super("LSTM", setup, inputSize, hiddenSize, options);
    if (checkBoolean("LSTM", "unitForgetBias", options.unitForgetBias ?? false)) this.#fillForgetBiases();
  }

  #fillForgetBiases(): void {
    if (!this.bias) {
      const must = "be left out without biases";
      throw new OptionError({ op: "LSTM", argument: "unitForgetBias", must, value: "true" });
    }
    const { hiddenSize } = this;
    for (const [name, value] of Object.entries(this)) {
      if (!name.startsWith("bias_")) continue;
      const bias = value as Parameter;
      const data = bias.data();
      data.fill(name.startsWith("bias_ih") ? 1 : 0, hiddenSize, 2 * hiddenSize);
      bias.set(data);
    }
  }

  protected override statesOf(state: LSTMState): States {
    const { h, c } = state;
    if (h instanceof Tensor && c instanceof Tensor) return { h, c };
    const must = "be { h, c } of two tensors";
    throw refusal("LSTM.forward", "state", must, state);
  }

  protected override stateFrom(h: Tensor, c: Tensor | null): LSTMState {
    return { h, c: c! };
  }
}

function checkProjection(projSize: unknown, hiddenSize: number): number {
  const size = checkNonNegativeInteger("LSTM", "projSize", projSize);
  if (size === 0 || !(size >= hiddenSize)) return size;
  const must = `be less than hiddenSize (${hiddenSize})`;
  throw new OptionError({ op: "LSTM", argument: "projSize", must, value: String(size) });
}
