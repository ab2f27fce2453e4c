import { withLast } from "../../base/shape.js";
import { currentEngine } from "../../engine/select.js";
import { operationDone } from "../../tensor/lifetime.js";
import { empty } from "../../tensor/ops/raw.js";
import { recording } from "../../tensor/tape.js";
import type { Tensor } from "../../tensor/tensor.js";
import { keptRowsOf } from "../table-rows/kept-rows.js";
import { sharedRowsOf } from "../table-rows/shared-rows.js";
import { type LayerRun, type RecurrentWeights, rowOf, type States } from "./recurrent-layer.js";
import { blockOf } from "./segments.js";

/** A layer whose last states have a place to go. */
export type EvaluatedRun = LayerRun & { final: { h: Tensor; c: Tensor | null } };

/** Whether `evaluatedLayer` does for a stack: no backward pass can come, all sequences are equally long, and all lies in row-major order. */
export function isEvaluated(
  x: Tensor,
  initial: States,
  weights: readonly RecurrentWeights[],
  batchSizes: readonly number[],
): boolean {
  if (batchSizes[0] !== batchSizes[batchSizes.length - 1]) return false;
  if (!(isPlain(x) && isPlain(initial.h) && isPlain(initial.c))) return false;
  for (const { wIh, wHh, wHr = null, bIh, bHh } of weights)
    if (!(isPlain(wIh) && isPlain(wHh) && isPlain(wHr) && isPlain(bIh) && isPlain(bHh))) return false;
  return true;
}

function isPlain(x: Tensor | null): boolean {
  return x === null || (x.isContiguous && !(recording.enabled && x.requiresGrad));
}

/**
 * What `recurrentLayer` computes, in one call of the engine and with nothing kept: a step of one token takes microseconds. The last
 * states go to their row of `final`, and have no tensors of their own.
 * @returns  y, x with H for I, or P with a projection
 */
export function evaluatedLayer({ cell, x, batchSizes, weights, initial, final, row, reverse }: EvaluatedRun): Tensor {
  const y = empty(x.dtype, withLast(x.shape, weights.wHh.shape[1]));
  const steps = { row: 0, steps: batchSizes.length, batch: batchSizes[0] };
  currentEngine().sequenceForward({
    cell,
    wIh: weights.wIh,
    wHh: weights.wHh,
    wHr: weights.wHr ?? null,
    bIh: weights.bIh,
    bHh: weights.bHh,
    x: blockOf(x, steps),
    rows: sharedRowsOf(x),
    h0: initial.h && rowOf(initial.h, row),
    c0: initial.c && rowOf(initial.c, row),
    reverse,
    y: blockOf(y, steps),
    hN: rowOf(final.h, row),
    cN: final.c && rowOf(final.c, row),
    saved: null,
    kept: keptRowsOf(cell, x, weights),
  });
  operationDone();
  return y;
}
