import { noGrad } from "../../autograd/index.js";
import { type Listed, piecesOf, type Told } from "../../base/report.js";
import {
  bleu,
  chrf,
  exactMatch,
  type LossOutput,
  type Metric,
  meanLoss,
  type References,
  sequenceErrorRate,
  type TokenSequences,
  tokenErrorRate,
} from "../../metrics/index.js";
import type { Vocabulary } from "../../text/index.js";
import { type Share, WHOLE } from "../../train/collective/share.js";
import { lossOf, padded } from "./batch.js";
import { textOf, tokenOf } from "./copying.js";
import type { Pair } from "./data.js";
import type { EncoderDecoder } from "./model.js";
import { greedy, type Search, writeAll } from "./write.js";

/** What was written for some sources, in tokens and as text, and the loss of what is right. */
export interface Seq2SeqOutput extends TokenSequences<string>, References<readonly string[]>, LossOutput {
  texts: References<string>;
}

/** Exact match, token and sequence error rate, BLEU over tokens, chrF over text, loss. */
export function seq2seqMetrics(): readonly Metric<Seq2SeqOutput>[] {
  return [exactMatch(), tokenErrorRate(), sequenceErrorRate(), bleu(), ofTexts(chrf()), meanLoss()];
}

/** A metric of texts, over outputs that have them beside the tokens. */
function ofTexts(inner: Metric<References<string>>): Metric<Seq2SeqOutput> {
  const { name, unit, better } = inner;
  return {
    ...{ name, unit, better },
    format: (value) => inner.format(value),
    add: ({ texts }) => inner.add(texts),
    get value() {
      return inner.value;
    },
    get state() {
      return inner.state;
    },
    set state(state) {
      inner.state = state;
    },
    merge: (state) => inner.merge(state),
    reset: () => inner.reset(),
  };
}

const PIECE = 64; // Pairs computed at once.

/** What a model writes for each source, beside what is right. `vocabulary` is the targets'. */
export function* outputsOf(
  model: EncoderDecoder,
  pairs: Listed<Pair>,
  vocabulary: Vocabulary,
  { search, told, share = WHOLE }: { search: Search; told?: Told | undefined; share?: Share | undefined },
): Generator<Seq2SeqOutput> {
  for (const piece of piecesOf(pairs, PIECE, told, share.takes)) {
    const { reverse } = model.config;
    const batch = padded(piece, model.ends, reverse);
    const sources = piece.map(({ source }) => source);
    const [loss, written] = noGrad(() => {
      const encoded = model.encode(batch.source, batch.lengths);
      const all =
        search.beam > 1 ? writeAll(model, sources, search).map(([best]) => best) : greedy(model, encoded, piece.length);
      return [lossOf(model, batch, encoded).item(), all.map(({ ids }) => ids)] as const;
    });
    const tokensOf = (ids: ArrayLike<number>, n: number) =>
      Array.from(ids, (id) => tokenOf(vocabulary, id, piece[n].strange));
    const targets = piece.map(({ target }, n) => tokensOf(target, n));
    const texts = written.map((ids, n) => textOf(vocabulary, ids, piece[n].strange));
    yield {
      predicted: written.map(tokensOf),
      targets,
      references: targets.map((target) => [target]),
      texts: { predicted: texts, references: piece.map(({ text }) => [text]) },
      loss,
      count: batch.count,
    };
  }
}
