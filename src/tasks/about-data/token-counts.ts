import type { Vocabulary } from "../../text/index.js";
import { countUnknown, unitOf } from "../tokens/unknown.js";
import type { LeftOut, QuantileDetail } from "./details.js";
import { LengthCounts } from "./length-counts.js";
import { tooRare } from "./unknown.js";

/** How many tokens texts have, and how many of those to learn from are unknown, as they come. */
export class TokenCounts {
  readonly #vocabulary: Vocabulary;
  readonly #lengths = new LengthCounts();
  #learned = 0;
  #unknown = 0;

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
  }

  add(ids: Int32Array, isLearned: boolean): void {
    this.#lengths.add(ids.length);
    if (!isLearned) return;
    this.#learned += ids.length;
    this.#unknown += countUnknown(this.#vocabulary, ids);
  }

  lengths(of: string): QuantileDetail[] {
    return this.#lengths.quantiles(of, `${unitOf(this.#vocabulary.kind)}s`);
  }

  /** As `rareTokens` of those to learn from. */
  rare(): LeftOut[] {
    return tooRare(this.#vocabulary, this.#unknown, this.#learned);
  }
}
