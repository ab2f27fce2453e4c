import type { CrossEntropyArgs } from "../engine.js";
import { logSumExp } from "./softmax.js";
import { commit, input, optionalInput, output, type Resolved, type Strided } from "./strided.js";

/** The target distribution of a row, and what its classes weigh. */
export interface Targets {
  /** [R] class of each row. */
  ids: Float64Array;
  ignoreIndex: number;
  labelSmoothing: number;
  /** [V], or null for ones. */
  weight: Float64Array | null;
}

type CrossEntropyOperands = Resolved<CrossEntropyArgs>;

export function readTargets(args: Omit<CrossEntropyOperands, "logits">): Targets {
  const { ignoreIndex, labelSmoothing } = args;
  return { ids: input(args.targets), ignoreIndex, labelSmoothing, weight: optionalInput(args.weight) };
}

/**
 * The loss of row r, whose logits are a[from..from+V) and whose logSumExp is `lse`, s being the label smoothing:
 *   (1-s) w_t (lse - a_t) + s/V Σ_c w_c (lse - a_c)
 * Source: PyTorch's cross_entropy_loss_label_smoothing (ATen/native/LossNLL.cpp).
 */
export function rowLoss(a: Float64Array, from: number, v: number, lse: number, r: number, t: Targets): number {
  const target = t.ids[r];
  if (target === t.ignoreIndex) return 0;
  const w = t.weight;
  const s = t.labelSmoothing;
  const hard = (w ? w[target] : 1) * (lse - a[from + target]);
  if (s === 0) return hard;
  let smooth = 0;
  for (let c = 0; c < v; c++) smooth += (w ? w[c] : 1) * (lse - a[from + c]);
  return (1 - s) * hard + (s / v) * smooth;
}

/**
 * da = dLoss · ∂loss/∂a = dLoss · (W p - q), where q_c = (1-s) w_c [c = t] + s/V w_c and W = Σ_c q_c.
 * `da` may be `a`.
 */
export function rowGradient(
  da: Float64Array,
  a: Float64Array,
  from: number,
  v: number,
  lse: number,
  r: number,
  dLoss: number,
  t: Targets,
): void {
  const target = t.ids[r];
  if (target === t.ignoreIndex) {
    da.fill(0, from, from + v);
    return;
  }
  const w = t.weight;
  const s = t.labelSmoothing;
  const hard = (1 - s) * (w ? w[target] : 1);
  let total = hard;
  if (s > 0) for (let c = 0; c < v; c++) total += (s / v) * (w ? w[c] : 1);
  for (let c = 0; c < v; c++) {
    const q = (s / v) * (w ? w[c] : 1) + (c === target ? hard : 0);
    da[from + c] = dLoss * (total * Math.exp(a[from + c] - lse) - q);
  }
}

export function crossEntropyForward(args: CrossEntropyOperands, losses: Strided, logSumExps: Strided): void {
  const v = args.logits.shape[1];
  const a = input(args.logits);
  const t = readTargets(args);
  const loss = output(losses);
  const lse = output(logSumExps);
  for (let r = 0; r < t.ids.length; r++) {
    lse[r] = logSumExp(a, r * v, (r + 1) * v);
    loss[r] = rowLoss(a, r * v, v, lse[r], r, t);
  }
  commit(losses, loss);
  commit(logSumExps, lse);
}

export function crossEntropyBackward(
  args: CrossEntropyOperands,
  logSumExps: Strided,
  dLosses: Strided,
  dLogits: Strided,
): void {
  const v = args.logits.shape[1];
  const a = input(args.logits);
  const t = readTargets(args);
  const lse = input(logSumExps);
  const dLoss = input(dLosses);
  const da = output(dLogits);
  for (let r = 0; r < t.ids.length; r++) {
    rowGradient(da, a, r * v, v, lse[r], r, dLoss[r], t);
  }
  commit(dLogits, da);
}
