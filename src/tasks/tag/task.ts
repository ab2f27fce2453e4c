import { FormatError } from "../../base/errors.js";
import { passOf } from "../../base/report.js";
import { meanLoss } from "../../metrics/index.js";
import { heldOutText } from "../about-data/held-out.js";
import type { CommandTask } from "../commands.js";
import { listOf, objectOf, PROBABILITY, TEXT } from "../described.js";
import { inspectsLater } from "../inspection/later.js";
import { ROW_FIELDS } from "../inspection/rows.js";
import { layersWidth, recurrentActivations, recurrentShapes } from "../recurrent/layers.js";
import { sampleBatches } from "../stored/samples.js";
import { fitToSize } from "../training/fit-to-size.js";
import { metaDifferenceBy } from "../training/meta-difference.js";
import { adoptTagger } from "./adopts.js";
import { resolveTag, TAG_FIELDS, type TagConfig, type TagSettings } from "./config.js";
import { type Example, examplesOf, faultsIn, type Meaning, readData } from "./data.js";
import { evaluatedSentences, TagCounts } from "./evaluation.js";
import { inferSentences } from "./infer.js";
import { metricsOf, outputsOf } from "./judged.js";
import { Lexicon, namesFrom } from "./lexicon.js";
import { batchOf, CHAR_WINDOW, characterLayers, Tagger } from "./model.js";
import { predictedSentences, predictions } from "./predictions.js";
import { readTagged, readWords, wordsOf } from "./sentences.js";
import { areSpanTags } from "./spans.js";
import type { TagTypes } from "./types.js";

const OP = "tag";

/** Many to many, aligned: a tag for each word of a sentence. */
export const tag: CommandTask<TagTypes> = {
  name: "tag",
  title: "a tagger",
  input: "file of tagged words",
  unit: "words",
  endsWithEmptyLine: true,
  fields: TAG_FIELDS,
  sizes: ["hidden", "batch"],
  readsKnown: true,
  infer: inferSentences,
  resolve: resolveTag,
  read(sources, given, { op, nameOf, known }, usual) {
    const config = resolveTag({ ...usual, ...given }, op, nameOf);
    const data = readData(sources, config, known);
    const fitted = fitToSize(given, TAG_FIELDS, data.train.length, usual);
    return { data, config: { ...config, ...fitted }, fitted };
  },
  async readStream(sources, given, { op, nameOf, known }, usual) {
    const { store } = (await import("../on-demand.js")).tag;
    const config = resolveTag({ ...usual, ...given }, op, nameOf);
    const data = await store(sources, config, { known });
    const fitted = fitToSize(given, TAG_FIELDS, data.train.length, usual);
    return { data, config: { ...config, ...fitted }, fitted, close: () => data.close() };
  },
  about(data) {
    const { train, validation, tags, faults, details } = data;
    const { train: trainWords, validation: validationWords } = data.words;
    const sentences = heldOutText(train.length, validation.length, "sentences");
    const words = `${(trainWords + validationWords).toLocaleString("en")} words, ${tags.length} tags`;
    return {
      meta: data,
      fingerprint: data.fingerprint,
      heldOut: validation.length > 0,
      summary: `${sentences}, ${words}${faults === "" ? "" : `; ${faults}`}`,
      details,
      counts: {
        ...{ tags: tags.length, trainSentences: train.length, validationSentences: validation.length },
        ...{ trainWords, validationWords },
      },
    };
  },
  describeMeta: ({ tags, lexicon, constrained }) => ({ tags: [...tags], ...lexicon.toJSON(), constrained }),
  readMeta: ({ tags, words, chars, constrained }) => {
    if (typeof constrained !== "boolean") {
      const value = JSON.stringify(constrained) ?? "nothing";
      throw new FormatError({ op: OP, argument: "json", must: "say whether it is constrained", value });
    }
    return { tags: namesFrom("tags", tags, 2), lexicon: Lexicon.fromJSON(words, chars), constrained };
  },
  metaDifference: metaDifferenceBy((meta) => tag.describeMeta(meta), "know the tags and the words of the file"),
  parameterShapes: shapesOf,
  activations: activationsOf,
  build: (config, meta) => new Tagger(config, meta),
  batches({ train, lexicon }, { batch, seed, maxChars }, shard) {
    const lengthOf = ({ tokens }: Example) => tokens.length;
    return sampleBatches(train, { batchSize: batch, seed, shard, lengthOf }, (some) =>
      batchOf(some, lexicon, maxChars),
    );
  },
  loss(model, batch) {
    const { loss, count } = model.loss(model.forward(batch), batch);
    // Every tag to train on is known, and none breaks a rule that was made of them.
    return { loss: loss!, count };
  },
  outputs: (model, { validation }, _, told, share) => outputsOf(model, validation, told, share),
  metrics: ({ tags }) => metricsOf(tags),
  lossMetrics: () => [meanLoss()],
  evaluate: {
    about: "Tell how often a tagger is right: F1 of spans where its tags name spans, accuracy, loss in nats, each tag.",
    fields: { unseen: TAG_FIELDS.unseen },
    async run(model, { config, meta }, source, options) {
      const read = readTagged(source, config);
      const { unseen = config.unseen } = options as Partial<TagSettings>;
      const examples = examplesOf(read, read.sentences, meta.tags, unseen);
      const counts = new TagCounts(meta);
      counts.add(examples, outputsOf(model, examples, passOf(source.report, "evaluating")));
      return counts.evaluated(faultsIn(read, meta.tags));
    },
    stream: evaluatedSentences,
  },
  inspect: inspectsLater(ROW_FIELDS, async () => (await import("../on-demand.js")).tag),
  adopts: { tells: "labels", of: "steps", make: adoptTagger },
  beware: async (data) => (await import("../on-demand.js")).tag.beware(data),
  blueprint: async (known) => (await import("../on-demand.js")).tag.blueprint(known),
  predict: {
    describe: ({ meta: { tags } }) => ({ input: TEXT, output: taggedSchema(tags) }),
    run: (model, known, source) =>
      predictions(model, known, readWords(source, known.config), passOf(source.report, "predicting")),
    stream: predictedSentences,
    typed(model, known, row) {
      const tokens = typeof row === "string" ? wordsOf(row) : [];
      if (tokens.length > 0) return predictions(model, known, [{ tokens, tags: null, lines: tokens.map(() => 1) }]);
      const [argument, must] = typeof row === "string" ? ["text", "hold a word"] : ["row", "be a text"];
      const value = typeof row === "string" ? "none" : "numbers";
      throw new FormatError({ op: OP, argument, must, value });
    },
  },
};

