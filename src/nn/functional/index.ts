export { embedding } from "../../tensor/ops/index.js";
export { linear } from "../../tensor/ops/matmul.js";
export { logSoftmax, softmax } from "../../tensor/ops/softmax.js";
export { dropout } from "../../tensor/ops/unary.js";
export {
  type CrossEntropyOptions,
  crossEntropy,
  type LinearCrossEntropyOptions,
  linearCrossEntropy,
} from "./cross-entropy.js";
export {
  type BCEWithLogitsOptions,
  bceWithLogits,
  mseLoss,
  type NLLLossOptions,
  nllLoss,
  type ReductionOption,
} from "./losses.js";
export { type RecurrentRun, recurrent } from "./recurrent.js";
export { type LayerRun, type RecurrentWeights, recurrentLayer, type States } from "./recurrent-layer.js";
export type { Reduction } from "./targets.js";
