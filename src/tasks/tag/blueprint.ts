import type { Blueprint, Program, Step } from "../../interchange/targets/blueprint.js";
import type { Known } from "../commands.js";
import { floats, ints, lengthsOf } from "../export/ports.js";
import { lastHiddenOf, type RecurrentPart, recurrentPart } from "../recurrent/blueprint.js";
import { layersWidth } from "../recurrent/layers.js";
import { CHAR_WINDOW, characterLayers } from "./model.js";
import { constraintsOf } from "./spans.js";
import type { TagTypes } from "./types.js";

const CRF_NOTE =
  "scores are those of single tags: where no tags are told beside them, the best tags of a sentence are the path that the Viterbi algorithm " +
  "finds with crf.transitions, crf.start_transitions and crf.end_transitions, which stand beside the weights as numbers";

const BEST = ints("tags", ["L", "N"], "of each sentence as a whole, by their places; 0 beyond its end");

/** A tagger in the words of other toolkits. With a CRF it tells emissions, and of whole sentences the best tags. */
export function tagBlueprint({ config, meta }: Known<TagTypes>): Blueprint {
  const { bidirectional, crf, embed, chars, charHidden } = config;
  const { tags, lexicon, constrained } = meta;
  const input = embed + (chars === "none" ? 0 : 2 * charHidden);
  const words = ints(
    "words",
    ["L", "N"],
    "words by their places among those that are known, counted from 1; 0: another",
  );
  const spelled = [
    ints("chars", ["C", "L", "N"], "characters of each word, counted likewise"),
    ints("sizes", ["L", "N"], "characters of each word, 1 to C"),
  ];
  const inputs = chars === "none" ? [words] : [words, ...spelled];
  const outputs = [
    floats("scores", ["L", "N", tags.length], `of each tag${crf ? ", by itself" : ""}`),
    ...(crf ? [] : [floats("probabilities", ["L", "N", tags.length], "the softmax of the scores")]),
  ];
  const sizes = { inputSize: layersWidth(config), outputSize: tags.length, bias: true, tied: null };
  const about = (layers: RecurrentPart): Step[] => [
    { op: "embedding", module: "embed", rows: lexicon.words.length + 1, width: embed, input: "words", output: "known" },
    ...spelling(config, lexicon.chars.length + 1),
    { op: "concat", inputs: chars === "none" ? ["known"] : ["known", "spelled"], output: "x" },
    ...layers.steps,
    { op: "linear", module: "head", ...sizes, input: "y", output: "scores" },
    ...(crf ? [] : [{ op: "softmax", input: "scores", output: "probabilities" } as const]),
  ];
  const joints = { module: "rnn", input: "x", output: "y" };
  const best: Step[] = crf ? [bestTags(tags, constrained)] : [];
  const model: Program = {
    name: "model",
    about: "Whole sentences side by side.",
    inputs: [...inputs, lengthsOf("words")],
    steps: [...about(recurrentPart({ ...config, input }, { ...joints, lengths: "lengths", from: null })), ...best],
    outputs: [...outputs, ...(crf ? [BEST] : [])],
  };
  const base = { name: "Tagger", about: "Scores of the tags of each word.", notes: crf ? [CRF_NOTE] : [] };
  if (bidirectional) return { ...base, programs: [model] };
  const stream = recurrentPart({ ...config, input }, { ...joints, lengths: null });
  const step: Program = {
    name: "step",
    about: "The next words of sentences, one or more, from the state after those before.",
    inputs: [...inputs, ...stream.before],
    steps: about(stream),
    outputs: [...outputs, ...stream.after],
  };
  return { ...base, programs: [model, step] };
}

function bestTags(tags: readonly string[], constrained: boolean): Step {
  const may = constrained ? constraintsOf(tags) : null;
  const whole = (row: readonly (number | boolean)[] | undefined) =>
    tags.map((_, tag) => row === undefined || Boolean(row[tag]));
  const allowed = may && {
    start: whole(may.start),
    end: whole(may.end),
    transitions: may.transitions.map(whole),
  };
  const ends = { input: "scores", lengths: "lengths", output: "tags" };
  return { op: "best-path", chain: "crf", tags: tags.length, allowed, ...ends };
}

/** From characters [C, L, N] to what each word is by them, [L, N, 2·charHidden]. */
function spelling(config: Known<TagTypes>["config"], rows: number): Step[] {
  const { chars, charEmbed, charHidden } = config;
  if (chars === "none") return [];
  const width = 2 * charHidden;
  return [
    { op: "flatten", rank: 3, input: "chars", output: "letters" },
    { op: "flatten", rank: 2, input: "sizes", output: "letter_counts" },
    { op: "embedding", module: "chars.embed", rows, width: charEmbed, input: "letters", output: "letter_x" },
    ...(chars === "lstm" ? byLayers(config) : byFilters(charEmbed, width)),
    { op: "unflatten", width, input: "word_rows", like: "words", output: "spelled" },
  ];
}

function byLayers(config: Known<TagTypes>["config"]): Step[] {
  const part = recurrentPart(characterLayers(config), {
    module: "chars.rnn",
    input: "letter_x",
    output: "letter_y",
    lengths: "letter_counts",
    from: null,
    to: "letter_",
  });
  return [...part.steps, lastHiddenOf(part, "word_rows")];
}

function byFilters(inputSize: number, outputSize: number): Step[] {
  const lengths = "letter_counts";
  const sizes = { inputSize, outputSize, window: CHAR_WINDOW };
  return [
    { op: "convolution", module: "chars.conv", ...sizes, input: "letter_x", lengths, output: "letter_y" },
    { op: "pool", mode: "max", module: null, width: outputSize, input: "letter_y", lengths, output: "word_rows" },
  ];
}
