import type { DType } from "../base/dtype.js";
import { type CellKind, GATES } from "../engine/cells.js";
import type { Operand } from "../engine/engine.js";
import { blocksOf } from "../interchange/conventions/gate-order.js";
import type { NdArray } from "./nd-array.js";
import { transposed, type Workspace } from "./workspace.js";

/** W [D, G·H], or a bias [G·H], as the kernels take it. */
export function toKernelLayout(w: Workspace, cell: CellKind, W: NdArray): Operand {
  const matrix = asMatrix(W);
  const kernel = w.empty([matrix.width, matrix.depth], W.dtype);
  const textbook = w.upload(W, [matrix.depth, matrix.width]);
  forEachGate(cell, textbook, kernel, (columns, rows) => w.engine.copy(rows, columns));
  return W.shape.length === 1 ? { ...kernel, shape: W.shape, strides: [1] } : kernel;
}

/** The way back; `like` tells the textbook's shape. */
export function fromKernelLayout(w: Workspace, cell: CellKind, kernel: Operand, like: NdArray): NdArray {
  const matrix = asMatrix(like);
  const textbook = w.empty([matrix.depth, matrix.width], kernel.buffer.dtype as DType);
  const rowsOf = { ...kernel, shape: [matrix.width, matrix.depth], strides: [matrix.depth, 1] };
  forEachGate(cell, textbook, rowsOf, (columns, rows) => w.engine.copy(columns, rows));
  return w.download(textbook).reshape(...like.shape);
}

/**
 * Two layouts of one matrix: the textbook's [D, G·H], a gate's weights in a block of columns, and the kernels' [G·H, D], in blocks of
 * rows. Calls `move` with each gate's block in both, read alike: [H, D].
 */
function forEachGate(
  cell: CellKind,
  textbook: Operand,
  kernel: Operand,
  move: (columns: Operand, rows: Operand) => void,
): void {
  const [depth, width] = textbook.shape as [number, number];
  const h = width / GATES[cell];
  blocksOf("textbook", cell).forEach((block, k) => {
    const columns = { ...textbook, offset: block * h, shape: [depth, h] };
    const rows = { ...kernel, offset: k * h * depth, shape: [h, depth] };
    move(transposed(columns), rows);
  });
}

function asMatrix(W: NdArray): { depth: number; width: number } {
  const [first, second] = W.shape as [number, number?];
  return second === undefined ? { depth: 1, width: first } : { depth: first, width: second };
}
