import type { SequenceArgs, SequenceBackwardArgs, SequenceForwardArgs } from "../engine.js";
import { columns, multiplyAdd, rows, transposed } from "./matmul.js";
import { commit, input, inputOutput, optionalInput, output, type Resolved, type Strided } from "./strided.js";

/** What rnn.ts, lstm.ts and gru.ts share: the walk over time, and the products that need no walk. */

export type ForwardOperands = Resolved<SequenceForwardArgs>;
export type BackwardOperands = Resolved<SequenceBackwardArgs>;

export interface Sizes {
  l: number;
  n: number;
  i: number;
  h: number;
  /** Rows of weight_ih: gates·H. */
  gh: number;
  /** Width of the state: H, or what the projection makes of it. */
  p: number;
}

export function sizesOf(args: Resolved<SequenceArgs>): Sizes {
  const [l, n, i] = args.x.shape;
  const [gh, p] = args.wHh.shape;
  return { l, n, i, h: args.wHr?.shape[1] ?? p, gh, p };
}

/** The steps in the order of the walk, each with the one before it (-1 before the first). */
export function walk(length: number, reverse: boolean): { t: number; before: number }[] {
  return Array.from({ length }, (_, s) =>
    reverse ? { t: length - 1 - s, before: s === 0 ? -1 : length - s } : { t: s, before: s - 1 },
  );
}

/** The initial state [N, width] as an array of its own; zeros when none is given. */
export function initialState(state: BackwardOperands["h0"], { n, h }: Sizes, width = h): Float64Array {
  return state ? input(state).slice() : new Float64Array(n * width);
}

/** Copies a state, or its gradient, out of the walk, when it is wanted. */
export function storeState(out: BackwardOperands["dH0"], values: Float64Array): void {
  if (!out) return;
  const o = output(out);
  o.set(values);
  commit(out, o);
}

/** pre [L·N, G] = x · W_ihᵀ + bias, for all steps in one product. */
export function projectInputs(pre: Float64Array, args: Resolved<SequenceArgs>, bias: Float64Array | null): void {
  const { l, n, i, gh } = sizesOf(args);
  pre.fill(0);
  if (bias) for (let r = 0; r < l * n; r++) pre.set(bias, r * gh);
  multiplyAdd(rows(pre, gh), rows(input(args.x), i), rows(transposed(input(args.wIh), gh, i), gh), l * n, gh, i);
}

/** b_ih + b_hh, or null. */
export function biasSum(args: Resolved<SequenceArgs>): Float64Array | null {
  const a = optionalInput(args.bIh);
  const b = optionalInput(args.bHh);
  return a && b ? a.map((value, i) => value + b[i]) : null;
}

/**
 * The gradients that need no walk, from those before the activations.
 * @param dPre       [L·N, G] of W_ih x_t + b_ih
 * @param dRecurrent [L·N, G] of W_hh h_{t-1} + b_hh; the same array but in the gru
 */
export function weightGradients(args: BackwardOperands, dPre: Float64Array, dRecurrent: Float64Array): void {
  const { l, n, i, gh, p } = sizesOf(args);
  const r = l * n;
  const sum = (out: Strided): Float64Array => (args.adds ? inputOutput(out) : output(out).fill(0));
  if (args.dX) {
    const dX = output(args.dX).fill(0);
    multiplyAdd(rows(dX, i), rows(dPre, gh), rows(input(args.wIh), i), r, i, gh);
    commit(args.dX, dX);
  }
  if (args.dWIh) {
    const dW = sum(args.dWIh);
    multiplyAdd(rows(dW, i), columns(dPre, gh), rows(input(args.x), i), gh, i, r);
    commit(args.dWIh, dW);
  }
  if (args.dWHh) {
    const dW = sum(args.dWHh);
    const y = input(args.y);
    const h0 = optionalInput(args.h0);
    for (const { t, before } of walk(l, args.reverse)) {
      const state = before < 0 ? h0 : y;
      if (!state) continue;
      multiplyAdd(
        rows(dW, p),
        columns(dRecurrent, gh, t * n * gh),
        rows(state, p, Math.max(before, 0) * n * p),
        gh,
        p,
        n,
      );
    }
    commit(args.dWHh, dW);
  }
  if (args.dBIh) biasGradient(args.dBIh, sum(args.dBIh), dPre, gh);
  if (args.dBHh) biasGradient(args.dBHh, sum(args.dBHh), dRecurrent, gh);
}

function biasGradient(out: Strided, sum: Float64Array, dPre: Float64Array, gh: number): void {
  for (let at = 0; at < dPre.length; at += gh) for (let j = 0; j < gh; j++) sum[j] += dPre[at + j];
  commit(out, sum);
}
