/**
 * Head and loss together, for a chunk of rows at a time: logits = x · headᵀ + bias, their loss, dx, and the gradients of the logits, which
 * head-columns.ts takes to dHead and dBias.
 */
import { HEAD_BLOCKS, HEAD_ELSEWHERE, HEAD_WHOLE } from "../ops";
import { argF32, argI32, argPtr, partBegin } from "./args";
import { sgemm } from "./blas";
import { constant, LOGIT_HIGH } from "./constants";
import { copyRow } from "./copy";
import { lossGradientRow, lossRow } from "./cross-entropy";
import { block, MC, ZEROS } from "./gemm";
import { gradientAt, storeGradients, WORDS, WORDS_BYTES } from "./head-columns";
import { firstLanes, loadFirst, storeFirst, sumLanes } from "./lanes";
import { madd } from "./madd";
import { expNegativeV } from "./math";
import { expStoreSum, expSum, logScalar, rowMax, scaleRow } from "./softmax";

/** e^logit is right without the largest logit taken off first where none is above LOGIT_HIGH, and the sum of a row is in between. */
const SUM_LOW: f64 = 1e-22;
const SUM_HIGH: f64 = 1e26;
/** Of each row: 0 Σ e^logit so far (f64), 8 the target's logit, 12 its exponential. */
const STATE: usize = 16;

/**
 * The rows of a chunk, cut among parts. How the logits come to be is word 17:
 *   HEAD_WHOLE      a row has room for all its logits; they are made here, and become their gradients in place
 *   HEAD_ELSEWHERE  the same, but the products were made before, and lack the bias
 *   HEAD_BLOCKS     there is room for some columns of a few rows (6, 18, 19): the vocabulary is walked block by block
 *
 * Sizes
 *    0  rows of the chunk, 1 H, 2 V
 * In
 *    3  x [rows, H]
 *    4  headᵀ [H, V], packed; with BLAS (25) in chunks of WORDS columns
 *    5  bias in whole panels, or ZEROS
 *    8  targets, 9 ignoreIndex, 10 label smoothing, 11 weight of each class or 0
 *   14  scale of the loss
 *   16  head [V, H], packed by WORDS; with BLAS nothing
 *   20  head as it lies
 *   25  whether BLAS makes the products
 * Out
 *   12  losses [rows]
 *   13  whether gradients are wanted
 *   15  dx [rows, H], or 0
 *   22  gradients of the logits, 23 factors of their rows
 *   24  factor · x, or 0
 *   26  bytes of a row of 24: where that is more than H floats, the row's factor follows them
 * On the way
 *    6  logits, 7 bytes of a row of them (whole panels)
 *   18  HEAD_BLOCKS: bytes of 6 that a thread has, 19 rows that fit into it
 *   21  HEAD_BLOCKS: STATE bytes a row
 */
export function headRows(args: usize, part: i32, parts: i32, thread: i32): void {
  const rows = argI32(args, 0);
  const end = partBegin(rows, part + 1, parts, 1);
  const begin = partBegin(rows, part, parts, 1);
  if (argI32(args, 17) == HEAD_ELSEWHERE) {
    rowLosses(args, logitsOf(args, begin, thread), begin, end - begin);
    return;
  }
  if (argI32(args, 17) == HEAD_WHOLE) {
    groups(args, begin, end, thread);
    return;
  }
  unshifted(args, begin, end, thread);
  for (let r = begin; r < end; r++) {
    // In runs, so that one row that is not done yet and all of them do well.
    const from = r;
    while (r < end && !finishRow(args, r)) r++;
    if (r > from) groups(args, from, r, thread);
  }
  if (argPtr(args, 24) == 0) return;
  const row = <usize>argI32(args, 1) << 2;
  for (let r = begin; r < end; r++) {
    const to = argPtr(args, 24) + <usize>r * argPtr(args, 26);
    const factor = load<f32>(argPtr(args, 23) + (<usize>r << 2));
    scaleRow(to, argPtr(args, 3) + <usize>r * row, argI32(args, 1), factor);
    if (argPtr(args, 26) > row) store<f32>(to + row, factor);
  }
}

