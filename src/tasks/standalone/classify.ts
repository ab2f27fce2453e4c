import type { ClassifyConfig } from "../classify/config.js";
import { configOf, type Description } from "./description.js";
import { argmax, sigmoid, softmax, type Weights, weightOf } from "./net/vectors.js";
import { type RowInput, rowNetwork, unknownShare } from "./row-network.js";

export { unpackWeights } from "./net/weights.js";

/** A classifier: the likeliest class of a row, or the labels that are likely enough. */
export function make(description: Description, weights: Weights) {
  const network = rowNetwork("predict", description, weights);
  const { multi } = configOf<ClassifyConfig>(description);
  const classes = description["classes"] as string[];
  const named = (all: ArrayLike<number>) => Object.fromEntries(classes.map((name, c) => [name, all[c]]));
  if (!multi) {
    const predict = (input: RowInput) => {
      const { outputs, unknown } = network(input);
      const all = softmax(outputs);
      const best = argmax(all);
      const answer = { label: classes[best], probability: all[best], probabilities: named(all) };
      return { ...answer, ...unknownShare(unknown) };
    };
    return { predict };
  }
  const thresholds = weightOf(weights, "thresholds").data;
  const predict = (input: RowInput) => {
    const { outputs, unknown } = network(input);
    const all = outputs.map(sigmoid);
    const labels = classes.filter((_, c) => all[c] >= thresholds[c]);
    return { labels, probabilities: named(all), ...unknownShare(unknown) };
  };
  return { predict };
}
