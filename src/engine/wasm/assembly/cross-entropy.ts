/**
 * Cross entropy of rows of logits against class indices, with label smoothing and class weights:
 *   loss = (1-s) w_t (-log p_t) + s/V Σ_c w_c (-log p_c),  -log p_c = (max - a_c) + log sum,  sum = Σ_c exp(a_c - max)
 *   da_c = dLoss · (W p_c - q_c),  q_c = (1-s) w_t [c = t] + s/V w_c,  W = Σ_c q_c,  p_c = exp(a_c - max) / sum
 * max and log sum are never added: far from zero that would leave nothing of log sum. A row with NaN or Infinity, or of nothing but
 * -Infinity, has the sum NaN, and so a loss and gradients of NaN, as in PyTorch.
 */
import { argF32, argI32, argPtr, partBegin } from "./args";
import { firstLanes, loadFirst, storeFirst, sumLanes } from "./lanes";
import { expNegativeV } from "./math";
import { madd } from "./madd";
import { sumRow } from "./reduce";
import { BLOCK, expSum, logScalar, rowMax } from "./softmax";

// @ts-ignore: decorator
@inline
function at(p: usize, i: i32): f32 {
  return load<f32>(p + ((<usize>i) << 2));
}

/** `weight` is 0 for ones. */
export function lossRow(a: usize, n: i32, max: f32, sum: f32, target: i32, smoothing: f32, weight: usize): f32 {
  const log = logScalar(sum);
  const hard: f32 = (weight != 0 ? at(weight, target) : 1) * (max - at(a, target) + log);
  if (smoothing == 0) return hard;
  return (1 - smoothing) * hard + <f32>((<f64>smoothing / <f64>n) * classLosses(a, n, max, log, weight));
}

/** Σ_c w_c (-log p_c), in float32 blocks added in float64. */
function classLosses(a: usize, n: i32, max: f32, log: f32, weight: usize): f64 {
  const m = f32x4.splat(max);
  const l = f32x4.splat(log);
  let w = f32x4.splat(1);
  let total: f64 = 0;
  while (n > 0) {
    let left = min(n, BLOCK);
    n -= left;
    let s = f32x4.splat(0);
    for (; left > 0; left -= 4) {
      if (weight != 0) {
        w = loadFirst(weight, left);
        weight += 16;
      }
      const loss = f32x4.add(f32x4.sub(m, loadFirst(a, left)), l);
      s = madd(v128.and(loss, firstLanes(left)), w, s);
      a += 16;
    }
    total += <f64>sumLanes(s);
  }
  return total;
}

/** `da` may be a. */
export function lossGradientRow(
  da: usize,
  a: usize,
  n: i32,
  max: f32,
  sum: f32,
  target: i32,
  dLoss: f32,
  smoothing: f32,
  weight: usize,
): void {
  const hard: f32 = dLoss * (1 - smoothing) * (weight != 0 ? at(weight, target) : 1);
  const each: f32 = (dLoss * smoothing) / <f32>n;
  let total = hard;
  if (smoothing != 0) total += each * (weight != 0 ? <f32>sumRow(weight, n) : <f32>n);
  if (smoothing != 0 && weight != 0) probabilitiesLessWeights(da, a, n, max, total / sum, each, weight);
  else scaledProbabilities(da, a, n, max, total / sum, each);
  const p = da + ((<usize>target) << 2);
  store<f32>(p, load<f32>(p) - hard);
}

/** da = scale · exp(a - max) - shift */
function scaledProbabilities(da: usize, a: usize, n: i32, max: f32, scale: f32, shift: f32): void {
  const l = f32x4.splat(max);
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

/** da = scale · exp(a - max) - each · weight */
function probabilitiesLessWeights(da: usize, a: usize, n: i32, max: f32, scale: f32, each: f32, weight: usize): void {
  const l = f32x4.splat(max);
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

/** Words: logits, targets, rows, n, ignoreIndex, smoothing, weight, losses, normalizers. */
export function crossEntropy(args: usize, part: i32, parts: i32): void {
  const rows = argI32(args, 2);
  const n = argI32(args, 3);
  const end = partBegin(rows, part + 1, parts, 1);
  for (let r = partBegin(rows, part, parts, 1); r < end; r++) {
    const a = argPtr(args, 0) + (((<usize>r) * n) << 2);
    const target = load<i32>(argPtr(args, 1) + ((<usize>r) << 2));
    let max: f32 = 0, sum: f32 = 0, loss: f32 = 0;
    if (target != argI32(args, 4)) {
      max = rowMax(a, n);
      sum = expSum(a, n, max);
      loss = lossRow(a, n, max, sum, target, argF32(args, 5), argPtr(args, 6));
    }
    store<f32>(argPtr(args, 7) + ((<usize>r) << 2), loss);
    store<f32>(argPtr(args, 8) + ((<usize>r) << 3), max);
    store<f32>(argPtr(args, 8) + ((<usize>r) << 3), sum, 4);
  }
}

/** Words: logits, targets, rows, n, ignoreIndex, smoothing, weight, normalizers, dLosses, dLogits. */
export function crossEntropyBackward(args: usize, part: i32, parts: i32): void {
  const rows = argI32(args, 2);
  const n = argI32(args, 3);
  const end = partBegin(rows, part + 1, parts, 1);
  for (let r = partBegin(rows, part, parts, 1); r < end; r++) {
    const from = ((<usize>r) * n) << 2;
    const target = load<i32>(argPtr(args, 1) + ((<usize>r) << 2));
    const normalizer = argPtr(args, 7) + ((<usize>r) << 3);
    const dLoss = at(argPtr(args, 8), r);
    const a = argPtr(args, 0) + from;
    const da = argPtr(args, 9) + from;
    if (target == argI32(args, 4)) memory.fill(da, 0, (<usize>n) << 2);
    else lossGradientRow(da, a, n, at(normalizer, 0), at(normalizer, 1), target, dLoss, argF32(args, 5), argPtr(args, 6));
  }
}
