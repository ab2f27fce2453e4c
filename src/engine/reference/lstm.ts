import { columns, multiplyAdd, rows, transposed } from "./matmul.js";
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
import { commit, input, inputOutput, optionalInput, output } from "./strided.js";
import { sigmoid } from "./unary-functions.js";

/**
 * i,f,o = σ(·)   g = tanh(·)   c_t = f⊙c_{t-1} + i⊙g   m_t = o⊙tanh(c_t), gates in rows i|f|g|o; h_t = m_t, or W_hr m_t with a
 * projection. Source: Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000; the projection Sak, Senior & Beaufays 2014;
 * PyTorch nn.LSTM.
 */
export function lstmForward(args: ForwardOperands): void {
  const sizes = sizesOf(args);
  const { l, n, h, gh, p } = sizes;
  const { gates: savedGates = null, cells: savedCells = null, unprojected = null } = args.saved ?? {};
  const gates = savedGates ? output(savedGates) : new Float64Array(l * n * gh);
  const cells = savedCells ? output(savedCells) : null;
  const y = output(args.y);
  const m = !args.wHr ? y : unprojected ? output(unprojected) : new Float64Array(l * n * h);
  const wT = transposed(input(args.wHh), gh, p);
  const projectionT = args.wHr ? transposed(input(args.wHr), p, h) : null;
  let state = initialState(args.h0, sizes, p);
  const cell = initialState(args.c0, sizes);

  projectInputs(gates, args, biasSum(args));
  for (const { t } of walk(l, args.reverse)) {
    const from = t * n * h;
    multiplyAdd(rows(gates, gh, t * n * gh), rows(state, p), rows(wT, gh), n, gh, p);
    const mT = m.subarray(from, from + n * h);
    for (let b = 0; b < n; b++) {
      for (let j = 0; j < h; j++) {
        const at = (t * n + b) * gh + j;
        const i = sigmoid(gates[at]);
        const f = sigmoid(gates[at + h]);
        const candidate = Math.tanh(gates[at + 2 * h]);
        const o = sigmoid(gates[at + 3 * h]);
        const c = f * cell[b * h + j] + i * candidate;
        gates[at] = i;
        gates[at + h] = f;
        gates[at + 2 * h] = candidate;
        gates[at + 3 * h] = o;
        cell[b * h + j] = c;
        mT[b * h + j] = o * Math.tanh(c);
      }
    }
    cells?.set(cell, from);
    state = y.subarray(t * n * p, (t + 1) * n * p);
    if (projectionT) multiplyAdd(rows(state.fill(0), p), rows(mT, h), rows(projectionT, p), n, p, h);
  }
  storeState(args.hN, state);
  storeState(args.cN, cell);
  if (savedGates) commit(savedGates, gates);
  if (savedCells && cells) commit(savedCells, cells);
  if (unprojected && args.wHr) commit(unprojected, m);
  commit(args.y, y);
}

/**
 * With dh = dY_t + what comes from t+1, dm = dh or W_hrᵀ dh, and dc like dh:
 *   do = dm⊙tanh(c_t)   dc += dm⊙o⊙(1 - tanh²(c_t))   di = dc⊙g   df = dc⊙c_{t-1}   dg = dc⊙i
 * each times its activation's derivative; then dc_{t-1} = dc⊙f and dh_{t-1} = W_hhᵀ d(i|f|g|o). dW_hr = Σ dh m_tᵀ.
 */
export function lstmBackward(args: BackwardOperands): void {
  const sizes = sizesOf(args);
  const { l, n, h, gh, p } = sizes;
  const gates = optionalInput(args.saved.gates) ?? new Float64Array(0);
  const cells = optionalInput(args.saved.cells) ?? new Float64Array(0);
  const dY = optionalInput(args.dY);
  const w = input(args.wHh);
  const c0 = initialState(args.c0, sizes);
  const wHr = optionalInput(args.wHr);
  const dPre = new Float64Array(l * n * gh);
  const dH = new Float64Array(l * n * p);
  const dUnprojected = new Float64Array(wHr ? n * h : 0);
  const dState = initialState(args.dHN, sizes, p);
  const dCell = initialState(args.dCN, sizes);

  for (const { t, before } of walk(l, args.reverse).reverse()) {
    const from = t * n * h;
    const cBefore = before < 0 ? c0 : cells.subarray(before * n * h, (before + 1) * n * h);
    const dHt = dH.subarray(t * n * p, (t + 1) * n * p);
    for (let k = 0; k < n * p; k++) dHt[k] = dState[k] + (dY ? dY[t * n * p + k] : 0);
    const dM = wHr ? dUnprojected.fill(0) : dHt;
    if (wHr) multiplyAdd(rows(dM, h), rows(dHt, p), rows(wHr, h), n, h, p);
    for (let b = 0; b < n; b++) {
      for (let j = 0; j < h; j++) {
        const k = b * h + j;
        const at = (t * n + b) * gh + j;
        const i = gates[at];
        const f = gates[at + h];
        const candidate = gates[at + 2 * h];
        const o = gates[at + 3 * h];
        const tanhC = Math.tanh(cells[from + k]);
        const dm = dM[k];
        const dc = dCell[k] + dm * o * (1 - tanhC * tanhC);
        dPre[at] = dc * candidate * i * (1 - i);
        dPre[at + h] = dc * cBefore[k] * f * (1 - f);
        dPre[at + 2 * h] = dc * i * (1 - candidate * candidate);
        dPre[at + 3 * h] = dm * tanhC * o * (1 - o);
        dCell[k] = dc * f;
      }
    }
    dState.fill(0);
    multiplyAdd(rows(dState, p), rows(dPre, gh, t * n * gh), rows(w, p), n, p, gh);
  }
  storeState(args.dH0, dState);
  storeState(args.dC0, dCell);
  weightGradients(args, dPre, dPre);
  if (args.dWHr && args.saved.unprojected) {
    const dW = args.adds ? inputOutput(args.dWHr) : output(args.dWHr).fill(0);
    multiplyAdd(rows(dW, h), columns(dH, p), rows(input(args.saved.unprojected), h), p, h, l * n);
    commit(args.dWHr, dW);
  }
}
