import { alikeNames } from "../about-data/alike.js";
import { SeenRows } from "../about-data/seen-rows.js";
import type { Example, TagData } from "./data.js";

/** What is odd about tagged sentences. */
export function notesOnTags(data: TagData): readonly string[] {
  if (data.notes !== undefined) return data.notes;
  const seen = new SeenTags();
  for (const sentence of data.train) seen.add(sentence, false);
  for (const sentence of data.validation) seen.add(sentence, true);
  return seen.notes();
}

/** What is odd about sentences that come one after another, those to train on first. */
export class SeenTags {
  readonly #tags = new Map<string, number>();
  readonly #sentences = new SeenRows();

  add({ tokens, tags, ids }: Example, isHeld: boolean): void {
    for (const tag of tags) this.#tags.set(tag, (this.#tags.get(tag) ?? 0) + 1);
    const read = codesOf(tokens.join("\t"));
    if (isHeld) this.#sentences.judge(read);
    else this.#sentences.learn(read, ids);
  }

  notes(): string[] {
    return [...alikeNames("tags", this.#tags), ...this.#sentences.notes("sentences", true)];
  }
}

function codesOf(text: string): Int32Array {
  const codes = new Int32Array(text.length);
  for (let i = 0; i < codes.length; i++) codes[i] = text.charCodeAt(i);
  return codes;
}
