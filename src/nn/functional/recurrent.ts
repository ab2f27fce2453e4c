import { ShapeError } from "../../base/errors.js";
import { formatShape, sameShape } from "../../base/shape.js";
import type { CellKind } from "../../engine/engine.js";
import { concat } from "../../tensor/ops/join.js";
import { empty, requireSameDType, requireTensor } from "../../tensor/ops/raw.js";
import { transpose } from "../../tensor/ops/shape.js";
import { dropout } from "../../tensor/ops/unary.js";
import type { Tensor } from "../../tensor/tensor.js";
import { gatherStates, type RecurrentWeights, recurrentLayer, type States } from "./recurrent-layer.js";

export interface RecurrentRun {
  /** For errors: `LSTM.forward`. */
  op: string;
  cell: CellKind;
  /** [L, N, I], or [N, L, I] with batchFirst. */
  x: Tensor;
  /** Null for zeros. */
  initial: States;
  /** Layer by layer, in each the forward direction first: D·K of them. */
  weights: readonly RecurrentWeights[];
  bidirectional: boolean;
  batchFirst: boolean;
  /** Probability, between the layers only. */
  dropout: number;
  training: boolean;
}

/**
 * A stack of recurrent layers over whole sequences, PyTorch's `nn.RNN`, `nn.LSTM` and `nn.GRU`.
 * @returns y [L, N, D·H] (or [N, L, D·H]), and the last states [D·K, N, H]
 * @throws ShapeError, DTypeError naming `op`
 */
export function recurrent(run: RecurrentRun): { y: Tensor; h: Tensor; c: Tensor | null } {
  const { cell, weights, batchFirst, training } = run;
  checkInput(run);
  let y = batchFirst ? transpose(run.x, 0, 1) : run.x;
  const batch = y.shape[1];
  const hidden = weights[0].wHh.shape[1];
  const shape = [weights.length, batch, hidden];
  checkState(run, "h", run.initial.h, shape);
  checkState(run, "c", run.initial.c, shape);
  const final = { h: empty(y.dtype, shape), c: cell === "lstm" ? empty(y.dtype, shape) : null };
  const rows: { h: Tensor[]; c: Tensor[] } = { h: [], c: [] };
  const directions = run.bidirectional ? 2 : 1;
  for (let first = 0; first < weights.length; first += directions) {
    if (first > 0) y = dropout(y, run.dropout, { training });
    const outputs: Tensor[] = [];
    for (let row = first; row < first + directions; row++) {
      const reverse = row > first;
      const layer = recurrentLayer({
        cell,
        x: y,
        weights: weights[row],
        initial: run.initial,
        final,
        row,
        reverse,
      });
      outputs.push(layer.y);
      rows.h.push(layer.h);
      if (layer.c !== null) rows.c.push(layer.c);
    }
    y = directions === 1 ? outputs[0] : concat(outputs, 2);
  }
  return {
    y: batchFirst ? transpose(y, 0, 1) : y,
    h: gatherStates(final.h, rows.h),
    c: final.c && gatherStates(final.c, rows.c),
  };
}

function checkInput({ op, x, weights, batchFirst }: RecurrentRun): void {
  requireTensor(op, "input", x);
  const { wIh } = weights[0];
  const inputSize = wIh.shape[1];
  requireSameDType(op, "input", x, wIh.dtype);
  if (x.rank !== 3 || x.shape[2] !== inputSize) {
    throw new ShapeError({
      op,
      argument: "input",
      rule: `have shape [${batchFirst ? "N, L" : "L, N"}, ${inputSize}] (inputSize=${inputSize})`,
      value: formatShape(x.shape),
      fix:
        x.rank === 2 && x.shape[1] === inputSize
          ? "Give a single sequence a batch of one with unsqueeze."
          : "If features are not last, permute first.",
    });
  }
  if (x.size === 0) {
    const rule = "hold at least one step of one sequence";
    throw new ShapeError({ op, argument: "input", rule, value: formatShape(x.shape) });
  }
}

function checkState({ op, x, cell }: RecurrentRun, name: "h" | "c", state: Tensor | null, shape: number[]): void {
  if (state === null) return;
  const argument = cell === "lstm" ? `state.${name}` : "state";
  requireTensor(op, argument, state);
  requireSameDType(op, argument, state, x.dtype);
  if (sameShape(state.shape, shape)) return;
  throw new ShapeError({
    op,
    argument,
    rule: `have shape ${formatShape(shape)} (numLayers·directions=${shape[0]}, N=${shape[1]}, hiddenSize=${shape[2]})`,
    value: formatShape(state.shape),
    fix:
      state.rank === 3 && state.shape[1] !== shape[1]
        ? "A state carried from a batch of another size does not fit: start again without one."
        : "",
  });
}
