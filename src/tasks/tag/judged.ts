import { noGrad } from "../../autograd/index.js";
import { percent } from "../../base/number-text.js";
import { type Listed, piecesOf as sentencePieces, type Told } from "../../base/report.js";
import { type LossOutput, type Metric, meanLoss, Sums, spanF1, type TokenSequences } from "../../metrics/index.js";
import { WHOLE } from "../../train/collective/share.js";
import type { Figure } from "../commands.js";
import { type Example, piecesOf } from "./data.js";
import { batchOf, type Tagger } from "./model.js";
import { areSpanTags, inBioes, spansIn } from "./spans.js";

/** What a tagger says of sentences, and what is right. */
export type TagOutput = TokenSequences<string> & LossOutput;

/** Sentences computed at once. */
const PIECE = 64;

/** The share of words whose tag is right. */
function tokenAccuracy(): Sums<TokenSequences<string>> {
  return new Sums({
    name: "accuracy",
    unit: "%",
    better: "higher",
    format: percent,
    size: 2,
    add(sums, { predicted, targets }) {
      for (const [i, tags] of targets.entries()) {
        for (const [t, tag] of tags.entries()) if (tag === predicted[i][t]) sums[0]++;
        sums[1] += tags.length;
      }
    },
    value: ([right, all]) => right / all,
  });
}

/** Of whole spans, where tags name spans. */
export function metricsOf(tags: readonly string[]): Metric<TagOutput>[] {
  const figures = [tokenAccuracy(), meanLoss()];
  return areSpanTags(tags) ? [spanF1(), ...figures] : figures;
}

/** A model's tags for sentences in their order. Of spans in the letters of BIOES. */
export function* outputsOf(
  model: Tagger,
  examples: Listed<Example>,
  told?: Told,
  { takes } = WHOLE,
): Generator<TagOutput> {
  const { lexicon, tags } = model.meaning;
  const { maxLength, maxChars } = model.config;
  const letters = areSpanTags(tags) ? inBioes : (tag: string) => tag;
  for (const some of sentencePieces(sorted(examples), PIECE, told, takes)) {
    const group = some.map((example) => piecesOf(example, maxLength));
    const batch = batchOf(group.flat(), lexicon, maxChars);
    const { ids, loss, count } = noGrad(() => {
      const scores = model.forward(batch);
      const judged = model.loss(scores, batch);
      return { ids: model.best(scores, batch.lengths), loss: judged.loss?.item() ?? 0, count: judged.count };
    });
    const predicted = joined(group, ids).map((own) => own.map((id) => letters(tags[id])));
    const targets = group.map((pieces) => pieces.flatMap((piece) => piece.tags.map(letters)));
    yield { predicted, targets, loss, count };
  }
}

/** Of so many sentences, those of similar lengths together: little is padded. Of those in memory, of all. */
export const SORTED = 2 ** 14;

function sorted(examples: Listed<Example>): Listed<Example> {
  const inOrder = (some: readonly Example[]) => [...some].sort((a, b) => a.tokens.length - b.tokens.length);
  if (Array.isArray(examples)) return inOrder(examples);
  return {
    length: examples.length,
    *[Symbol.iterator]() {
      for (const some of sentencePieces(examples, SORTED)) yield* inOrder(some);
    },
  };
}

/** What was found for the pieces of each sentence, as one. */
export function joined<T>(group: readonly (readonly unknown[])[], found: readonly (readonly T[])[]): T[][] {
  let at = 0;
  return group.map((pieces) => pieces.flatMap(() => found[at++]));
}

/** Counts of one tag, or one kind of span. */
interface Counts {
  right: number;
  found: number;
  there: number;
}

/** How well each tag is told, or each kind of span; the most frequent first. */
export class TagTable {
  readonly #counts = new Map<string, Counts>();
  readonly #spans: boolean;

  constructor(tags: readonly string[]) {
    this.#spans = areSpanTags(tags);
  }

  add({ predicted, targets }: TokenSequences<string>): void {
    for (const [i, own] of predicted.entries()) {
      const [found, there] = [this.#parts(own), this.#parts(targets[i])];
      for (const [part, name] of found) {
        this.#of(name).found++;
        if (there.get(part) === name) this.#of(name).right++;
      }
      for (const name of there.values()) this.#of(name).there++;
    }
  }

  /** What counts as one, by its place. */
  #parts(tags: readonly string[]): Map<string, string> {
    if (!this.#spans) return new Map(tags.map((tag, i) => [String(i), tag]));
    return new Map(spansIn(tags).map(({ type, start, end }) => [`${start} ${end}`, type]));
  }

  #of(name: string): Counts {
    const counts = this.#counts.get(name) ?? { right: 0, found: 0, there: 0 };
    this.#counts.set(name, counts);
    return counts;
  }

  rows(): { name: string; precision: number; recall: number; f1: number; count: number }[] {
    const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
    const rows = Array.from(this.#counts, ([name, { right, found, there }]) => ({
      ...{ name, precision: share(right, found), recall: share(right, there) },
      ...{ f1: share(2 * right, found + there), count: there },
    }));
    return rows.sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
  }

  figures(): Figure[] {
    return this.rows().map(({ name, precision, recall, f1, count }) => {
      const figures = `F1 ${percent(f1)} %, precision ${percent(precision)} %, recall ${percent(recall)} %`;
      return { name: `  ${name}`, value: f1, unit: "", text: `${figures}, of ${count.toLocaleString("en")}` };
    });
  }
}
