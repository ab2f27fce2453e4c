import { checkString } from "../../base/check.js";
import { resolveFields } from "../../base/fields.js";
import { beamSearch } from "../../nn/decoding/beam-search.js";
import type { Vocabulary } from "../../text/vocabulary.js";
import type { Options } from "../commands.js";
import type { Seq2SeqConfig } from "../seq2seq/config.js";
import { countStrange, textOf, tokenOf } from "../seq2seq/copying.js";
import { sideReader } from "../seq2seq/data.js";
import { typedPair } from "../seq2seq/pairs.js";
import { PREDICTION_FIELDS } from "../seq2seq/search-fields.js";
import type { Search } from "../seq2seq/write.js";
import { countUnknown } from "../tokens/unknown.js";
import { type Ends, endsOf, vocabularyWithEnds } from "../tokens/vocabularies.js";
import { configOf, type Description } from "./description.js";
import { attentionOf } from "./net/attention.js";
import type { States } from "./net/cells.js";
import { Recurrent } from "./net/recurrent.js";
import {
  argmax,
  concatenated,
  linear,
  logSoftmax,
  rowOf,
  sigmoid,
  softmax,
  type Vector,
  type Weights,
  weightOf,
} from "./net/vectors.js";

export { unpackWeights } from "./net/weights.js";

/** What the encoder made of a source. */
interface Encoded {
  outputs: Vector[];
  states: States[];
  last: Vector;
  /** As they were read. */
  ids: Int32Array;
}

/** What one step of the decoder hands to the next. */
interface Decoding {
  states: readonly States[];
  /** With input feeding what the head read in the step before. */
  fed: Vector | null;
  /** Tokens that may still be written. */
  left: number;
}

/** As long as may be, where the file said nothing. */
const LIMIT = 1000;

/** An encoder and decoder: it reads a source, and writes the target. */
export function make(description: Description, weights: Weights) {
  const config = configOf<Seq2SeqConfig>(description);
  const [source, target] = [vocabularyWithEnds(description["source"]), vocabularyWithEnds(description["target"])];
  const writer = new Writer(config, weights, target);
  const predict = (text: string, options: Options = {}) => {
    checkString("predict", "text", text);
    const { beam, nBest, lengthPenalty, attention } = resolveFields("predict", PREDICTION_FIELDS, options);
    const strange: string[] = [];
    const ids = sideReader(typedPair(text, config), "source", config, source)(0, strange);
    const encoded = writer.encode(ids);
    const written =
      beam > 1 || nBest > 1 ? writer.search(encoded, { beam, nBest, lengthPenalty }) : [writer.greedy(encoded)];
    const all = written.map((one) => ({
      target: textOf(target, one.ids, strange),
      probability: Math.exp(one.logProb),
    }));
    const looked = attention ? writer.lookedAt(encoded, written[0].ids) : null;
    const share = (countUnknown(source, ids) + countStrange(source, ids)) / ids.length;
    const names = (vocabulary: Vocabulary, list: ArrayLike<number>) =>
      Array.from(list, (id) => tokenOf(vocabulary, id, strange));
    return {
      ...all[0],
      ...(nBest > 1 && { nBest: all }),
      ...(looked !== null && {
        attention: looked,
        sourceTokens: names(source, ids),
        targetTokens: [...names(target, written[0].ids), "<eos>"],
      }),
      ...(share > 0 && { unknown: share }),
    };
  };
  return { predict };
}

/** A target without its end, and how likely all of it is, in nats. */
interface Written {
  ids: number[];
  logProb: number;
}

/** Writes targets of a source, token by token. */
class Writer {
  readonly #config: Seq2SeqConfig;
  readonly #network: ReturnType<typeof networkOf>;
  readonly #ends: Ends;
  /** Tokens at most. */
  readonly #limit: number;

  constructor(config: Seq2SeqConfig, weights: Weights, target: Vocabulary) {
    this.#config = config;
    this.#ends = endsOf(target);
    this.#network = networkOf(config, weights, { size: target.size, unknown: this.#ends.unknown });
    this.#limit = config.maxLength ?? LIMIT;
  }

  encode(ids: Int32Array): Encoded {
    return this.#network.encode(this.#config.reverse ? ids.slice().reverse() : ids);
  }

