export { linear } from "../../tensor/ops/matmul.js";
export { logSoftmax, softmax } from "../../tensor/ops/softmax.js";
export { dropout } from "../../tensor/ops/unary.js";
export type { CellVariant } from "../recurrent/kernel-cells.js";
export type { MergeMode } from "../recurrent/merge.js";
export type { RecurrentResult, RecurrentRun } from "../recurrent/recurrent.js";
export type { KernelResult as LayerResult, LayerRun, RecurrentWeights, States } from "../recurrent/recurrent-layer.js";
export type { Activation } from "./activations.js";
export { recurrent, recurrentLayer } from "./checked-runs.js";
export {
  type CrossEntropyOptions,
  crossEntropy,
  type LinearCrossEntropyOptions,
  linearCrossEntropy,
} from "./cross-entropy.js";
export { embedding } from "./embedding.js";
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
export {
  activationRegularization,
  embeddingDropout,
  type LockedDropoutOptions,
  lockedDropout,
  temporalActivationRegularization,
} from "./regularization.js";
export { linearScan, logScan } from "./scan.js";
export type { Reduction } from "./targets.js";
