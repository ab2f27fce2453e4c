import { OutOfMemoryError } from "../base/errors.js";
import type { OptimizerName } from "./fields.js";

const FLOAT = 4;
/** WebAssembly's memory ends at 4 GiB; a little of it is the engine's own. */
export const MOST_BYTES = 3.9 * 2 ** 30;
/** The weights, their gradients, and what the optimiser keeps of each. */
const COPIES: Readonly<Record<OptimizerName, number>> = {
  sgd: 2,
  adam: 4,
  adamw: 4,
  rmsprop: 3,
  adagrad: 3,
  "nt-asgd": 3,
};

/** What a model takes: its parameters, and bytes. */
export interface MemoryEstimate {
  parameters: number;
  /** Of the weights alone. */
  modelBytes: number;
  /** Of a training step at its fullest: weights, gradients, optimiser, activations. */
  trainingBytes: number;
}

/**
 * About what training needs, before anything is allocated. Exact in the weights, within a factor of 2 in the rest.
 * @param activations  numbers that a step keeps for its way back
 */
export function estimateTraining(parameters: number, activations: number, optimizer: OptimizerName): MemoryEstimate {
  return {
    parameters,
    modelBytes: parameters * FLOAT,
    trainingBytes: parameters * FLOAT * COPIES[optimizer] + activations * FLOAT,
  };
}

/**
 * @param of  what makes the model large, for the error: ` of hidden size 128`
 * @param available bytes that may be used
 * @throws OutOfMemoryError when training would need more
 */
export function checkFits(
  op: string,
  { trainingBytes, parameters }: MemoryEstimate,
  of = "",
  available: number = MOST_BYTES,
): void {
  const limit = Math.min(available, MOST_BYTES);
  if (trainingBytes <= limit) return;
  throw new OutOfMemoryError({
    op,
    argument: "memory",
    must: `be at most ${formatBytes(limit)} for the model and its training`,
    value: `about ${formatBytes(trainingBytes)} (${parameters.toLocaleString("en")} parameters${of})`,
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
