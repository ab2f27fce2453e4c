import { chunk } from "../../../tensor/ops/join.js";
import { linear } from "../../../tensor/ops/matmul.js";
import { neg } from "../../../tensor/ops/unary.js";
import type { Cell } from "../cell.js";
import { HiddenStack } from "../hidden-stack.js";
import type { CellStackOptions } from "../options.js";
import { logCandidate, logSigmoid, scanLayer } from "./log-space.js";

/**
 * Minimal GRU: gates that see the inputs alone, so that a whole sequence is one parallel scan, O(log L) deep, forward and
 * backward, in log space.
 *   z_t = σ(W_z x_t + b_z)   h̃_t = g(W_h x_t + b_h)   h_t = (1-z_t)⊙h_{t-1} + z_t⊙h̃_t
 *   g(x) = x + 0.5 where x >= 0, else σ(x)
 * The state is never negative. One layer mixes no times through its gates: use two or more.
 * Parameters of layer k, uniform in ±1/√H at the start: `weight_ih_l{k}` [2H, I] and `bias_ih_l{k}` [2H], rows z|h.
 * Source: Feng, Tung, Ahmed, Bengio & Hajimirsadeghi 2024, appendix B.
 * @example
 * const gru = new nn.MinGRU(64, 128, { numLayers: 2 });
 * const [y, h] = gru.forward(x);         // x [L, N, 64], y [L, N, 128], h [2, N, 128]
 * const [next] = gru.step(sample, h);    // a stream goes on: sample [N, 64], next [N, 128]
 */
export class MinGRU extends HiddenStack {
  /** @internal The cell of the table, with the defaults. */
  static get cell(): Cell {
    return CELL;
  }

  constructor(inputSize: number, hiddenSize: number, options: CellStackOptions = {}) {
    super(CELL, inputSize, hiddenSize, options);
  }
}

const CELL: Cell = {
  name: "MinGRU",
  states: 1,
  gates: [
    { name: "update", activation: "sigmoid" },
    { name: "candidate", activation: "positive" },
  ],
  parameters: ({ inputSize, hiddenSize }) => ({
    weight_ih: { shape: [2 * hiddenSize, inputSize] },
    bias_ih: { shape: [2 * hiddenSize] },
  }),
  run(layer) {
    const [z, candidate] = chunk(linear(layer.x, layer.weight("weight_ih"), layer.bias("bias_ih")), 2, 2);
    const logs = { keep: logSigmoid(neg(z)), take: logSigmoid(z), candidate: logCandidate(candidate) };
    return scanLayer("MinGRU.forward", layer, logs, ({ take, candidate: g }) => [take, g]);
  },
};
