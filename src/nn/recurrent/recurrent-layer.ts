import { withLast } from "../../base/shape.js";
import { type CellKind, GATES } from "../../engine/cells.js";
import type { SequenceSaved } from "../../engine/engine.js";
import { currentEngine } from "../../engine/select.js";
import { contiguous, empty, filled, Lens, viewOf } from "../../tensor/ops/raw.js";
import { recordAll, wantsGrad } from "../../tensor/tape.js";
import type { Tensor } from "../../tensor/tensor.js";
import { Keep } from "../functional/keep.js";
import { sharedRowsOf, type TableRows } from "../table-rows/shared-rows.js";
import {
  blockOf,
  joinStates,
  leaveStates,
  type RowsOperand,
  rowsOf,
  type Segment,
  segmentsOf,
  someRows,
} from "./segments.js";

/** The weights of one layer in one direction, in PyTorch's layout and gate order. G is `GATES[cell]`. */
export interface RecurrentWeights {
  /** [G·H, I] */
  wIh: Tensor;
  /** [G·H, H], or [G·H, P] with a projection. */
  wHh: Tensor;
  /** [G·H] each, or both null. */
  bIh: Tensor | null;
  bHh: Tensor | null;
  /** [P, H], lstm only: the projection. The state's width, H elsewhere, is P with it. */
  wHr?: Tensor | null | undefined;
}

/** What the weights of a layer say of its sizes. */
export function kernelSizes(cell: CellKind, { wIh, wHh }: RecurrentWeights) {
  return { inputSize: wIh.shape[1], hiddenSize: wIh.shape[0] / GATES[cell], outputSize: wHh.shape[1] };
}

/** States of all layers together: [D·K, N, H], h with P for H where it is projected; c is the lstm's. */
export interface States {
  h: Tensor | null;
  c: Tensor | null;
}

/** A recurrence over whole sequences, one layer, one direction. */
export interface LayerRun {
  cell: CellKind;
  /** [L, N, I], or with sequences of many lengths their packed rows [R, I], step by step. */
  x: Tensor;
  /** Sequences at each step, never growing: N at the first. */
  batchSizes: readonly number[];
  weights: RecurrentWeights;
  /** Null for zeros. */
  initial: States;
  /** Where the last states go, as `initial`, not yet on the tape; null for tensors of their own. */
  final: States | null;
  /** The row of `initial` and `final` that is this layer's. */
  row: number;
  reverse: boolean;
}

/** What one call of a recurrent kernel gives: the output of every step, and the last states. */
export interface KernelResult {
  /** x with H for I, or P with a projection. */
  y: Tensor;
  /** [N, H or P], each sequence's own last. */
  h: Tensor;
  /** [N, H] */
  c: Tensor | null;
}

/** What the walk forward leaves for the walk back. */
interface Walked {
  /** In the order of the walk. */
  segments: readonly Segment[];
  /** The states that each segment began with; null for zeros. */
  begins: Ends[];
  weights: { [K in "wIh" | "wHh"]: Tensor } & { [K in "wHr" | "bIh" | "bHh"]: Tensor | null };
  x: Tensor;
  /** The table of which x is rows, where that is of use. */
  shared: TableRows | null;
  y: Tensor;
  saved: { [K in keyof SequenceSaved]-?: Tensor | null };
}

/**
 * One layer, one direction, over whole sequences: one operation on the tape. Steps with equally many sequences are one call of the
 * engine; where sequences end (or, walking backwards, begin) their rows leave the state or join it. Gates and cell states are kept
 * only when a backward pass can come, and die with it.
 */
