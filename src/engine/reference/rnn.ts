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

/** φ, and its derivative as it follows from h = φ(a). */
interface Activation {
  value(a: number): number;
  slope(h: number): number;
}

const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  rnn_tanh: { value: Math.tanh, slope: (h) => 1 - h * h },
  rnn_relu: { value: (a) => Math.max(a, 0), slope: (h) => (h <= 0 ? 0 : 1) },
  rnn_sigmoid: { value: (a) => 1 / (1 + Math.exp(-a)), slope: (h) => h * (1 - h) },
};

/**
 * h_t = φ(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh), φ = tanh, relu or sigmoid.
 * Source: Elman 1990; PyTorch nn.RNN.
 */
export function rnnForward(args: ForwardOperands): void {
  const sizes = sizesOf(args);
  const { l, n, h } = sizes;
  const y = output(args.y);
  projectInputs(y, args, biasSum(args));
  const wT = transposed(input(args.wHh), h, h);
  let state = initialState(args.h0, sizes);
  const { value } = ACTIVATIONS[args.cell];
  for (const { t } of walk(l, args.reverse)) {
    const from = t * n * h;
    multiplyAdd(rows(y, h, from), rows(state, h), rows(wT, h), n, h, h);
    state = y.subarray(from, from + n * h);
    for (let j = 0; j < n * h; j++) state[j] = value(state[j]);
  }
  storeState(args.hN, state);
  commit(args.y, y);
}

/** da_t = φ'(h_t) ⊙ (dY_t + W_hhᵀ da_{t+1}), φ' being 1 - h², [h > 0] or h (1 - h). */
export function rnnBackward(args: BackwardOperands): void {
  const sizes = sizesOf(args);
  const { l, n, h } = sizes;
  const y = input(args.y);
  const dY = optionalInput(args.dY);
  const w = input(args.wHh);
  const dPre = new Float64Array(l * n * h);
  const dState = initialState(args.dHN, sizes);
  const { slope } = ACTIVATIONS[args.cell];
  for (const { t } of walk(l, args.reverse).reverse()) {
    const from = t * n * h;
    for (let j = 0; j < n * h; j++) {
      const out = y[from + j];
      const d = dState[j] + (dY ? dY[from + j] : 0);
      dPre[from + j] = d * slope(out);
    }
    dState.fill(0);
    multiplyAdd(rows(dState, h), rows(dPre, h, from), rows(w, h), n, h, h);
  }
  storeState(args.dH0, dState);
  weightGradients(args, dPre, dPre);
}
