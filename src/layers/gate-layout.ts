import type { DType } from "../base/dtype.js";
import { type CellKind, GATES, type Operand } from "../engine/engine.js";
import type { NdArray } from "./nd-array.js";
import { transposed, type Workspace } from "./workspace.js";

/**
 * Two layouts of one matrix. The textbook's: [D, G·H], a gate's weights in a block of columns, the LSTM's in the order
 * f|g|i|o. The kernels' and `nn`'s: [G·H, D], in blocks of rows, i|f|g|o. Kernel block k is the textbook's block
 * `TEXTBOOK_BLOCK[cell][k]`.
 */
const TEXTBOOK_BLOCK: Readonly<Record<CellKind, readonly number[]>> = {
  rnn_tanh: [0],
  rnn_relu: [0],
  rnn_sigmoid: [0],
  lstm: [2, 0, 1, 3],
  gru: [0, 1, 2],
};

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

/** Calls `move` with each gate's block in both layouts, read alike: [H, D]. */
function forEachGate(
  cell: CellKind,
  textbook: Operand,
  kernel: Operand,
  move: (columns: Operand, rows: Operand) => void,
): void {
  const [depth, width] = textbook.shape as [number, number];
  const h = width / GATES[cell];
  TEXTBOOK_BLOCK[cell].forEach((block, k) => {
    const columns = { ...textbook, offset: block * h, shape: [depth, h] };
    const rows = { ...kernel, offset: k * h * depth, shape: [h, depth] };
    move(transposed(columns), rows);
  });
}

function asMatrix(W: NdArray): { depth: number; width: number } {
  const [first, second] = W.shape as [number, number?];
  return second === undefined ? { depth: 1, width: first } : { depth: first, width: second };
}