/** Where row r and the rows after it have their logits, or this thread those of the rows in hand. */
function logitsOf(args: usize, r: i32, thread: i32): usize {
  if (argI32(args, 17) == HEAD_BLOCKS) return argPtr(args, 6) + <usize>thread * argPtr(args, 18);
  return argPtr(args, 6) + <usize>r * argPtr(args, 7);
}

/**
 * Block by block of the vocabulary, whose weights then serve all rows: logits, their exponentials and sums, and dx but for the target
 * and the row's factor. Softmax needs no largest logit for this, only logits that are not too large, which `finishRow` sees by the sum.
 */
function unshifted(args: usize, begin: i32, end: i32, thread: i32): void {
  const all = argI32(args, 0);
  const v = argI32(args, 2);
  const dx = argPtr(args, 15);
  const wanted = argI32(args, 13) != 0;
  memory.fill(argPtr(args, 21) + <usize>begin * STATE, 0, <usize>(end - begin) * STATE);
  // A call of BLAS takes all rows of the part: how many it takes may show in its bits.
  const step = isOfBlas(args) ? end - begin : MC;
  for (let v0 = 0; v0 < v; v0 += WORDS) {
    const columns = min(WORDS, v - v0);
    for (let r = begin; r < end; r += step) {
      const rows = min(step, end - r);
      // The product writes a few words of many rows at a time: to where it wrote before, which is in the cache.
      const a = logitsOf(args, r, thread);
      const g = wanted ? gradientAt(argPtr(args, 22), all, r, v0) : a;
      logitsOfBlock(args, r, rows, v0, columns, a, thread);
      for (let i = 0; i < rows; i++) exponentials(args, r + i, g + <usize>i * WORDS_BYTES, a + <usize>i * WORDS_BYTES, v0, columns);
      if (dx != 0) addToDx(args, r, rows, g, WORDS_BYTES, v0, columns, thread);
    }
  }
}

// @ts-ignore: decorator
@inline
function isOfBlas(args: usize): bool {
  return argI32(args, 25) != 0;
}

/** to = x · headᵀ + bias, of words v0 to v0 + columns. */
function logitsOfBlock(args: usize, r: i32, rows: i32, v0: i32, columns: i32, to: usize, thread: i32): void {
  const h = argI32(args, 1);
  const row = <usize>h << 2;
  const x = argPtr(args, 3) + <usize>r * row;
  if (isOfBlas(args)) {
    const beta = startFromBias(args, v0, to, WORDS_BYTES, rows, columns);
    sgemm(0, 0, rows, columns, h, x, h, argPtr(args, 4) + <usize>v0 * row, WORDS, beta, to, <i32>(WORDS_BYTES >> 2));
    return;
  }
  const panels = (argI32(args, 2) + 7) >> 3;
  const p0 = v0 >> 3, p1 = (v0 + columns + 7) >> 3;
  const c = to - (<usize>v0 << 2);
  block(rows, panels << 3, h, x, row, 4, argPtr(args, 4), c, WORDS_BYTES, argPtr(args, 5), 0, panels, p0, p1, 0, thread);
}

/** Where BLAS is to add to the biases of words from v0 on; returns what it multiplies them by, 0 when there are none. */
function startFromBias(args: usize, v0: i32, to: usize, ts: usize, rows: i32, columns: i32): f32 {
  if (argPtr(args, 5) == ZEROS) return 0;
  const bias = argPtr(args, 5) + (<usize>v0 << 2);
  for (; rows > 0; rows--) {
    copyRow(to, bias, columns);
    to += ts;
  }
  return 1;
}

/** dx = from or dx + a · head, of words v0 to v0 + columns; v0 in whole blocks of k. */
function addToDx(args: usize, r: i32, rows: i32, a: usize, as: usize, v0: i32, columns: i32, thread: i32): void {
  const h = argI32(args, 1);
  const row = <usize>h << 2;
  const dx = argPtr(args, 15) + <usize>r * row;
  if (isOfBlas(args)) {
    sgemm(0, 0, rows, h, columns, a, <i32>(as >> 2), argPtr(args, 20) + <usize>v0 * row, h, v0 == 0 ? 0 : 1, dx, h);
    return;
  }
  const panels = (h + 7) >> 3;
  for (let q = v0; q < v0 + columns; q += WORDS) {
    const head = argPtr(args, 16) + ((<usize>panels * <usize>q) << 5);
    const from = q == 0 ? ZEROS : dx, fs = q == 0 ? 0 : row;
    block(rows, h, min(WORDS, v0 + columns - q), a, as, 4, head, dx, row, from, fs, panels, 0, panels, 0, thread);
    a += WORDS << 2;
  }
}

