// Written by tools/micro-kernels.mjs; change it there.
//   c [rows x 8] = from + a · b    b: a packed panel, `bp` bytes from panel to panel
//   cs, fs, as: bytes from row to row of c, from (0: a bias, the same for all rows) and a; ks: from one k to the next of a
import { madd } from "./madd";

export function direct1x8(a: usize, as: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let c00 = v128.load(from, 0), c01 = v128.load(from, 16);
  let x: v128, v0: v128, v1: v128;
  const end = b + (<usize>k << 5);
  while (b != end) {
    v0 = v128.load(b, 0);
    v1 = v128.load(b, 16);
    x = v128.load_splat<f32>(a, 0); c00 = madd(x, v0, c00); c01 = madd(x, v1, c01);
    b += 32;
    a += 4;
  }
  v128.store(c, c00, 0);
  v128.store(c, c01, 16);
}

export function packed1x8(a: usize, ks: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let c00 = v128.load(from, 0), c01 = v128.load(from, 16);
  let x: v128, v0: v128, v1: v128;
  const end = b + (<usize>k << 5);
  while (b != end) {
    v0 = v128.load(b, 0);
    v1 = v128.load(b, 16);
    x = v128.load_splat<f32>(a, 0); c00 = madd(x, v0, c00); c01 = madd(x, v1, c01);
    b += 32;
    a += ks;
  }
  v128.store(c, c00, 0);
  v128.store(c, c01, 16);
}

export function direct2x8(a: usize, as: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let a1 = a + as;
  let c00 = v128.load(from, 0), c01 = v128.load(from, 16);
  from += fs;
  let c10 = v128.load(from, 0), c11 = v128.load(from, 16);
  let x: v128, v0: v128, v1: v128;
  const end = b + (<usize>k << 5);
  while (b != end) {
    v0 = v128.load(b, 0);
    v1 = v128.load(b, 16);
    x = v128.load_splat<f32>(a, 0); c00 = madd(x, v0, c00); c01 = madd(x, v1, c01);
    x = v128.load_splat<f32>(a1, 0); c10 = madd(x, v0, c10); c11 = madd(x, v1, c11);
    b += 32;
    a += 4;
    a1 += 4;
  }
  v128.store(c, c00, 0);
  v128.store(c, c01, 16);
  c += cs;
  v128.store(c, c10, 0);
  v128.store(c, c11, 16);
}

export function packed2x8(a: usize, ks: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let c00 = v128.load(from, 0), c01 = v128.load(from, 16);
  from += fs;
  let c10 = v128.load(from, 0), c11 = v128.load(from, 16);
  let x: v128, v0: v128, v1: v128;
  const end = b + (<usize>k << 5);
  while (b != end) {
    v0 = v128.load(b, 0);
    v1 = v128.load(b, 16);
    x = v128.load_splat<f32>(a, 0); c00 = madd(x, v0, c00); c01 = madd(x, v1, c01);
    x = v128.load_splat<f32>(a, 4); c10 = madd(x, v0, c10); c11 = madd(x, v1, c11);
    b += 32;
    a += ks;
  }
  v128.store(c, c00, 0);
  v128.store(c, c01, 16);
  c += cs;
  v128.store(c, c10, 0);
  v128.store(c, c11, 16);
}

export function direct3x8(a: usize, as: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let a1 = a + as;
  let a2 = a1 + as;
  let c00 = v128.load(from, 0), c01 = v128.load(from, 16);
  from += fs;
  let c10 = v128.load(from, 0), c11 = v128.load(from, 16);
  from += fs;
  let c20 = v128.load(from, 0), c21 = v128.load(from, 16);
  let x: v128, v0: v128, v1: v128;
  const end = b + (<usize>k << 5);
  while (b != end) {
    v0 = v128.load(b, 0);
    v1 = v128.load(b, 16);
    x = v128.load_splat<f32>(a, 0); c00 = madd(x, v0, c00); c01 = madd(x, v1, c01);
    x = v128.load_splat<f32>(a1, 0); c10 = madd(x, v0, c10); c11 = madd(x, v1, c11);
    x = v128.load_splat<f32>(a2, 0); c20 = madd(x, v0, c20); c21 = madd(x, v1, c21);
    b += 32;
    a += 4;
    a1 += 4;
    a2 += 4;
  }
  v128.store(c, c00, 0);
  v128.store(c, c01, 16);
  c += cs;
  v128.store(c, c10, 0);
  v128.store(c, c11, 16);
  c += cs;
  v128.store(c, c20, 0);
  v128.store(c, c21, 16);
}

