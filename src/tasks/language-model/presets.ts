import type { Preset } from "../task.js";
import type { LanguageModelConfig } from "./config.js";

/** Recipes under a name; what is not said here is as ever. */
export const LANGUAGE_MODEL_PRESETS: Readonly<Record<string, Preset<LanguageModelConfig>>> = {
  "awd-lstm": {
    source: "Merity, Keskar & Socher 2018, for the words of the Penn Treebank",
    settings: {
      tokens: "word",
      cell: "lstm",
      hidden: 1150,
      layers: 3,
      embed: 400,
      lastHidden: "embed",
      tie: true,
      initRange: 0.1,
      batch: 20,
      seqLen: 70,
      randomLength: true,
      epochs: 500,
      optimizer: "nt-asgd",
      lr: 30,
      clip: 0.25,
      weightDecay: 1.2e-6,
      nonMonotone: 5,
      embeddingDropout: 0.1,
      inputDropout: 0.4,
      hiddenDropout: 0.25,
      outputDropout: 0.4,
      weightDrop: 0.5,
      ar: 2,
      tar: 1,
    },
  },
  "char-rnn": {
    source: "Karpathy 2015, The Unreasonable Effectiveness of Recurrent Neural Networks",
    settings: {
      tokens: "char",
      cell: "lstm",
      hidden: 128,
      layers: 2,
      batch: 50,
      seqLen: 50,
      epochs: 50,
      optimizer: "rmsprop",
      lr: 0.002,
      clip: 5,
    },
  },
};