/** to = exp(a), logits from `v0` on, but the target's 0: what it is to be takes the whole sum, and would drown what others add. */
function exponentials(args: usize, r: i32, to: usize, a: usize, v0: i32, columns: i32): void {
  const target = load<i32>(argPtr(args, 8) + (<usize>r << 2));
  if (target == argI32(args, 9)) {
    memory.fill(to, 0, <usize>columns << 2);
    return;
  }
  const state = argPtr(args, 21) + <usize>r * STATE;
  const own = <usize>(target - v0) << 2;
  const hit = to + own;
  const here = target >= v0 && target < v0 + columns;
  if (here) store<f32>(state, load<f32>(a + own), 8);
  store<f64>(state, load<f64>(state) + unshiftedExpSum(to, a, columns));
  if (!here) return;
  store<f32>(state, load<f32>(hit), 12);
  store<f32>(hit, 0);
}

/** to = exp(a) for a up to LOGIT_HIGH, which stands for all above; returns the sum. `to` may be a. */
function unshiftedExpSum(to: usize, a: usize, n: i32): f64 {
  let s = f32x4.splat(0);
  let t = s;
  for (; n >= 8; n -= 8) {
    const u = expNegativeV(f32x4.pmin(v128.load(a), constant(LOGIT_HIGH)));
    const v = expNegativeV(f32x4.pmin(v128.load(a, 16), constant(LOGIT_HIGH)));
    v128.store(to, u);
    v128.store(to, v, 16);
    s = f32x4.add(s, u);
    t = f32x4.add(t, v);
    a += 32;
    to += 32;
  }
  for (; n > 0; n -= 4) {
    const u = v128.and(expNegativeV(f32x4.pmin(loadFirst(a, n), constant(LOGIT_HIGH))), firstLanes(n));
    storeFirst(to, u, n);
    s = f32x4.add(s, u);
    a += 16;
    to += 16;
  }
  return <f64>sumLanes(f32x4.add(s, t));
}

/** The loss of a row, its factor, and what dx and the gradients lack; false where the row needs its largest logit after all. */
function finishRow(args: usize, r: i32): bool {
  const h = argI32(args, 1);
  const at = <usize>r << 2;
  const target = load<i32>(argPtr(args, 8) + at);
  const state = argPtr(args, 21) + <usize>r * STATE;
  const wanted = argI32(args, 13) != 0;
  if (target == argI32(args, 9)) {
    if (wanted) store<f32>(argPtr(args, 23) + at, 0);
    store<f32>(argPtr(args, 12) + at, 0);
    return true;
  }
  const total = load<f64>(state);
  if (!(total > SUM_LOW && total < SUM_HIGH)) return false;
  const sum = <f32>total;
  const weight = argPtr(args, 11);
  const w: f32 = weight != 0 ? load<f32>(weight + (<usize>target << 2)) : 1;
  const own = load<f32>(state, 12);
  // The first loses nothing where the target is almost certain.
  const loss = own > 0.25 * sum ? logScalar(<f32>(total / <f64>own)) : logScalar(sum) - load<f32>(state, 8);
  store<f32>(argPtr(args, 12) + at, w * loss);
  if (!wanted) return true;
  const factor = (argF32(args, 14) * w) / sum;
  store<f32>(argPtr(args, 23) + at, factor);
  store<f32>(gradientAt(argPtr(args, 22), argI32(args, 0), r, target), own - sum);
  const dx = argPtr(args, 15);
  const row = <usize>h << 2;
  if (dx != 0) addScaled(dx + <usize>r * row, argPtr(args, 20) + <usize>target * row, h, factor, factor * (own - sum));
  return true;
}

/** y = a y + b x */
function addScaled(y: usize, x: usize, n: i32, a: f32, b: f32): void {
  const av = f32x4.splat(a), bv = f32x4.splat(b);
  for (; n > 0; n -= 4) {
    storeFirst(y, madd(loadFirst(x, n), bv, f32x4.mul(loadFirst(y, n), av)), n);
    x += 16;
    y += 16;
  }
}