export function packed3x8(a: usize, ks: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let c00 = v128.load(from, 0), c01 = v128.load(from, 16);
  from += fs;
  let c10 = v128.load(from, 0), c11 = v128.load(from, 16);
  from += fs;
  let c20 = v128.load(from, 0), c21 = v128.load(from, 16);
  let x: v128, v0: v128, v1: v128;
  const end = b + (<usize>k << 5);
  while (b != end) {
    v0 = v128.load(b, 0);
    v1 = v128.load(b, 16);
    x = v128.load_splat<f32>(a, 0); c00 = madd(x, v0, c00); c01 = madd(x, v1, c01);
    x = v128.load_splat<f32>(a, 4); c10 = madd(x, v0, c10); c11 = madd(x, v1, c11);
    x = v128.load_splat<f32>(a, 8); c20 = madd(x, v0, c20); c21 = madd(x, v1, c21);
    b += 32;
    a += ks;
  }
  v128.store(c, c00, 0);
  v128.store(c, c01, 16);
  c += cs;
  v128.store(c, c10, 0);
  v128.store(c, c11, 16);
  c += cs;
  v128.store(c, c20, 0);
  v128.store(c, c21, 16);
}

export function direct4x8(a: usize, as: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let a1 = a + as;
  let a2 = a1 + as;
  let a3 = a2 + as;
  let c00 = v128.load(from, 0), c01 = v128.load(from, 16);
  from += fs;
  let c10 = v128.load(from, 0), c11 = v128.load(from, 16);
  from += fs;
  let c20 = v128.load(from, 0), c21 = v128.load(from, 16);
  from += fs;
  let c30 = v128.load(from, 0), c31 = v128.load(from, 16);
  let x: v128, v0: v128, v1: v128;
  const end = b + (<usize>k << 5);
  while (b != end) {
    v0 = v128.load(b, 0);
    v1 = v128.load(b, 16);
    x = v128.load_splat<f32>(a, 0); c00 = madd(x, v0, c00); c01 = madd(x, v1, c01);
    x = v128.load_splat<f32>(a1, 0); c10 = madd(x, v0, c10); c11 = madd(x, v1, c11);
    x = v128.load_splat<f32>(a2, 0); c20 = madd(x, v0, c20); c21 = madd(x, v1, c21);
    x = v128.load_splat<f32>(a3, 0); c30 = madd(x, v0, c30); c31 = madd(x, v1, c31);
    b += 32;
    a += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
  }
  v128.store(c, c00, 0);
  v128.store(c, c01, 16);
  c += cs;
  v128.store(c, c10, 0);
  v128.store(c, c11, 16);
  c += cs;
  v128.store(c, c20, 0);
  v128.store(c, c21, 16);
  c += cs;
  v128.store(c, c30, 0);
  v128.store(c, c31, 16);
}

