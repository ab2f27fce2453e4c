import { multiplyAdd, rows, transposed } from "./matmul.js";
import {
  type BackwardOperands,
  type ForwardOperands,
  initialState,
  projectInputs,
  sizesOf,
  storeState,
  walk,
  weightGradients,
} from "./sequence.js";
import { commit, input, optionalInput, output } from "./strided.js";
import { sigmoid } from "./unary-functions.js";

/**
 * r,z = σ(·)   n = tanh(W_in x + b_in + r⊙(W_hn h + b_hn))   h_t = (1-z)⊙n + z⊙h_{t-1}, gates in rows r|z|n.
 * Source: Cho et al. 2014 with the reset after the product; PyTorch nn.GRU.
 */
export function gruForward(args: ForwardOperands): void {
  const sizes = sizesOf(args);
  const { l, n, h, gh } = sizes;
  const savedGates = args.saved?.gates ?? null;
  const gates = savedGates ? output(savedGates) : null;
  const y = output(args.y);
  const wT = transposed(input(args.wHh), gh, h);
  const bHh = optionalInput(args.bHh);
  const pre = new Float64Array(l * n * gh);
  const recurrent = new Float64Array(n * gh);
  let state = initialState(args.h0, sizes);

  projectInputs(pre, args, optionalInput(args.bIh));
  for (const { t } of walk(l, args.reverse)) {
    recurrent.fill(0);
    if (bHh) for (let b = 0; b < n; b++) recurrent.set(bHh, b * gh);
    multiplyAdd(rows(recurrent, gh), rows(state, h), rows(wT, gh), n, gh, h);
    const next = y.subarray(t * n * h, (t + 1) * n * h);
    for (let b = 0; b < n; b++) {
      for (let j = 0; j < h; j++) {
        const x = (t * n + b) * gh + j;
        const u = b * gh + j;
        const r = sigmoid(pre[x] + recurrent[u]);
        const z = sigmoid(pre[x + h] + recurrent[u + h]);
        const hidden = recurrent[u + 2 * h];
        const candidate = Math.tanh(pre[x + 2 * h] + r * hidden);
        next[b * h + j] = (1 - z) * candidate + z * state[b * h + j];
        if (!gates) continue;
        const at = (t * n + b) * 4 * h + j;
        gates[at] = r;
        gates[at + h] = z;
        gates[at + 2 * h] = candidate;
        gates[at + 3 * h] = hidden;
      }
    }
    state = next;
  }
  storeState(args.hN, state);
  if (savedGates && gates) commit(savedGates, gates);
  commit(args.y, y);
}

/**
 * With dh = dY_t + what comes from t+1 and q = W_hn h + b_hn:
 *   dn = dh⊙(1-z)⊙(1-n²)   dz = dh⊙(h_{t-1} - n)⊙z(1-z)   dr = dn⊙q⊙r(1-r)   dq = dn⊙r
 *   dh_{t-1} = dh⊙z + W_hhᵀ (dr|dz|dq)
 */
export function gruBackward(args: BackwardOperands): void {
  const sizes = sizesOf(args);
  const { l, n, h, gh } = sizes;
  const gates = optionalInput(args.saved.gates) ?? new Float64Array(0);
  const y = input(args.y);
  const dY = optionalInput(args.dY);
  const w = input(args.wHh);
  const h0 = initialState(args.h0, sizes);
  const dPre = new Float64Array(l * n * gh);
  const dRecurrent = new Float64Array(l * n * gh);
  const dState = initialState(args.dHN, sizes);

  for (const { t, before } of walk(l, args.reverse).reverse()) {
    const hBefore = before < 0 ? h0 : y.subarray(before * n * h, (before + 1) * n * h);
    for (let b = 0; b < n; b++) {
      for (let j = 0; j < h; j++) {
        const k = b * h + j;
        const at = (t * n + b) * 4 * h + j;
        const r = gates[at];
        const z = gates[at + h];
        const candidate = gates[at + 2 * h];
        const dh = dState[k] + (dY ? dY[t * n * h + k] : 0);
        const dn = dh * (1 - z) * (1 - candidate * candidate);
        const dz = dh * (hBefore[k] - candidate) * z * (1 - z);
        const dr = dn * gates[at + 3 * h] * r * (1 - r);
        const to = (t * n + b) * gh + j;
        dPre[to] = dr;
        dPre[to + h] = dz;
        dPre[to + 2 * h] = dn;
        dRecurrent[to] = dr;
        dRecurrent[to + h] = dz;
        dRecurrent[to + 2 * h] = dn * r;
        dState[k] = dh * z;
      }
    }
    multiplyAdd(rows(dState, h), rows(dRecurrent, gh, t * n * gh), rows(w, h), n, h, gh);
  }
  storeState(args.dH0, dState);
  weightGradients(args, dPre, dRecurrent);
}
