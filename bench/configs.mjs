/**
 * The configurations that every peer trains: a language model of an embedding, `layers` recurrent layers and a linear head.
 * With a `projection` the lstm's state has that many units.
 * @typedef {{ cell: "RNN" | "LSTM" | "GRU", vocabulary: number, embedding: number, hidden: number, layers: number, batch: number, seqLen: number, projection?: number }} Config
 *
 * Sequences of many lengths: as many ids as each has, uniform in `lengths`, batch by batch out of `batches` that differ. The head tells a class of
 * each step (`tells: "steps"`) or of each sequence, from what the top layer ends with (`tells: "sequences"`).
 * @typedef {Omit<Config, "seqLen" | "projection"> & { lengths: [number, number], batches: number, classes: number, tells: "steps" | "sequences", bidirectional: boolean }} LengthsConfig
 */

/** @type {Record<string, Config | LengthsConfig>} */
export const CONFIGS = {
  book_simple: { cell: "RNN", vocabulary: 418, embedding: 100, hidden: 100, layers: 1, batch: 10, seqLen: 5 },
  book_rnnlm: { cell: "LSTM", vocabulary: 10_000, embedding: 100, hidden: 100, layers: 1, batch: 20, seqLen: 35 },
  charrnn128x2: { cell: "LSTM", vocabulary: 65, embedding: 128, hidden: 128, layers: 2, batch: 50, seqLen: 50 },
  charrnn512x2: { cell: "LSTM", vocabulary: 65, embedding: 512, hidden: 512, layers: 2, batch: 50, seqLen: 50 },
  gru256: { cell: "GRU", vocabulary: 65, embedding: 256, hidden: 256, layers: 1, batch: 32, seqLen: 64 },
  better650: { cell: "LSTM", vocabulary: 10_000, embedding: 650, hidden: 650, layers: 2, batch: 20, seqLen: 35 },
  tagger: {
    ...{ cell: "LSTM", vocabulary: 10_000, embedding: 100, hidden: 128, layers: 1, bidirectional: true },
    ...{ batch: 32, lengths: [3, 60], batches: 20, classes: 12, tells: "steps" },
  },
  classifier: {
    ...{ cell: "GRU", vocabulary: 5_000, embedding: 100, hidden: 128, layers: 2, bidirectional: true },
    ...{ batch: 32, lengths: [20, 200], batches: 8, classes: 5, tells: "sequences" },
  },
  names: {
    ...{ cell: "LSTM", vocabulary: 60, embedding: 32, hidden: 64, layers: 1, bidirectional: false },
    ...{ batch: 64, lengths: [3, 12], batches: 40, classes: 2, tells: "sequences" },
  },
};

/** @type {(config: Config | LengthsConfig) => config is LengthsConfig} */
export const hasLengths = (config) => config.lengths !== undefined;

/** Tokens of a training step: of sequences of many lengths, on average, without padding. */
export function tokensPerStep(config, lengths) {
  if (!hasLengths(config)) return config.batch * config.seqLen;
  return lengths.reduce((sum, length) => sum + length, 0) / config.batches;
}

/** Hidden sizes of `--sizes`, each with `sizeConfig`. */
export const SIZES = [32, 64, 128, 256, 512, 1024];

/** @returns {Config} */
export function sizeConfig(hidden) {
  return { cell: "LSTM", vocabulary: 65, embedding: hidden, hidden, layers: 1, batch: 50, seqLen: 50 };
}

export const GATES = { RNN: 1, LSTM: 4, GRU: 3 };

/** What every training step does, in this order, after the gradients were set to zero. */
export const CLIP_NORM = 0.25;
export const LEARNING_RATE = 0.1;

/**
 * Floating-point operations of one training step: 6 per weight and token of the recurrent layers and the head. Not known of sequences of many lengths.
 * @param inputRows  rows that the first layer multiplies, see `inputRows`; without it, the plain computation
 */
export function stepFlops(config, inputRows = config.batch * config.seqLen) {
  if (hasLengths(config)) return Number.NaN;
  const { cell, vocabulary, embedding, hidden, layers, batch, seqLen, projection = 0 } = config;
  const state = projection || hidden;
  let weights = state * vocabulary;
  for (let k = 0; k < layers; k++)
    weights += GATES[cell] * hidden * ((k === 0 ? 0 : state) + state) + projection * hidden;
  return 6 * (batch * seqLen * weights + inputRows * GATES[cell] * hidden * embedding);
}

/** Rows that the first layer multiplies: those of the table where the engine does each once, else one a token. */
export function inputRows({ vocabulary, batch, seqLen }, engine) {
  const tokens = batch * seqLen;
  return engine.sharesRows?.("float32", vocabulary, tokens) ? vocabulary : tokens;
}
