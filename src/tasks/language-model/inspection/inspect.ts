import { checkKnownOptions, checkNonNegativeInteger, checkPositiveInteger, refusal } from "../../../base/check.js";
import { FormatError, OptionError } from "../../../base/errors.js";
import {
  type Architecture,
  architecture,
  type Finding,
  type LayerRadii,
  type RecurrentNet,
  spectralRadii,
  type TracedLayer,
  trace,
} from "../../../diagnostics/index.js";
import * as nn from "../../../nn/index.js";
import { tensor } from "../../../tensor/index.js";
import { encodeKnown } from "../../../text/encode-known.js";
import { decodeUtf8, type Vocabulary, type VocabularyKind } from "../../../text/index.js";
import { perplexity } from "../../../train/metrics.js";
import type { Warning } from "../../health/warnings.js";
import { type ShownToken, shownTokens } from "../../inspection/tokens.js";
import { encodeText } from "../corpus.js";
import { LanguageModel } from "../model.js";
import { chooseUnits, type UnitState, type UnitTrace } from "./units.js";
import { languageModelWarnings } from "./warnings.js";

export interface InspectOptions {
  /** Tokens to look at, from the text's beginning. Default 200. */
  length?: number | undefined;
  /** Whose units are shown; 0 is the lowest. Default: the highest. */
  layer?: number | undefined;
  /** How many units are shown. Default 12. */
  units?: number | undefined;
}

/** What a model is made of, and what happens in it when it reads a text. */
export interface Inspection {
  model: { cell: string; tokens: VocabularyKind; vocabulary: number; embed: number; hidden: number; layers: number };
  architecture: Architecture;
  spectralRadii: LayerRadii[];
  /** Null without a text. */
  text: TextInspection | null;
  /** What is wrong, and what to do about it; empty where nothing is. */
  warnings: Warning[];
}

/** What a language model did on a text, layer by layer. */
export interface TextInspection {
  /** Those read; each but the last has a next one to predict. */
  tokens: ShownToken[];
  /** Of the whole text. */
  totalTokens: number;
  /** Of those read and predicted, how many the vocabulary lacks, which are read as `<unk>`, and their share in [0, 1]. */
  unknown: { count: number; share: number };
  /** Mean cross-entropy of the tokens read, in nats. */
  loss: number;
  perplexity: number;
  /** Gradients and gates, one entry a token read. */
  layers: Omit<TracedLayer, "h" | "c">[];
  /** How many steps back the gradient of the last prediction keeps 1 % of its size. */
  horizon: number;
  findings: Finding[];
  /** Whose units follow. */
  unitLayer: number;
  units: UnitTrace[];
}

/**
 * The architecture of a language model, and with a text the gradients of its loss by step, its gates, and its most telling
 * units. The model reads from a zero state; its gradients and its mode are left as they were.
 * @param text  a string, or the bytes of one
 * @throws FormatError when the text has fewer than two tokens, or a character that the vocabulary lacks
 */
export function inspectLanguageModel(
  model: LanguageModel,
  text: string | Uint8Array | null = null,
  options: InspectOptions = {},
): Inspection {
  checkKnownOptions("inspect", options, ["length", "layer", "units"]);
  if (!(model instanceof LanguageModel)) throw refusal("inspect", "model", "be a LanguageModel", model);
  const { cell, tokens, embed, hidden, layers } = model.config;
  const checked = checkOptions(options, layers);
  const read = text === null ? null : inspectText(model, text, checked);
  return {
    model: { cell, tokens, vocabulary: model.vocabulary.size, embed, hidden, layers },
    architecture: architecture(model),
    spectralRadii: spectralRadii(model.rnn as unknown as RecurrentNet),
    text: read?.text ?? null,
    warnings: read?.warnings ?? languageModelWarnings(model, null),
  };
}

function checkOptions({ length, layer, units }: InspectOptions, layers: number): Required<InspectOptions> {
  const op = "inspect";
  const chosen = checkNonNegativeInteger(op, "layer", layer ?? layers - 1);
  if (chosen >= layers) {
    const must = `be less than ${layers}, the number of layers`;
    throw new OptionError({ op, argument: "layer", must, value: String(chosen), fix: "The lowest is 0." });
  }
  return {
    length: checkPositiveInteger(op, "length", length ?? 200),
    layer: chosen,
    units: checkPositiveInteger(op, "units", units ?? 12),
  };
}

function inspectText(
  model: LanguageModel,
  text: string | Uint8Array,
  { length, layer, units }: Required<InspectOptions>,
): { text: TextInspection; warnings: Warning[] } {
  const ids = encodeText(model.vocabulary, text);
  if (ids.length < 2) {
    const must = "have at least 2 tokens";
    throw new FormatError({ op: "inspect", argument: "text", must, value: String(ids.length) });
  }
  const count = Math.min(length!, ids.length - 1);
  const shape = [count, 1];
  const [inputs, targets] = [tensor(ids.slice(0, count), { shape }), tensor(ids.slice(1, count + 1), { shape })];
  const { head, rnn, training } = model;
  model.train(false);
  try {
    const traced = trace(rnn as unknown as RecurrentNet, model.embed.forward(inputs), {
      loss: (y) => nn.functional.linearCrossEntropy(y, head.weight, head.bias, targets),
    });
    const tokens = shownTokens(model.vocabulary, ids.subarray(0, count));
    const { h, c } = traced.layers[layer!]!;
    const states: UnitState[] = [{ of: "h", values: h.data() }];
    if (c !== null) states.push({ of: "tanh c", values: c.data().map(Math.tanh) });
    const unknown = unknownAmong(model.vocabulary, text, count + 1);
    const found: TextInspection = {
      tokens,
      totalTokens: ids.length,
      unknown,
      loss: traced.loss!,
      perplexity: perplexity(traced.loss!),
      layers: traced.layers.map(({ h: _, c: __, ...others }) => others),
      horizon: traced.horizon,
      findings: traced.findings,
      unitLayer: layer!,
      units: chooseUnits(states, h.shape[h.rank - 1], tokens, units!),
    };
    const read = { ids: ids.slice(0, count), loss: traced.loss!, unknown, layers: traced.layers };
    return { text: found, warnings: languageModelWarnings(model, read) };
  } finally {
    model.train(training);
  }
}

/** Of the first `count` tokens. */
function unknownAmong(vocabulary: Vocabulary, text: string | Uint8Array, count: number): TextInspection["unknown"] {
  if (vocabulary.kind === "byte") return { count: 0, share: 0 };
  const { ids } = encodeKnown(vocabulary, typeof text === "string" ? text : decodeUtf8(text));
  const unknown = ids.subarray(0, count).filter((id) => id < 0).length;
  return { count: unknown, share: unknown / count };
}
