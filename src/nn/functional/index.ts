export { embedding } from "../../tensor/ops/index.js";
export { linear } from "../../tensor/ops/matmul.js";
export { logSoftmax, softmax } from "../../tensor/ops/softmax.js";
export { dropout } from "../../tensor/ops/unary.js";
export type { Activation } from "./activations.js";
export { recurrent, recurrentLayer } from "./checked-runs.js";
export {
  type CrossEntropyOptions,
  crossEntropy,
  type LinearCrossEntropyOptions,
  linearCrossEntropy,
} from "./cross-entropy.js";
export { indRNN } from "./ind-rnn.js";
export { type LayerNormSettings, layerNorm } from "./layer-norm.js";
export {
  type BCEWithLogitsOptions,
  bceWithLogits,
  mseLoss,
  type NLLLossOptions,
  nllLoss,
  type ReductionOption,
} from "./losses.js";
export type { MergeMode, RecurrentResult, RecurrentRun } from "./recurrent.js";
export type { LayerResult, LayerRun, RecurrentWeights, States } from "./recurrent-layer.js";
export {
  activationRegularization,
  embeddingDropout,
  type LockedDropoutOptions,
  lockedDropout,
  temporalActivationRegularization,
} from "./regularization.js";
export { linearScan, logScan } from "./scan.js";
export type { Reduction } from "./targets.js";
export type { CellVariant } from "./unrolled-layer.js";
