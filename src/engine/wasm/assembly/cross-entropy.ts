/**
 * Cross entropy of rows of logits against class indices, with label smoothing and class weights:
 *   loss = (1-s) w_t (lse - a_t) + s/V Σ_c w_c (lse - a_c)
 *   da_c = dLoss · (W p_c - q_c),  q_c = (1-s) w_t [c = t] + s/V w_c,  W = Σ_c q_c,  p_c = exp(a_c - lse)
 */
import { argF32, argI32, argPtr, partBegin } from "./args";
import { loadFirst, storeFirst } from "./lanes";
import { expNegativeV } from "./math";
import { madd } from "./madd";
import { sumRow } from "./reduce";
import { dotRow, expSum, logScalar, rowMax } from "./softmax";

const INFINITY: f32 = f32.MAX_VALUE * 2;

// @ts-ignore: decorator
@inline
function at(p: usize, i: i32): f32 {
  return load<f32>(p + ((<usize>i) << 2));
}

/** log Σ exp(a); ±Infinity where the largest is. */
export function logSumExpRow(a: usize, n: i32): f32 {
  const max = rowMax(a, n);
  if (max == INFINITY) return max;
  if (max == -INFINITY) return isNothing(a, n) ? max : NaN;
  return max + logScalar(expSum(a, n, max));
}

/** Whether the row holds no NaN, which the maximum passes over. */
function isNothing(a: usize, n: i32): bool {
  for (let i = 0; i < n; i++) if (at(a, i) != at(a, i)) return false;
  return true;
}

/** `weight` is 0 for ones. */
export function lossRow(a: usize, n: i32, lse: f32, target: i32, smoothing: f32, weight: usize): f32 {
  const hard: f32 = (weight != 0 ? at(weight, target) : 1) * (lse - at(a, target));
  if (smoothing == 0) return hard;
  const total: f64 = weight != 0 ? sumRow(weight, n) : <f64>n;
  const sum: f64 = weight != 0 ? <f64>dotRow(weight, a, n) : sumRow(a, n);
  return (1 - smoothing) * hard + <f32>((<f64>smoothing / <f64>n) * (total * <f64>lse - sum));
}

/** `da` may be a. */
export function lossGradientRow(
  da: usize,
  a: usize,
  n: i32,
  lse: f32,
  target: i32,
  dLoss: f32,
  smoothing: f32,
  weight: usize,
): void {
  const hard: f32 = dLoss * (1 - smoothing) * (weight != 0 ? at(weight, target) : 1);
  const each: f32 = (dLoss * smoothing) / <f32>n;
  let total = hard;
  if (smoothing != 0) total += each * (weight != 0 ? <f32>sumRow(weight, n) : <f32>n);
  if (smoothing != 0 && weight != 0) probabilitiesLessWeights(da, a, n, lse, total, each, weight);
  else scaledProbabilities(da, a, n, lse, total, each);
  const p = da + ((<usize>target) << 2);
  store<f32>(p, load<f32>(p) - hard);
}

/** da = scale · exp(a - lse) - shift */
function scaledProbabilities(da: usize, a: usize, n: i32, lse: f32, scale: f32, shift: f32): void {
  const l = f32x4.splat(lse);
  const s = f32x4.splat(scale);
  const t = f32x4.splat(-shift);
  for (; n >= 8; n -= 8) {
    const u = madd(expNegativeV(f32x4.sub(v128.load(a), l)), s, t);
    const v = madd(expNegativeV(f32x4.sub(v128.load(a, 16), l)), s, t);
    v128.store(da, u);
    v128.store(da, v, 16);
    a += 32;
    da += 32;
  }
  for (; n > 0; n -= 4) {
    storeFirst(da, madd(expNegativeV(f32x4.sub(loadFirst(a, n), l)), s, t), n);
    a += 16;
    da += 16;
  }
}

/** da = scale · exp(a - lse) - each · weight */
function probabilitiesLessWeights(da: usize, a: usize, n: i32, lse: f32, scale: f32, each: f32, weight: usize): void {
  const l = f32x4.splat(lse);
  const s = f32x4.splat(scale);
  const e = f32x4.splat(-each);
  for (; n > 0; n -= 4) {
    const p = expNegativeV(f32x4.sub(loadFirst(a, n), l));
    storeFirst(da, madd(p, s, f32x4.mul(e, loadFirst(weight, n))), n);
    a += 16;
    da += 16;
    weight += 16;
  }
}

/** Words: logits, targets, rows, n, ignoreIndex, smoothing, weight, losses, logSumExp. */
export function crossEntropy(args: usize, part: i32, parts: i32): void {
  const rows = argI32(args, 2);
  const n = argI32(args, 3);
  const end = partBegin(rows, part + 1, parts, 1);
  for (let r = partBegin(rows, part, parts, 1); r < end; r++) {
    const a = argPtr(args, 0) + (((<usize>r) * n) << 2);
    const target = load<i32>(argPtr(args, 1) + ((<usize>r) << 2));
    const lse = logSumExpRow(a, n);
    const ignored = target == argI32(args, 4);
    const loss: f32 = ignored ? 0 : lossRow(a, n, lse, target, argF32(args, 5), argPtr(args, 6));
    store<f32>(argPtr(args, 7) + ((<usize>r) << 2), loss);
    store<f32>(argPtr(args, 8) + ((<usize>r) << 2), lse);
  }
}

/** Words: logits, targets, rows, n, ignoreIndex, smoothing, weight, logSumExp, dLosses, dLogits. */
export function crossEntropyBackward(args: usize, part: i32, parts: i32): void {
  const rows = argI32(args, 2);
  const n = argI32(args, 3);
  const end = partBegin(rows, part + 1, parts, 1);
  for (let r = partBegin(rows, part, parts, 1); r < end; r++) {
    const from = ((<usize>r) * n) << 2;
    const target = load<i32>(argPtr(args, 1) + ((<usize>r) << 2));
    const lse = at(argPtr(args, 7), r);
    const dLoss = at(argPtr(args, 8), r);
    const a = argPtr(args, 0) + from;
    const da = argPtr(args, 9) + from;
    if (target == argI32(args, 4)) memory.fill(da, 0, (<usize>n) << 2);
    else lossGradientRow(da, a, n, lse, target, dLoss, argF32(args, 5), argPtr(args, 6));
  }
}
