import * as nn from "../../nn/index.js";
import { concat, type Tensor, tensor } from "../../tensor/index.js";
import { pooled } from "../many-to-one/pooling.js";
import { layersWidth, recurrentLayers } from "../recurrent/layers.js";
import type { TagConfig } from "./config.js";
import type { Example, Meaning } from "./data.js";
import type { Lexicon } from "./lexicon.js";
import { constraintsOf, faultAt } from "./spans.js";

/** Sentences of many lengths: each of their words once, and which of them stands where. */
export interface TagBatch {
  /** Of each word, U in all. */
  words: Int32Array;
  /** [Lc, U], padded. */
  chars: Int32Array;
  /** Characters of each word. */
  sizes: number[];
  /** [L, N]: the word of each place, padded with the first. */
  places: Int32Array;
  /** Words of each sentence. */
  lengths: number[];
  /** [L, N]: -1 beyond a sentence's end, and for a tag that training never saw. */
  targets: Int32Array;
}

export function batchOf(examples: readonly Example[], lexicon: Lexicon, maxChars: number): TagBatch {
  const lengths = examples.map(({ tokens }) => tokens.length);
  const [steps, n] = [Math.max(...lengths), examples.length];
  const [places, targets] = [new Int32Array(steps * n), new Int32Array(steps * n).fill(-1)];
  const distinct = new Map<string, number>();
  for (const [i, { tokens, ids }] of examples.entries()) {
    for (const [t, token] of tokens.entries()) {
      const place = distinct.get(token) ?? distinct.size;
      if (place === distinct.size) distinct.set(token, place);
      places[t * n + i] = place;
      targets[t * n + i] = ids[t];
    }
  }
  const spelled = Array.from(distinct.keys(), (word) => lexicon.charIds(word, maxChars));
  const sizes = spelled.map(({ length }) => length);
  const chars = new Int32Array(Math.max(...sizes) * distinct.size);
  for (const [u, ids] of spelled.entries()) for (const [t, id] of ids.entries()) chars[t * distinct.size + u] = id;
  const words = Int32Array.from(distinct.keys(), (word) => lexicon.wordId(word));
  return { words, chars, sizes, places, lengths, targets };
}

/** The layers that read characters, as the settings of recurrent layers. */
export function characterLayers({ charEmbed, charHidden }: TagConfig) {
  const rates = { dropout: 0, hiddenDropout: 0, weightDrop: 0, recurrentDropout: 0, zoneout: 0, zoneoutCell: null };
  const sizes = { cell: "lstm", input: charEmbed, hidden: charHidden, layers: 1, bidirectional: true } as const;
  return { ...sizes, ...rates, embeddingDropout: 0, inputDropout: 0 };
}

/** Characters that a filter sees. */
export const CHAR_WINDOW = 3;

/** What a word is by its characters: the ends of an LSTM in both directions, or the most that each of as many filters found. */
class CharacterEncoder extends nn.Module {
  readonly embed: nn.Embedding;
  readonly rnn: nn.RecurrentModule | null;
  readonly conv: nn.Conv1d | null;

  constructor(config: TagConfig, characters: number) {
    super();
    const { chars, charEmbed, charHidden } = config;
    this.embed = narrowEmbedding(characters, charEmbed);
    this.rnn = chars === "lstm" ? recurrentLayers(characterLayers(config)) : null;
    this.conv = chars === "conv" ? new nn.Conv1d(charEmbed, 2 * charHidden, CHAR_WINDOW, { padding: "same" }) : null;
  }

  /** @returns [U, 2·charHidden] */
  forward({ chars, sizes }: Pick<TagBatch, "chars" | "sizes">): Tensor {
    const [steps, words] = [chars.length / sizes.length, sizes.length];
    const x = this.embed.forward(tensor(chars, { shape: [steps, words] }));
    if (this.rnn !== null) {
      const [y, state] = this.rnn.forward(x, null, { lengths: sizes });
      return pooled("last", y, state, sizes);
    }
    const isIn = (i: number) => Math.floor(i / words) < sizes[i % words];
    const mask = (inside: number, beyond: number) =>
      tensor(
        Float32Array.from({ length: steps * words }, (_, i) => (isIn(i) ? inside : beyond)),
        { shape: [steps, words, 1] },
      );
    // Beyond a word's end are zeros, as at the end of the longest.
    const found = this.conv!.forward(x.mul(mask(1, 0)).permute([1, 2, 0]));
    return found.permute([2, 0, 1]).add(mask(0, -Infinity)).max(0);
  }
}

/** An embedding whose rows are about as long as the outputs of a recurrent layer: a rare word's, which is hardly trained, says little. */
function narrowEmbedding(rows: number, width: number): nn.Embedding {
  const made = new nn.Embedding(rows, width);
  const bound = Math.sqrt(3 / width);
  nn.init.uniform(made.weight, -bound, bound);
  return made;
}

