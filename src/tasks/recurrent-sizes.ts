import { GATES } from "../engine/cells.js";

/** The recurrent cells that tasks offer: LSTM, GRU and RNN. */
export const CELLS = ["rnn", "lstm", "gru"] as const;
export type CellName = (typeof CELLS)[number];

const CELL_KIND = { rnn: "rnn_tanh", lstm: "lstm", gru: "gru" } as const;

/** How large recurrent layers are, one on top of the other. */
export interface RecurrentSizes {
  cell: CellName;
  input: number;
  hidden: number;
  layers: number;
  bidirectional?: boolean;
}

/** Their parameters by name, with their shapes. */
export function recurrentShapes(prefix: string, sizes: RecurrentSizes): Map<string, readonly number[]> {
  const { cell, input, hidden, layers, bidirectional = false } = sizes;
  const rows = GATES[CELL_KIND[cell]] * hidden;
  const directions = bidirectional ? ["", "_reverse"] : [""];
  const shapes = new Map<string, readonly number[]>();
  for (let layer = 0; layer < layers; layer++) {
    for (const direction of directions) {
      const end = `l${layer}${direction}`;
      shapes.set(`${prefix}.weight_ih_${end}`, [rows, layer === 0 ? input : hidden * directions.length]);
      shapes.set(`${prefix}.weight_hh_${end}`, [rows, hidden]);
      shapes.set(`${prefix}.bias_ih_${end}`, [rows]);
      shapes.set(`${prefix}.bias_hh_${end}`, [rows]);
    }
  }
  return shapes;
}

/** Numbers that a step of training keeps for each token: gates and their gradients, cell states, outputs and their gradients. */
export function recurrentActivations({ cell, hidden, layers, bidirectional = false }: RecurrentSizes): number {
  return layers * (bidirectional ? 2 : 1) * (2 * GATES[CELL_KIND[cell]] * hidden + 5 * hidden);
}