  /** Always the likeliest token; of equals the end. */
  greedy(encoded: Encoded): Written {
    const { begin, end } = this.#ends;
    const ids: number[] = [];
    let [state, token, logProb] = [this.#network.begin(encoded, this.#limit), begin, 0];
    for (;;) {
      const next = this.#step(encoded, state, token);
      const best = argmax(next.logProbs);
      token = next.logProbs[end] < next.logProbs[best] ? best : end;
      logProb += next.logProbs[token];
      if (token === end) return { ids, logProb };
      ids.push(token);
      state = next.state;
    }
  }

  search(encoded: Encoded, { beam, nBest, lengthPenalty }: Search): Written[] {
    const { begin, end: eos } = this.#ends;
    const start = { state: this.#network.begin(encoded, this.#limit), token: begin };
    const step = (from: Decoding, token: number) => this.#step(encoded, from, token);
    // The end is a token too.
    const options = { beamWidth: Math.max(beam, nBest), lengthPenalty, maxLength: this.#limit + 1, eos, nBest };
    const found = beamSearch(step, start, options);
    return found.map(({ tokens, logProb }) => ({ ids: tokens.slice(0, -1), logProb }));
  }

  /** Where each token of a target looked in the source, in the order in which it stands there; null without attention. */
  lookedAt(encoded: Encoded, written: readonly number[]): number[][] | null {
    if (this.#config.attention === "none") return null;
    let state = this.#network.begin(encoded, this.#limit);
    return [this.#ends.begin, ...written].map((token) => {
      const next = this.#step(encoded, state, token);
      state = next.state;
      const row = Array.from(next.looked!);
      return this.#config.reverse ? row.reverse() : row;
    });
  }

  /** What no target has cannot be, and where none is left nothing but the end. */
  #step(encoded: Encoded, from: Decoding, token: number) {
    const { pad, begin, unknown, end } = this.#ends;
    const { logProbs, weights: looked, ...next } = this.#network.decode(encoded, token, from);
    for (const id of [pad, begin, unknown]) if (id >= 0) logProbs[id] = -Infinity;
    if (from.left === 0) for (let id = 0; id < logProbs.length; id++) if (id !== end) logProbs[id] = -Infinity;
    return { logProbs, looked, state: { ...next, left: from.left - 1 } };
  }
}

/**
 * The network itself, step by step:
 *   h~_t = tanh(W [c_t; h_t]) with attention's c_t, else h_t;  logits = head([h~_t; what is peeked at])
 * With `copy` P(w) = p_gen P_vocab(w) + (1 - p_gen) Σ_{s: x_s = w} a_s.
 * Source: Luong et al. 2015 (attention, input feeding); See, Liu & Manning 2017 (copying).
 */
function networkOf(config: Seq2SeqConfig, weights: Weights, { size, unknown }: { size: number; unknown: number }) {
  const [encoder, decoder] = ["encoder", "decoder"].map((name) => new Recurrent(weights, config.cell, name));
  const [ofSource, ofTarget] = ["embedSource.weight", "embedTarget.weight"].map((name) => weightOf(weights, name));
  const [head, bias] = [weightOf(weights, "head.weight"), weightOf(weights, "head.bias")];
  const attention = config.attention === "none" ? null : attentionOf(config.attention, weights, "attention");
  const [combine, pointer, pointerBias] = ["combine.weight", "pointer.weight", "pointer.bias"].map((name) =>
    weights.get(name),
  );
  const known = (id: number): number => (config.copy && id >= size ? unknown : id);
  return {
    encode(ids: Int32Array): Encoded {
      const { outputs, states } = encoder.run(Array.from(ids, (id) => rowOf(ofSource, known(id))));
      const joined = config.bidirectional ? joinDirections(states) : states;
      return { outputs, states: joined, last: joined[joined.length - 1][0], ids };
    },
    begin: ({ states }: Encoded, left: number): Decoding => {
      return { states, left, fed: config.inputFeeding ? new Float64Array(config.hidden) : null };
    },
    decode(encoded: Encoded, token: number, { states: from, fed }: Decoding) {
      const x = rowOf(ofTarget, known(token));
      const peeked = config.peeky ? [encoded.last] : [];
      const { outputs, states } = decoder.run([concatenated([x, ...peeked, ...(fed === null ? [] : [fed])])], from);
      const [h] = outputs;
      const looked = attention?.(h, encoded.outputs) ?? null;
      const found = looked === null ? h : linear(combine!, concatenated([looked.context, h])).map(Math.tanh);
      const logits = linear(head, concatenated([found, ...peeked]), bias);
      const gate = pointer && sigmoid(linear(pointer, concatenated([looked!.context, h, x]), pointerBias)[0]);
      const logProbs = gate === undefined ? logSoftmax(logits) : copied(logits, gate, looked!.weights, encoded.ids);
      return { logProbs, weights: looked?.weights, states, fed: fed === null ? null : found };
    },
  };
}

/** Log probabilities of the vocabulary and of the strange tokens of the source. */
function copied(logits: Vector, gate: number, looked: Vector, ids: Int32Array): Vector {
  const width = ids.reduce((most, id) => Math.max(most, id + 1), logits.length);
  const found = new Float64Array(width);
  found.set(softmax(logits).map((p) => gate * p));
  for (const [s, id] of ids.entries()) found[id] += (1 - gate) * looked[s];
  return found.map((p) => Math.min(0, Math.log(p)));
}

/** Both directions of each layer as one that is twice as wide. */
function joinDirections(states: readonly States[]): States[] {
  return Array.from({ length: states.length / 2 }, (_, layer) =>
    states[2 * layer].map((forward, i) => concatenated([forward, states[2 * layer + 1][i]])),
  );
}
