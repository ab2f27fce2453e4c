import { add, mul } from "../../../tensor/ops/arithmetic.js";
import { chunk } from "../../../tensor/ops/join.js";
import { linear } from "../../../tensor/ops/matmul.js";
import { unary } from "../../../tensor/ops/unary.js";
import { type Cell, gateParameters } from "../cell.js";
import { lstmGates } from "../gates.js";
import { LSTMStack } from "../lstm-stack.js";
import type { ProjectionOption, RecurrentOptions } from "../options.js";
import { unroll } from "../unroll.js";
import { joinedBias } from "./inputs.js";
import { nextCell, nextHidden, projection } from "./lstm-step.js";

export interface PeepholeLSTMOptions extends RecurrentOptions, ProjectionOption {}

/**
 * LSTM whose gates see the cell itself, so that it can measure time while its output gate is shut.
 *   i,f = σ(W_i· x_t + b_i· + W_h· h_{t-1} + b_h· + p_·⊙c_{t-1})   g = tanh(W_ig x_t + b_ig + W_hg h_{t-1} + b_hg)
 *   c_t = f⊙c_{t-1} + i⊙g   o = σ(W_io x_t + b_io + W_ho h_{t-1} + b_ho + p_o⊙c_t)   h_t = o⊙tanh(c_t)
 * Parameters of layer k, uniform in ±1/√H at the start: those of `LSTM`, and `weight_ch_l{k}` [3, H], rows i|f|o.
 * Source: Gers & Schmidhuber 2000.
 * @example
 * const lstm = new nn.PeepholeLSTM(8, 64);
 * const [y, state] = lstm.forward(x); // x [L, N, 8], y [L, N, 64], state { h, c } of [1, N, 64]
 */
export class PeepholeLSTM extends LSTMStack {
  /** @internal The cell of the table, with the defaults. */
  static get cell(): Cell {
    return CELL;
  }

  constructor(inputSize: number, hiddenSize: number, options: PeepholeLSTMOptions = {}) {
    super(CELL, inputSize, hiddenSize, options);
  }
}

const CELL: Cell = {
  name: "PeepholeLSTM",
  states: 2,
  gates: lstmGates(),
  recurrent: "weight_hh",
  takesNoise: true,
  projects: true,
  parameters: (sizes) => ({ ...gateParameters(4, sizes), weight_ch: { shape: [3, sizes.hiddenSize] } }),
  run(layer) {
    const inputs = linear(layer.x, layer.weight("weight_ih"), joinedBias(layer));
    const [wHh, [pI, pF, pO]] = [layer.weight("weight_hh"), chunk(layer.weight("weight_ch"), 3, 0)];
    const projected = projection(layer);
    return unroll(inputs, layer, layer.rates, (x, [, c], seen) => {
      const [xI, xF, xG, xO] = chunk(add(x, linear(seen, wHh)), 4, 1);
      const i = unary("sigmoid", add(xI, mul(c, pI)));
      const f = unary("sigmoid", add(xF, mul(c, pF)));
      const g = unary("tanh", xG);
      const cell = nextCell(i, f, g, c);
      const o = unary("sigmoid", add(xO, mul(cell, pO)));
      return { states: [projected(nextHidden(o, cell)), cell], gates: [i, f, g, o] };
    });
  },
};