export function recurrentLayer(run: LayerRun): KernelResult {
  const { cell, weights, initial } = run;
  const segments = segmentsOf(run.batchSizes);
  const shared = segments.length === 1 ? sharedRowsOf(run.x) : null;
  const inputs = inputsOf(run, shared).filter(isTensor);
  const keep = new Keep();
  if (shared) {
    const { table, ids } = shared;
    keep.dense(table, weights.wIh.requiresGrad);
    const summedByRow = [table, weights.wIh, weights.bIh, weights.bHh];
    const readsIds = summedByRow.some((t) => t?.requiresGrad);
    keep.dense(ids, readsIds);
  }
  // h before each step: for W_hh's gradient, and for the gru's own.
  const readsStates = cell === "gru" || weights.wHh.requiresGrad;
  const dense = (t: Tensor | null = null, isRead = true): Tensor | null => t && keep.dense(t, isRead);
  const x = keep.dense(run.x, weights.wIh.requiresGrad);
  const width = weights.wHh.shape[1];
  const hidden = weights.wIh.shape[0] / GATES[cell];
  const rows = x.size / x.shape[x.rank - 1];
  const make = (shape: number[]): Tensor => empty(x.dtype, shape);
  const y = make(withLast(x.shape, width));
  const saving = wantsGrad(inputs);
  const saved = (when: boolean, columns: number): Tensor | null =>
    saving && when ? keep.own(make([rows, columns])) : null;
  const walked: Walked = {
    segments: run.reverse ? segments.reverse() : segments,
    begins: [],
    weights: {
      wIh: keep.dense(weights.wIh, run.x.requiresGrad || shared?.table.requiresGrad === true),
      wHh: keep.dense(weights.wHh),
      wHr: dense(weights.wHr),
      bIh: dense(weights.bIh, false),
      bHh: dense(weights.bHh, false),
    },
    x,
    shared,
    y,
    saved: {
      gates: saved(GATES[cell] > 1, 4 * hidden),
      cells: saved(cell === "lstm", hidden),
      unprojected: saved(weights.wHr != null, hidden),
    },
  };
  const last = (states: Tensor | null | undefined, columns: number): Tensor =>
    states ? rowView(states, run.row) : make([run.batchSizes[0], columns]);
  const h = last(run.final?.h, width);
  const c = cell === "lstm" ? last(run.final?.c, hidden) : null;
  // For the slopes, if not for W_hh: a kernel may take tanh(c) from y.
  keep.held.push(y);
  const h0 = dense(initial.h, readsStates);
  const c0 = dense(initial.c);
  const from = { h: h0 && rowOf(h0, run.row), c: c0 && rowOf(c0, run.row) };
  walkForward(run, walked, from, { h, c }, saving, (shape) => keep.own(make(shape)));
  const outputs = c === null ? [y, h] : [y, h, c];
  recordAll(cell, inputs, outputs, (dOutputs, needs) => layerGradients(run, walked, dOutputs, needs), keep);
  return { y, h, c };
}

/** What can have a gradient, null where left out; those that are there are the operation's inputs, in this order. */
function inputsOf({ x, weights, initial }: LayerRun, shared: TableRows | null): (Tensor | null)[] {
  const { wIh, wHh, wHr = null, bIh, bHh } = weights;
  return [x, wIh, wHh, bIh, bHh, initial.h, initial.c, shared ? shared.table : null, wHr];
}

/** Whether the table's gradient may pass x by: nobody looks at that of x, nor of what x is a view of. */
function passesBy({ x }: LayerRun, { shared }: Walked): boolean {
  return shared !== null && x.node?.hooks == null && shared.of?.node?.hooks == null;
}

function isTensor(x: Tensor | null): x is Tensor {
  return x !== null;
}

/** States for a kernel, [n, H], h with P for H where it is projected; null for zeros. */
interface Ends {
  h: RowsOperand | null;
  c: RowsOperand | null;
}

function walkForward(
  { cell, reverse }: LayerRun,
  walked: Walked,
  initial: Ends,
  final: { h: RowsOperand; c: RowsOperand | null },
  saving: boolean,
  make: (shape: number[]) => Tensor,
): void {
  const { segments, x, shared, y, weights } = walked;
  let end: Ends = { h: null, c: null };
  segments.forEach((segment, i) => {
    const { batch } = segment;
    const isLast = i === segments.length - 1;
    const out = (to: RowsOperand): RowsOperand =>
      isLast ? someRows(to, 0, batch) : rowsOf(make([batch, to.shape[1]]));
    const begin = {
      h: joinStates(end.h, initial.h, batch, make),
      c: final.c && joinStates(end.c, initial.c, batch, make),
    };
    const hN = out(final.h);
    const cN = final.c && out(final.c);
    currentEngine().sequenceForward({
      cell,
      ...weights,
      x: blockOf(x, segment),
      rows: shared,
      h0: begin.h,
      c0: begin.c,
      reverse,
      y: blockOf(y, segment),
      hN,
      cN,
      saved: saving ? savedOf(walked, segment) : null,
    });
    walked.begins.push(begin);
    end = { h: hN, c: cN };
    if (isLast) return;
    leaveStates(hN, final.h, segments[i + 1].batch);
    if (cN) leaveStates(cN, final.c, segments[i + 1].batch);
  });
}

