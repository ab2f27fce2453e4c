import { currentEngine } from "../../engine/select.js";
import { Lens } from "../../tensor/ops/raw.js";
import type { Tensor } from "../../tensor/tensor.js";

/**
 * Steps in a row that have equally many sequences. Sorted by length, the sequences of a batch that are still running at a step
 * are its first rows, so a packed batch is a few dense blocks [steps, batch, ..], one after another.
 */
export interface Segment {
  /** Of its first step in the packed rows. */
  row: number;
  steps: number;
  batch: number;
}

/** @param batchSizes  sequences at each step, never growing */
export function segmentsOf(batchSizes: readonly number[]): Segment[] {
  const segments: Segment[] = [];
  let row = 0;
  for (const batch of batchSizes) {
    const last = segments.at(-1);
    if (last?.batch === batch) last.steps++;
    else segments.push({ row, steps: 1, batch });
    row += batch;
  }
  return segments;
}

/** A contiguous tensor [.., W] as rows [R, W], for a kernel. */
export function rowsOf(x: Tensor): RowsOperand {
  if (x.rank === 2) return x;
  const width = x.shape[x.rank - 1];
  return new Lens(x, [x.size / width, width], [width, 1]);
}

/** Rows [R, W] for a kernel: a contiguous tensor or a part of one. */
export type RowsOperand = Lens | Tensor;

function baseOf(x: RowsOperand): Tensor {
  return x instanceof Lens ? x.base : x;
}

/** `count` rows from `first` on. */
export function someRows(x: RowsOperand, first: number, count: number): RowsOperand {
  const [rows, width] = x.shape as [number, number];
  return count === rows ? x : new Lens(baseOf(x), [count, width], [width, 1], x.offset + first * width);
}

/** A segment of contiguous rows [.., W] as a dense block [steps, batch, W]: x itself when it is that. */
export function blockOf(x: Tensor, { row, steps, batch }: Segment): Lens | Tensor {
  if (x.rank === 3 && steps === x.shape[0]) return x;
  const width = x.shape[x.rank - 1];
  return new Lens(x, [steps, batch, width], [batch * width, width, 1], x.offset + row * width);
}

/**
 * The state with which `count` sequences enter a segment: what the first ones carried out of the segment before, and what the rest
 * begin with. No copy when all come from one side.
 * @param carried  [m, W], or null
 * @param begin    [N, W], or null for zeros
 * @param make     an array [count, W]
 * @returns        null for zeros
 */
export function joinStates(
  carried: RowsOperand | null,
  begin: RowsOperand | null,
  count: number,
  make: (shape: number[]) => Tensor,
): RowsOperand | null {
  if (carried === null) return begin && someRows(begin, 0, count);
  const [there, width] = carried.shape as [number, number];
  if (there >= count) return someRows(carried, 0, count);
  const whole = rowsOf(make([count, width]));
  const [first, rest] = [someRows(whole, 0, there), someRows(whole, there, count - there)];
  currentEngine().copy(first, carried);
  if (begin === null) currentEngine().fill(rest, 0);
  else currentEngine().copy(rest, someRows(begin, there, count - there));
  return whole;
}

/** Rows of `from` that the next segment, of `next` sequences, does not carry on go to the same rows of `to`. */
export function leaveStates(from: RowsOperand, to: RowsOperand | null, next: number): void {
  const count = from.shape[0] - next;
  if (to !== null && count > 0) currentEngine().copy(someRows(to, next, count), someRows(from, next, count));
}
