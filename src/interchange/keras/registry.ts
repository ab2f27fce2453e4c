import type { LayerBuilder } from "./layer.js";
import { buildAttention, buildMultiHeadAttention } from "./layers/attention.js";
import { buildBidirectional } from "./layers/bidirectional.js";
import {
  buildAveragePooling1D,
  buildConv1D,
  buildCropping1D,
  buildGlobalPooling,
  buildMaxPooling1D,
  buildUpSampling1D,
  buildZeroPadding1D,
} from "./layers/convolution.js";
import { buildDense, buildEmbedding, buildTimeDistributed } from "./layers/dense.js";
import { buildConcatenate, buildMerge, MERGE_TYPES } from "./layers/merge.js";
import { buildBatchNormalization, buildLayerNormalization } from "./layers/normalization.js";
import * as plain from "./layers/plain.js";
import { buildRecurrent } from "./layers/recurrent.js";

interface LayerRow {
  build: LayerBuilder;
  /** What it is here, for people. */
  becomes: string;
}

const row = (becomes: string, build: LayerBuilder): LayerRow => ({ becomes, build });

/** The layers of Keras that can be built, by class. */
export const LAYERS: ReadonlyMap<string, LayerRow> = new Map([
  ["Embedding", row("nn.Embedding", buildEmbedding)],
  ["SimpleRNN", row("nn.RNN", buildRecurrent)],
  ["LSTM", row("nn.LSTM", buildRecurrent)],
  ["GRU", row("nn.GRU", buildRecurrent)],
  ["CuDNNLSTM", row("nn.LSTM", buildRecurrent)],
  ["CuDNNGRU", row("nn.GRU", buildRecurrent)],
  ["RNN", row("one nn module a cell", buildRecurrent)],
  ["Bidirectional", row("two nn modules", buildBidirectional)],
  ["TimeDistributed", row("its layer at each step", buildTimeDistributed)],
  ["Dense", row("nn.Linear", buildDense)],
  ["Conv1D", row("nn.Conv1d", buildConv1D)],
  ["Convolution1D", row("nn.Conv1d", buildConv1D)],
  ["MaxPooling1D", row("maxPool1d", buildMaxPooling1D)],
  ["AveragePooling1D", row("avgPool1d", buildAveragePooling1D)],
  ["GlobalMaxPooling1D", row("maxOverTime", buildGlobalPooling)],
  ["GlobalAveragePooling1D", row("meanOverTime", buildGlobalPooling)],
  ["ZeroPadding1D", row("zeros around", buildZeroPadding1D)],
  ["Cropping1D", row("narrow", buildCropping1D)],
  ["UpSampling1D", row("repeatInterleave", buildUpSampling1D)],
  ["Attention", row("attention", buildAttention)],
  ["AdditiveAttention", row("attention", buildAttention)],
  ["MultiHeadAttention", row("attention in heads", buildMultiHeadAttention)],
  ["BatchNormalization", row("batchNorm", buildBatchNormalization)],
  ["LayerNormalization", row("layerNorm", buildLayerNormalization)],
  ["Masking", row("a mask", plain.buildMasking)],
  ["Flatten", row("reshape", plain.buildFlatten)],
  ["Reshape", row("reshape", plain.buildReshape)],
  ["Permute", row("permute", plain.buildPermute)],
  ["RepeatVector", row("expand", plain.buildRepeatVector)],
  ["Concatenate", row("concat", buildConcatenate)],
  ...MERGE_TYPES.map((type) => [type, row("element by element", buildMerge)] as const),
  ["Activation", row("an activation", plain.buildActivation)],
  ["ReLU", row("an activation", plain.buildReLU)],
  ["LeakyReLU", row("an activation", plain.buildLeakyReLU)],
  ["ELU", row("an activation", plain.buildELU)],
  ["Softmax", row("an activation", plain.buildSoftmax)],
  ["Dropout", row("nn.Dropout", plain.buildDropout)],
  ["SpatialDropout1D", row("lockedDropout", plain.buildSpatialDropout)],
  ["GaussianNoise", row("noise in training", plain.buildGaussianNoise)],
  ["GaussianDropout", row("noise in training", plain.buildGaussianDropout)],
]);

/** Models as layers of models. */
export const CONTAINERS: ReadonlySet<string> = new Set(["Sequential", "Functional", "Model"]);
