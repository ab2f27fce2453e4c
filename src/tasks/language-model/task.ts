import { type StreamBatch, StreamBatcher } from "../../data/index.js";
import { bits, type LossOutput, meanLoss, perplexity } from "../../metrics/index.js";
import { tensor } from "../../tensor/index.js";
import { type Vocabulary, vocabularyDifference, vocabularyFromJSON } from "../../text/index.js";
import type { Json } from "../../train/index.js";
import type { DataDetails } from "../about-data/details.js";
import { heldOutText } from "../about-data/held-out.js";
import { type DataAbout, type Task, validationName } from "../task.js";
import { LANGUAGE_MODEL_FIELDS, type LanguageModelConfig, type ResolvedConfig, resolveConfig } from "./config.js";
import { type Corpus, readCorpusAndConfig } from "./corpus.js";
import { linesIn, textDetails } from "./details.js";
import { lossPieces } from "./evaluation.js";
import { fitToMemory } from "./fit-to-memory.js";
import { activations, parameterShapes } from "./memory-estimate.js";
import { LanguageModel, type RecurrentState } from "./model.js";
import { LANGUAGE_MODEL_PRESETS } from "./presets.js";
import { checkCarried } from "./resume.js";
import type { StoredCorpus } from "./stored-corpus.js";

export interface LanguageModelTypes {
  settings: LanguageModelConfig;
  config: ResolvedConfig;
  meta: Vocabulary;
  data: (Corpus | StoredCorpus) & { details?: DataDetails };
  model: LanguageModel;
  batch: StreamBatch;
  carried: RecurrentState;
  output: LossOutput;
}

const figures = () => [meanLoss(), perplexity(), bits()];

/** Which token comes next, in one long text. */
export const languageModel: Task<LanguageModelTypes> = {
  name: "language-model",
  title: "a language model",
  input: "text",
  unit: "tokens",
  fields: LANGUAGE_MODEL_FIELDS,
  sizes: ["hidden", "batch"],
  anyFile: { tokens: "byte" },
  manyFiles: true,
  readsKnown: true,
  resolve: resolveConfig,
  presets: LANGUAGE_MODEL_PRESETS,
  read({ train, valid }, given, { op, nameOf, known }, usual) {
    const validation = valid && { text: valid.bytes, source: validationName(valid.name) };
    const { report } = train;
    const names = {
      source: train.name,
      validation,
      op,
      usual,
      report,
      ...(nameOf && { nameOf }),
      ...(known && { known }),
    };
    const { corpus, config, fitted } = readCorpusAndConfig(train.bytes, given, names);
    const details = textDetails(linesIn(train.bytes, config.tokens === "byte"), corpus, config, valid);
    return { data: { ...corpus, details }, config, fitted: { ...fitted } };
  },
  about: aboutCorpus,
  describeMeta: (vocabulary) => ({ vocabulary: vocabulary.toJSON() as unknown as Json }),
  readMeta: ({ vocabulary }) => vocabularyFromJSON(vocabulary),
  metaDifference(before, after) {
    const difference = vocabularyDifference(before, after);
    return difference === undefined
      ? undefined
      : { must: "have the vocabulary of the text", value: `vocabulary ${difference}` };
  },
  parameterShapes: (config, vocabulary) => parameterShapes(config, vocabulary?.size ?? 1),
  activations,
  fitToMemory: (config, vocabulary, available) => ({ ...fitToMemory(config, vocabulary?.size ?? 1, available) }),
  build: (config, vocabulary) => new LanguageModel(config, vocabulary),
  shared: ({ tie }) => (tie ? ["head.weight"] : []),
  batches({ train }, { batch: batchSize, seqLen, randomLength, seed }, shard) {
    const lengths = randomLength && { randomLengths: seed };
    return new StreamBatcher(train, { batchSize, seqLen, keepAll: true, shard, ...lengths });
  },
  stepRate: ({ seqLen }, config) => (config.randomLength ? seqLen / config.seqLen : 1),
  loss(model, { inputs, targets, seqLen, batchSize }, carried) {
    const shape = [seqLen, batchSize];
    const { loss, crossEntropy, states } = model.losses(tensor(inputs, { shape }), tensor(targets, { shape }), carried);
    return { loss, count: inputs.length, carried: states, told: crossEntropy };
  },
  checkCarried,
  outputs: (model, { validation }, _, told, share) => lossPieces(model, validation!, undefined, told, share),
  metrics: figures,
  lossMetrics: figures,
};

function aboutCorpus(corpus: LanguageModelTypes["data"], { tokens }: ResolvedConfig): DataAbout<Vocabulary> {
  const { vocabulary, train, validation, fingerprint, unknown: unknownTokens, details } = corpus;
  const count = (n: number): string => n.toLocaleString("en");
  const [trainTokens, validationTokens, vocabularySize] = [train.length, validation?.length ?? 0, vocabulary.size];
  const share = (100 * unknownTokens) / (trainTokens + validationTokens);
  const unknown = unknownTokens === 0 ? "" : `; ${share.toPrecision(2)} % of the tokens are not among them`;
  return {
    meta: vocabulary,
    fingerprint,
    heldOut: validation !== null,
    summary: `${heldOutText(trainTokens, validationTokens, "tokens")}, ${count(vocabularySize)} in the vocabulary${unknown}`,
    ...(details !== undefined && { details }),
    counts: { tokens, vocabularySize, trainTokens, validationTokens, unknownTokens },
  };
}
