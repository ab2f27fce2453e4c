import { noGrad } from "../../autograd/index.js";
import { functional } from "../../nn/index.js";
import { tensor } from "../../tensor/index.js";
import { paddedSources } from "./batch.js";
import { copyLogProbs, type Pointing } from "./copying.js";
import type { Decoded, Decoding, Encoded, EncoderDecoder } from "./model.js";

/** How targets are looked for. */
export interface Search {
  /** Hypotheses that are followed; 1: always the likeliest token. */
  beam: number;
  lengthPenalty: number;
  /** How many are given for each source. */
  nBest: number;
}

export const GREEDY: Search = { beam: 1, lengthPenalty: 0, nBest: 1 };

/** A target that was written. */
export interface Written {
  /** Without its end. */
  ids: number[];
  /** Of all tokens, the end too, in nats. */
  logProb: number;
}

/** What a model writes for each source, best first. */
export function writeAll(model: EncoderDecoder, sources: readonly Int32Array[], search: Search): Written[][] {
  const { beam, nBest } = search;
  return noGrad(() => {
    if (beam > 1 || nBest > 1) return sources.map((source) => searched(model, source, search));
    const encoded = encodeSources(model, sources);
    return greedy(model, encoded, sources.length).map((one) => [one]);
  });
}

export function encodeSources(model: EncoderDecoder, sources: readonly Int32Array[]): Encoded {
  const lengths = sources.map(({ length }) => length);
  return model.encode(paddedSources(sources, model.config.reverse), lengths);
}

/** As long as may be, where the file said nothing. */
const LIMIT = 1000;

/** Log probabilities of the next tokens, [N, V] in a row; what no target has cannot be, and where none is left but the end. */
function nextTokens(model: EncoderDecoder, { origins }: Encoded, step: Decoded, left: number): Float32Array {
  const { pad, begin, unknown, end } = model.ends;
  const { logits } = step;
  const [found, size] =
    origins === null
      ? [logits.logSoftmax(-1).data() as Float32Array, logits.shape[logits.rank - 1]]
      : copyLogProbs(step as Pointing, origins);
  for (const id of [pad, begin, unknown])
    if (id >= 0) for (let i = id; i < found.length; i += size) found[i] = -Infinity;
  if (left === 0) for (let i = 0; i < found.length; i++) if (i % size !== end) found[i] = -Infinity;
  return found;
}

/** The likeliest token at each step, all sources side by side. */
export function greedy(model: EncoderDecoder, encoded: Encoded, count: number): Written[] {
  const { end, begin } = model.ends;
  const found = Array.from({ length: count }, (): Written => ({ ids: [], logProb: 0 }));
  const open = new Set(found.keys());
  let ids = new Int32Array(count).fill(begin);
  let from = model.begin(encoded);
  for (let left = model.config.maxLength ?? LIMIT; left >= 0 && open.size > 0; left--) {
    const step = model.decode(encoded, tensor(ids, { shape: [1, count] }), from);
    const scores = nextTokens(model, encoded, step, left);
    const size = scores.length / count;
    ids = new Int32Array(count).fill(end);
    for (const n of open) {
      const own = scores.subarray(n * size, (n + 1) * size);
      const best = own.reduce((at, score, id) => (score > own[at] ? id : at), end);
      found[n].logProb += own[best];
      if (best === end) open.delete(n);
      else found[n].ids.push(best);
      ids[n] = best;
    }
    from = step.next;
  }
  return found;
}

/** Beam search for one source. */
function searched(model: EncoderDecoder, source: Int32Array, { beam, lengthPenalty, nBest }: Search): Written[] {
  const { begin, end: eos } = model.ends;
  const encoded = encodeSources(model, [source]);
  const step = ({ from, left }: { from: Decoding; left: number }, token: number) => {
    const one = model.decode(encoded, tensor([[token]], { dtype: "int32" }), from);
    return { logProbs: nextTokens(model, encoded, one, left), state: { from: one.next, left: left - 1 } };
  };
  const limit = model.config.maxLength ?? LIMIT;
  const start = { state: { from: model.begin(encoded), left: limit }, token: begin };
  const maxLength = limit + 1; // The end is a token too.
  const width = Math.max(beam, nBest);
  const found = functional.beamSearch(step, start, { beamWidth: width, lengthPenalty, maxLength, eos, nBest });
  return found.map(({ tokens, logProb }) => ({ ids: tokens.slice(0, -1), logProb }));
}

/** Where the decoder looks as it writes a target: a row a token, its end too, and a column a token of the source. Null without attention. */
export function lookedAt(model: EncoderDecoder, source: Int32Array, written: readonly number[]): number[][] | null {
  if (model.attention === null) return null;
  const { begin } = model.ends;
  const weights = noGrad(() => {
    const encoded = encodeSources(model, [source]);
    const ids = tensor([begin, ...written], { shape: [written.length + 1, 1], dtype: "int32" });
    return model.decode(encoded, ids, model.begin(encoded)).weights!.select(0, 0).toArray() as number[][];
  });
  return model.config.reverse ? weights.map((row) => row.slice().reverse()) : weights;
}
