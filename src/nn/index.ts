export {
  Attention,
  type AttentionForwardOptions,
  type AttentionOptions,
  type AttentionScore,
} from "./attention/attention.js";
export {
  MultiheadAttention,
  type MultiheadAttentionForwardOptions,
  type MultiheadAttentionOptions,
} from "./attention/multihead-attention.js";
export { PoolOverTime, type PoolOverTimeOptions } from "./attention/pool-module.js";
export type { PoolMode } from "./attention/pool-over-time.js";
export { Bidirectional, type BidirectionalOptions, type BidirectionalState } from "./bidirectional.js";
export { ModuleList, Sequential, type SequentialPart, type TensorModule } from "./containers.js";
export { Dropout } from "./dropout.js";
export { Embedding, type EmbeddingOptions } from "./embedding.js";
export { EmbeddingDropout } from "./embedding-dropout.js";
/** Operations without parameters of their own: losses, activations, attention, recurrences, decoding. */
export * as functional from "./functional/index.js";
/** Initial values of parameters. */
export * as init from "./init.js";
export { LayerNorm, type LayerNormOptions } from "./layer-norm.js";
export {
  ELU,
  Flatten,
  GELU,
  type GELUOptions,
  Hardsigmoid,
  Hardtanh,
  Identity,
  LeakyReLU,
  LogSoftmax,
  ReLU,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Tanh,
} from "./layers/activations.js";
export { BatchNorm1d, type BatchNorm1dOptions } from "./layers/batch-norm-1d.js";
export { Conv1d, type Conv1dOptions } from "./layers/conv-1d.js";
export {
  BCELoss,
  BCEWithLogitsLoss,
  CrossEntropyLoss,
  GaussianNLLLoss,
  HuberLoss,
  KLDivLoss,
  L1Loss,
  MSELoss,
  NLLLoss,
  QuantileLoss,
  SmoothL1Loss,
} from "./layers/losses.js";
export { AvgPool1d, MaxPool1d } from "./layers/pool-1d.js";
export { Linear, type LinearOptions } from "./linear.js";
export { LockedDropout } from "./locked-dropout.js";
export { AWDLSTM, type AWDLSTMFeatures, type AWDLSTMOptions } from "./models/awd-lstm.js";
export { Module } from "./module.js";
export type { Gate, GateActivation } from "./observable.js";
export type { DTypeOption, FloatDType } from "./options.js";
export { Parameter } from "./parameter.js";
export type { Cell, CellLayer, LayerResult, LayerSizes, ParameterSpec } from "./recurrent/cell.js";
export * from "./recurrent/cells/index.js";
export { HiddenStack } from "./recurrent/hidden-stack.js";
export type { Lengths } from "./recurrent/lengths.js";
export { LSTMStack, type LSTMState } from "./recurrent/lstm-stack.js";
export type { CellStackOptions, GateActivations, ProjectionOption, RecurrentOptions } from "./recurrent/options.js";
export { PackedSequence } from "./recurrent/packed-sequence.js";
export { Recurrent, type SequenceOptions } from "./recurrent/stack.js";
export { type CellOptions, GRUCell, LSTMCell, RNNCell, type RNNCellOptions } from "./recurrent/step-cells.js";
export type { StepOptions, StepRates, ZoneoutRates } from "./recurrent/step-rates.js";
export { type Step, type StepResult, unroll } from "./recurrent/unroll.js";
export type { RecurrentModule, StateOf } from "./recurrent-module.js";
export { RecurrentStack, type RecurrentStackOptions } from "./recurrent-stack.js";
export { CRF, type CRFForwardOptions, type CRFLengths, type CRFOptions } from "./sequence-losses/crf.js";
export { CTCLoss } from "./sequence-losses/ctc-module.js";
export { type BioOptions, bioConstraints, type TagConstraints } from "./sequence-losses/tag-constraints.js";
export type { TagPath } from "./sequence-losses/viterbi.js";
export type { LoadOptions, LoadResult, StateDict } from "./state-dict.js";
export { tieWeights } from "./tie-weights.js";
export { TimeDistributed } from "./time-distributed.js";
/** Gradient clipping, cutting states, packed sequences. */
export * as utils from "./utils.js";
export { WeightDrop, type WeightDropOptions } from "./weight-drop.js";
