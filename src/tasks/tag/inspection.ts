import { noGrad } from "../../autograd/index.js";
import { FormatError } from "../../base/errors.js";
import { percent } from "../../base/number-text.js";
import { cutText } from "../../base/width.js";
import { record } from "../../diagnostics/record.js";
import { functional } from "../../nn/index.js";
import { type Tensor, tensor } from "../../tensor/index.js";
import type { Inspects } from "../commands.js";
import { judgedNames } from "../health/judge.js";
import type { Evidence } from "../health/measured.js";
import type { Block } from "../inspection/blocks.js";
import { logOdds } from "../inspection/log-odds.js";
import { inspected } from "../inspection/report.js";
import { chosenRows, ROW_FIELDS, rowChoice, sampleTitle } from "../inspection/rows.js";
import { type WalkedLayer, walk, walkBlocks } from "../inspection/walk.js";
import { gradientRow, normsByStep } from "../score/gradient-row.js";
import { atSteps, columns, inputGradients } from "../score/input-gradients.js";
import type { ScoreBlock } from "../score/score-blocks.js";
import type { Source } from "../task.js";
import type { Meaning } from "./data.js";
import { batchOf, type Tagger } from "./model.js";
import type { Sentence } from "./sentence.js";
import { readTagged, readWords, wordsOf } from "./sentences.js";
import type { TagTypes } from "./types.js";

/** What a tagger made of one sentence. */
interface Sample {
  line: number;
  tokens: readonly string[];
  tags: string[];
  /** Of each word the probability of every tag. */
  probabilities: Record<string, number>[];
  /** A row a word: gradient × input of each word of the sentence, of the log odds of this one's tag. */
  decided: number[][];
  layers: WalkedLayer[];
}

/** What is told of a sentence, and what a score shows besides. */
interface Told {
  sample: Sample;
  more: ScoreBlock[];
}

/** Tags with their probabilities, and which words each follows from. */
export const inspect: Inspects<TagTypes> = {
  fields: ROW_FIELDS,
  async run(model, { config, meta }, content, options) {
    const { cell, layers, hidden, crf } = config;
    const about = `a tagger, ${layers} ${cell} ${layers === 1 ? "layer" : "layers"} of ${hidden}${crf ? ", a CRF" : ""}`;
    const isFile = content !== null && typeof content !== "string";
    const all = isFile ? readWords(content, config) : content === null ? [] : [typed(content)];
    const sentences = isFile ? chosenRows(all, rowChoice(options)) : all;
    const told = sentences.map((sentence) => toldOf(model, meta, sentence));
    const samples = told.map(({ sample }) => sample);
    return inspected(model, {
      about,
      values: { model: { task: "tag", cell, layers, hidden, crf }, ...(content !== null && { samples }) },
      blocks: samples.flatMap((sample) => blocksOf(sample, crf)),
      more: told.flatMap(({ more }) => more),
      settings: config as unknown as Readonly<Record<string, unknown>>,
      walks: samples.map((sample) => sample.layers),
      evidence: () => evidenceOf(model, meta, isFile ? taggedAmong(content, config, all) : all),
    });
  },
};

/** Sentences that are tagged to see how good the tags are. */
const MOST_JUDGED = 64;

/** The sentences with the tags that they have in their file, where they have some. */
function taggedAmong(content: Source, config: TagTypes["config"], all: readonly Sentence[]): readonly Sentence[] {
  try {
    return readTagged(content, config).sentences;
  } catch {
    // It has no tags, or not for every word.
    return all;
  }
}

function evidenceOf(model: Tagger, { tags, lexicon }: Meaning, all: readonly Sentence[]): Evidence {
  const { maxLength, maxChars } = model.config;
  const some = all.slice(0, MOST_JUDGED).map((sentence) => {
    const tokens = sentence.tokens.slice(0, maxLength);
    return { ...sentence, tokens, ids: new Int32Array(tokens.length) };
  });
  if (some.length === 0) return { remembers: false };
  const words = some.flatMap(({ tokens }) => tokens);
  const strange = words.filter((word) => lexicon.wordId(word) === 0).length;
  const batch = batchOf(
    some.map(({ tokens, ids }) => ({ tokens, tags: tokens, ids })),
    lexicon,
    maxChars,
  );
  const best = noGrad(() => model.best(model.scores(model.read(batch), batch.lengths), batch.lengths));
  const answers = some.flatMap((sentence, n) =>
    best[n].flatMap((id, t) => (sentence.tags === null ? [] : [{ said: tags[id], right: sentence.tags[t] }])),
  );
  return {
    judged: judgedNames(answers, "words"),
    // Its characters say what an unknown word is like.
    ...(model.config.chars === "none" && {
      unknown: { count: strange, share: strange / words.length, unit: "word" },
    }),
    remembers: false,
  };
}

