import type { Curve } from "./findings.js";
import { normOf } from "./norm.js";
import type { Seen } from "./output.js";
import type { LayerPlace } from "./recurrent-net.js";
import type { BySequence } from "./state-notes.js";

/**
 * The norms of a walk, each sequence's counted from where its loss begins.
 * @param seen  of each sequence; one that the loss does not see has no part in it
 */
export function wayBack(place: LayerPlace, norms: BySequence<number>, seen: readonly (Seen | null)[]): Curve {
  const forward = place.direction === "forward";
  const begins = seen.flatMap((span, b) => (span === null ? [] : [{ b, t: forward ? span.last : span.first }]));
  const at = ({ b, t }: { b: number; t: number }, k: number): number | undefined => norms[forward ? t - k : t + k]?.[b];
  const curve = { norms: [] as number[], begins: [] as number[] };
  for (let k = 0; k < norms.length; k++) {
    const there = begins.filter((begin) => at(begin, k) !== undefined);
    if (there.length === 0) break;
    curve.norms.push(normOf(there.map((begin) => at(begin, k)!)));
    curve.begins.push(normOf(there.map((begin) => at(begin, 0)!)));
  }
  const times = begins.map(({ t }) => t);
  const from = forward ? Math.max(0, ...times) : Math.min(norms.length - 1, ...times);
  return { ...place, ...curve, from, together: times.every((t) => t === from) };
}

/** Of a run other than that which the output came of: the whole of each sequence. */
export function wholeSequences(norms: BySequence<number>): Seen[] {
  return norms[0].map((_, b) => ({ first: 0, last: norms.filter((step) => step[b] !== undefined).length - 1 }));
}
