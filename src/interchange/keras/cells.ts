import type { Cell } from "../../nn/recurrent/cell.js";
import { gateParameters } from "../../nn/recurrent/cell.js";
import { GRU } from "../../nn/recurrent/cells/gru.js";
import { LSTM } from "../../nn/recurrent/cells/lstm.js";
import { RNN } from "../../nn/recurrent/cells/rnn.js";
import { HiddenStack } from "../../nn/recurrent/hidden-stack.js";
import { LSTMStack } from "../../nn/recurrent/lstm-stack.js";
import type { RecurrentOptions } from "../../nn/recurrent/options.js";
import { unroll } from "../../nn/recurrent/unroll.js";
import { add, mul, sub } from "../../tensor/ops/arithmetic.js";
import { chunk, split } from "../../tensor/ops/join.js";
import { linear } from "../../tensor/ops/matmul.js";
import { type ActivationFunction, activationOf, kernelActivation } from "./activations.js";
import type { Dialect } from "./dialect.js";

export type CellName = "lstm" | "gru" | "rnn";

/** What a recurrent layer of Keras computes. */
export interface CellSettings {
  cell: CellName;
  inputSize: number;
  units: number;
  bias: boolean;
  /** Of the candidate, and of c in the lstm's output; the simple network's only one. */
  activation: string;
  recurrentActivation: string;
  resetAfter: boolean;
  recurrentDropout: number;
}

export type RecurrentLayer = LSTMStack | HiddenStack;

/**
 * One of our recurrent modules that computes it: `nn`'s own, with its kernel where it has one for these activations; else its steps with
 * the activations of Keras. Its parameters have PyTorch's names and order either way.
 * @throws UnsupportedError for an unknown activation
 */
export function recurrentOf(op: string, layer: string, settings: CellSettings, dialect: Dialect): RecurrentLayer {
  const { cell, inputSize, units, bias, resetAfter, recurrentDropout } = settings;
  const options = { batchFirst: true, bias, recurrentDropout };
  const ours = {
    stateActivation: kernelActivation(settings.activation, dialect),
    gateActivation: kernelActivation(settings.recurrentActivation, dialect),
  };
  const state = activationOf(op, layer, settings.activation, dialect);
  if (cell === "rnn") {
    const nonlinearity = ours.stateActivation;
    if (nonlinearity !== undefined) return new RNN(inputSize, units, { ...options, nonlinearity });
    return new StepsOfHidden(rnnCell(state), inputSize, units, options);
  }
  const gate = activationOf(op, layer, settings.recurrentActivation, dialect);
  const isOurs = ours.stateActivation !== undefined && ours.gateActivation !== undefined;
  if (cell === "gru") {
    if (isOurs) return new GRU(inputSize, units, { ...options, ...ours, resetAfter });
    return new StepsOfHidden(gruCell(gate, state, resetAfter), inputSize, units, options);
  }
  if (isOurs) return new LSTM(inputSize, units, { ...options, ...ours });
  return new StepsOfLSTM(lstmCell(gate, state), inputSize, units, options);
}

class StepsOfHidden extends HiddenStack {
  constructor(cell: Cell, inputSize: number, hiddenSize: number, options: RecurrentOptions) {
    super(cell, inputSize, hiddenSize, options);
  }
}

class StepsOfLSTM extends LSTMStack {
  constructor(cell: Cell, inputSize: number, hiddenSize: number, options: RecurrentOptions) {
    super(cell, inputSize, hiddenSize, options);
  }
}

const WALKED = { recurrent: "weight_hh", takesNoise: true, walksPacked: true, kernel: null } as const;

function rnnCell(state: ActivationFunction): Cell {
  return {
    ...WALKED,
    name: "SimpleRNN",
    states: 1,
    parameters: (sizes) => gateParameters(1, sizes),
    run(layer) {
      const [wHh, bHh] = [layer.weight("weight_hh"), layer.bias("bias_hh")];
      const inputs = linear(layer.x, layer.weight("weight_ih"), layer.bias("bias_ih"));
      return unroll(inputs, layer, layer.rates, (x, _, seen) => {
        const h = state(add(x, linear(seen, wHh, bHh)));
        return { states: [h], gates: [] };
      });
    },
  };
}

/** i,f,o = gate(...)   g = state(...)   c_t = f⊙c + i⊙g   h_t = o⊙state(c_t) */
function lstmCell(gate: ActivationFunction, state: ActivationFunction): Cell {
  return {
    ...WALKED,
    name: "LSTM",
    states: 2,
    parameters: (sizes) => gateParameters(4, sizes),
    run(layer) {
      const [wHh, bHh] = [layer.weight("weight_hh"), layer.bias("bias_hh")];
      const inputs = linear(layer.x, layer.weight("weight_ih"), layer.bias("bias_ih"));
      return unroll(inputs, layer, layer.rates, (x, [, c], seen) => {
        const [i, f, g, o] = chunk(add(x, linear(seen, wHh, bHh)), 4, 1);
        const next = add(mul(gate(f), c), mul(gate(i), state(g)));
        return { states: [mul(gate(o), state(next)), next], gates: [] };
      });
    },
  };
}

/** r,z = gate(...)   n = state(W x + b + W_hn (r⊙h)), or with the reset after the product r⊙(W_hn h + b_hn)   h_t = (1-z)⊙n + z⊙h */
function gruCell(gate: ActivationFunction, state: ActivationFunction, resetAfter: boolean): Cell {
  return {
    ...WALKED,
    name: "GRU",
    states: 1,
    parameters: (sizes) => gateParameters(3, sizes),
    run(layer) {
      const parts = [2 * layer.hiddenSize, layer.hiddenSize];
      const [wHh, bHh] = [layer.weight("weight_hh"), layer.bias("bias_hh")];
      const [wGates, wNew] = split(wHh, parts, 0);
      const [bGates = null, bNew = null] = bHh === null ? [] : split(bHh, parts, 0);
      const inputs = linear(layer.x, layer.weight("weight_ih"), layer.bias("bias_ih"));
      return unroll(inputs, layer, layer.rates, (x, [h], seen) => {
        const [gates, xn] = split(x, parts, 1);
        const [r, z] = chunk(gate(add(gates, linear(seen, wGates, bGates))), 2, 1);
        const hidden = resetAfter ? mul(r, linear(seen, wNew, bNew)) : linear(mul(r, seen), wNew, bNew);
        const n = state(add(xn, hidden));
        return { states: [add(n, mul(z, sub(h, n)))], gates: [] };
      });
    },
  };
}