export function packed4x8(a: usize, ks: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let c00 = v128.load(from, 0), c01 = v128.load(from, 16);
  from += fs;
  let c10 = v128.load(from, 0), c11 = v128.load(from, 16);
  from += fs;
  let c20 = v128.load(from, 0), c21 = v128.load(from, 16);
  from += fs;
  let c30 = v128.load(from, 0), c31 = v128.load(from, 16);
  let x: v128, v0: v128, v1: v128;
  const end = b + (<usize>k << 5);
  while (b != end) {
    v0 = v128.load(b, 0);
    v1 = v128.load(b, 16);
    x = v128.load_splat<f32>(a, 0); c00 = madd(x, v0, c00); c01 = madd(x, v1, c01);
    x = v128.load_splat<f32>(a, 4); c10 = madd(x, v0, c10); c11 = madd(x, v1, c11);
    x = v128.load_splat<f32>(a, 8); c20 = madd(x, v0, c20); c21 = madd(x, v1, c21);
    x = v128.load_splat<f32>(a, 12); c30 = madd(x, v0, c30); c31 = madd(x, v1, c31);
    b += 32;
    a += ks;
  }
  v128.store(c, c00, 0);
  v128.store(c, c01, 16);
  c += cs;
  v128.store(c, c10, 0);
  v128.store(c, c11, 16);
  c += cs;
  v128.store(c, c20, 0);
  v128.store(c, c21, 16);
  c += cs;
  v128.store(c, c30, 0);
  v128.store(c, c31, 16);
}

export function direct5x8(a: usize, as: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let a1 = a + as;
  let a2 = a1 + as;
  let a3 = a2 + as;
  let a4 = a3 + as;
  let c00 = v128.load(from, 0), c01 = v128.load(from, 16);
  from += fs;
  let c10 = v128.load(from, 0), c11 = v128.load(from, 16);
  from += fs;
  let c20 = v128.load(from, 0), c21 = v128.load(from, 16);
  from += fs;
  let c30 = v128.load(from, 0), c31 = v128.load(from, 16);
  from += fs;
  let c40 = v128.load(from, 0), c41 = v128.load(from, 16);
  let x: v128, v0: v128, v1: v128;
  const end = b + (<usize>k << 5);
  while (b != end) {
    v0 = v128.load(b, 0);
    v1 = v128.load(b, 16);
    x = v128.load_splat<f32>(a, 0); c00 = madd(x, v0, c00); c01 = madd(x, v1, c01);
    x = v128.load_splat<f32>(a1, 0); c10 = madd(x, v0, c10); c11 = madd(x, v1, c11);
    x = v128.load_splat<f32>(a2, 0); c20 = madd(x, v0, c20); c21 = madd(x, v1, c21);
    x = v128.load_splat<f32>(a3, 0); c30 = madd(x, v0, c30); c31 = madd(x, v1, c31);
    x = v128.load_splat<f32>(a4, 0); c40 = madd(x, v0, c40); c41 = madd(x, v1, c41);
    b += 32;
    a += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
    a4 += 4;
  }
  v128.store(c, c00, 0);
  v128.store(c, c01, 16);
  c += cs;
  v128.store(c, c10, 0);
  v128.store(c, c11, 16);
  c += cs;
  v128.store(c, c20, 0);
  v128.store(c, c21, 16);
  c += cs;
  v128.store(c, c30, 0);
  v128.store(c, c31, 16);
  c += cs;
  v128.store(c, c40, 0);
  v128.store(c, c41, 16);
}

export function packed5x8(a: usize, ks: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let c00 = v128.load(from, 0), c01 = v128.load(from, 16);
  from += fs;
  let c10 = v128.load(from, 0), c11 = v128.load(from, 16);
  from += fs;
  let c20 = v128.load(from, 0), c21 = v128.load(from, 16);
  from += fs;
  let c30 = v128.load(from, 0), c31 = v128.load(from, 16);
  from += fs;
  let c40 = v128.load(from, 0), c41 = v128.load(from, 16);
  let x: v128, v0: v128, v1: v128;
  const end = b + (<usize>k << 5);
  while (b != end) {
    v0 = v128.load(b, 0);
    v1 = v128.load(b, 16);
    x = v128.load_splat<f32>(a, 0); c00 = madd(x, v0, c00); c01 = madd(x, v1, c01);
    x = v128.load_splat<f32>(a, 4); c10 = madd(x, v0, c10); c11 = madd(x, v1, c11);
    x = v128.load_splat<f32>(a, 8); c20 = madd(x, v0, c20); c21 = madd(x, v1, c21);
    x = v128.load_splat<f32>(a, 12); c30 = madd(x, v0, c30); c31 = madd(x, v1, c31);
    x = v128.load_splat<f32>(a, 16); c40 = madd(x, v0, c40); c41 = madd(x, v1, c41);
    b += 32;
    a += ks;
  }
  v128.store(c, c00, 0);
  v128.store(c, c01, 16);
  c += cs;
  v128.store(c, c10, 0);
  v128.store(c, c11, 16);
  c += cs;
  v128.store(c, c20, 0);
  v128.store(c, c21, 16);
  c += cs;
  v128.store(c, c30, 0);
  v128.store(c, c31, 16);
  c += cs;
  v128.store(c, c40, 0);
  v128.store(c, c41, 16);
}

