import { checkOneOf } from "../../base/check.js";
import { add, mul, sub } from "../../tensor/ops/arithmetic.js";
import { chunk } from "../../tensor/ops/join.js";
import { linear } from "../../tensor/ops/matmul.js";
import { unary } from "../../tensor/ops/unary.js";
import { gruGates, lstmGates, stateGate } from "../gates.js";
import { type Cell, gateParameters } from "./cell.js";
import { HiddenStack } from "./hidden-stack.js";
import { joinedBias } from "./inputs.js";
import { LSTMStack } from "./lstm-stack.js";
import { nextCell, nextHidden, openGates } from "./lstm-step.js";
import type { CellStackOptions } from "./stack.js";
import { resolveRates, STEP_OPTIONS, type StepOptions, type StepRates, unroll } from "./unroll.js";

/** `zoneout` and `recurrentDropout` act inside the recurrence; without them, the modules of `nn` do the same much faster. */
export interface ZoneoutOptions extends CellStackOptions, StepOptions {}

export interface ZoneoutRNNOptions extends ZoneoutOptions {
  /** Default tanh. */
  nonlinearity?: "tanh" | "relu";
}

/**
 * `nn.RNN` with zoneout: in training each unit keeps its old state with probability p, in evaluation it takes the mean.
 *   h̃_t = φ(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)   h_t = d⊙h_{t-1} + (1-d)⊙h̃_t,  d ~ Bernoulli(p)
 * Parameters: those of `RNN`, name by name, so that a state dict of one loads into the other.
 * Source: Krueger et al. 2017.
 * @example new nn.ZoneoutRNN(32, 64, { zoneout: 0.1 })
 */
export class ZoneoutRNN extends HiddenStack {
  constructor(inputSize: number, hiddenSize: number, options: ZoneoutRNNOptions = {}) {
    const op = "ZoneoutRNN";
    const nonlinearity = checkOneOf(op, "nonlinearity", options.nonlinearity ?? "tanh", ["tanh", "relu"]);
    const cell = rnnCell(nonlinearity, resolveRates(op, options, 1));
    super(cell, inputSize, hiddenSize, options, [...STEP_OPTIONS, "nonlinearity"]);
  }
}

/**
 * `nn.LSTM` with zoneout, of h and c at rates of their own.
 *   c̃_t = f⊙c_{t-1} + i⊙g   c_t = d_c⊙c_{t-1} + (1-d_c)⊙c̃_t   h_t = d_h⊙h_{t-1} + (1-d_h)⊙o⊙tanh(c̃_t)
 * Parameters: those of `LSTM`, name by name.
 * Source: Krueger et al. 2017, whose rates for characters are h 0.05 and c 0.5.
 * @example new nn.ZoneoutLSTM(64, 128, { zoneout: { h: 0.05, c: 0.5 } })
 */
export class ZoneoutLSTM extends LSTMStack {
  constructor(inputSize: number, hiddenSize: number, options: ZoneoutOptions = {}) {
    super(lstmCell(resolveRates("ZoneoutLSTM", options, 2)), inputSize, hiddenSize, options, STEP_OPTIONS);
  }
}

/**
 * `nn.GRU` with zoneout.
 *   h_t = d⊙h_{t-1} + (1-d)⊙((1-z)⊙n + z⊙h_{t-1})
 * Parameters: those of `GRU`, name by name.
 * Source: Krueger et al. 2017.
 * @example new nn.ZoneoutGRU(64, 128, { zoneout: 0.2 })
 */
export class ZoneoutGRU extends HiddenStack {
  constructor(inputSize: number, hiddenSize: number, options: ZoneoutOptions = {}) {
    super(gruCell(resolveRates("ZoneoutGRU", options, 1)), inputSize, hiddenSize, options, STEP_OPTIONS);
  }
}

function rnnCell(nonlinearity: "tanh" | "relu", rates: StepRates): Cell {
  return {
    name: "ZoneoutRNN",
    states: 1,
    gates: stateGate(nonlinearity),
    recurrent: "weight_hh",
    parameters: (sizes) => gateParameters(1, sizes),
    run(layer) {
      const inputs = linear(layer.x, layer.weight("weight_ih"), joinedBias(layer));
      const wHh = layer.weight("weight_hh");
      return unroll(inputs, layer, rates, (x, _, seen) => {
        const h = unary(nonlinearity, add(x, linear(seen, wHh)));
        return { states: [h], gates: [h] };
      });
    },
  };
}

function lstmCell(rates: StepRates): Cell {
  return {
    name: "ZoneoutLSTM",
    states: 2,
    gates: lstmGates(),
    recurrent: "weight_hh",
    parameters: (sizes) => gateParameters(4, sizes),
    run(layer) {
      const inputs = linear(layer.x, layer.weight("weight_ih"), joinedBias(layer));
      const wHh = layer.weight("weight_hh");
      return unroll(inputs, layer, rates, (x, [, c], seen) => {
        const [i, f, g, o] = openGates(chunk(add(x, linear(seen, wHh)), 4, 1));
        const cell = nextCell(i, f, g, c!);
        return { states: [nextHidden(o, cell), cell], gates: [i, f, g, o] };
      });
    },
  };
}

function gruCell(rates: StepRates): Cell {
  return {
    name: "ZoneoutGRU",
    states: 1,
    gates: gruGates(),
    recurrent: "weight_hh",
    parameters: (sizes) => gateParameters(3, sizes),
    run(layer) {
      const inputs = linear(layer.x, layer.weight("weight_ih"), layer.bias("bias_ih"));
      const [wHh, bHh] = [layer.weight("weight_hh"), layer.bias("bias_hh")];
      return unroll(inputs, layer, rates, (x, [old], seen) => {
        const [xR, xZ, xN] = chunk(x, 3, 1);
        const [hR, hZ, hN] = chunk(linear(seen, wHh, bHh), 3, 1);
        const r = unary("sigmoid", add(xR!, hR!));
        const z = unary("sigmoid", add(xZ!, hZ!));
        const n = unary("tanh", add(xN!, mul(r, hN!)));
        return { states: [add(n, mul(z, sub(old!, n)))], gates: [r, z, n] };
      });
    },
  };
}