function savedOf({ saved: { gates, cells, unprojected } }: Walked, segment: Segment): SequenceSaved {
  const block = (x: Tensor | null) => x && blockOf(x, segment);
  return { gates: block(gates), cells: block(cells), unprojected: block(unprojected) };
}

/** Places in `inputsOf`. */
const INPUT = 0;
const TABLE = 7;

/** The gradients of the inputs that are there, in their order. */
function layerGradients(
  run: LayerRun,
  walked: Walked,
  dOutputs: readonly (Tensor | null)[],
  needs: readonly boolean[],
): (Tensor | null)[] {
  const inputs = inputsOf(run, walked.shared);
  const unwanted = walked.shared === null ? -1 : passesBy(run, walked) ? INPUT : TABLE;
  let at = 0;
  const grads = inputs.map((input, i) => {
    if (input === null || !needs[at++] || i === unwanted) return null;
    // A state's other rows are other layers' business: their gradients add up.
    return i === 5 || i === 6 ? filled(input.dtype, input.shape, 0) : empty(input.dtype, input.shape);
  });
  walkBackward(run, walked, dOutputs, grads);
  return grads.filter((_, i) => inputs[i] !== null);
}

/** The walk of `walkForward` from its end to its start: what joined leaves, what left joins. */
function walkBackward(
  { cell, reverse, row, x: { dtype } }: LayerRun,
  walked: Walked,
  dOutputs: readonly (Tensor | null)[],
  [dX, dWIh, dWHh, dBIh, dBHh, dH0, dC0, dTable = null, dWHr = null]: readonly (Tensor | null)[],
): void {
  const { segments, begins, x, shared, y, saved, weights } = walked;
  const make = (shape: number[]): Tensor => empty(dtype, shape);
  const [dY, dHN, dCN = null] = dOutputs.map((d) => d && contiguous(d));
  const dStart = { h: dH0 && rowOf(dH0, row), c: dC0 && rowOf(dC0, row) };
  let carried: Ends = { h: null, c: null };
  for (let i = segments.length - 1; i >= 0; i--) {
    const segment = segments[i];
    const { batch } = segment;
    // Those that were carried here go on; the rest began here.
    const before = i === 0 ? 0 : segments[i - 1].batch;
    const out = (to: RowsOperand | null, like: Tensor): RowsOperand | null =>
      i === 0 ? to && someRows(to, 0, batch) : rowsOf(make([batch, like.shape[like.rank - 1]]));
    const begin: Ends = { h: out(dStart.h, y), c: saved.cells && out(dStart.c, saved.cells) };
    currentEngine().sequenceBackward({
      cell,
      ...weights,
      x: blockOf(x, segment),
      h0: begins[i].h,
      c0: begins[i].c,
      reverse,
      y: blockOf(y, segment),
      saved: savedOf(walked, segment),
      dY: dY && blockOf(dY, segment),
      dHN: joinStates(carried.h, dHN, batch, make),
      dCN: cell === "lstm" ? joinStates(carried.c, dCN, batch, make) : null,
      rows: dX === null ? shared : null,
      dX: dX && blockOf(dX, segment),
      dTable,
      adds: i < segments.length - 1,
      dWIh,
      dWHh,
      dWHr,
      dBIh,
      dBHh,
      dH0: begin.h,
      dC0: begin.c,
    });
    carried = begin;
    if (i === 0) return;
    leaveStates(begin.h!, dStart.h, before);
    if (begin.c) leaveStates(begin.c, dStart.c, before);
  }
}

/** Row `row` of [D·K, N, H] as [N, H], for a kernel. */
export function rowOf(states: Tensor, row: number): Lens {
  const [, n, h] = states.shape as [number, number, number];
  return new Lens(states, [n, h], [h, 1], states.offset + row * n * h);
}

/** Row `row` of [D·K, N, H] as [N, H], a tensor of its own that shares the memory. */
export function rowView(states: Tensor, row: number): Tensor {
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
