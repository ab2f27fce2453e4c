import { checkNumber, checkOneOf, checkOptionsObject, refusal } from "../../../base/check.js";
import { add, mul } from "../../../tensor/ops/arithmetic.js";
import { linear } from "../../../tensor/ops/matmul.js";
import { select } from "../../../tensor/ops/slice.js";
import { unary } from "../../../tensor/ops/unary.js";
import { indRNN } from "../../functional/ind-rnn.js";
import { uniform } from "../../init.js";
import type { Parameter } from "../../parameter.js";
import type { Cell } from "../cell.js";
import { stateGate } from "../gates.js";
import { HiddenStack } from "../hidden-stack.js";
import type { CellStackOptions } from "../options.js";
import { isQuiet, type StepOptions } from "../step-rates.js";
import { unroll } from "../unroll.js";

export interface IndRNNOptions extends CellStackOptions, StepOptions {
  /** Default relu. */
  nonlinearity?: "relu" | "tanh" | undefined;
  /**
   * Where the recurrent weights start, uniform in [low, high). Default [0, 1]: units of every memory. To have all of them
   * remember T steps, start near 1: [ε^(1/T), 1].
   */
  recurrentInit?: readonly [low: number, high: number] | undefined;
}

/**
 * Independently recurrent network: each unit sees its own past alone, so that its gradient through T steps is u^T and can be
 * kept from vanishing and exploding; layers above mix the units.
 *   h_t = φ(W_ih x_t + b_ih + u⊙h_{t-1}),  φ = relu or tanh
 * Parameters of layer k: `weight_ih_l{k}` [H, I] and `bias_ih_l{k}` [H], uniform in ±1/√H at the start; `weight_hh_l{k}` [H]
 * (u), uniform in [0, 1).
 * Source: Li, Li, Cook, Zhu & Gao 2018.
 * @example
 * const rnn = new nn.IndRNN(2, 128, { numLayers: 2 });
 * const [y, h] = rnn.forward(x);           // x [L, N, 2], y [L, N, 128], h [2, N, 128]
 * optimizer.step();
 * rnn.clipRecurrent(2 ** (1 / x.shape[0])); // no unit grows more than twofold over the sequence
 */
export class IndRNN extends HiddenStack {
  readonly nonlinearity: "relu" | "tanh";

  /** @internal The cell of the table, with the defaults. */
  static get cell(): Cell {
    return indCell("relu", [0, 1]);
  }

  constructor(inputSize: number, hiddenSize: number, options: IndRNNOptions = {}) {
    const op = "IndRNN";
    checkOptionsObject(op, options, "numLayers");
    const nonlinearity = checkOneOf(op, "nonlinearity", options.nonlinearity ?? "relu", ["relu", "tanh"]);
    const range = options.recurrentInit ?? [0, 1];
    if (!Array.isArray(range) || range.length !== 2 || !range.every(Number.isFinite) || range[0] > range[1]) {
      const must = "be [low, high] with low <= high";
      throw refusal(op, "recurrentInit", must, range);
    }
    super(indCell(nonlinearity, range as [number, number]), inputSize, hiddenSize, options, [
      "nonlinearity",
      "recurrentInit",
    ]);
    this.nonlinearity = nonlinearity;
  }

  /**
   * Limits every recurrent weight to [-maximum, maximum], in place: call it after each step of the optimiser.
   * @param maximum 2^(1/T) for relu lets a unit grow at most twofold in T steps (Li et al. 2018, section 4.1)
   */
  clipRecurrent(maximum: number): void {
    checkNumber("IndRNN.clipRecurrent", "maximum", maximum, { min: 0 });
    for (const [name, parameter] of this.namedParameters()) {
      if (!name.startsWith("weight_hh")) continue;
      parameter.set(parameter.data().map((value) => Math.min(Math.max(value, -maximum), maximum)));
    }
  }
}

function indCell(nonlinearity: "relu" | "tanh", [low, high]: readonly [number, number]): Cell {
  return {
    name: "IndRNN",
    states: 1,
    gates: stateGate(nonlinearity),
    recurrent: "weight_hh",
    takesNoise: true,
    parameters: ({ inputSize, hiddenSize }) => ({
      weight_ih: { shape: [hiddenSize, inputSize] },
      weight_hh: { shape: [hiddenSize], init: (u: Parameter) => uniform(u, low, high) },
      bias_ih: { shape: [hiddenSize] },
    }),
    run(layer) {
      const x = linear(layer.x, layer.weight("weight_ih"), layer.bias("bias_ih"));
      const u = layer.weight("weight_hh");
      if (layer.observe || !isQuiet(layer.rates, layer.training)) {
        return unroll(x, layer, layer.rates, (xt, _, seen) => {
          const h = unary(nonlinearity, add(xt, mul(seen, u)));
          return { states: [h], gates: [h] };
        });
      }
      const y = indRNN(x, u, layer.states[0], nonlinearity);
      return { y, states: [select(y, 0, y.shape[0] - 1)] };
    },
  };
}
