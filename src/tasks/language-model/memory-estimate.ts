import { checkNonNegativeInteger, checkString, refusal } from "../../base/check.js";
import { OutOfMemoryError } from "../../base/errors.js";
import { GATES } from "../../engine/engine.js";
import { type ResolvedConfig, resolveConfig } from "./config.js";

const CELL_KIND = { rnn: "rnn_tanh", lstm: "lstm", gru: "gru" } as const;
const FLOAT = 4;
/** WebAssembly's memory ends at 4 GiB; a little of it is the engine's own. */
export const MOST_BYTES = 3.9 * 2 ** 30;

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

export interface MemoryEstimate {
  parameters: number;
  /** Of the weights alone. */
  modelBytes: number;
  /** Of a training step at its fullest: weights, gradients, optimiser, activations. */
  trainingBytes: number;
}

/** About what training needs, before anything is allocated. Exact in the weights, within a factor of 2 in the rest. */
export function estimateMemory(config: Sizes & Partial<ResolvedConfig>, vocabulary: number): MemoryEstimate {
  resolveConfig(config, "estimateMemory");
  checkNonNegativeInteger("estimateMemory", "vocabulary", vocabulary);
  const { hidden, embed, layers, batch = 1, seqLen = 1, optimizer = "sgd" } = config;
  const biases = 2 * GATES[CELL_KIND[config.cell]] * hidden;
  const gates = biases / 2;
  const recurrent = gates * (embed + hidden) + biases + (layers - 1) * (gates * 2 * hidden + biases);
  const parameters = vocabulary * embed + recurrent + vocabulary + (config.tie ? 0 : vocabulary * hidden);
  const copies = { sgd: 2, adam: 4, adamw: 4, rmsprop: 3, adagrad: 3 }[optimizer];
  // Per token and layer: gates and their gradients, cell states, outputs and their gradients.
  const activations = batch * seqLen * (layers * (2 * gates + 5 * hidden) + 3 * embed) * FLOAT;
  return {
    parameters,
    modelBytes: parameters * FLOAT,
    trainingBytes: parameters * FLOAT * copies + activations,
  };
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
  checkString("checkMemory", "op", op);
  if (typeof available !== "number") throw refusal("checkMemory", "available", "be a number of bytes", available);
  const { trainingBytes, parameters } = estimateMemory(config, vocabulary);
  const limit = Math.min(available, MOST_BYTES);
  if (trainingBytes <= limit) return;
  throw new OutOfMemoryError({
    op,
    argument: "memory",
    must: `be at most ${formatBytes(limit)} for the model and its training`,
    value: `about ${formatBytes(trainingBytes)} (${parameters.toLocaleString("en")} parameters of hidden size ${config.hidden})`,
    fix: "Use a smaller hidden size, embedding, batch or sequence length.",
  });
}

export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
  let at = 0;
  let value = bytes;
  while (value >= 1024 && at < units.length - 1) {
    value /= 1024;
    at++;
  }
  return `${value.toLocaleString("en", { maximumFractionDigits: value < 10 && at > 0 ? 1 : 0 })} ${units[at]}`;
}
