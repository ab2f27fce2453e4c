import { stack, unstack } from "./arrange.js";
import { add } from "./math.js";
import { type NdArray, zeros, zerosLike } from "./nd-array.js";
import type { CellParams, SequenceCache, SequenceGrads, SequenceInputs, SequenceOutputGrads } from "./sequence.js";
import { type Activation, rnnStep, rnnStepBackward } from "./steps-by-hand.js";

/**
 * The simple recurrence unrolled over time, step by step: what the fused kernels do in one call, and the way of those
 * activations that have no kernel.
 *   forward    h_0 -> h_1 -> ... -> h_T, each from x_t and h_{t-1}
 *   backward   dh_T -> ... -> dh_0, each the sum of what comes from its own output and from the step after it;
 *              the weights are shared by all steps, so their gradients add up
 */
export function forwardUnrolled(activation: Activation, p: CellParams, inputs: SequenceInputs): SequenceCache {
  const xs = unstack(inputs.xs);
  const hs: NdArray[] = [];
  let h = firstState(p, inputs);
  for (const t of walk(xs.length, inputs.reverse)) {
    h = rnnStep(xs[t]!, h, p, activation).h;
    hs[t] = h;
  }
  return { ...inputs, hs: stack(hs), h, c: null, gates: null, cells: null };
}

export function backwardUnrolled(
  activation: Activation,
  p: CellParams,
  cache: SequenceCache,
  outputGrads: SequenceOutputGrads,
): SequenceGrads {
  const [xs, hs] = [unstack(cache.xs), unstack(cache.hs)];
  const dhs = outputGrads.dhs && unstack(outputGrads.dhs);
  const h0 = firstState(p, cache);
  const dxs: NdArray[] = [];
  let [dWx, dWh, db] = [zerosLike(p.Wx), zerosLike(p.Wh), zerosLike(p.b)];
  let dh = outputGrads.dh ?? zerosLike(cache.h);
  const order = walk(xs.length, cache.reverse);
  for (const [step, t] of [...order.entries()].reverse()) {
    const hPrev = step === 0 ? h0 : hs[order[step - 1]!]!;
    if (dhs) dh = add(dh, dhs[t]!);
    const grads = rnnStepBackward(dh, { x: xs[t]!, hPrev, h: hs[t]!, activation }, p);
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

function firstState(p: CellParams, { xs, h0 }: SequenceInputs): NdArray {
  return h0 ?? zeros([xs.shape[1]!, p.Wh.shape[0]!], xs.dtype);
}
