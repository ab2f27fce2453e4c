import { checkArray, checkString } from "../base/check.js";
import { percent } from "../base/number-text.js";
import { Sums } from "./metric.js";
import { checkPairs, type TokenSequences } from "./sequences.js";

/** A stretch of a sequence with a type, the end left out. */
export interface Span {
  type: string;
  start: number;
  end: number;
}

/**
 * The spans that tags in BIO or BIOES name (`B-PER`, `I-PER`, `E-PER`, `S-PER`, `O`). A span that begins with I or E, after another
 * type or nothing, is one all the same, as in conlleval.
 */
export function spansOf(tags: readonly string[]): Span[] {
  checkArray("spansOf", "tags", tags);
  for (const tag of tags) checkString("spansOf", "each of tags", tag);
  const spans: Span[] = [];
  let open: { type: string; start: number } | null = null;
  const close = (end: number): void => {
    if (open !== null) spans.push({ ...open, end });
    open = null;
  };
  for (const [i, tag] of tags.entries()) {
    const prefix = tag.charAt(0);
    const type = tag.length > 2 && tag.charAt(1) === "-" ? tag.slice(2) : "";
    const isOutside = !/^[BIES](-|$)/.test(tag);
    const continues = !isOutside && (prefix === "I" || prefix === "E") && (open as Span | null)?.type === type;
    if (!continues) close(i);
    if (isOutside) continue;
    if (!continues) open = { type, start: i };
    if (prefix === "E" || prefix === "S") close(i + 1);
  }
  close(tags.length);
  return spans;
}

/** F1 of whole spans: right are those with the same type and both ends. Source: Tjong Kim Sang & De Meulder 2003 (conlleval). */
export function spanF1(): Sums<TokenSequences<string>> {
  return new Sums({
    name: "span F1",
    unit: "%",
    better: "higher",
    format: percent,
    size: 3,
    add(sums, { predicted, targets }) {
      checkPairs("spanF1", predicted, targets);
      for (const [i, tags] of predicted.entries()) {
        const key = ({ type, start, end }: Span): string => `${start} ${end} ${type}`;
        const right = new Set(spansOf(targets[i]).map(key));
        const found = spansOf(tags);
        sums[0] += found.filter((span) => right.has(key(span))).length;
        sums[1] += found.length;
        sums[2] += right.size;
      }
    },
    value: ([right, found, there]) => (found + there === 0 ? Number.NaN : (2 * right) / (found + there)),
  });
}