function typed(text: string): Sentence {
  const tokens = wordsOf(text);
  if (tokens.length > 0) return { tokens, tags: null, lines: tokens.map(() => 1) };
  throw new FormatError({ op: "tag", argument: "text", must: "hold a word", value: "none" });
}

/** Words of a sentence whose tags are explained: each is a walk of its own. */
const MOST = 60;

function toldOf(model: Tagger, { tags, lexicon }: Meaning, sentence: Sentence): Told {
  const { maxLength, maxChars } = model.config;
  const tokens = sentence.tokens.slice(0, maxLength);
  const batch = batchOf([{ tokens, tags: tokens, ids: new Int32Array(tokens.length) }], lexicon, maxChars);
  const { x, best, all } = noGrad(() => {
    const x = model.read(batch);
    const scores = model.scores(x, batch.lengths);
    return { x, best: model.best(scores, batch.lengths)[0], all: model.probabilities(scores, batch.lengths).data() };
  });
  const walks = best
    .slice(0, MOST)
    .map((id, t) => walk(model, x, (leaf) => logOdds(model.scores(leaf, batch.lengths).select(0, t).select(0, 0), id)));
  const { layers } = walks.at(-1)!;
  const sample = {
    line: sentence.lines[0],
    tokens,
    tags: best.map((id) => tags[id]),
    probabilities: best.map((_, t) => Object.fromEntries(tags.map((tag, c) => [tag, all[t * tags.length + c]]))),
    decided: walks.map(({ contributions }) => contributions),
    layers,
  };
  return { sample, more: [...probabilityMap(sample), ...tracedOf(model, x, sample, best)] };
}

/** Which words each word's tag follows from, before and behind it. @param best  the ids of the tags */
function tracedOf(model: Tagger, x: Tensor, { tokens }: Sample, best: readonly number[]): ScoreBlock[] {
  const steps = tokens.map((label) => ({ label, written: `${label} ` }));
  const scores = (of: Tensor) => model.scores(of, new Array<number>(of.shape[1]).fill(tokens.length));
  const predictions = {
    model,
    read: ({ length }: readonly number[]) => [columns(x, length)],
    predicted: ([leaf]: readonly Tensor[], words: readonly number[]) => {
      const wanted = tensor(Int32Array.from(words, (t) => best[t]));
      return functional.crossEntropy(atSteps(scores(leaf), words), wanted, { reduction: "sum" });
    },
  };
  return [
    {
      ...{ kind: "traced", steps },
      about: "From the tag of the word under the cursor to every word: what each does to −log of its probability.",
      rows: (words) =>
        inputGradients(predictions, words).map(([gradient], b) =>
          gradientRow(words[b], normsByStep(gradient, tokens.length)),
        ),
    },
    { kind: "layers", steps, from: 0, layers: () => record(model, () => void noGrad(() => scores(x))) },
  ];
}

/** A row a tag, a column a word. */
function probabilityMap({ line, tokens, probabilities }: Sample): ScoreBlock[] {
  const rows = Object.keys(probabilities[0]);
  return [
    { kind: "heading", text: sampleTitle(`line ${line}`, tokens.join(" ")) },
    {
      ...{ kind: "map", title: `tags, line ${line}`, about: "The probability of each tag.", rows, columns: tokens },
      values: rows.map((tag) => probabilities.map((shares) => shares[tag])),
    },
  ];
}

function blocksOf({ line, tokens, tags, probabilities, decided, layers }: Sample, crf: boolean): Block[] {
  const name = `line ${line}`;
  const rows = tokens.map((word, t) => {
    const shares = Object.entries(probabilities[t]);
    const others = shares.filter(([tag]) => tag !== tags[t]).sort(([, a], [, b]) => b - a);
    const own = `${percent(probabilities[t][tags[t]])} %`;
    const [next, share] = others[0];
    return [cutText(word, 24), cutText(tags[t], 16), own, cutText(next, 16), `${percent(share)} %`];
  });
  const about =
    `Gradient × input: what each word adds to the log odds of a word's tag, to first order` +
    (crf ? ", before the CRF weighs them with their neighbours." : ".");
  return [
    { kind: "heading", text: sampleTitle(name, tokens.join(" ")) },
    {
      kind: "table",
      title: `Tags, ${name}`,
      rows: [["word", "tag", "probability", "else", "probability"], ...rows],
      isRight: (column) => column === 2 || column === 4,
    },
    {
      ...{ kind: "map", title: `Which words decided each tag, ${name}`, about, values: decided },
      rows: decided.map((_, t) => `${tokens[t]} ${tags[t]}`),
      columns: tokens,
    },
    ...walkBlocks(layers, `the log odds of the tag of word ${decided.length}`),
  ];
}
