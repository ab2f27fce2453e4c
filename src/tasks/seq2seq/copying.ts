import { noGrad } from "../../autograd/index.js";
import { functional } from "../../nn/index.js";
import { concat, type Tensor, tensor } from "../../tensor/index.js";
import { encodeKnown } from "../../text/encode-known.js";
import type { Vocabulary } from "../../text/index.js";
import { wordPiece } from "../../text/word-tokens.js";
import { WordVocabulary } from "../../text/word-vocabulary.js";
import { IGNORED } from "../tokens/padded-ids.js";

/**
 * Copying: a token of the source that the vocabulary lacks has an id of its own, the size of the vocabulary and its place among the
 * `strange` tokens of that source. A network reads it as `<unk>`, and may write it by pointing at it.
 *   P(w) = p_gen P_vocab(w) + (1 - p_gen) Σ_{s: x_s = w} a_s,  p_gen = σ(w_c c_t + w_h h_t + w_x x_t + b)
 * Source: See, Liu & Manning 2017.
 */

/** What one step or more of a decoder that copies gives. */
export interface Pointing {
  /** [T, N, V] */
  logits: Tensor;
  /** The logit of p_gen, [T, N, 1]. */
  gate: Tensor;
  /** a, [N, T, S] */
  weights: Tensor;
}

/**
 * Ids of a text with those of strange tokens.
 * @param ids      as the vocabulary gives them
 * @param strange  the tokens of the source that the vocabulary lacks: a source adds its own
 */
export function copyIds(
  vocabulary: Vocabulary,
  text: string,
  ids: Int32Array,
  { strange, side }: { strange: string[]; side: "source" | "target" },
): Int32Array {
  const { ids: known, unknown } = encodeKnown(vocabulary, text);
  let next = 0;
  return ids.map((id, t) => {
    if (known[t] >= 0) return id;
    const { token } = unknown[next++];
    const at = strange.indexOf(token);
    if (at >= 0) return vocabulary.size + at;
    return side === "source" ? vocabulary.size + strange.push(token) - 1 : id;
  });
}

/** Ids as a network reads them: strange ones as `<unk>`. */
export function readIds(ids: Tensor, size: number, unknown: number): Tensor {
  const data = ids.data() as Int32Array;
  if (!data.some((id) => id >= size)) return ids;
  return tensor(
    data.map((id) => (id >= size ? unknown : id)),
    { shape: ids.shape },
  );
}

/** Below what float32 tells from 0 beside 1. */
const LEAST = 1e-30;
/** In place of -Infinity, whose gradient is no number. */
const NEVER = -1e4;

/** −log P of each target [T, N], 0 where it is ignored. @param origins  ids of the sources [S, N] */
export function copyLosses({ logits, gate, weights }: Pointing, origins: Tensor, targets: Tensor): Tensor {
  const [steps, batch, size] = logits.shape as [number, number, number];
  const [length] = origins.shape;
  const [wanted, from] = [targets.data() as Int32Array, origins.data() as Int32Array];
  const fits = new Float32Array(batch * steps * length);
  const [counts, never] = [new Float32Array(wanted.length), new Float32Array(wanted.length)];
  for (let n = 0, at = 0; n < batch; n++) {
    for (let t = 0; t < steps; t++) {
      const id = wanted[t * batch + n];
      if (id !== IGNORED) counts[t * batch + n] = 1;
      if (id >= size) never[t * batch + n] = NEVER;
      for (let s = 0; s < length; s++) fits[at++] = from[s * batch + n] === id ? 1 : 0;
    }
  }
  const [shape, { dtype }] = [[steps, batch], logits];
  const known = tensor(
    wanted.map((id) => (id >= size ? IGNORED : id)),
    { shape },
  );
  const ofVocabulary = functional.crossEntropy(logits, known, { ignoreIndex: IGNORED, reduction: "none" });
  const copied = weights.mul(tensor(fits, { shape: [batch, steps, length], dtype })).sum(-1);
  const open = gate.squeeze(-1);
  const written = functional.softplus(open.neg()).neg().sub(ofVocabulary).add(tensor(never, { shape, dtype }));
  const pointed = functional.softplus(open).neg().add(copied.transpose(0, 1).add(LEAST).log());
  const both = concat([written.unsqueeze(-1), pointed.unsqueeze(-1)], -1).logSumExp(-1);
  return both.mul(tensor(counts, { shape, dtype })).neg();
}

/** Log probabilities of one step over the vocabulary and the strange tokens of the sources, [N, V + X] in a row, and V + X. */
export function copyLogProbs({ logits, gate, weights }: Pointing, origins: Tensor): [Float32Array, number] {
  return noGrad(() => {
    const [, batch, size] = logits.shape as [number, number, number];
    const from = origins.data() as Int32Array;
    const width = from.reduce((most, id) => Math.max(most, id + 1), size);
    const [vocabulary, open, where] = [logits.softmax(-1), gate.sigmoid(), weights].map((x) => x.contiguous().data());
    const found = new Float32Array(batch * width);
    const length = from.length / batch;
    for (let n = 0; n < batch; n++) {
      for (let id = 0; id < size; id++) found[n * width + id] = open[n] * vocabulary[n * size + id];
      for (let s = 0; s < length; s++) {
        found[n * width + from[s * batch + n]] += (1 - open[n]) * where[n * length + s];
      }
    }
    // A sum of rounded numbers may be a little more than 1.
    return [found.map((p) => Math.min(0, Math.log(p))), width];
  });
}

/** A token by its id. */
export function tokenOf(
  vocabulary: Pick<Vocabulary, "tokenOf" | "size">,
  id: number,
  strange: readonly string[],
): string {
  return id < vocabulary.size ? vocabulary.tokenOf(id) : strange[id - vocabulary.size];
}

/** The text of ids, strange ones among them. */
export function textOf(vocabulary: Vocabulary, ids: ArrayLike<number>, strange: readonly string[]): string {
  const all = Array.from(ids);
  if (!all.some((id) => id >= vocabulary.size)) return vocabulary.decode(all);
  if (!(vocabulary instanceof WordVocabulary)) {
    return all.map((id) => (id < vocabulary.size ? vocabulary.decode([id]) : strange[id - vocabulary.size])).join("");
  }
  let [text, space] = ["", false];
  for (const id of all) {
    const { surface, left, right } = wordPiece(tokenOf(vocabulary, id, strange), vocabulary.split);
    text += space && !left ? ` ${surface}` : surface;
    space = !right;
  }
  return text;
}

/** Tokens that are read as `<unk>`, and may be copied. */
export function countStrange({ size }: Pick<Vocabulary, "size">, ids: Int32Array): number {
  return ids.reduce((count, id) => count + (id >= size ? 1 : 0), 0);
}
