import { type Span, spansOf } from "../../metrics/index.js";
import { bioConstraints, type TagConstraints } from "../../nn/index.js";

/** Whether tags name spans, as B-PER, I-PER and O do; BILOU is BIOES in other letters. */
export function areSpanTags(tags: readonly string[]): boolean {
  return tags.every((tag) => /^(O|[BIESLU]-.+)$/.test(tag)) && tags.some((tag) => /^[BISU]-/.test(tag));
}

const OTHER_LETTERS: Readonly<Record<string, string>> = { "L-": "E-", "U-": "S-" };

/** A tag in the letters of BIOES. */
export function inBioes(tag: string): string {
  const start = OTHER_LETTERS[tag.slice(0, 2)];
  return start === undefined ? tag : start + tag.slice(2);
}

export function spansIn(tags: readonly string[]): Span[] {
  return spansOf(tags.map(inBioes));
}

/** What may follow what in the tags of spans; null for tags of another kind. */
export function constraintsOf(tags: readonly string[]): TagConstraints | null {
  return areSpanTags(tags) ? bioConstraints(tags) : null;
}

/**
 * Where the tags of a sentence first break their own rules; behind the last one where a span does not end; -1 where they do not.
 * @param ids  of the tags; one that is -1 may stand anywhere
 */
export function faultAt(ids: ArrayLike<number>, { start, end, transitions }: TagConstraints): number {
  for (let i = 0; i <= ids.length; i++) {
    const [before, id] = [i === 0 ? null : ids[i - 1], i === ids.length ? null : ids[i]];
    if (before === -1 || id === -1) continue;
    const may = before === null ? start?.[id!] : id === null ? end?.[before] : transitions[before][id];
    if (may === false || may === 0) return i;
  }
  return -1;
}
