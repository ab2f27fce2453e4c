import type { CellKind, SequenceArgs } from "../../engine/engine.js";
import { GATES } from "../../engine/engine.js";
import { currentEngine } from "../../engine/select.js";
import { contiguous, copyOf, empty, filled, Lens, viewOf } from "../../tensor/ops/raw.js";
import { recordAll, wantsGrad } from "../../tensor/tape.js";
import type { Tensor } from "../../tensor/tensor.js";

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
  const { cell, x, weights, initial, final, row, reverse } = run;
  const { wIh, wHh, bIh, bHh } = weights;
  const [l, n] = x.shape as [number, number, number];
  const hidden = wHh.shape[1];
  const optional = [bIh, bHh, initial.h, initial.c];
  const inputs = [x, wIh, wHh, ...optional.filter((t) => t !== null)];
  const owned: Tensor[] = [];
  const held: Tensor[] = [];
  const dense = <T extends Tensor | null>(t: T): T => {
    if (t === null || t.isContiguous) {
      if (t !== null) held.push(t);
      return t;
    }
    const copy = copyOf(t);
    owned.push(copy);
    return copy as T;
  };
  const [h0, c0] = [dense(initial.h), dense(initial.c)];
  const args: SequenceArgs = {
    cell,
    x: dense(x),
    wIh: dense(wIh),
    wHh: dense(wHh),
    bIh: dense(bIh),
    bHh: dense(bHh),
    h0: h0 && rowOf(h0, row),
    c0: c0 && rowOf(c0, row),
    reverse,
  };
  const y = empty(x.dtype, [l, n, hidden]);
  const h = rowView(final.h!, row);
  const c = final.c && rowView(final.c, row);
  const keep = wantsGrad(inputs);
  const gates = keep && GATES[cell] > 1 ? empty(x.dtype, [l, n, 4 * hidden]) : null;
  const cells = keep && cell === "lstm" ? empty(x.dtype, [l, n, hidden]) : null;
  if (gates !== null) owned.push(gates);
  if (cells !== null) owned.push(cells);
  currentEngine().sequenceForward({ ...args, y, hN: h, cN: c, saved: keep ? { gates, cells } : null });

  const backward = (dOutputs: readonly (Tensor | null)[], needs: readonly boolean[]): (Tensor | null)[] => {
    const [dY, dHN, dCN] = dOutputs.map((d) => d && contiguous(d)) as [Tensor | null, Tensor | null, Tensor | null];
    const wanted = new Map(inputs.map((input, i) => [input, needs[i]]));
    const gradient = (t: Tensor | null): Tensor | null => (t && wanted.get(t) ? empty(t.dtype, t.shape) : null);
    // The gradient of a whole state; other rows are other layers' business.
    const stateGradient = (t: Tensor | null): Tensor | null =>
      t && wanted.get(t) ? filled(t.dtype, t.shape, 0) : null;
    const [dX, dWIh, dWHh, dBIh, dBHh] = [x, wIh, wHh, bIh, bHh].map(gradient) as (Tensor | null)[];
    const [dH0, dC0] = [stateGradient(initial.h), stateGradient(initial.c)];
    currentEngine().sequenceBackward({
      ...args,
      y,
      saved: { gates, cells },
      dY,
      dHN,
      dCN: dCN ?? null,
      dX,
      dWIh,
      dWHh,
      dBIh,
      dBHh,
      dH0: dH0 && rowOf(dH0, row),
      dC0: dC0 && rowOf(dC0, row),
    });
    const grads = [dX, dWIh, dWHh];
    [dBIh, dBHh, dH0, dC0].forEach((d, i) => {
      if (optional[i] !== null) grads.push(d);
    });
    return grads;
  };
  recordAll(cell, inputs, c === null ? [y, h] : [y, h, c], backward, { owned, held });
  return { y, h, c };
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
