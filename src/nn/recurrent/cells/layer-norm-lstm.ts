import { checkNumber } from "../../../base/check.js";
import { add } from "../../../tensor/ops/arithmetic.js";
import { chunk } from "../../../tensor/ops/join.js";
import { linear } from "../../../tensor/ops/matmul.js";
import type { Cell } from "../cell.js";
import type { CellStackOptions } from "../cell-stack.js";
import { lstmGates } from "../gates.js";
import { LSTMStack } from "../lstm-stack.js";
import { resolveRates, STEP_OPTIONS, type StepOptions, type StepRates } from "../step-rates.js";
import { unroll } from "../unroll.js";
import { nextCell, nextHidden, openGates } from "./lstm-step.js";
import { NORM_OPTIONS, type NormOptions, normalized, normParameters } from "./normalized.js";

export interface LayerNormLSTMOptions extends CellStackOptions, StepOptions, NormOptions {}

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
  constructor(inputSize: number, hiddenSize: number, options: LayerNormLSTMOptions = {}) {
    const op = "LayerNormLSTM";
    const eps = checkNumber(op, "eps", options.eps ?? 1e-5, { min: 0 });
    const cell = layerNormCell(eps, resolveRates(op, options, 2));
    super(cell, inputSize, hiddenSize, options, [...STEP_OPTIONS, ...NORM_OPTIONS]);
  }
}

function layerNormCell(eps: number, rates: StepRates): Cell {
  return {
    name: "LayerNormLSTM",
    states: 2,
    gates: lstmGates(),
    recurrent: "weight_hh",
    parameters: ({ inputSize, hiddenSize }) => ({
      weight_ih: { shape: [4 * hiddenSize, inputSize] },
      weight_hh: { shape: [4 * hiddenSize, hiddenSize] },
      ...normParameters("ih", 4 * hiddenSize),
      ...normParameters("hh", 4 * hiddenSize),
      ...normParameters("c", hiddenSize),
    }),
    run(layer) {
      const inputs = normalized(layer, "ih", linear(layer.x, layer.weight("weight_ih")), eps);
      const wHh = layer.weight("weight_hh");
      return unroll(inputs, layer, rates, (x, [, c], seen) => {
        const sums = add(x, normalized(layer, "hh", linear(seen, wHh), eps));
        const [i, f, g, o] = openGates(chunk(sums, 4, 1));
        const cell = nextCell(i, f, g, c!);
        return { states: [nextHidden(o, normalized(layer, "c", cell, eps)), cell], gates: [i, f, g, o] };
      });
    },
  };
}
