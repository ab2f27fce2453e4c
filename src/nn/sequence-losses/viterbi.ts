import type { Chain } from "./crf-sums.js";

/** A path and its score, in nats. */
export interface TagPath {
  tags: number[];
  score: number;
}

/** A beginning of a path: its score, where it is, and what it was before. */
interface Beginning {
  score: number;
  tag: number;
  before: Beginning | null;
}

/**
 * The `n` paths of the largest scores, best first; fewer where fewer are allowed. With equal scores the lower tags come first.
 * @param x  [T, K] emissions
 */
export function bestPaths(
  { tags, start, end, transitions }: Chain,
  x: Float64Array,
  steps: number,
  n: number,
): TagPath[] {
  if (n === 1) return bestPath({ tags, start, end, transitions }, x, steps);
  let ways: Beginning[][] = Array.from({ length: tags }, (_, tag) =>
    kept([{ score: start[tag] + x[tag], tag, before: null }], n),
  );
  for (let t = 1; t < steps; t++) {
    const row = t * tags;
    ways = Array.from({ length: tags }, (_, tag) => {
      const here = x[row + tag];
      const arriving = ways.flatMap((from, i) => {
        const added = transitions[i * tags + tag] + here;
        return from.map((before) => ({ score: before.score + added, tag, before }));
      });
      return kept(arriving, n);
    });
  }
  const whole = ways.flatMap((from, i) => from.map((last) => ({ ...last, score: last.score + end[i] })));
  return kept(whole, n).map((last) => ({ tags: tagsOf(last), score: last.score }));
}

/** For n = 1, without an object a way. */
function bestPath({ tags, start, end, transitions }: Chain, x: Float64Array, steps: number): TagPath[] {
  const cameFrom = new Int32Array(steps * tags);
  let scores = start.map((score, j) => score + x[j]);
  for (let t = 1; t < steps; t++) {
    const next = new Float64Array(tags).fill(-Infinity);
    for (let i = 0; i < tags; i++) {
      for (let j = 0; j < tags; j++) {
        const score = scores[i] + transitions[i * tags + j];
        if (!(score > next[j])) continue;
        next[j] = score;
        cameFrom[t * tags + j] = i;
      }
    }
    for (let j = 0; j < tags; j++) next[j] += x[t * tags + j];
    scores = next;
  }
  let best = 0;
  for (let j = 0; j < tags; j++) {
    scores[j] += end[j];
    if (scores[j] > scores[best]) best = j;
  }
  if (scores[best] === -Infinity) return [];
  const path = [best];
  for (let t = steps - 1; t > 0; t--) path.push(cameFrom[t * tags + path[path.length - 1]]);
  return [{ tags: path.reverse(), score: scores[best] }];
}

/** -Infinity is what may not be; NaN orders nothing, and stays. */
function kept(ways: Beginning[], n: number): Beginning[] {
  const allowed = ways.filter(({ score }) => score !== -Infinity);
  return allowed.sort((a, b) => b.score - a.score).slice(0, n);
}

function tagsOf(last: Beginning): number[] {
  const tags: number[] = [];
  for (let at: Beginning | null = last; at !== null; at = at.before) tags.push(at.tag);
  return tags.reverse();
}
