import { CELLS, type GateName } from "../../engine/cells.js";
import type { Activation } from "../functional/activations.js";
import type { Gate } from "../observable.js";

/** The simple network's: h itself. */
export function stateGate(activation: Activation): readonly Gate[] {
  return CELLS.rnn_tanh.gates.map((name) => ({ name, activation }));
}

/** In the order of the rows of `weight_hh`. Source of the names: Gers et al. 2000. */
export function lstmGates(gate: Activation = "sigmoid", state: Activation = "tanh"): readonly Gate[] {
  return withActivations(CELLS.lstm.gates, gate, state);
}

/** In the order of the rows of `weight_hh`. Source of the names: Cho et al. 2014. */
export function gruGates(gate: Activation = "sigmoid", state: Activation = "tanh"): readonly Gate[] {
  return withActivations(CELLS.gru.gates, gate, state);
}

function withActivations(names: readonly GateName[], gate: Activation, state: Activation): readonly Gate[] {
  return names.map((name) => ({ name, activation: name === "candidate" ? state : gate }));
}
