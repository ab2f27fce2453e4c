import type { Activation } from "../nn/functional/activations.js";
import { GRU } from "../nn/gru.js";
import { LSTM, type LSTMState } from "../nn/lstm.js";
import { RNN } from "../nn/rnn.js";
import type { Tensor } from "../tensor/index.js";

/** The modules that can be looked into. */
export type RecurrentNet = RNN | LSTM | GRU;

/** What they carry: h [D·K, N, H], and for the lstm { h, c }. */
export type RecurrentNetState = Tensor | LSTMState;

export type GateActivation = Activation;

export function isRecurrentNet(module: unknown): module is RecurrentNet {
  return module instanceof RNN || module instanceof LSTM || module instanceof GRU;
}

/** The gates of a module, in the order of the rows of `weight_hh`. */
export function gateNames(module: RecurrentNet): readonly string[] {
  if (module instanceof LSTM) return ["input", "forget", "candidate", "output"];
  return module instanceof GRU ? ["reset", "update", "candidate"] : ["state"];
}

/** One layer in one direction. */
export interface LayerPlace {
  layer: number;
  direction: "forward" | "reverse";
}

/** The layers and directions in the order of the rows of a state. */
export function layerPlaces({ numLayers, bidirectional }: RecurrentNet): LayerPlace[] {
  const directions = bidirectional ? (["forward", "reverse"] as const) : (["forward"] as const);
  return Array.from({ length: numLayers }, (_, layer) => directions.map((direction) => ({ layer, direction }))).flat();
}

/** `layer 0`, `layer 0, reverse`. */
export function layerName({ layer, direction }: LayerPlace): string {
  return `layer ${layer}${direction === "reverse" ? ", reverse" : ""}`;
}

/** `_l0`, `_l0_reverse`: how the names of its parameters end. */
export function layerSuffix({ layer, direction }: LayerPlace): string {
  return `_l${layer}${direction === "reverse" ? "_reverse" : ""}`;
}
