import type { PairBatch } from "./batch.js";
import type { Seq2SeqConfig, Seq2SeqSettings } from "./config.js";
import type { Meaning, Seq2SeqData } from "./data.js";
import type { Seq2SeqOutput } from "./figures.js";
import type { EncoderDecoder } from "./model.js";

/** The kinds of things that an encoder and decoder works with. */
export interface Seq2SeqTypes {
  settings: Seq2SeqSettings;
  config: Seq2SeqConfig;
  meta: Meaning;
  data: Seq2SeqData;
  model: EncoderDecoder;
  batch: PairBatch;
  carried: undefined;
  output: Seq2SeqOutput;
}
