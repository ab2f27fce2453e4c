import type { CrossEntropyArgs } from "../engine.js";
import { type Normalizer, normalizerOf } from "./softmax.js";
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
 * The loss of row r, whose logits are a[from..from+V), s being the label smoothing:
 *   (1-s) w_t (-log p_t) + s/V Σ_c w_c (-log p_c),  -log p_c = (max - a_c) + log sum
 * Source: PyTorch's cross_entropy_loss_label_smoothing (ATen/native/LossNLL.cpp).
 */
export function rowLoss(a: Float64Array, from: number, v: number, by: Normalizer, r: number, t: Targets): number {
  const target = t.ids[r];
  const w = t.weight;
  const s = t.labelSmoothing;
  const log = Math.log(by.sum);
  const hard = (w ? w[target] : 1) * (by.max - a[from + target] + log);
  if (s === 0) return hard;
  let smooth = 0;
  for (let c = 0; c < v; c++) smooth += (w ? w[c] : 1) * (by.max - a[from + c] + log);
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
  by: Normalizer,
  r: number,
  dLoss: number,
  t: Targets,
): void {
  const target = t.ids[r];
  const w = t.weight;
  const s = t.labelSmoothing;
  const hard = (1 - s) * (w ? w[target] : 1);
  let total = hard;
  if (s > 0) for (let c = 0; c < v; c++) total += (s / v) * (w ? w[c] : 1);
  for (let c = 0; c < v; c++) {
    const q = (s / v) * (w ? w[c] : 1) + (c === target ? hard : 0);
    da[from + c] = dLoss * ((total / by.sum) * Math.exp(a[from + c] - by.max) - q);
  }
}

export function crossEntropyForward(args: CrossEntropyOperands, losses: Strided, normalizers: Strided): void {
  const v = args.logits.shape[1];
  const a = input(args.logits);
  const t = readTargets(args);
  const loss = output(losses).fill(0);
  const pairs = output(normalizers).fill(0);
  for (let r = 0; r < t.ids.length; r++) {
    if (t.ids[r] === t.ignoreIndex) continue;
    const by = normalizerOf(a, r * v, (r + 1) * v);
    pairs[2 * r] = by.max;
    pairs[2 * r + 1] = by.sum;
    loss[r] = rowLoss(a, r * v, v, by, r, t);
  }
  commit(losses, loss);
  commit(normalizers, pairs);
}

export function crossEntropyBackward(
  args: CrossEntropyOperands,
  normalizers: Strided,
  dLosses: Strided,
  dLogits: Strided,
): void {
  const v = args.logits.shape[1];
  const a = input(args.logits);
  const t = readTargets(args);
  const pairs = input(normalizers);
  const dLoss = input(dLosses);
  const da = output(dLogits);
  for (let r = 0; r < t.ids.length; r++) {
    if (t.ids[r] === t.ignoreIndex) da.fill(0, r * v, (r + 1) * v);
    else rowGradient(da, a, r * v, v, { max: pairs[2 * r], sum: pairs[2 * r + 1] }, r, dLoss[r], t);
  }
  commit(dLogits, da);
}
