/** One pass over parameter, gradient and state. The update rules are PyTorch's (torch.optim, one tensor at a time). */
import { argF32, argI32, argPtr, partBegin } from "./args";
import { loadFirst, storeFirst } from "./lanes";
import { madd, nmadd } from "./madd";

/** Words: p, grad, buffer (0 without momentum), n, lr, weightDecay, momentum, 1 - dampening, nesterov, first. */
export function sgd(args: usize, part: i32, parts: i32): void {
  const total = argI32(args, 3);
  const begin = partBegin(total, part, parts, 8);
  let n = partBegin(total, part + 1, parts, 8) - begin;
  const from = (<usize>begin) << 2;
  let p = argPtr(args, 0) + from;
  let g = argPtr(args, 1) + from;
  const lr = f32x4.splat(argF32(args, 4));
  const decay = f32x4.splat(argF32(args, 5));
  if (argPtr(args, 2) == 0) {
    for (; n >= 8; n -= 8) {
      const w0 = v128.load(p);
      const w1 = v128.load(p, 16);
      const u = nmadd(lr, madd(decay, w0, v128.load(g)), w0);
      const v = nmadd(lr, madd(decay, w1, v128.load(g, 16)), w1);
      v128.store(p, u);
      v128.store(p, v, 16);
      p += 32;
      g += 32;
    }
    for (; n > 0; n -= 4) {
      const w = loadFirst(p, n);
      storeFirst(p, nmadd(lr, madd(decay, w, loadFirst(g, n)), w), n);
      p += 16;
      g += 16;
    }
    return;
  }
  let buffer = argPtr(args, 2) + from;
  const momentum = f32x4.splat(argF32(args, 6));
  const fresh = f32x4.splat(argF32(args, 7));
  const nesterov = argF32(args, 8) != 0;
  const first = argF32(args, 9) != 0;
  for (; n > 0; n -= 4) {
    const w = loadFirst(p, n);
    const d = madd(decay, w, loadFirst(g, n));
    const b = first ? d : madd(momentum, loadFirst(buffer, n), f32x4.mul(fresh, d));
    storeFirst(buffer, b, n);
    storeFirst(p, nmadd(lr, nesterov ? madd(momentum, b, d) : b, w), n);
    p += 16;
    g += 16;
    buffer += 16;
  }
}

/**
 * Words: p, grad, m, v, vMax (0 without), n, weightDecay (on the gradient), keep (1 - lr·wd when decoupled, else 1), β1, 1-β1, β2, 1-β2,
 * 1/√(1-β2^t), eps, lr/(1-β1^t).
 */
export function adam(args: usize, part: i32, parts: i32): void {
  const total = argI32(args, 5);
  const begin = partBegin(total, part, parts, 8);
  let n = partBegin(total, part + 1, parts, 8) - begin;
  const from = (<usize>begin) << 2;
  let p = argPtr(args, 0) + from;
  let g = argPtr(args, 1) + from;
  let m = argPtr(args, 2) + from;
  let v = argPtr(args, 3) + from;
  let vMax = argPtr(args, 4);
  const largest = vMax != 0;
  vMax += from;
  for (; n >= 8; n -= 8) {
    adamLanes(args, p, g, m, v, vMax, largest, 4);
    adamLanes(args, p + 16, g + 16, m + 16, v + 16, vMax + 16, largest, 4);
    p += 32;
    g += 32;
    m += 32;
    v += 32;
    vMax += 32;
  }
  for (; n > 0; n -= 4) {
    adamLanes(args, p, g, m, v, vMax, largest, n);
    p += 16;
    g += 16;
    m += 16;
    v += 16;
    vMax += 16;
  }
}

// @ts-ignore: decorator
@inline
function splat(args: usize, word: i32): v128 {
  return v128.load32_splat(args + ((<usize>word) << 2));
}

// @ts-ignore: decorator
@inline
function adamLanes(args: usize, p: usize, g: usize, m: usize, v: usize, vMax: usize, largest: bool, n: i32): void {
  const w = f32x4.mul(loadFirst(p, n), splat(args, 7));
  const d = madd(splat(args, 6), w, loadFirst(g, n));
  const first = madd(splat(args, 8), loadFirst(m, n), f32x4.mul(splat(args, 9), d));
  const second = madd(splat(args, 10), loadFirst(v, n), f32x4.mul(f32x4.mul(splat(args, 11), d), d));
  storeFirst(m, first, n);
  storeFirst(v, second, n);
  let size = second;
  if (largest) {
    size = f32x4.max(loadFirst(vMax, n), second);
    storeFirst(vMax, size, n);
  }
  const root = madd(f32x4.sqrt(size), splat(args, 12), splat(args, 13));
  storeFirst(p, f32x4.sub(w, f32x4.div(f32x4.mul(splat(args, 14), first), root)), n);
}

/**
 * Words: p, grad, squareAvg, buffer (0 without momentum), gradAvg (0 unless centered), n, lr, weightDecay, α, 1-α, eps,
 * momentum.
 */
export function rmsprop(args: usize, part: i32, parts: i32): void {
  const total = argI32(args, 5);
  const begin = partBegin(total, part, parts, 8);
  let n = partBegin(total, part + 1, parts, 8) - begin;
  const buffered = argPtr(args, 3) != 0;
  const centered = argPtr(args, 4) != 0;
  for (let at = (<usize>begin) << 2; n > 0; n -= 4) {
    const p = argPtr(args, 0) + at;
    const s = argPtr(args, 2) + at;
    const w = loadFirst(p, n);
    let d = madd(splat(args, 7), w, loadFirst(argPtr(args, 1) + at, n));
    let size = madd(splat(args, 8), loadFirst(s, n), f32x4.mul(f32x4.mul(splat(args, 9), d), d));
    storeFirst(s, size, n);
    if (centered) {
      const mean = argPtr(args, 4) + at;
      const u = madd(splat(args, 8), loadFirst(mean, n), f32x4.mul(splat(args, 9), d));
      storeFirst(mean, u, n);
      size = nmadd(u, u, size);
    }
    d = f32x4.div(d, f32x4.add(f32x4.sqrt(size), splat(args, 10)));
    if (buffered) {
      const buffer = argPtr(args, 3) + at;
      d = madd(splat(args, 11), loadFirst(buffer, n), d);
      storeFirst(buffer, d, n);
    }
    storeFirst(p, nmadd(splat(args, 6), d, w), n);
    at += 16;
  }
}

/** Words: p, grad, sum, n, lr, weightDecay, eps. */
export function adagrad(args: usize, part: i32, parts: i32): void {
  const total = argI32(args, 3);
  const begin = partBegin(total, part, parts, 8);
  let n = partBegin(total, part + 1, parts, 8) - begin;
  for (let at = (<usize>begin) << 2; n > 0; n -= 4) {
    const p = argPtr(args, 0) + at;
    const s = argPtr(args, 2) + at;
    const w = loadFirst(p, n);
    const d = madd(splat(args, 5), w, loadFirst(argPtr(args, 1) + at, n));
    const sum = madd(d, d, loadFirst(s, n));
    storeFirst(s, sum, n);
    storeFirst(p, f32x4.sub(w, f32x4.div(f32x4.mul(splat(args, 4), d), f32x4.add(f32x4.sqrt(sum), splat(args, 6)))), n);
    at += 16;
  }
}
