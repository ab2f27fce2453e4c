import type { Evaluated } from "../commands.js";
import { evaluatedBy } from "../judged/evaluated.js";
import { countUnknown, unknownText } from "../tokens/unknown.js";
import { countStrange } from "./copying.js";
import type { Meaning, Pair } from "./data.js";
import { type Seq2SeqOutput, seq2seqMetrics } from "./figures.js";

/** What is told of pairs that are judged, some at a time. */
export class PairCounts {
  readonly #source: Meaning["source"];
  readonly #metrics = seq2seqMetrics();
  #pairs = 0;
  #tokens = 0;
  #unknown = 0;

  constructor({ source }: Meaning) {
    this.#source = source;
  }

  add(pairs: readonly Pair[]): void {
    this.#pairs += pairs.length;
    for (const { source } of pairs) {
      this.#tokens += source.length;
      this.#unknown += countUnknown(this.#source, source) + countStrange(this.#source, source);
    }
  }

  judge(outputs: Iterable<Seq2SeqOutput>): void {
    for (const output of outputs) for (const metric of this.#metrics) metric.add(output);
  }

  /** @param outputs  those that were not judged before */
  evaluated(outputs: Iterable<Seq2SeqOutput>): Evaluated {
    const value = this.#unknown;
    const unit = unknownText(this.#source.kind, value / this.#tokens);
    const unknown = value === 0 ? [] : [{ name: "unknown", value, unit }];
    return evaluatedBy(this.#metrics, outputs, { name: "pairs", value: this.#pairs }, unknown);
  }
}
