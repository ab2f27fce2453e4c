/**
 * Dropout with its own random bits: Philox4x32-10, four blocks at once, bit for bit `base/philox.ts`.
 * Source: Salmon, Moraes, Dror & Shaw 2011.
 */
import { argF32, argI32, argPtr, partBegin } from "./args";
import { constant, PHILOX_M0, PHILOX_M1 } from "./constants";
import { loadFirst, storeFirst } from "./lanes";

const W0: u32 = 0x9e3779b9;
const W1: u32 = 0xbb67ae85;

/**
 * out = x · [word >= threshold] · scale. Words: out, x, n, threshold, scale, key0, key1, counter0, counter1.
 * `out` may be x.
 */
export function dropout(args: usize, part: i32, parts: i32): void {
  const n = argI32(args, 2);
  const end = partBegin(n, part + 1, parts, 16);
  const threshold = i32x4.splat(argI32(args, 3));
  const scale = f32x4.splat(argF32(args, 4));
  const low = i32x4.splat(argI32(args, 7));
  const high = i32x4.splat(argI32(args, 8));
  for (let i = partBegin(n, part, parts, 16); i < end; i += 16) {
    let c0 = i32x4.add(low, i32x4.add(i32x4.splat(i >> 2), i32x4(0, 1, 2, 3)));
    // the mask is -1 where the low word has wrapped
    let c1 = i32x4.sub(high, i32x4.lt_u(c0, low));
    let c2 = i32x4.splat(0);
    let c3 = i32x4.splat(0);
    let k0 = <u32>argI32(args, 5);
    let k1 = <u32>argI32(args, 6);
    const m0 = constant(PHILOX_M0);
    const m1 = constant(PHILOX_M1);
    for (let round = 0; round < 10; round++) {
      const p0 = i64x2.extmul_low_i32x4_u(c0, m0);
      const q0 = i64x2.extmul_high_i32x4_u(c0, m0);
      const p1 = i64x2.extmul_low_i32x4_u(c2, m1);
      const q1 = i64x2.extmul_high_i32x4_u(c2, m1);
      c0 = v128.xor(v128.xor(v128.shuffle<u32>(p1, q1, 1, 3, 5, 7), c1), i32x4.splat(k0));
      c1 = v128.shuffle<u32>(p1, q1, 0, 2, 4, 6);
      c2 = v128.xor(v128.xor(v128.shuffle<u32>(p0, q0, 1, 3, 5, 7), c3), i32x4.splat(k1));
      c3 = v128.shuffle<u32>(p0, q0, 0, 2, 4, 6);
      k0 += W0;
      k1 += W1;
    }
    const ab = v128.shuffle<u32>(c0, c1, 0, 4, 1, 5);
    const cd = v128.shuffle<u32>(c2, c3, 0, 4, 1, 5);
    const AB = v128.shuffle<u32>(c0, c1, 2, 6, 3, 7);
    const CD = v128.shuffle<u32>(c2, c3, 2, 6, 3, 7);
    const x = argPtr(args, 1) + ((<usize>i) << 2);
    const out = argPtr(args, 0) + ((<usize>i) << 2);
    const count = n - i;
    keep(out, x, v128.shuffle<u64>(ab, cd, 0, 2), threshold, scale, count);
    if (count > 4) keep(out + 16, x + 16, v128.shuffle<u64>(ab, cd, 1, 3), threshold, scale, count - 4);
    if (count > 8) keep(out + 32, x + 32, v128.shuffle<u64>(AB, CD, 0, 2), threshold, scale, count - 8);
    if (count > 12) keep(out + 48, x + 48, v128.shuffle<u64>(AB, CD, 1, 3), threshold, scale, count - 12);
  }
}

// @ts-ignore: decorator
@inline
function keep(out: usize, x: usize, words: v128, threshold: v128, scale: v128, count: i32): void {
  storeFirst(out, v128.andnot(f32x4.mul(loadFirst(x, count), scale), i32x4.lt_u(words, threshold)), count);
}
