import { argI32, argPtr, partBegin } from "./args";
import { loadFirst, storeFirst } from "./lanes";

/** Rows that are added in one pass over the sums. */
const ROWS: i32 = 8;

/**
 * out [N] = Σ over rows of x [M, N], in order. Args: 0 x, 1 row stride, 2 M, 3 N, 4 out, 5 add to what out holds. Parts are columns.
 * Some whole rows after others, as they lie: down a column, rows that are a power of two apart share a few sets of the cache.
 */
export function sumRows(args: usize, part: i32, parts: i32): void {
  const xs = argPtr(args, 1);
  const m = argI32(args, 2);
  const n = argI32(args, 3);
  const begin = <usize>partBegin(n, part, parts, 16) << 2;
  const bytes = (<usize>partBegin(n, part + 1, parts, 16) << 2) - begin;
  const out = argPtr(args, 4) + begin;
  let x = argPtr(args, 0) + begin;
  if (argI32(args, 5) == 0) memory.fill(out, 0, bytes);
  let i = 0;
  for (; i + ROWS <= m; i += ROWS) {
    addRows(out, x, xs, bytes);
    x += <usize>ROWS * xs;
  }
  for (; i < m; i++) {
    for (let j: usize = 0; j < bytes; j += 16) {
      const count = <i32>((bytes - j) >> 2);
      storeFirst(out + j, f32x4.add(loadFirst(out + j, count), loadFirst(x + j, count)), count);
    }
    x += xs;
  }
}

function addRows(out: usize, x: usize, xs: usize, bytes: usize): void {
  const x1 = x + xs, x2 = x1 + xs, x3 = x2 + xs, x4 = x3 + xs, x5 = x4 + xs, x6 = x5 + xs, x7 = x6 + xs;
  let j: usize = 0;
  for (; j + 32 <= bytes; j += 32) {
    let a = f32x4.add(v128.load(out + j), v128.load(x + j)), b = f32x4.add(v128.load(out + j, 16), v128.load(x + j, 16));
    a = f32x4.add(a, v128.load(x1 + j));
    b = f32x4.add(b, v128.load(x1 + j, 16));
    a = f32x4.add(a, v128.load(x2 + j));
    b = f32x4.add(b, v128.load(x2 + j, 16));
    a = f32x4.add(a, v128.load(x3 + j));
    b = f32x4.add(b, v128.load(x3 + j, 16));
    a = f32x4.add(a, v128.load(x4 + j));
    b = f32x4.add(b, v128.load(x4 + j, 16));
    a = f32x4.add(a, v128.load(x5 + j));
    b = f32x4.add(b, v128.load(x5 + j, 16));
    a = f32x4.add(a, v128.load(x6 + j));
    b = f32x4.add(b, v128.load(x6 + j, 16));
    a = f32x4.add(a, v128.load(x7 + j));
    b = f32x4.add(b, v128.load(x7 + j, 16));
    v128.store(out + j, a);
    v128.store(out + j, b, 16);
  }
  for (; j < bytes; j += 4) {
    let sum = load<f32>(out + j);
    for (let r: usize = 0; r < <usize>ROWS; r++) sum += load<f32>(x + r * xs + j);
    store<f32>(out + j, sum);
  }
}
