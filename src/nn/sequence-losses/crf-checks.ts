import { refusal } from "../../base/check.js";
import { ShapeError } from "../../base/errors.js";
import type { Chain } from "./crf-sums.js";
import type { TagConstraints } from "./tag-constraints.js";

export function checkTag(op: string, tag: number, tags: number, n: number, t: number): void {
  if (tag >= 0 && tag < tags) return;
  const must = `lie in [0, ${tags - 1}] (numTags=${tags})`;
  const argument = `the tag of sequence ${n} at step ${t}`;
  throw new ShapeError({ op, code: "tag-out-of-range", argument, must, value: String(tag), details: { index: t } });
}

/** The transition to step t; t is the length for the end. */
export function checkAllowed(
  op: string,
  { tags, start, end, transitions }: Chain,
  path: number[],
  n: number,
  t: number,
): void {
  const [from, to] = [path[t - 1], path[t]];
  const score = t === 0 ? start[to] : t === path.length ? end[from] : transitions[from * tags + to];
  if (score !== -Infinity) return;
  const what =
    t === 0 ? `the start with tag ${to}` : t === path.length ? `the end with tag ${from}` : `tag ${to} after ${from}`;
  throw new ShapeError({
    op,
    code: "tag-forbidden",
    argument: `the tags of sequence ${n}`,
    must: "be allowed by the constraints, or their likelihood is 0",
    value: `${what} at step ${t}`,
    fix: "Correct the labels, or train without constraints.",
    details: { index: t },
  });
}

export function checkConstraints({ transitions, start, end }: TagConstraints, tags: number): void {
  const isRow = (row: unknown) => Array.isArray(row) && row.length === tags;
  const ok = isRow(transitions) && transitions.every(isRow);
  if (!ok) throw refusal("CRF", "constraints.transitions", `be ${tags} rows of ${tags}`, transitions);
  for (const [name, row] of Object.entries({ start, end })) {
    if (row !== undefined && !isRow(row)) throw refusal("CRF", `constraints.${name}`, `be ${tags} of 0 and 1`, row);
  }
}
