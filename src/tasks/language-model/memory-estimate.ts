import { GATES } from "../../engine/cells.js";
import { checkFits, estimateTraining, type MemoryEstimate, MOST_BYTES } from "../../train/memory.js";
import type { ResolvedConfig } from "./config.js";

const CELL_KIND = { rnn: "rnn_tanh", lstm: "lstm", gru: "gru" } as const;

type Sizes = Pick<ResolvedConfig, "cell" | "hidden" | "layers" | "embed" | "tie">;

/** The model's parameters by name, with their shapes, from its sizes alone. */
export function parameterShapes(config: Sizes, vocabulary: number): Map<string, readonly number[]> {
  const { hidden, embed, layers, tie } = config;
  const rows = GATES[CELL_KIND[config.cell]] * hidden;
  const shapes = new Map<string, readonly number[]>([["embed.weight", [vocabulary, embed]]]);
  for (let layer = 0; layer < layers; layer++) {
    shapes.set(`rnn.weight_ih_l${layer}`, [rows, layer === 0 ? embed : hidden]);
    shapes.set(`rnn.weight_hh_l${layer}`, [rows, hidden]);
    shapes.set(`rnn.bias_ih_l${layer}`, [rows]);
    shapes.set(`rnn.bias_hh_l${layer}`, [rows]);
  }
  if (!tie) shapes.set("head.weight", [vocabulary, hidden]);
  return shapes.set("head.bias", [vocabulary]);
}

/** About what training needs, before anything is allocated. Exact in the weights, within a factor of 2 in the rest. */
export function estimateMemory(config: Sizes & Partial<ResolvedConfig>, vocabulary: number): MemoryEstimate {
  const { hidden, embed, layers, batch = 1, seqLen = 1, optimizer = "sgd" } = config;
  const biases = 2 * GATES[CELL_KIND[config.cell]] * hidden;
  const gates = biases / 2;
  const recurrent = gates * (embed + hidden) + biases + (layers - 1) * (gates * 2 * hidden + biases);
  const parameters = vocabulary * embed + recurrent + vocabulary + (config.tie ? 0 : vocabulary * hidden);
  return estimateTraining(parameters, activations({ ...config, batch, seqLen }), optimizer);
}

/** Per token and layer: gates and their gradients, cell states, outputs and their gradients. */
export function activations(config: Sizes & Pick<ResolvedConfig, "batch" | "seqLen">): number {
  const { hidden, embed, layers, batch, seqLen } = config;
  const gates = GATES[CELL_KIND[config.cell]] * hidden;
  return batch * seqLen * (layers * (2 * gates + 5 * hidden) + 3 * embed);
}

/**
 * @param available bytes that may be used
 * @throws OutOfMemoryError when training would need more
 */
export function checkMemory(
  op: string,
  config: Sizes & Partial<ResolvedConfig>,
  vocabulary: number,
  available: number = MOST_BYTES,
): void {
  checkFits(op, estimateMemory(config, vocabulary), ` of hidden size ${config.hidden}`, available);
}
