import { add, mul, sub } from "../../../tensor/ops/arithmetic.js";
import { chunk } from "../../../tensor/ops/join.js";
import { linear } from "../../../tensor/ops/matmul.js";
import { unary } from "../../../tensor/ops/unary.js";
import { type Cell, gateParameters } from "../cell.js";
import { HiddenStack } from "../hidden-stack.js";
import type { RecurrentOptions } from "../options.js";
import { unroll } from "../unroll.js";
import { joinedBias } from "./inputs.js";

export interface MGUOptions extends RecurrentOptions {}

/**
 * Minimal gated unit: one gate that forgets and resets, two thirds of a GRU's parameters.
 *   f = σ(W_if x_t + b_if + W_hf h_{t-1} + b_hf)   n = tanh(W_in x_t + b_in + W_hn (f⊙h_{t-1}) + b_hn)
 *   h_t = (1-f)⊙h_{t-1} + f⊙n
 * Parameters of layer k, uniform in ±1/√H at the start: `weight_ih_l{k}` [2H, I], `weight_hh_l{k}` [2H, H], `bias_ih_l{k}`
 * and `bias_hh_l{k}` [2H], rows f|n.
 * Source: Zhou, Wu, Zhang & Zhou 2016.
 * @example
 * const mgu = new nn.MGU(64, 128);
 * const [y, h] = mgu.forward(x); // x [L, N, 64], y [L, N, 128], h [1, N, 128]
 */
export class MGU extends HiddenStack {
  /** @internal The cell of the table, with the defaults. */
  static get cell(): Cell {
    return CELL;
  }

  constructor(inputSize: number, hiddenSize: number, options: MGUOptions = {}) {
    super(CELL, inputSize, hiddenSize, options);
  }
}

const CELL: Cell = {
  name: "MGU",
  states: 1,
  gates: [
    { name: "forget", activation: "sigmoid" },
    { name: "candidate", activation: "tanh" },
  ],
  recurrent: "weight_hh",
  takesNoise: true,
  parameters: (sizes) => gateParameters(2, sizes),
  run(layer) {
    const inputs = linear(layer.x, layer.weight("weight_ih"), joinedBias(layer));
    const [wF, wN] = chunk(layer.weight("weight_hh"), 2, 0);
    return unroll(inputs, layer, layer.rates, (x, [h], seen) => {
      const [xF, xN] = chunk(x, 2, 1);
      const f = unary("sigmoid", add(xF, linear(seen, wF)));
      const n = unary("tanh", add(xN, linear(mul(f, seen), wN)));
      return { states: [add(h, mul(f, sub(n, h)))], gates: [f, n] };
    });
  },
};
