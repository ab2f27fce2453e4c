import { multiplyAdd, rows, transposed } from "./matmul.js";
import {
  type BackwardOperands,
  biasSum,
  type ForwardOperands,
  initialState,
  projectInputs,
  sizesOf,
  storeState,
  walk,
  weightGradients,
} from "./sequence.js";
import { commit, input, optionalInput, output } from "./strided.js";

/**
 * h_t = φ(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh), φ = tanh or relu.
 * Source: Elman 1990; PyTorch nn.RNN.
 */
export function rnnForward(args: ForwardOperands): void {
  const sizes = sizesOf(args);
  const { l, n, h } = sizes;
  const y = output(args.y);
  projectInputs(y, args, biasSum(args));
  const wT = transposed(input(args.wHh), h, h);
  let state = initialState(args.h0, sizes);
  const relu = args.cell === "rnn_relu";
  for (const { t } of walk(l, args.reverse)) {
    const from = t * n * h;
    multiplyAdd(rows(y, h, from), rows(state, h), rows(wT, h), n, h, h);
    state = y.subarray(from, from + n * h);
    for (let j = 0; j < n * h; j++) state[j] = relu ? Math.max(state[j], 0) : Math.tanh(state[j]);
  }
  storeState(args.hN, state);
  commit(args.y, y);
}

/** da_t = φ'(h_t) ⊙ (dY_t + W_hhᵀ da_{t+1}), φ' being 1 - h² or [h > 0]. */
export function rnnBackward(args: BackwardOperands): void {
  const sizes = sizesOf(args);
  const { l, n, h } = sizes;
  const y = input(args.y);
  const dY = optionalInput(args.dY);
  const w = input(args.wHh);
  const dPre = new Float64Array(l * n * h);
  const dState = initialState(args.dHN, sizes);
  const relu = args.cell === "rnn_relu";
  for (const { t } of walk(l, args.reverse).reverse()) {
    const from = t * n * h;
    for (let j = 0; j < n * h; j++) {
      const out = y[from + j];
      const d = dState[j] + (dY ? dY[from + j] : 0);
      dPre[from + j] = relu ? (out <= 0 ? 0 : d) : d * (1 - out * out);
    }
    dState.fill(0);
    multiplyAdd(rows(dState, h), rows(dPre, h, from), rows(w, h), n, h, h);
  }
  storeState(args.dH0, dState);
  weightGradients(args, dPre, dPre);
}