/** The words of a sentence with their tags, and the spans that these name. */
function taggedSchema(tags: readonly string[]) {
  const at = { type: "integer", minimum: 0 } as const;
  const span = objectOf({ type: TEXT, start: at, end: at, text: TEXT });
  const own = { tokens: listOf(TEXT), tags: listOf({ enum: [...tags] }), probabilities: listOf(PROBABILITY) };
  return objectOf(own, areSpanTags(tags) ? { spans: listOf(span) } : {});
}

function shapesOf(config: TagConfig, meta: Meaning | null) {
  const { embed, chars, charEmbed, charHidden, crf } = config;
  const { length: tags } = meta?.tags ?? { length: 2 };
  const input = embed + (chars === "none" ? 0 : 2 * charHidden);
  const shapes = recurrentShapes("rnn", { ...config, input });
  shapes.set("embed.weight", [(meta?.lexicon.words.length ?? 0) + 1, embed]);
  shapes.set("head.weight", [tags, layersWidth(config)]).set("head.bias", [tags]);
  if (chars !== "none") shapes.set("chars.embed.weight", [(meta?.lexicon.chars.length ?? 0) + 1, charEmbed]);
  if (chars === "lstm") {
    for (const [name, shape] of recurrentShapes("chars.rnn", characterLayers(config))) shapes.set(name, shape);
  }
  if (chars === "conv") {
    shapes.set("chars.conv.weight", [2 * charHidden, charEmbed, CHAR_WINDOW]).set("chars.conv.bias", [2 * charHidden]);
  }
  if (crf) {
    for (const name of ["start_transitions", "end_transitions"]) shapes.set(`crf.${name}`, [tags]);
    shapes.set("crf.transitions", [tags, tags]);
  }
  return shapes;
}

/** Characters of a word that is new to its batch, on average. */
const USUAL_CHARS = 8;

function activationsOf(config: TagConfig): number {
  const { batch, maxLength, maxChars, embed, hidden, chars, charEmbed, charHidden } = config;
  const layers = characterLayers(config);
  const each = chars === "lstm" ? recurrentActivations(layers) + charEmbed : chars === "conv" ? 8 * charHidden : 0;
  const word = recurrentActivations({ ...config, input: embed }) + 3 * (embed + 2 * charHidden) + 4 * hidden;
  return batch * maxLength * (word + Math.min(USUAL_CHARS, maxChars) * each);
}
