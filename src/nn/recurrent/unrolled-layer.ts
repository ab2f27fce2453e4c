import { add, mul, sub } from "../../tensor/ops/arithmetic.js";
import { chunk, concat, split } from "../../tensor/ops/join.js";
import { linear } from "../../tensor/ops/matmul.js";
import { filled } from "../../tensor/ops/raw.js";
import { reshape } from "../../tensor/ops/shape.js";
import { narrow, select } from "../../tensor/ops/slice.js";
import type { Tensor } from "../../tensor/tensor.js";
import { type Activation, activate } from "../functional/activations.js";
import { type StepObserver, sameTime } from "../observable.js";
import type { LayerResult, LayerRun, RecurrentWeights } from "./recurrent-layer.js";
import { recurrentMask, zoneout } from "./step-noise.js";

/** What a cell may do that the engine's sequence kernels do not. */
export interface CellVariant {
  /** Of the lstm's i, f, o and the gru's r, z. */
  gate: Activation;
  /** Of the candidate and of c in the lstm's output; of the rnn's h. */
  state: Activation;
  /** gru: reset after the product (r⊙(W_hn h + b_hn)), or before it (W_hn (r⊙h) + b_hn). */
  resetAfter: boolean;
  /** Probability with which a unit of h_{t-1} is dropped, at all steps of a sequence or at none. */
  recurrentDropout: number;
  /** Probability with which a unit keeps its state, h's first. */
  zoneout: readonly number[];
  training: boolean;
  /** Called with every step as it is taken. */
  observe?: StepObserver;
}

interface StepState {
  h: Tensor;
  c: Tensor | null;
}

/** From W_ih x_t + b_ih [n, G·H] and the state before to the state after. `masked` is h with its dropout: what the weights see. */
type Step = (input: Tensor, before: StepState, masked: Tensor) => StepState & { gates: readonly Tensor[] };

/**
 * One layer, one direction, step by step with tensor operations: some dozen small operations a step, where `recurrentLayer` is one
 * kernel for the sequence: 1.5 times its time at N = 32, H = 128, more where they are smaller. For what no kernel does.
 */
export function unrolledLayer(run: LayerRun, variant: CellVariant): LayerResult {
  const { cell, x, weights, batchSizes, reverse } = run;
  const width = weights.wIh.shape[0];
  const pre = reshape(linear(x, weights.wIh, weights.bIh), [-1, width]);
  const inputs = split(pre, batchSizes, 0);
  const initial = initialState(run);
  const mask = variant.recurrentDropout === 0 ? null : recurrentMask(initial.h, variant.recurrentDropout);
  const step = stepOf(cell, weights, variant);
  const outputs = new Array<Tensor>(inputs.length);
  const left: StepState[] = [];
  let state = firstRows(initial, 0, batchSizes[reverse ? batchSizes.length - 1 : 0]);
  for (let i = 0; i < inputs.length; i++) {
    const t = reverse ? inputs.length - 1 - i : i;
    const [here, count] = [state.h.shape[0], batchSizes[t]];
    if (count < here) {
      left.unshift(firstRows(state, count, here - count));
      state = firstRows(state, 0, count);
    } else if (count > here) {
      state = joinRows([state, firstRows(initial, here, count - here)]);
    }
    const masked = mask === null ? state.h : mul(state.h, narrowed(mask, 0, count));
    const { gates, ...next } = step(inputs[t], state, masked);
    state = zonedOut(state, next, variant);
    variant.observe?.({ row: run.row, times: sameTime(t, count), ...state, gates });
    outputs[t] = state.h;
  }
  const { h, c } = joinRows([state, ...left]);
  return { y: reshape(concat(outputs, 0), [...x.shape.slice(0, -1), h.shape[1]]), h, c };
}

function initialState({ cell, weights, initial, row, batchSizes, x }: LayerRun): StepState {
  const { wIh, wHh } = weights;
  const begin = (states: Tensor | null, width: number): Tensor =>
    states === null ? filled(x.dtype, [batchSizes[0], width], 0) : select(states, 0, row);
  return { h: begin(initial.h, wHh.shape[1]), c: cell === "lstm" ? begin(initial.c, wIh.shape[0] / 4) : null };
}

function zonedOut(old: StepState, next: StepState, { zoneout: [p, pC], training }: CellVariant): StepState {
  return { h: zoneout(old.h, next.h, p, training), c: next.c && zoneout(old.c!, next.c, pC, training) };
}

function narrowed(x: Tensor, first: number, count: number): Tensor {
  return first === 0 && count === x.shape[0] ? x : narrow(x, 0, first, count);
}

function firstRows({ h, c }: StepState, first: number, count: number): StepState {
  return { h: narrowed(h, first, count), c: c && narrowed(c, first, count) };
}

function joinRows(states: readonly StepState[]): StepState {
  if (states.length === 1) return states[0];
  const c = states[0].c && concat(states.map((state) => state.c!));
  return { h: concat(states.map((state) => state.h)), c };
}

function stepOf(cell: LayerRun["cell"], weights: RecurrentWeights, variant: CellVariant): Step {
  if (cell === "lstm") return lstmStep(weights, variant);
  if (cell === "gru") return gruStep(weights, variant);
  const { wHh, bHh } = weights;
  return (input, _, masked) => {
    const h = activate(variant.state, add(input, linear(masked, wHh, bHh)));
    return { h, c: null, gates: [h] };
  };
}

function lstmStep({ wHh, bHh, wHr }: RecurrentWeights, { gate, state }: CellVariant): Step {
  return (input, { c }, masked) => {
    const parts = chunk(add(input, linear(masked, wHh, bHh)), 4, 1);
    const [i, f, g, o] = parts.map((part, k) => activate(k === 2 ? state : gate, part));
    const next = add(mul(f, c!), mul(i, g));
    const h = mul(o, activate(state, next));
    return { h: wHr ? linear(h, wHr) : h, c: next, gates: [i, f, g, o] };
  };
}

function gruStep({ wHh, bHh }: RecurrentWeights, { gate, state, resetAfter }: CellVariant): Step {
  const hidden = wHh.shape[1];
  const mix = (z: Tensor, n: Tensor, h: Tensor): Tensor => add(n, mul(z, sub(h, n)));
  if (resetAfter) {
    return (input, { h }, masked) => {
      const [xr, xz, xn] = chunk(input, 3, 1);
      const [hr, hz, hn] = chunk(linear(masked, wHh, bHh), 3, 1);
      const r = activate(gate, add(xr, hr));
      const z = activate(gate, add(xz, hz));
      const n = activate(state, add(xn, mul(r, hn)));
      return { h: mix(z, n, h), c: null, gates: [r, z, n] };
    };
  }
  const [wGates, wNew] = split(wHh, [2 * hidden, hidden], 0);
  const [bGates = null, bNew = null] = bHh === null ? [] : split(bHh, [2 * hidden, hidden], 0);
  return (input, { h }, masked) => {
    const [gates, xn] = split(input, [2 * hidden, hidden], 1);
    const [r, z] = chunk(activate(gate, add(gates, linear(masked, wGates, bGates))), 2, 1);
    const n = activate(state, add(xn, linear(mul(r, masked), wNew, bNew)));
    return { h: mix(z, n, h), c: null, gates: [r, z, n] };
  };
}
