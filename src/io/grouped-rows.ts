import { Passes, type Told } from "../base/report.js";
import { NumberRows } from "./number-rows.js";

/** Numbers of a few groups that are put in order in memory. */
const IN_MEMORY = 2 ** 22;

/**
 * Rows that each begin with the number of a group, group after group; those of one stay in their order. What was given is closed.
 * @param counts  rows of each group
 * @param most  numbers that are held in memory at once
 * @param told  of each row twice: as it comes, and as it stands in its place
 */
export function groupedRows(
  rows: NumberRows,
  counts: readonly number[],
  { most = IN_MEMORY, told }: { most?: number | undefined; told?: Told | undefined } = {},
): NumberRows {
  const { width } = rows;
  const bucketOf = new Int32Array(counts.length);
  const buckets: { first: number; groups: number; rows: NumberRows }[] = [];
  const grouped = new NumberRows(width);
  try {
    for (let group = 0, size = Number.POSITIVE_INFINITY; group < counts.length; group++) {
      const isFull = size + counts[group]! * width > most;
      if (isFull) buckets.push({ first: group, groups: 0, rows: new NumberRows(width) });
      size = counts[group]! * width + (isFull ? 0 : size);
      bucketOf[group] = buckets.length - 1;
      buckets.at(-1)!.groups++;
    }
    rows.flush();
    const passes = new Passes(told, 2 * rows.length);
    for (const block of rows.blocks()) {
      passes.add(block.length / width);
      for (let at = 0; at < block.length; at += width) buckets[bucketOf[block[at]!]!]!.rows.append(block, at);
    }
    rows.close();
    for (const { first, groups, rows: own } of buckets) {
      own.flush();
      for (const block of groups === 1 ? own.blocks() : [inOrder(own, counts.slice(first, first + groups), first)]) {
        for (let at = 0; at < block.length; at += width) grouped.append(block, at);
        passes.add(block.length / width);
      }
      own.close();
    }
    grouped.flush();
    passes.end();
    return grouped;
  } catch (error) {
    for (const one of [rows, grouped, ...buckets.map((bucket) => bucket.rows)]) one.close();
    throw error;
  }
}

/** @param first  the group that comes first */
function inOrder(rows: NumberRows, counts: readonly number[], first: number): Float64Array {
  const { width } = rows;
  const ordered = new Float64Array(width * rows.length);
  const places: number[] = [];
  let next = 0;
  for (const count of counts) {
    places.push(next);
    next += count;
  }
  for (const block of rows.blocks()) {
    for (let at = 0; at < block.length; at += width) {
      ordered.set(block.subarray(at, at + width), width * places[block[at]! - first]!++);
    }
  }
  return ordered;
}
