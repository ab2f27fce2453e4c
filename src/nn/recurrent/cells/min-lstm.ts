import { sub } from "../../../tensor/ops/arithmetic.js";
import { chunk } from "../../../tensor/ops/join.js";
import { linear } from "../../../tensor/ops/matmul.js";
import { neg } from "../../../tensor/ops/unary.js";
import type { Cell } from "../cell.js";
import { HiddenStack } from "../hidden-stack.js";
import type { CellStackOptions } from "../options.js";
import { logCandidate, logSigmoid, scanLayer } from "./log-space.js";

/**
 * Minimal LSTM: forget and input gates that see the inputs alone and share one whole, so that a whole sequence is one
 * parallel scan, O(log L) deep, forward and backward, in log space.
 *   f_t = σ(W_f x_t + b_f)   i_t = σ(W_i x_t + b_i)   h̃_t = g(W_h x_t + b_h)
 *   h_t = (f_t⊙h_{t-1} + i_t⊙h̃_t) / (f_t + i_t),  g(x) = x + 0.5 where x >= 0, else σ(x)
 * The state is h alone, and never negative.
 * Parameters of layer k, uniform in ±1/√H at the start: `weight_ih_l{k}` [3H, I] and `bias_ih_l{k}` [3H], rows i|f|h.
 * Source: Feng, Tung, Ahmed, Bengio & Hajimirsadeghi 2024, appendix B.
 * @example
 * const lstm = new nn.MinLSTM(64, 128, { numLayers: 2 });
 * const [y, h] = lstm.forward(x); // x [L, N, 64], y [L, N, 128], h [2, N, 128]
 */
export class MinLSTM extends HiddenStack {
  /** @internal The cell of the table, with the defaults. */
  static get cell(): Cell {
    return CELL;
  }

  constructor(inputSize: number, hiddenSize: number, options: CellStackOptions = {}) {
    super(CELL, inputSize, hiddenSize, options);
  }
}

const CELL: Cell = {
  name: "MinLSTM",
  states: 1,
  // The two as they act, their sum being 1.
  gates: [
    { name: "input", activation: "sigmoid" },
    { name: "forget", activation: "sigmoid" },
    { name: "candidate", activation: "positive" },
  ],
  parameters: ({ inputSize, hiddenSize }) => ({
    weight_ih: { shape: [3 * hiddenSize, inputSize] },
    bias_ih: { shape: [3 * hiddenSize] },
  }),
  run(layer) {
    const [i, f, candidate] = chunk(linear(layer.x, layer.weight("weight_ih"), layer.bias("bias_ih")), 3, 2);
    // f/(f+i) = σ(log f - log i), and i/(f+i) is the rest.
    const balance = sub(logSigmoid(f), logSigmoid(i));
    const logs = { keep: logSigmoid(balance), take: logSigmoid(neg(balance)), candidate: logCandidate(candidate) };
    return scanLayer("MinLSTM.forward", layer, logs, ({ keep, take, candidate: g }) => [take, keep, g]);
  },
};
