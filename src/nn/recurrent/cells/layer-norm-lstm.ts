import { add } from "../../../tensor/ops/arithmetic.js";
import { chunk } from "../../../tensor/ops/join.js";
import { linear } from "../../../tensor/ops/matmul.js";
import type { Cell } from "../cell.js";
import { lstmGates } from "../gates.js";
import { LSTMStack } from "../lstm-stack.js";
import type { ProjectionOption, RecurrentOptions } from "../options.js";
import { unroll } from "../unroll.js";
import { nextCell, nextHidden, openGates, projection } from "./lstm-step.js";
import { type NormOptions, normalized, normalizedCell, normParameters } from "./normalized.js";

export interface LayerNormLSTMOptions extends RecurrentOptions, ProjectionOption, NormOptions {}

/**
 * LSTM with layer normalisation of what the inputs, the hidden state and the cell bring to a step.
 *   i|f|g|o = LN(W_ih x_t; γ_ih, β_ih) + LN(W_hh h_{t-1}; γ_hh, β_hh)      normalised over all 4H together
 *   c_t = σ(f)⊙c_{t-1} + σ(i)⊙tanh(g)   h_t = σ(o)⊙tanh(LN(c_t; γ_c, β_c))
 * Parameters of layer k: `weight_ih_l{k}` [4H, I] and `weight_hh_l{k}` [4H, H], rows i|f|g|o, uniform in ±1/√H at the start;
 * γ `norm_ih_l{k}`, `norm_hh_l{k}` [4H] and `norm_c_l{k}` [H], ones; β `bias_ih_l{k}`, `bias_hh_l{k}` [4H] and `bias_c_l{k}`
 * [H], zeros.
 * Source: Ba, Kiros & Hinton 2016, equations 20 to 22.
 * @example
 * const lstm = new nn.LayerNormLSTM(64, 128, { zoneout: { h: 0.05, c: 0.5 } });
 * const [y, state] = lstm.forward(x); // x [L, N, 64], y [L, N, 128], state { h, c } of [1, N, 128]
 */
export class LayerNormLSTM extends LSTMStack {
  /** @internal The cell of the table, with the defaults. */
  static get cell(): Cell {
    return CELL.of({});
  }

  constructor(inputSize: number, hiddenSize: number, options: LayerNormLSTMOptions = {}) {
    super(CELL.of(options), inputSize, hiddenSize, options, CELL.own);
  }
}

const CELL = normalizedCell("LayerNormLSTM", (eps) => ({
  states: 2,
  gates: lstmGates(),
  recurrent: "weight_hh",
  takesNoise: true,
  projects: true,
  parameters: ({ inputSize, hiddenSize, outputSize }) => ({
    weight_ih: { shape: [4 * hiddenSize, inputSize] },
    weight_hh: { shape: [4 * hiddenSize, outputSize] },
    ...normParameters("ih", 4 * hiddenSize),
    ...normParameters("hh", 4 * hiddenSize),
    ...normParameters("c", hiddenSize),
  }),
  run(layer) {
    const inputs = normalized(layer, "ih", linear(layer.x, layer.weight("weight_ih")), eps);
    const [wHh, projected] = [layer.weight("weight_hh"), projection(layer)];
    return unroll(inputs, layer, layer.rates, (x, [, c], seen) => {
      const sums = add(x, normalized(layer, "hh", linear(seen, wHh), eps));
      const [i, f, g, o] = openGates(chunk(sums, 4, 1));
      const cell = nextCell(i, f, g, c);
      const h = projected(nextHidden(o, normalized(layer, "c", cell, eps)));
      return { states: [h, cell], gates: [i, f, g, o] };
    });
  },
}));
