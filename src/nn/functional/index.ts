export { linear } from "../../tensor/ops/matmul.js";
export { logSoftmax, softmax } from "../../tensor/ops/softmax.js";
export { dropout } from "../../tensor/ops/unary.js";
export type { CellVariant } from "../recurrent/kernel-cells.js";
export type { MergeMode } from "../recurrent/merge.js";
export type { RecurrentResult, RecurrentRun } from "../recurrent/recurrent.js";
export type { LayerResult, LayerRun, RecurrentWeights, States } from "../recurrent/recurrent-layer.js";
export type { Activation } from "./activations.js";
export { type BatchNormSettings, batchNorm } from "./batch-norm.js";
export { recurrent, recurrentLayer } from "./checked-runs.js";
export { type Conv1dPadding, type Conv1dSettings, conv1d } from "./convolution.js";
export {
  type CrossEntropyOptions,
  crossEntropy,
  type LinearCrossEntropyOptions,
  linearCrossEntropy,
} from "./cross-entropy.js";
export { type EmbeddingSettings, embedding } from "./embedding.js";
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
export { elu, gelu, hardsigmoid, hardtanh, leakyRelu, silu, softplus } from "./pointwise.js";
export { type AvgPool1dSettings, avgPool1d, type MaxPool1dSettings, maxPool1d } from "./pool-1d.js";
export { type BCELossOptions, bceLoss, type KLDivOptions, klDiv } from "./probability-losses.js";
export {
  type GaussianNLLLossOptions,
  gaussianNLLLoss,
  type HuberLossOptions,
  huberLoss,
  l1Loss,
  type QuantileLossOptions,
  quantileLoss,
  type SmoothL1LossOptions,
  smoothL1Loss,
} from "./regression-losses.js";
export {
  activationRegularization,
  embeddingDropout,
  type LockedDropoutOptions,
  lockedDropout,
  temporalActivationRegularization,
} from "./regularization.js";
export { linearScan, logScan } from "./scan.js";
export type { Reduction } from "./targets.js";
