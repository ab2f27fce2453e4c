import { refusal } from "../../base/check.js";
import { FormatError } from "../../base/errors.js";
import { CrfSums } from "../../nn/sequence-losses/crf-sums.js";
import { bestPaths } from "../../nn/sequence-losses/viterbi.js";
import type { TagConfig } from "../tag/config.js";
import { piecesOf } from "../tag/data.js";
import { joined } from "../tag/judged.js";
import { Lexicon } from "../tag/lexicon.js";
import { wordsOf } from "../tag/sentences.js";
import { areSpanTags, constraintsOf, spansIn } from "../tag/spans.js";
import { configOf, type Description } from "./description.js";
import { Recurrent } from "./net/recurrent.js";
import { argmax, concatenated, linear, rowOf, softmax, type Vector, type Weights, weightOf } from "./net/vectors.js";

export { unpackWeights } from "./net/weights.js";

/** A tagger: a tag for each word of a sentence. */
export function make(description: Description, weights: Weights) {
  const config = configOf<TagConfig>(description);
  const tags = description["tags"] as string[];
  const lexicon = Lexicon.fromJSON(description["words"], description["chars"]);
  const embed = weightOf(weights, "embed.weight");
  const spelled = characterEncoder(config, weights);
  const rnn = new Recurrent(weights, config.cell, "rnn");
  const [head, bias] = [weightOf(weights, "head.weight"), weightOf(weights, "head.bias")];
  const judge = config.crf ? chainJudge(tags, description["constrained"] === true, weights) : wordJudge;
  const ofSpans = areSpanTags(tags);
  const read = (word: string): Vector => {
    const known = rowOf(embed, lexicon.wordId(word));
    return spelled === null ? known : concatenated([known, spelled(lexicon.charIds(word, config.maxChars))]);
  };
  const tag = (sentence: string | readonly string[]) => {
    const tokens = typeof sentence === "string" ? wordsOf(sentence) : sentence;
    checkWords(tokens);
    const whole = { tokens, tags: tokens, ids: new Int32Array(tokens.length) };
    const pieces = piecesOf(whole, config.maxLength).map((piece) => {
      const { outputs } = rnn.run(piece.tokens.map(read));
      return judge(outputs.map((y) => linear(head, y, bias)));
    });
    const of = <T>(part: (piece: (typeof pieces)[number]) => T[]) => joined([pieces], pieces.map(part))[0];
    const names = of(({ ids }) => ids).map((id) => tags[id]);
    const spans = () => spansIn(names).map((span) => ({ ...span, text: tokens.slice(span.start, span.end).join(" ") }));
    return {
      ...{ tokens: [...tokens], tags: names, probabilities: of(({ shares }) => shares) },
      ...(ofSpans && { spans: spans() }),
    };
  };
  return { tag };
}

function checkWords(tokens: readonly string[]): void {
  const op = "tag";
  if (!Array.isArray(tokens) || tokens.some((token) => typeof token !== "string")) {
    throw refusal(op, "sentence", "be a text, or a list of its words", tokens);
  }
  if (tokens.length > 0 && !tokens.includes("")) return;
  throw new FormatError({
    op,
    argument: "sentence",
    must: "hold words",
    value: tokens.length > 0 ? "an empty one" : "none",
  });
}

/** What a word is by its characters: the ends of an LSTM in both directions, or the most that each filter of three found. */
function characterEncoder({ chars }: TagConfig, weights: Weights): ((ids: Int32Array) => Vector) | null {
  if (chars === "none") return null;
  const embed = weightOf(weights, "chars.embed.weight");
  if (chars === "lstm") {
    const rnn = new Recurrent(weights, "lstm", "chars.rnn");
    return (ids) => rnn.lastHidden(rnn.run(Array.from(ids, (id) => rowOf(embed, id))).states);
  }
  const [w, b] = [weightOf(weights, "chars.conv.weight"), weightOf(weights, "chars.conv.bias").data];
  const [filters, channels, window] = w.shape;
  return (ids) => {
    const out = new Float64Array(filters).fill(-Infinity);
    const x = Array.from(ids, (id) => rowOf(embed, id));
    for (let t = 0; t < x.length; t++) {
      for (let o = 0; o < filters; o++) {
        // Beyond a word's ends are zeros.
        let sum = b[o];
        for (let k = 0; k < window; k++) {
          const there = x[t + k - Math.floor(window / 2)];
          if (there === undefined) continue;
          for (let i = 0; i < channels; i++) sum += w.data[(o * channels + i) * window + k] * there[i];
        }
        out[o] = Math.max(out[o], sum);
      }
    }
    return out;
  };
}

/** The likeliest tags, and how likely each is in its place. */
type Judge = (scores: readonly Vector[]) => { ids: number[]; shares: number[] };

const wordJudge: Judge = (scores) => {
  const ids = scores.map(argmax);
  return { ids, shares: ids.map((id, t) => softmax(scores[t])[id]) };
};

/** A conditional random field: whole sequences of tags are judged. */
function chainJudge(names: readonly string[], constrained: boolean, weights: Weights): Judge {
  const may = constrained ? constraintsOf(names) : null;
  const tags = names.length;
  const scores = (name: string, allowed: readonly (number | boolean)[] | undefined) =>
    Float64Array.from(weightOf(weights, `crf.${name}`).data, (score, i) =>
      allowed === undefined || allowed[i] ? score : -Infinity,
    );
  const chain = {
    tags,
    start: scores("start_transitions", may?.start),
    end: scores("end_transitions", may?.end),
    transitions: scores("transitions", may?.transitions.flat()),
  };
  return (emissions) => {
    const [x, steps] = [concatenated(emissions), emissions.length];
    const ids = bestPaths(chain, x, steps, 1)[0]?.tags ?? [];
    const marginals = { tags: new Float64Array(steps * tags), pairs: new Float64Array(tags * tags) };
    new CrfSums(chain, steps).logPartition(x, steps, marginals);
    return { ids, shares: ids.map((id, t) => marginals.tags[t * tags + id]) };
  };
}
