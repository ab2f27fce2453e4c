import { stack, unstack } from "./arrange.js";
import { add } from "./math.js";
import { type NdArray, zeros, zerosLike } from "./nd-array.js";
import type { CellParams, SequenceCache, SequenceGrads, SequenceInputs, SequenceOutputGrads } from "./sequence.js";
import { gruResetFirstStep, gruResetFirstStepBackward } from "./steps-by-hand.js";

/** What has no kernel of its own: the GRU whose reset comes before the product. */
export type UnrolledCell = "gru_reset_first";

/**
 * A recurrence unrolled over time, step by step: what the fused kernels do in one call.
 *   forward    h_0 -> h_1 -> ... -> h_T, each from x_t and h_{t-1}
 *   backward   dh_T -> ... -> dh_0, each the sum of what comes from its own output and from the step after it;
 *              the weights are shared by all steps, so their gradients add up
 */
export function forwardUnrolled(p: CellParams, inputs: SequenceInputs): SequenceCache {
  const xs = unstack(inputs.xs);
  const hs: NdArray[] = [];
  let h = inputs.h0 ?? zeros([inputs.xs.shape[1]!, p.Wh.shape[0]!], inputs.xs.dtype);
  const steps = walk(xs.length, inputs.reverse).map((t) => {
    const cache = gruResetFirstStep(xs[t]!, h, p);
    h = cache.h;
    hs[t] = h;
    return cache;
  });
  return { ...inputs, hs: stack(hs), h, c: null, gates: null, cells: null, steps };
}

export function backwardUnrolled(p: CellParams, cache: SequenceCache, outputGrads: SequenceOutputGrads): SequenceGrads {
  const steps = cache.steps!;
  const dhs = outputGrads.dhs && unstack(outputGrads.dhs);
  const dxs: NdArray[] = [];
  let [dWx, dWh, db] = [zerosLike(p.Wx), zerosLike(p.Wh), zerosLike(p.b)];
  let dh = outputGrads.dh ?? zerosLike(cache.h);
  const order = walk(steps.length, cache.reverse);
  for (const [step, t] of [...order.entries()].reverse()) {
    if (dhs) dh = add(dh, dhs[t]!);
    const grads = gruResetFirstStepBackward(dh, steps[step]!, p);
    dxs[t] = grads.dx;
    dh = grads.dhPrev;
    [dWx, dWh, db] = [add(dWx, grads.dWx), add(dWh, grads.dWh), add(db, grads.db)];
  }
  return { dxs: stack(dxs), dWx, dWh, db, dbh: db, dh0: dh, dc0: null };
}

/** The steps in the order in which they are taken. */
function walk(steps: number, reverse: boolean): number[] {
  return Array.from({ length: steps }, (_, i) => (reverse ? steps - 1 - i : i));
}
