import { type CellKind, GATES, type Operand, type SequenceArgs, type SequenceSaved } from "../../engine/engine.js";
import { currentEngine } from "../../engine/select.js";
import { contiguous, empty, filled, Lens, viewOf } from "../../tensor/ops/raw.js";
import { recordAll, wantsGrad } from "../../tensor/tape.js";
import type { Tensor } from "../../tensor/tensor.js";
import { Keep } from "./keep.js";

/** The weights of one layer in one direction, in PyTorch's layout and gate order. G is `GATES[cell]`. */
export interface RecurrentWeights {
  /** [G·H, I] */
  wIh: Tensor;
  /** [G·H, H] */
  wHh: Tensor;
  /** [G·H] each, or both null. */
  bIh: Tensor | null;
  bHh: Tensor | null;
}

/** States of all layers together: [D·K, N, H]; c is the lstm's. */
export interface States {
  h: Tensor | null;
  c: Tensor | null;
}

export interface LayerRun {
  cell: CellKind;
  /** [L, N, I] */
  x: Tensor;
  weights: RecurrentWeights;
  /** Null for zeros. */
  initial: States;
  /** Where the last states go: [D·K, N, H], not yet on the tape. */
  final: States;
  /** The row of `initial` and `final` that is this layer's. */
  row: number;
  reverse: boolean;
}

/**
 * One layer, one direction, over a whole sequence: one operation on the tape. Gates and cell states are kept only when a
 * backward pass can come, and die with it.
 * @returns y [L, N, H] and views of row `row` of the final states, [N, H]
 */
export function recurrentLayer(run: LayerRun): { y: Tensor; h: Tensor; c: Tensor | null } {
  const { cell, x, weights, initial, final, row } = run;
  const inputs = inputsOf(run).filter((t) => t !== null);
  const keep = new Keep();
  const dense = (t: Tensor | null): Tensor | null => t && keep.dense(t);
  const [h0, c0] = [dense(initial.h), dense(initial.c)];
  const args: SequenceArgs = {
    cell,
    x: keep.dense(x),
    wIh: keep.dense(weights.wIh),
    wHh: keep.dense(weights.wHh),
    bIh: dense(weights.bIh),
    bHh: dense(weights.bHh),
    h0: h0 && rowOf(h0, row),
    c0: c0 && rowOf(c0, row),
    reverse: run.reverse,
  };
  const [l, n] = x.shape as [number, number, number];
  const hidden = weights.wHh.shape[1];
  const y = empty(x.dtype, [l, n, hidden]);
  const h = rowView(final.h!, row);
  const c = final.c && rowView(final.c, row);
  const saved = wantsGrad(inputs)
    ? {
        gates: GATES[cell] > 1 ? keep.own(empty(x.dtype, [l, n, 4 * hidden])) : null,
        cells: cell === "lstm" ? keep.own(empty(x.dtype, [l, n, hidden])) : null,
      }
    : null;
  currentEngine().sequenceForward({ ...args, y, hN: h, cN: c, saved });
  const outputs = c === null ? [y, h] : [y, h, c];
  recordAll(
    cell,
    inputs,
    outputs,
    (dOutputs, needs) => layerGradients(run, { ...args, y, saved: saved! }, dOutputs, needs),
    keep,
  );
  return { y, h, c };
}

/** What can have a gradient, null where left out; those that are there are the operation's inputs, in this order. */
function inputsOf({ x, weights, initial }: LayerRun): (Tensor | null)[] {
  return [x, weights.wIh, weights.wHh, weights.bIh, weights.bHh, initial.h, initial.c];
}

/** The gradients of the inputs that are there, in their order. */
function layerGradients(
  run: LayerRun,
  forward: SequenceArgs & { y: Operand; saved: SequenceSaved },
  dOutputs: readonly (Tensor | null)[],
  needs: readonly boolean[],
): (Tensor | null)[] {
  const [dY, dHN, dCN = null] = dOutputs.map((d) => d && contiguous(d));
  const inputs = inputsOf(run);
  let at = 0;
  const grads = inputs.map((input, i) => {
    if (input === null || !needs[at++]) return null;
    // A state's other rows are other layers' business: their gradients add up.
    return i < 5 ? empty(input.dtype, input.shape) : filled(input.dtype, input.shape, 0);
  });
  const [dX, dWIh, dWHh, dBIh, dBHh, dH0, dC0] = grads;
  currentEngine().sequenceBackward({
    ...forward,
    dY,
    dHN,
    dCN,
    dX,
    dWIh,
    dWHh,
    dBIh,
    dBHh,
    dH0: dH0 && rowOf(dH0, run.row),
    dC0: dC0 && rowOf(dC0, run.row),
  });
  return grads.filter((_, i) => inputs[i] !== null);
}

/** Row `row` of [D·K, N, H] as [N, H], for a kernel. */
function rowOf(states: Tensor, row: number): Lens {
  const [, n, h] = states.shape as [number, number, number];
  return new Lens(states, [n, h], [h, 1], states.offset + row * n * h);
}

function rowView(states: Tensor, row: number): Tensor {
  const [, n, h] = states.shape as [number, number, number];
  return viewOf(states, [n, h], [h, 1], states.offset + row * n * h);
}

/**
 * Puts the final states on the tape once every layer has written its row: [D·K, N, H] from its rows, no copy.
 */
export function gatherStates(states: Tensor, rows: readonly Tensor[]): Tensor {
  recordAll("states", rows, [states], ([dStates]) => {
    const whole = contiguous(dStates!);
    return rows.map((_, row) => rowView(whole, row));
  });
  return states;
}
