/**
 * The table of the cells that the engine has kernels for: what their gates are called, in the order of their blocks of rows in
 * `weight_ih` [G·H, I] and `weight_hh` [G·H, H] (PyTorch's), and what they carry from step to step. Whatever else needs an order
 * (other layouts, sizes, names for a picture) works it out from here.
 */
export type CellKind = "rnn_tanh" | "rnn_relu" | "rnn_sigmoid" | "lstm" | "gru";

/** As the papers call them; `candidate` is what the gates let in (g, n), `state` the simple network's h itself. */
export type GateName = "state" | "input" | "forget" | "candidate" | "output" | "reset" | "update";

export interface CellRow {
  readonly gates: readonly GateName[];
  readonly states: readonly ("h" | "c")[];
}

const SIMPLE: CellRow = { gates: ["state"], states: ["h"] };

export const CELLS: Readonly<Record<CellKind, CellRow>> = {
  rnn_tanh: SIMPLE,
  rnn_relu: SIMPLE,
  rnn_sigmoid: SIMPLE,
  lstm: { gates: ["input", "forget", "candidate", "output"], states: ["h", "c"] },
  gru: { gates: ["reset", "update", "candidate"], states: ["h"] },
};

const gatesOf = (cell: CellKind): number => CELLS[cell].gates.length;

/** G: gates per hidden unit in the weights. */
export const GATES: Readonly<Record<CellKind, number>> = {
  rnn_tanh: gatesOf("rnn_tanh"),
  rnn_relu: gatesOf("rnn_relu"),
  rnn_sigmoid: gatesOf("rnn_sigmoid"),
  lstm: gatesOf("lstm"),
  gru: gatesOf("gru"),
};
