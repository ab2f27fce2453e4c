/**
 * Unrolled's explicit layers: `forward` and `backward` in the open, no tape.
 * @packageDocumentation
 */
export { manualSeed } from "../base/random.js";
export { Affine, type AffineOptions, TimeAffine } from "./affine.js";
export {
  Attention,
  AttentionWeight,
  TimeAttention,
  TimeAttentionWeight,
  TimeWeightSum,
  WeightSum,
} from "./attention.js";
export { Embedding, TimeEmbedding } from "./embedding.js";
export { GRU, type GruOptions } from "./gru.js";
export type { Layer } from "./layer.js";
export { LSTM } from "./lstm.js";
export { add, argmax, matmul, mul, oneMinus, relu, scale, sigmoid, softmax, sub, sumRows, T, tanh } from "./math.js";
export { BetterRnnlm, type BetterRnnlmOptions } from "./models/better-rnnlm.js";
export { CBOW } from "./models/cbow.js";
export { Model } from "./models/model.js";
export { Rnnlm, SimpleRnnlm } from "./models/rnnlm.js";
export { AttentionSeq2seq, PeekySeq2seq, Seq2seq } from "./models/seq2seq.js";
export { array, NdArray, type RandomOptions, randn, zeros, zerosLike } from "./nd-array.js";
export { numericalGradient } from "./numerical-gradient.js";
export { AdaGrad, Adam, clipGrads, Momentum, type Optimizer, RMSprop, SGD } from "./optimizers.js";
export { RNN, type RnnOptions } from "./rnn.js";
export { SoftmaxWithLoss, type SoftmaxWithLossOptions, TimeSoftmaxWithLoss } from "./softmax-with-loss.js";
export { loadStateDict, toStateDict, type WeightLike } from "./state-dict.js";
export {
  type Activation,
  gruResetFirstStep,
  gruResetFirstStepBackward,
  gruStep,
  gruStepBackward,
  lstmStep,
  lstmStepBackward,
  rnnStep,
  rnnStepBackward,
} from "./steps-by-hand.js";
export { TimeBiLSTM } from "./time-bi-lstm.js";
export { TimeDropout } from "./time-dropout.js";
export { TimeGRU, TimeLSTM, type TimeOptions, TimeRNN } from "./time-recurrent.js";
