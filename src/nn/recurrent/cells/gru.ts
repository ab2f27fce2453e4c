import { checkOptionsObject } from "../../../base/check.js";
import { add, mul, sub } from "../../../tensor/ops/arithmetic.js";
import { chunk, split } from "../../../tensor/ops/join.js";
import { linear } from "../../../tensor/ops/matmul.js";
import type { Tensor } from "../../../tensor/tensor.js";
import { type Activation, activate } from "../../functional/activations.js";
import { checkBoolean } from "../../options.js";
import { type Cell, type CellLayer, gateParameters } from "../cell.js";
import { gruGates } from "../gates.js";
import { HiddenStack } from "../hidden-stack.js";
import { checkActivation, type GateActivations, type RecurrentOptions } from "../options.js";
import { type Step, unroll } from "../unroll.js";

export interface GRUOptions extends RecurrentOptions, GateActivations {
  /**
   * Where the reset gate acts: on W_hn h_{t-1} + b_hn (PyTorch, cuDNN), or with false on h_{t-1} before the product (the paper, older Keras),
   *   n = tanh(W_in x_t + b_in + W_hn (r⊙h_{t-1}) + b_hn),
   * which runs step by step, not in a kernel, which is slower (docs/decisions/010). Default true.
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
export class GRU extends HiddenStack {
  /** @internal The cell of the table, with the defaults. */
  static get cell(): Cell {
    return gruCell("sigmoid", "tanh", true);
  }

  constructor(inputSize: number, hiddenSize: number, options: GRUOptions = {}) {
    checkOptionsObject("GRU", options, "numLayers");
    const gate = checkActivation("GRU", "gateActivation", options.gateActivation ?? "sigmoid");
    const state = checkActivation("GRU", "stateActivation", options.stateActivation ?? "tanh");
    const resetAfter = checkBoolean("GRU", "resetAfter", options.resetAfter ?? true);
    const own = ["gateActivation", "stateActivation", "resetAfter"];
    super(gruCell(gate, state, resetAfter), inputSize, hiddenSize, options, own);
  }
}

/** @param state  of the candidate */
export function gruCell(gate: Activation, state: Activation, resetAfter: boolean): Cell {
  return {
    name: "GRU",
    states: 1,
    gates: gruGates(gate, state),
    recurrent: "weight_hh",
    takesNoise: true,
    walksPacked: true,
    kernel: gate === "sigmoid" && state === "tanh" && resetAfter ? "gru" : null,
    parameters: (sizes) => gateParameters(3, sizes),
    run(layer) {
      const inputs = linear(layer.x, layer.weight("weight_ih"), layer.bias("bias_ih"));
      const step = (resetAfter ? stepResettingAfter : stepResettingBefore)(layer, gate, state);
      return unroll(inputs, layer, layer.rates, step);
    },
  };
}

/** (1-z)⊙n + z⊙h */
function mixed(z: Tensor, n: Tensor, h: Tensor): Tensor {
  return add(n, mul(z, sub(h, n)));
}

function stepResettingAfter(layer: CellLayer, gate: Activation, state: Activation): Step {
  const [wHh, bHh] = [layer.weight("weight_hh"), layer.bias("bias_hh")];
  return (x, [h], seen) => {
    const [xr, xz, xn] = chunk(x, 3, 1);
    const [hr, hz, hn] = chunk(linear(seen, wHh, bHh), 3, 1);
    const r = activate(gate, add(xr, hr));
    const z = activate(gate, add(xz, hz));
    const n = activate(state, add(xn, mul(r, hn)));
    return { states: [mixed(z, n, h)], gates: [r, z, n] };
  };
}

function stepResettingBefore(layer: CellLayer, gate: Activation, state: Activation): Step {
  const { hiddenSize } = layer;
  const [wHh, bHh] = [layer.weight("weight_hh"), layer.bias("bias_hh")];
  const parts = [2 * hiddenSize, hiddenSize];
  const [wGates, wNew] = split(wHh, parts, 0);
  const [bGates = null, bNew = null] = bHh === null ? [] : split(bHh, parts, 0);
  return (x, [h], seen) => {
    const [gates, xn] = split(x, parts, 1);
    const [r, z] = chunk(activate(gate, add(gates, linear(seen, wGates, bGates))), 2, 1);
    const n = activate(state, add(xn, linear(mul(r, seen), wNew, bNew)));
    return { states: [mixed(z, n, h)], gates: [r, z, n] };
  };
}