/** Many to many, aligned: words and their characters, recurrent layers, and at each step a score for each tag, or a CRF over all. */
export class Tagger extends nn.Module {
  readonly embed: nn.Embedding;
  readonly chars: CharacterEncoder | null;
  readonly rnn: nn.RecurrentModule;
  readonly head: nn.Linear;
  readonly crf: nn.CRF | null;
  readonly dropout: nn.Dropout;
  readonly config: TagConfig;
  readonly meaning: Meaning;

  constructor(config: TagConfig, meaning: Meaning) {
    super();
    const { embed, chars, charHidden, crf, dropout } = config;
    const { tags, lexicon, constrained } = meaning;
    this.embed = narrowEmbedding(lexicon.words.length + 1, embed);
    this.chars = chars === "none" ? null : new CharacterEncoder(config, lexicon.chars.length + 1);
    this.rnn = recurrentLayers({ ...config, input: embed + (chars === "none" ? 0 : 2 * charHidden) });
    this.head = new nn.Linear(layersWidth(config), tags.length);
    this.crf = crf ? new nn.CRF(tags.length, { constraints: constrained ? constraintsOf(tags) : null }) : null;
    this.dropout = new nn.Dropout(dropout);
    this.config = config;
    this.meaning = meaning;
  }

  /** @returns scores of the tags [L, N, C]; where there is a CRF its emissions */
  forward(batch: TagBatch): Tensor {
    return this.scores(this.read(batch), batch.lengths);
  }

  /** Words as the layers read them, [L, N, E]. */
  read({ words, chars, sizes, places, lengths }: TagBatch): Tensor {
    const { training } = this;
    const { embeddingDropout } = this.config;
    const ids = tensor(words, { shape: [words.length] });
    const known = nn.functional.embeddingDropout(this.embed.weight, ids, embeddingDropout, { training });
    const spelled = this.chars?.forward({ chars, sizes });
    const table = this.dropout.forward(spelled === undefined ? known : concat([known, spelled], 1));
    // As rows of a table: the lowest layer then multiplies each word once, however often it stands in the batch.
    const shape = [places.length / lengths.length, lengths.length];
    return nn.functional.embedding(table, tensor(places, { shape }));
  }

  /** @param x  what `read` gives @returns [L, N, C] */
  scores(x: Tensor, lengths: readonly number[]): Tensor {
    const { training, config } = this;
    const read = nn.functional.lockedDropout(x, config.inputDropout, { training });
    const [y] = this.rnn.forward(read, null, { lengths });
    return this.head.forward(this.dropout.forward(y));
  }

  /** The mean loss of the tags that it can know, in nats, and how many they are: none is a loss of null. */
  loss(
    scores: Tensor,
    { targets, lengths }: Pick<TagBatch, "targets" | "lengths">,
  ): { loss: Tensor | null; count: number } {
    const n = lengths.length;
    const shape = [targets.length / n, n];
    if (this.crf === null) {
      const count = targets.reduce((sum, id) => sum + (id >= 0 ? 1 : 0), 0);
      if (count === 0) return { loss: null, count };
      return { loss: nn.functional.crossEntropy(scores, tensor(targets, { shape }), { ignoreIndex: -1 }), count };
    }
    const { constraints } = this.crf;
    const sequence = (i: number) => Int32Array.from({ length: lengths[i] }, (_, t) => targets[t * n + i]);
    const whole = lengths.flatMap((_, i) => {
      const ids = sequence(i);
      return ids.includes(-1) || (constraints !== null && faultAt(ids, constraints) >= 0) ? [] : [i];
    });
    if (whole.length === 0) return { loss: null, count: 0 };
    const rows = tensor(Int32Array.from(whole));
    const own = whole.length === n ? scores : scores.indexSelect(1, rows);
    const kept = { lengths: whole.map((i) => lengths[i]) };
    const ids = Int32Array.from({ length: shape[0] * whole.length }, (_, at) => {
      const [t, i] = [Math.floor(at / whole.length), whole[at % whole.length]];
      return t < lengths[i] ? targets[t * n + i] : 0;
    });
    const tags = tensor(ids, { shape: [shape[0], whole.length] });
    const count = kept.lengths.reduce((sum, length) => sum + length, 0);
    return { loss: this.crf.forward(own, tags, { ...kept, reduction: "tokenMean" }).neg(), count };
  }

  /** The tags of each sentence, by their ids. */
  best(scores: Tensor, lengths: readonly number[]): number[][] {
    if (this.crf !== null) return this.crf.decode(scores, { lengths });
    const [, n] = scores.shape;
    const ids = scores.argmax(-1).data();
    return lengths.map((length, i) => Array.from({ length }, (_, t) => ids[t * n + i]));
  }

  /** The probability of each tag at each place [L, N, C]. */
  probabilities(scores: Tensor, lengths: readonly number[]): Tensor {
    return this.crf === null ? scores.softmax(-1) : this.crf.marginals(scores, { lengths });
  }
}
