/**
 * Head and loss together, for a chunk of rows at a time: logits = x · headᵀ + bias, their loss, the gradient of the logits in their
 * place, and dx. The chunk's gradients stay for the product that makes dHead.
 */
import { argF32, argI32, argPtr, partBegin } from "./args";
import { logSumExpRow, lossGradientRow, lossRow } from "./cross-entropy";
import { block, ZEROS } from "./gemm";
import { loadFirst, storeFirst } from "./lanes";
import { expStoreSum, logScalar, rowMax } from "./softmax";

const INFINITY: f32 = f32.MAX_VALUE * 2;
/** Rows whose logits stay in the second-level cache between the product, the loss and dx; 5 tiles of 6. */
const GROUP: i32 = 30;

/**
 * Args: 0 rows of the chunk, 1 H, 2 V, 3 x, 4 packed headᵀ [H, V], 5 bias in whole panels, or ZEROS, 6 logits, 7 their row stride in
 * bytes (whole panels), 8 targets, 9 ignoreIndex, 10 label smoothing, 11 weight or 0, 12 losses, 13 whether gradients are wanted,
 * 14 scale, 15 dx or 0, 16 packed head [V, H], 17 whether products are made elsewhere: logits then lack the bias. Parts are groups of rows.
 */
export function headRows(args: usize, part: i32, parts: i32, thread: i32): void {
  const rows = argI32(args, 0);
  const end = partBegin(rows, part + 1, parts, 1);
  let r = partBegin(rows, part, parts, 1);
  const groups = (end - r + GROUP - 1) / GROUP;
  for (let g = groups; g > 0; g--) {
    const count = (end - r + g - 1) / g;
    group(args, r, count, thread);
    r += count;
  }
}

function group(args: usize, first: i32, rows: i32, thread: i32): void {
  const h = argI32(args, 1);
  const v = argI32(args, 2);
  const row = <usize>h << 2;
  const ls = argPtr(args, 7);
  const logits = argPtr(args, 6) + <usize>first * ls;
  const panels = (v + 7) >> 3;
  const x = argPtr(args, 3) + <usize>first * row;
  const elsewhere = argI32(args, 17) != 0;
  if (!elsewhere) block(rows, panels << 3, h, x, row, 4, argPtr(args, 4), logits, ls, argPtr(args, 5), 0, panels, 0, panels, 0, thread);
  const wanted = argI32(args, 13) != 0;
  for (let r = 0; r < rows; r++) {
    const at = <usize>(first + r) << 2;
    if (elsewhere && argPtr(args, 5) != ZEROS) addRow(logits + <usize>r * ls, argPtr(args, 5), v);
    const loss = rowLoss(args, logits + <usize>r * ls, v, load<i32>(argPtr(args, 8) + at), wanted);
    store<f32>(argPtr(args, 12) + at, loss);
  }
  const dx = argPtr(args, 15);
  if (!wanted || dx == 0 || elsewhere) return;
  const hPanels = (h + 7) >> 3;
  block(rows, h, v, logits, ls, 4, argPtr(args, 16), dx + <usize>first * row, row, ZEROS, 0, hPanels, 0, hPanels, 0, thread);
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
  if (!wanted || smoothing != 0 || max == INFINITY || max == -INFINITY) {
    const lse = logSumExpRow(a, v);
    const loss = lossRow(a, v, lse, target, smoothing, weight);
    if (wanted) lossGradientRow(a, a, v, lse, target, scale, smoothing, weight);
    return loss;
  }
  // The common case needs every exponential once.
  const w: f32 = weight != 0 ? load<f32>(weight + (<usize>target << 2)) : 1;
  const logit = load<f32>(a + (<usize>target << 2));
  const sum = expStoreSum(a, a, v, max);
  scaleRow(a, v, (scale * w) / sum);
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

function scaleRow(a: usize, n: i32, factor: f32): void {
  const f = f32x4.splat(factor);
  for (; n >= 8; n -= 8) {
    v128.store(a, f32x4.mul(v128.load(a), f));
    v128.store(a, f32x4.mul(v128.load(a, 16), f), 16);
    a += 32;
  }
  for (; n > 0; n -= 4) {
    storeFirst(a, f32x4.mul(loadFirst(a, n), f), n);
    a += 16;
  }
}
