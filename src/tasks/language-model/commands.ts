import { count, countOrNull, type Field, natural, oneOf, real, realOrNull, textOrNull } from "../../base/fields.js";
import { encodeKnown } from "../../text/encode-known.js";
import type { CommandTask, Evaluated } from "../commands.js";
import { adoptLanguageModel } from "./adopts.js";
import { type EvaluateOptions, type Evaluation, evaluationFigures, UNKNOWN_HANDLING } from "./evaluation.js";
import type { GenerateOptions } from "./generate.js";
import type { InspectOptions } from "./inspection/inspect.js";
import type { LanguageModel } from "./model.js";
import { remembers } from "./remembering.js";
import { type LanguageModelTypes, languageModel } from "./task.js";

const handling: Field<string | null> = {
  ...oneOf(UNKNOWN_HANDLING, "skip", { help: "", placeholder: "how" }),
  default: null,
  help: "what the model has never seen: an error, left out, or read as <unk> (default: map where the model has <unk>, else error)",
};

/** The language model with all that commands ask of it. */
export const languageModelTask: CommandTask<LanguageModelTypes> = {
  ...languageModel,
  async readStream(sources, given, { op, nameOf, known }, usual) {
    const { store } = (await import("../on-demand.js")).languageModel;
    const { corpus, config, fitted } = await store(sources, given, { op, nameOf, known, usual });
    return { data: corpus, config, fitted: { ...fitted }, close: () => corpus.close() };
  },
  evaluate: {
    about: "Tell how well a model predicts a text: loss in nats, perplexity, bits a character.",
    fields: {
      unknown: handling,
      seqLen: countOrNull("50", { help: "tokens computed at once; the state is carried on (default: 512)" }),
    },
    async run(model, _, { bytes }, options) {
      const result = await model.evaluate(bytes, options as EvaluateOptions);
      return evaluated(model, result, result.unknown.first);
    },
    wholeWhereSmall: true,
    async stream(model, _, file, { onBad: _onBad, ...options }) {
      const { evaluateFile } = (await import("../on-demand.js")).languageModel;
      const { evaluation, first } = await evaluateFile(model, file, options as EvaluateOptions);
      return evaluated(model, evaluation, first);
    },
  },
  generate: {
    fields: {
      prompt: textOrNull("The ", { help: "what the text begins with (default: nothing)", placeholder: "text" }),
      length: natural(500, { help: "tokens to draw" }),
      temperature: {
        ...real(1, { min: 0 }, { help: "below 1 bolder, above 1 more varied, 0 always the likeliest" }),
        example: "0.8",
      },
      topK: countOrNull("40", { help: "draw among the n likeliest tokens only (default: all)" }),
      topP: realOrNull(
        "0.9",
        { min: 0, max: 1 },
        { help: "draw among the likeliest tokens that together have this probability (default: 1)" },
      ),
      seed: countOrNull("7", { help: "the same seed draws the same text (default: another each time)" }),
    },
    amount: "length",
    example: ["--temperature", "0.8"],
    stream: (model, options) => model.stream(options as GenerateOptions),
    streamBytes: (model, options) => model.streamBytes(options as GenerateOptions),
    isRaw: ({ vocabulary }) => vocabulary.kind === "byte",
    unseen: ({ vocabulary }, prompt) => encodeKnown(vocabulary, prompt).unknown,
  },
  remembers: remembers as CommandTask<LanguageModelTypes>["remembers"] & object,
  inspect: {
    fields: {
      length: count(200, { help: "tokens to read, from the text's beginning" }),
      layer: countOrNull("0", { help: "whose hidden units to show, 0 being the lowest (default: the highest)" }),
      units: count(12, { help: "hidden units to show, those that vary most" }),
    },
    run: async (model, _, content, options) =>
      (await import("../on-demand.js")).languageModel.inspected(model, content, options as InspectOptions),
    look: async (model, _, content, options) =>
      (await import("../on-demand.js")).languageModel.looked(model, content, options),
  },
  blueprint: async (known) => (await import("../on-demand.js")).languageModel.blueprint(known),
  adopts: { tells: "tokens", of: "steps", make: adoptLanguageModel },
  preview(model, { sampleLength: length }, step) {
    return length === 0 ? null : model.sample({ length, temperature: 0.8, seed: step });
  },
};

function evaluated({ vocabulary }: LanguageModel, result: Evaluation, unseen: Evaluated["unseen"]): Evaluated {
  const { first: _, ...unknown } = result.unknown;
  return {
    figures: evaluationFigures(vocabulary, result),
    unseen,
    values(placeOf) {
      const first = unseen.map((found) => ({ ...found, place: found.place ?? placeOf(found.index) }));
      return { ...result, unknown: { ...unknown, first } };
    },
  };
}