export function direct6x8(a: usize, as: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let a1 = a + as;
  let a2 = a1 + as;
  let a3 = a2 + as;
  let a4 = a3 + as;
  let a5 = a4 + as;
  let c00 = v128.load(from, 0), c01 = v128.load(from, 16);
  from += fs;
  let c10 = v128.load(from, 0), c11 = v128.load(from, 16);
  from += fs;
  let c20 = v128.load(from, 0), c21 = v128.load(from, 16);
  from += fs;
  let c30 = v128.load(from, 0), c31 = v128.load(from, 16);
  from += fs;
  let c40 = v128.load(from, 0), c41 = v128.load(from, 16);
  from += fs;
  let c50 = v128.load(from, 0), c51 = v128.load(from, 16);
  let x: v128, v0: v128, v1: v128;
  const end = b + (<usize>k << 5);
  while (b != end) {
    v0 = v128.load(b, 0);
    v1 = v128.load(b, 16);
    x = v128.load_splat<f32>(a, 0); c00 = madd(x, v0, c00); c01 = madd(x, v1, c01);
    x = v128.load_splat<f32>(a1, 0); c10 = madd(x, v0, c10); c11 = madd(x, v1, c11);
    x = v128.load_splat<f32>(a2, 0); c20 = madd(x, v0, c20); c21 = madd(x, v1, c21);
    x = v128.load_splat<f32>(a3, 0); c30 = madd(x, v0, c30); c31 = madd(x, v1, c31);
    x = v128.load_splat<f32>(a4, 0); c40 = madd(x, v0, c40); c41 = madd(x, v1, c41);
    x = v128.load_splat<f32>(a5, 0); c50 = madd(x, v0, c50); c51 = madd(x, v1, c51);
    b += 32;
    a += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
    a4 += 4;
    a5 += 4;
  }
  v128.store(c, c00, 0);
  v128.store(c, c01, 16);
  c += cs;
  v128.store(c, c10, 0);
  v128.store(c, c11, 16);
  c += cs;
  v128.store(c, c20, 0);
  v128.store(c, c21, 16);
  c += cs;
  v128.store(c, c30, 0);
  v128.store(c, c31, 16);
  c += cs;
  v128.store(c, c40, 0);
  v128.store(c, c41, 16);
  c += cs;
  v128.store(c, c50, 0);
  v128.store(c, c51, 16);
}

