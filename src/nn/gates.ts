import type { Activation } from "./functional/activations.js";
import type { Gate } from "./observable.js";

/** The simple network's: h itself. */
export function stateGate(activation: Activation): readonly Gate[] {
  return [{ name: "state", activation }];
}

/** In the order of the rows of `weight_hh`. Source of the names: Gers et al. 2000. */
export function lstmGates(gate: Activation = "sigmoid", state: Activation = "tanh"): readonly Gate[] {
  return [
    { name: "input", activation: gate },
    { name: "forget", activation: gate },
    { name: "candidate", activation: state },
    { name: "output", activation: gate },
  ];
}

/** In the order of the rows of `weight_hh`. Source of the names: Cho et al. 2014. */
export function gruGates(gate: Activation = "sigmoid", state: Activation = "tanh"): readonly Gate[] {
  return [
    { name: "reset", activation: gate },
    { name: "update", activation: gate },
    { name: "candidate", activation: state },
  ];
}
