import { checkKnownOptions } from "../../base/check.js";

/** Where a layer's arrays lie in a state dict of ours: `rnn.weight_ih_l1_reverse`. */
export interface Place {
  /** Of the module: `rnn.`. Default none. */
  prefix?: string | undefined;
  /** Counted from 0; null for a single-step cell, whose names have no number. Default 0. */
  layer?: number | null | undefined;
  /** The direction that walks back. Default false. */
  reverse?: boolean | undefined;
}

/** What the arrays of a layer are called. */
export interface LayerNames {
  weightIh: string;
  weightHh: string;
  biasIh: string;
  biasHh: string;
}

/** PyTorch's names of one layer in one direction. Source: torch.nn.RNNBase, torch.nn.RNNCellBase. */
export function namesAt(place: Place = {}): LayerNames {
  checkKnownOptions("namesAt", place, ["prefix", "layer", "reverse"]);
  const { prefix = "", layer = 0, reverse = false } = place;
  const at = (name: string): string =>
    `${prefix}${name}${layer === null ? "" : `_l${layer}`}${reverse ? "_reverse" : ""}`;
  return { weightIh: at("weight_ih"), weightHh: at("weight_hh"), biasIh: at("bias_ih"), biasHh: at("bias_hh") };
}