export function packed6x8(a: usize, ks: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let c00 = v128.load(from, 0), c01 = v128.load(from, 16);
  from += fs;
  let c10 = v128.load(from, 0), c11 = v128.load(from, 16);
  from += fs;
  let c20 = v128.load(from, 0), c21 = v128.load(from, 16);
  from += fs;
  let c30 = v128.load(from, 0), c31 = v128.load(from, 16);
  from += fs;
  let c40 = v128.load(from, 0), c41 = v128.load(from, 16);
  from += fs;
  let c50 = v128.load(from, 0), c51 = v128.load(from, 16);
  let x: v128, v0: v128, v1: v128;
  const end = b + (<usize>k << 5);
  while (b != end) {
    v0 = v128.load(b, 0);
    v1 = v128.load(b, 16);
    x = v128.load_splat<f32>(a, 0); c00 = madd(x, v0, c00); c01 = madd(x, v1, c01);
    x = v128.load_splat<f32>(a, 4); c10 = madd(x, v0, c10); c11 = madd(x, v1, c11);
    x = v128.load_splat<f32>(a, 8); c20 = madd(x, v0, c20); c21 = madd(x, v1, c21);
    x = v128.load_splat<f32>(a, 12); c30 = madd(x, v0, c30); c31 = madd(x, v1, c31);
    x = v128.load_splat<f32>(a, 16); c40 = madd(x, v0, c40); c41 = madd(x, v1, c41);
    x = v128.load_splat<f32>(a, 20); c50 = madd(x, v0, c50); c51 = madd(x, v1, c51);
    b += 32;
    a += ks;
  }
  v128.store(c, c00, 0);
  v128.store(c, c01, 16);
  c += cs;
  v128.store(c, c10, 0);
  v128.store(c, c11, 16);
  c += cs;
  v128.store(c, c20, 0);
  v128.store(c, c21, 16);
  c += cs;
  v128.store(c, c30, 0);
  v128.store(c, c31, 16);
  c += cs;
  v128.store(c, c40, 0);
  v128.store(c, c41, 16);
  c += cs;
  v128.store(c, c50, 0);
  v128.store(c, c51, 16);
}

export function direct1x24(a: usize, as: usize, b: usize, bp: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let b1 = b + bp;
  let b2 = b1 + bp;
  let c00 = v128.load(from, 0), c01 = v128.load(from, 16), c02 = v128.load(from, 32), c03 = v128.load(from, 48), c04 = v128.load(from, 64), c05 = v128.load(from, 80);
  let x: v128, v0: v128, v1: v128, v2: v128, v3: v128, v4: v128, v5: v128;
  const end = b + (<usize>k << 5);
  while (b != end) {
    v0 = v128.load(b, 0);
    v1 = v128.load(b, 16);
    v2 = v128.load(b1, 0);
    v3 = v128.load(b1, 16);
    v4 = v128.load(b2, 0);
    v5 = v128.load(b2, 16);
    x = v128.load_splat<f32>(a, 0); c00 = madd(x, v0, c00); c01 = madd(x, v1, c01); c02 = madd(x, v2, c02); c03 = madd(x, v3, c03); c04 = madd(x, v4, c04); c05 = madd(x, v5, c05);
    b += 32;
    b1 += 32;
    b2 += 32;
    a += 4;
  }
  v128.store(c, c00, 0);
  v128.store(c, c01, 16);
  v128.store(c, c02, 32);
  v128.store(c, c03, 48);
  v128.store(c, c04, 64);
  v128.store(c, c05, 80);
}

export function direct1x32(a: usize, as: usize, b: usize, bp: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let b1 = b + bp;
  let b2 = b1 + bp;
  let b3 = b2 + bp;
  let c00 = v128.load(from, 0), c01 = v128.load(from, 16), c02 = v128.load(from, 32), c03 = v128.load(from, 48), c04 = v128.load(from, 64), c05 = v128.load(from, 80), c06 = v128.load(from, 96), c07 = v128.load(from, 112);
  let x: v128, v0: v128, v1: v128, v2: v128, v3: v128, v4: v128, v5: v128, v6: v128, v7: v128;
  const end = b + (<usize>k << 5);
  while (b != end) {
    v0 = v128.load(b, 0);
    v1 = v128.load(b, 16);
    v2 = v128.load(b1, 0);
    v3 = v128.load(b1, 16);
    v4 = v128.load(b2, 0);
    v5 = v128.load(b2, 16);
    v6 = v128.load(b3, 0);
    v7 = v128.load(b3, 16);
    x = v128.load_splat<f32>(a, 0); c00 = madd(x, v0, c00); c01 = madd(x, v1, c01); c02 = madd(x, v2, c02); c03 = madd(x, v3, c03); c04 = madd(x, v4, c04); c05 = madd(x, v5, c05); c06 = madd(x, v6, c06); c07 = madd(x, v7, c07);
    b += 32;
    b1 += 32;
    b2 += 32;
    b3 += 32;
    a += 4;
  }
  v128.store(c, c00, 0);
  v128.store(c, c01, 16);
  v128.store(c, c02, 32);
  v128.store(c, c03, 48);
  v128.store(c, c04, 64);
  v128.store(c, c05, 80);
  v128.store(c, c06, 96);
  v128.store(c, c07, 112);
}

