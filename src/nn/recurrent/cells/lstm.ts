import { checkOptionsObject } from "../../../base/check.js";
import { OptionError } from "../../../base/errors.js";
import { add } from "../../../tensor/ops/arithmetic.js";
import { chunk } from "../../../tensor/ops/join.js";
import { linear } from "../../../tensor/ops/matmul.js";
import type { Activation } from "../../functional/activations.js";
import { checkBoolean } from "../../options.js";
import type { Parameter } from "../../parameter.js";
import { type Cell, gateParameters } from "../cell.js";
import { lstmGates } from "../gates.js";
import { LSTMStack } from "../lstm-stack.js";
import { checkActivation, type GateActivations, type ProjectionOption, type RecurrentOptions } from "../options.js";
import { unroll } from "../unroll.js";
import { nextCell, nextHidden, openGates, projection } from "./lstm-step.js";

export interface LSTMOptions extends RecurrentOptions, ProjectionOption, GateActivations {
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
export class LSTM extends LSTMStack {
  /** @internal The cell of the table, with the defaults. */
  static get cell(): Cell {
    return lstmCell("sigmoid", "tanh");
  }

  constructor(inputSize: number, hiddenSize: number, options: LSTMOptions = {}) {
    checkOptionsObject("LSTM", options, "numLayers");
    const gate = checkActivation("LSTM", "gateActivation", options.gateActivation ?? "sigmoid");
    const state = checkActivation("LSTM", "stateActivation", options.stateActivation ?? "tanh");
    const own = ["gateActivation", "stateActivation", "unitForgetBias"];
    super(lstmCell(gate, state), inputSize, hiddenSize, options, own);
    if (checkBoolean("LSTM", "unitForgetBias", options.unitForgetBias ?? false)) fillForgetBiases(this);
  }
}

function fillForgetBiases(lstm: LSTM): void {
  if (!lstm.bias) {
    const must = "be left out without biases";
    throw new OptionError({ op: "LSTM", argument: "unitForgetBias", must, value: "true" });
  }
  const { hiddenSize } = lstm;
  for (const [name, value] of Object.entries(lstm)) {
    if (!name.startsWith("bias_")) continue;
    const bias = value as Parameter;
    const data = bias.data();
    data.fill(name.startsWith("bias_ih") ? 1 : 0, hiddenSize, 2 * hiddenSize);
    bias.set(data);
  }
}

/** @param state  of the candidate, and of c in the output */
export function lstmCell(gate: Activation, state: Activation): Cell {
  return {
    name: "LSTM",
    states: 2,
    gates: lstmGates(gate, state),
    recurrent: "weight_hh",
    takesNoise: true,
    projects: true,
    walksPacked: true,
    kernel: gate === "sigmoid" && state === "tanh" ? "lstm" : null,
    parameters: (sizes) => gateParameters(4, sizes),
    run(layer) {
      const [wHh, bHh, projected] = [layer.weight("weight_hh"), layer.bias("bias_hh"), projection(layer)];
      const inputs = linear(layer.x, layer.weight("weight_ih"), layer.bias("bias_ih"));
      return unroll(inputs, layer, layer.rates, (x, [, c], seen) => {
        const sums = chunk(add(x, linear(seen, wHh, bHh)), 4, 1);
        const [i, f, g, o] = openGates(sums, gate, state);
        const cell = nextCell(i, f, g, c);
        return { states: [projected(nextHidden(o, cell, state)), cell], gates: [i, f, g, o] };
      });
    },
  };
}
