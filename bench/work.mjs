/** What is measured of a configuration in Unrolled: a model on a problem, and the things that it does. */
import * as unrolled from "../dist/index.js";
import { hasLengths, tokensPerStep } from "./configs.mjs";
import { LengthsModel, lengthsWork } from "./lengths-model.mjs";
import { LanguageModel, streamer, trainer } from "./model.mjs";

/**
 * @param problem  as `makeProblem` and `readProblem` give it
 * @returns { train, forward, stream?, tokensPerStep }: a training step, which returns its loss; a forward pass without gradients; a token
 */
export function workOf(problem) {
  const { config, weights, data } = problem;
  const { noGrad, tensor } = unrolled;
  const model = hasLengths(config) ? new LengthsModel(config) : new LanguageModel(config);
  const values = Object.entries(weights).map(([name, { shape, data: flat }]) => [name, tensor(flat, { shape })]);
  model.loadStateDict(new Map(values));
  for (const [, value] of values) value.dispose();
  const tokens = tokensPerStep(config, data.lengths?.data);
  if (hasLengths(config)) return { ...lengthsWork(model, problem), tokensPerStep: tokens };
  const x = tensor(data.inputs.data, { shape: data.inputs.shape });
  const y = tensor(data.targets.data, { shape: data.targets.shape });
  return {
    train: trainer(model, x, y),
    forward: () => noGrad(() => void model.forward(x)),
    stream: streamer(model, tensor(new Int32Array([0]), { shape: [1, 1] })),
    tokensPerStep: tokens,
  };
}
