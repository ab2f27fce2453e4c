import { checkNonNegativeInteger, checkString, refusal } from "../../base/check.js";

import { sizeOf } from "../../base/shape.js";
import { checkFits, estimateTraining, type MemoryEstimate, MOST_BYTES } from "../../train/memory.js";
import { recurrentActivations, recurrentShapes } from "../recurrent/layers.js";
import { layerSizes, outputSize, type ResolvedConfig, resolveConfig } from "./config.js";

type Sizes = Pick<ResolvedConfig, "cell" | "hidden" | "layers" | "embed" | "tie">;
type Settings = Sizes & Partial<ResolvedConfig>;

/** The model's parameters by name, with their shapes, from its sizes alone. */
export function parameterShapes(config: Settings, vocabulary: number): Map<string, readonly number[]> {
  const { embed, tie } = config;
  const shapes = new Map<string, readonly number[]>([["embed.weight", [vocabulary, embed]]]);
  for (const [name, shape] of recurrentShapes("rnn", settingsOf(config))) shapes.set(name, shape);
  if (!tie) shapes.set("head.weight", [vocabulary, outputSize(config)]);
  return shapes.set("head.bias", [vocabulary]);
}

/** About what training needs, before anything is allocated. Exact in the weights, within a factor of 2 in the rest. */
export function estimateMemory(config: Settings, vocabulary: number): MemoryEstimate {
  resolveConfig(config, "estimateMemory");
  checkNonNegativeInteger("estimateMemory", "vocabulary", vocabulary);
  const { batch = 1, seqLen = 1, optimizer = "sgd" } = config;
  let parameters = 0;
  for (const shape of parameterShapes(config, vocabulary).values()) parameters += sizeOf(shape);
  return estimateTraining(parameters, activations({ ...config, batch, seqLen }), optimizer);
}

/** Numbers that a step of training keeps for its way back. */
export function activations(config: Settings & Pick<ResolvedConfig, "batch" | "seqLen">): number {
  const { embed, batch, seqLen } = config;
  return batch * seqLen * (recurrentActivations(settingsOf(config)) + 3 * embed);
}

/** With what is left out as it is when nobody says. */
function settingsOf(config: Settings) {
  return layerSizes(resolveConfig(config, "estimateMemory"));
}

/**
 * @param available bytes that may be used
 * @throws OutOfMemoryError when training would need more
 */
export function checkMemory(op: string, config: Settings, vocabulary: number, available: number = MOST_BYTES): void {
  checkString("checkMemory", "op", op);
  if (typeof available !== "number") throw refusal("checkMemory", "available", "be a number of bytes", available);
  checkFits(op, estimateMemory(config, vocabulary), ` of hidden size ${config.hidden}`, available);
}