export function direct2x16(a: usize, as: usize, b: usize, bp: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let a1 = a + as;
  let b1 = b + bp;
  let c00 = v128.load(from, 0), c01 = v128.load(from, 16), c02 = v128.load(from, 32), c03 = v128.load(from, 48);
  from += fs;
  let c10 = v128.load(from, 0), c11 = v128.load(from, 16), c12 = v128.load(from, 32), c13 = v128.load(from, 48);
  let x: v128, v0: v128, v1: v128, v2: v128, v3: v128;
  const end = b + (<usize>k << 5);
  while (b != end) {
    v0 = v128.load(b, 0);
    v1 = v128.load(b, 16);
    v2 = v128.load(b1, 0);
    v3 = v128.load(b1, 16);
    x = v128.load_splat<f32>(a, 0); c00 = madd(x, v0, c00); c01 = madd(x, v1, c01); c02 = madd(x, v2, c02); c03 = madd(x, v3, c03);
    x = v128.load_splat<f32>(a1, 0); c10 = madd(x, v0, c10); c11 = madd(x, v1, c11); c12 = madd(x, v2, c12); c13 = madd(x, v3, c13);
    b += 32;
    b1 += 32;
    a += 4;
    a1 += 4;
  }
  v128.store(c, c00, 0);
  v128.store(c, c01, 16);
  v128.store(c, c02, 32);
  v128.store(c, c03, 48);
  c += cs;
  v128.store(c, c10, 0);
  v128.store(c, c11, 16);
  v128.store(c, c12, 32);
  v128.store(c, c13, 48);
}

export function direct3x16(a: usize, as: usize, b: usize, bp: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let a1 = a + as;
  let a2 = a1 + as;
  let b1 = b + bp;
  let c00 = v128.load(from, 0), c01 = v128.load(from, 16), c02 = v128.load(from, 32), c03 = v128.load(from, 48);
  from += fs;
  let c10 = v128.load(from, 0), c11 = v128.load(from, 16), c12 = v128.load(from, 32), c13 = v128.load(from, 48);
  from += fs;
  let c20 = v128.load(from, 0), c21 = v128.load(from, 16), c22 = v128.load(from, 32), c23 = v128.load(from, 48);
  let x: v128, v0: v128, v1: v128, v2: v128, v3: v128;
  const end = b + (<usize>k << 5);
  while (b != end) {
    v0 = v128.load(b, 0);
    v1 = v128.load(b, 16);
    v2 = v128.load(b1, 0);
    v3 = v128.load(b1, 16);
    x = v128.load_splat<f32>(a, 0); c00 = madd(x, v0, c00); c01 = madd(x, v1, c01); c02 = madd(x, v2, c02); c03 = madd(x, v3, c03);
    x = v128.load_splat<f32>(a1, 0); c10 = madd(x, v0, c10); c11 = madd(x, v1, c11); c12 = madd(x, v2, c12); c13 = madd(x, v3, c13);
    x = v128.load_splat<f32>(a2, 0); c20 = madd(x, v0, c20); c21 = madd(x, v1, c21); c22 = madd(x, v2, c22); c23 = madd(x, v3, c23);
    b += 32;
    b1 += 32;
    a += 4;
    a1 += 4;
    a2 += 4;
  }
  v128.store(c, c00, 0);
  v128.store(c, c01, 16);
  v128.store(c, c02, 32);
  v128.store(c, c03, 48);
  c += cs;
  v128.store(c, c10, 0);
  v128.store(c, c11, 16);
  v128.store(c, c12, 32);
  v128.store(c, c13, 48);
  c += cs;
  v128.store(c, c20, 0);
  v128.store(c, c21, 16);
  v128.store(c, c22, 32);
  v128.store(c, c23, 48);
}