/** Rows begin to end, the fewest groups of at most as many as have room for all their logits. */
function groups(args: usize, begin: i32, end: i32, thread: i32): void {
  const room = argI32(args, 19);
  for (let g = (end - begin + room - 1) / room; g > 0; g--) {
    const count = (end - begin + g - 1) / g;
    group(args, begin, count, thread);
    begin += count;
  }
}

function group(args: usize, first: i32, rows: i32, thread: i32): void {
  const h = argI32(args, 1);
  const v = argI32(args, 2);
  const row = <usize>h << 2;
  const ls = argPtr(args, 7);
  const logits = logitsOf(args, first, thread);
  const x = argPtr(args, 3) + <usize>first * row;
  if (isOfBlas(args)) {
    const beta = startFromBias(args, 0, logits, ls, rows, v);
    sgemm(0, 1, rows, v, h, x, h, argPtr(args, 20), h, beta, logits, <i32>(ls >> 2));
  } else {
    const panels = (v + 7) >> 3;
    block(rows, panels << 3, h, x, row, 4, argPtr(args, 4), logits, ls, argPtr(args, 5), 0, panels, 0, panels, 0, thread);
  }
  rowLosses(args, logits, first, rows);
  if (argI32(args, 13) == 0) return;
  if (argPtr(args, 15) != 0) addToDx(args, first, rows, logits, ls, 0, v, thread);
  if (argI32(args, 17) != HEAD_BLOCKS) return;
  const all = argI32(args, 0);
  for (let r = 0; r < rows; r++) {
    storeGradients(gradientAt(argPtr(args, 22), all, first + r, 0), all, logits + <usize>r * ls, v);
    store<f32>(argPtr(args, 23) + (<usize>(first + r) << 2), 1);
  }
}

/** The losses of rows `first` on, whose logits become their gradients when those are wanted. */
function rowLosses(args: usize, logits: usize, first: i32, rows: i32): void {
  const v = argI32(args, 2);
  const bias = argI32(args, 17) == HEAD_ELSEWHERE ? argPtr(args, 5) : ZEROS;
  const wanted = argI32(args, 13) != 0;
  for (let r = first; r < first + rows; r++) {
    const at = <usize>r << 2;
    if (bias != ZEROS) addRow(logits, bias, v);
    store<f32>(argPtr(args, 12) + at, rowLoss(args, logits, v, load<i32>(argPtr(args, 8) + at), wanted));
    logits += argPtr(args, 7);
  }
}

/** The loss of one row, whose logits become their gradients when those are wanted. */
function rowLoss(args: usize, a: usize, v: i32, target: i32, wanted: bool): f32 {
  if (target == argI32(args, 9)) {
    if (wanted) memory.fill(a, 0, <usize>v << 2);
    return 0;
  }
  const smoothing = argF32(args, 10);
  const weight = argPtr(args, 11);
  const scale = argF32(args, 14);
  const max = rowMax(a, v);
  if (!wanted || smoothing != 0) {
    const sum = expSum(a, v, max);
    const loss = lossRow(a, v, max, sum, target, smoothing, weight);
    if (wanted) lossGradientRow(a, a, v, max, sum, target, scale, smoothing, weight);
    return loss;
  }
  // The common case needs every exponential once.
  const w: f32 = weight != 0 ? load<f32>(weight + (<usize>target << 2)) : 1;
  const logit = load<f32>(a + (<usize>target << 2));
  const sum = expStoreSum(a, a, v, max);
  scaleRow(a, a, v, (scale * w) / sum);
  const hit = a + (<usize>target << 2);
  store<f32>(hit, load<f32>(hit) - scale * w);
  return w * (max - logit + logScalar(sum));
}

/** Both rows have room up to whole panels. */
function addRow(a: usize, b: usize, n: i32): void {
  for (; n > 0; n -= 8) {
    const x = f32x4.add(v128.load(a), v128.load(b)), y = f32x4.add(v128.load(a, 16), v128.load(b, 16));
    v128.store(a, x);
    v128.store(a, y, 16);
    a += 32;
    b += 32;
  }
}
