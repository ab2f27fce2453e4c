import type { Description } from "./description.js";
import type { Weights } from "./net/vectors.js";
import { type RowInput, rowNetwork, unknownShare } from "./row-network.js";

export { unpackWeights } from "./net/weights.js";

/** A regressor: the number of a row. */
export function make(description: Description, weights: Weights) {
  const network = rowNetwork("predict", description, weights);
  const { mean, scale } = description["target"] as { mean: number; scale: number };
  const predict = (input: RowInput) => {
    const { outputs, unknown } = network(input);
    return { value: outputs[0] * scale + mean, ...unknownShare(unknown) };
  };
  return { predict };
}
