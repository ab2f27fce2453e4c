import { alikeNames, countsOf } from "../about-data/alike.js";
import { SeenRows } from "../about-data/seen-rows.js";
import type { Example, TagData } from "./data.js";

/** What is odd about tagged sentences. */
export function notesOnTags({ train, validation, notes }: TagData): readonly string[] {
  if (notes !== undefined) return notes;
  const seen = new SeenSentences();
  for (const sentence of train) seen.add(sentence, false);
  for (const sentence of validation) seen.add(sentence, true);
  const all = [...train, ...validation];
  return seen.notes(countsOf(all.flatMap(({ tags }) => tags)));
}

/** What is odd about sentences that come one after another, those to train on first. */
export class SeenSentences {
  readonly #sentences = new SeenRows();
  #codes = new Int32Array(2 ** 10);

  add({ tokens, ids }: Example, isHeld: boolean): void {
    const read = this.#codesOf(tokens.join("\t"));
    if (isHeld) this.#sentences.judge(read);
    else this.#sentences.learn(read, ids);
  }

  /** @param tags  how often each occurs in all of them */
  notes(tags: ReadonlyMap<string, number>): string[] {
    return [...alikeNames("tags", tags), ...this.#sentences.notes("sentences", true)];
  }

  /** A part of what is there already: millions of sentences are looked at one by one. */
  #codesOf(text: string): Int32Array {
    const { length } = text;
    if (length > this.#codes.length) this.#codes = new Int32Array(2 * length);
    const codes = this.#codes;
    for (let i = 0; i < length; i++) codes[i] = text.charCodeAt(i);
    return codes.subarray(0, length);
  }
}
