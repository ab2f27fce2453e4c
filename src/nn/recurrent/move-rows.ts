import { currentEngine } from "../../engine/select.js";
import { contiguous, empty, filled, fromHost, reshapedLens } from "../../tensor/ops/raw.js";
import { record } from "../../tensor/tape.js";
import type { Tensor } from "../../tensor/tensor.js";
import { rowsOf } from "./segments.js";

/**
 * Rows moved to other places, which packing and padding are. Places that no row goes to are zero; rows that go nowhere get no gradient.
 * @param x     [.., W], read as rows [R, W]
 * @param from  for each row of the result the row of x it comes from, each row of x at most once; -1 for none
 * @param lead  the result is [...lead, W]
 */
export function moveRows(name: string, x: Tensor, from: Int32Array, lead: readonly number[]): Tensor {
  const width = x.shape[x.rank - 1];
  const to: number[] = [];
  const picked: number[] = [];
  from.forEach((row, place) => {
    if (row < 0) return;
    picked.push(row);
    to.push(place);
  });
  const source = fromHost(Int32Array.from(picked), [picked.length]);
  const target = to.length === from.length ? null : fromHost(Int32Array.from(to), [to.length]);
  const dense = contiguous(x);
  const out = placed(dense, source, target, [...lead, width], width);
  if (dense !== x) dense.dispose();
  const owned = target === null ? [source] : [source, target];
  const backward = (dOut: Tensor): Tensor[] => [placed(contiguous(dOut), target, source, x.shape, width)];
  return record(name, [x], out, backward, { owned });
}

/** out[target[k]] = x[source[k]]; null for all rows in their order. */
function placed(
  x: Tensor,
  source: Tensor | null,
  target: Tensor | null,
  shape: readonly number[],
  width: number,
): Tensor {
  const engine = currentEngine();
  if (target === null) {
    const out = empty(x.dtype, shape);
    engine.gatherRows(rowsOf(out), rowsOf(x), source!);
    return out;
  }
  const out = filled(x.dtype, shape, 0);
  if (source === null) {
    engine.scatterAddRows(rowsOf(out), target, rowsOf(x));
    return out;
  }
  const rows = empty(x.dtype, [source.size, width]);
  engine.gatherRows(rows, rowsOf(x), source);
  engine.scatterAddRows(rowsOf(out), target, reshapedLens(rows, rows.shape));
  rows.dispose();
  return out;
}
