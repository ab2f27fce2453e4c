import { CELLS, type CellKind, type GateName } from "../../engine/cells.js";

/**
 * Where other toolkits put a cell's gates: the one table of gate orders. Ours is PyTorch's (`CELLS`), and has no row here.
 *   textbook  the study book's columns of Wx, Wh and b
 *   keras     Keras, TensorFlow.js: i|f|c|o and z|r|h. Source: keras.layers.LSTM, keras.layers.GRU
 *   onnx      W, R and B: i|o|f|c and z|r|h. Source: the operators' pages, "LSTM" and "GRU"
 */
const ORDERS = {
  textbook: {
    lstm: ["forget", "candidate", "input", "output"],
    gru: ["reset", "update", "candidate"],
  },
  keras: {
    lstm: ["input", "forget", "candidate", "output"],
    gru: ["update", "reset", "candidate"],
  },
  onnx: {
    lstm: ["input", "output", "forget", "candidate"],
    gru: ["update", "reset", "candidate"],
  },
} as const satisfies Record<string, Partial<Record<CellKind, readonly GateName[]>>>;

/** A toolkit, by the order in which it puts the gates. */
export type Layout = keyof typeof ORDERS;

/** At place k, which of the layout's blocks is our block k. */
export function blocksOf(layout: Layout, cell: CellKind): readonly number[] {
  const ours = CELLS[cell].gates;
  const theirs: readonly GateName[] = cell === "lstm" || cell === "gru" ? ORDERS[layout][cell] : ours;
  return ours.map((gate) => theirs.indexOf(gate));
}
