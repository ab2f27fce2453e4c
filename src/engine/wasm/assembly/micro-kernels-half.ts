// Written by tools/micro-kernels.mjs; change it there.
//   c [rows x 8] = from + a · b    b: a packed panel, `bp` bytes from panel to panel
//   cs, fs, as: bytes from row to row of c, from (0: a bias, the same for all rows) and a; ks: from one k to the next of a
import { madd } from "./madd";

export function direct1x4(a: usize, as: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let c0 = v128.load(from);
  for (; k > 0; k--) {
    const v = v128.load(b);
    b += 32;
    c0 = madd(v128.load_splat<f32>(a), v, c0);
    a += 4;
  }
  v128.store(c, c0);
}

export function packed1x4(a: usize, ks: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let c0 = v128.load(from);
  for (; k > 0; k--) {
    const v = v128.load(b);
    b += 32;
    c0 = madd(v128.load_splat<f32>(a, 0), v, c0);
    a += ks;
  }
  v128.store(c, c0);
}

export function direct2x4(a: usize, as: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let a1 = a + as;
  let c0 = v128.load(from);
  from += fs;
  let c1 = v128.load(from);
  for (; k > 0; k--) {
    const v = v128.load(b);
    b += 32;
    c0 = madd(v128.load_splat<f32>(a), v, c0);
    c1 = madd(v128.load_splat<f32>(a1), v, c1);
    a += 4;
    a1 += 4;
  }
  v128.store(c, c0);
  c += cs;
  v128.store(c, c1);
}

export function packed2x4(a: usize, ks: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let c0 = v128.load(from);
  from += fs;
  let c1 = v128.load(from);
  for (; k > 0; k--) {
    const v = v128.load(b);
    b += 32;
    c0 = madd(v128.load_splat<f32>(a, 0), v, c0);
    c1 = madd(v128.load_splat<f32>(a, 4), v, c1);
    a += ks;
  }
  v128.store(c, c0);
  c += cs;
  v128.store(c, c1);
}

export function direct3x4(a: usize, as: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let a1 = a + as;
  let a2 = a1 + as;
  let c0 = v128.load(from);
  from += fs;
  let c1 = v128.load(from);
  from += fs;
  let c2 = v128.load(from);
  for (; k > 0; k--) {
    const v = v128.load(b);
    b += 32;
    c0 = madd(v128.load_splat<f32>(a), v, c0);
    c1 = madd(v128.load_splat<f32>(a1), v, c1);
    c2 = madd(v128.load_splat<f32>(a2), v, c2);
    a += 4;
    a1 += 4;
    a2 += 4;
  }
  v128.store(c, c0);
  c += cs;
  v128.store(c, c1);
  c += cs;
  v128.store(c, c2);
}

export function packed3x4(a: usize, ks: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let c0 = v128.load(from);
  from += fs;
  let c1 = v128.load(from);
  from += fs;
  let c2 = v128.load(from);
  for (; k > 0; k--) {
    const v = v128.load(b);
    b += 32;
    c0 = madd(v128.load_splat<f32>(a, 0), v, c0);
    c1 = madd(v128.load_splat<f32>(a, 4), v, c1);
    c2 = madd(v128.load_splat<f32>(a, 8), v, c2);
    a += ks;
  }
  v128.store(c, c0);
  c += cs;
  v128.store(c, c1);
  c += cs;
  v128.store(c, c2);
}

export function direct4x4(a: usize, as: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let a1 = a + as;
  let a2 = a1 + as;
  let a3 = a2 + as;
  let c0 = v128.load(from);
  from += fs;
  let c1 = v128.load(from);
  from += fs;
  let c2 = v128.load(from);
  from += fs;
  let c3 = v128.load(from);
  for (; k > 0; k--) {
    const v = v128.load(b);
    b += 32;
    c0 = madd(v128.load_splat<f32>(a), v, c0);
    c1 = madd(v128.load_splat<f32>(a1), v, c1);
    c2 = madd(v128.load_splat<f32>(a2), v, c2);
    c3 = madd(v128.load_splat<f32>(a3), v, c3);
    a += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
  }
  v128.store(c, c0);
  c += cs;
  v128.store(c, c1);
  c += cs;
  v128.store(c, c2);
  c += cs;
  v128.store(c, c3);
}

export function packed4x4(a: usize, ks: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let c0 = v128.load(from);
  from += fs;
  let c1 = v128.load(from);
  from += fs;
  let c2 = v128.load(from);
  from += fs;
  let c3 = v128.load(from);
  for (; k > 0; k--) {
    const v = v128.load(b);
    b += 32;
    c0 = madd(v128.load_splat<f32>(a, 0), v, c0);
    c1 = madd(v128.load_splat<f32>(a, 4), v, c1);
    c2 = madd(v128.load_splat<f32>(a, 8), v, c2);
    c3 = madd(v128.load_splat<f32>(a, 12), v, c3);
    a += ks;
  }
  v128.store(c, c0);
  c += cs;
  v128.store(c, c1);
  c += cs;
  v128.store(c, c2);
  c += cs;
  v128.store(c, c3);
}

export function direct5x4(a: usize, as: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let a1 = a + as;
  let a2 = a1 + as;
  let a3 = a2 + as;
  let a4 = a3 + as;
  let c0 = v128.load(from);
  from += fs;
  let c1 = v128.load(from);
  from += fs;
  let c2 = v128.load(from);
  from += fs;
  let c3 = v128.load(from);
  from += fs;
  let c4 = v128.load(from);
  for (; k > 0; k--) {
    const v = v128.load(b);
    b += 32;
    c0 = madd(v128.load_splat<f32>(a), v, c0);
    c1 = madd(v128.load_splat<f32>(a1), v, c1);
    c2 = madd(v128.load_splat<f32>(a2), v, c2);
    c3 = madd(v128.load_splat<f32>(a3), v, c3);
    c4 = madd(v128.load_splat<f32>(a4), v, c4);
    a += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
    a4 += 4;
  }
  v128.store(c, c0);
  c += cs;
  v128.store(c, c1);
  c += cs;
  v128.store(c, c2);
  c += cs;
  v128.store(c, c3);
  c += cs;
  v128.store(c, c4);
}

export function packed5x4(a: usize, ks: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let c0 = v128.load(from);
  from += fs;
  let c1 = v128.load(from);
  from += fs;
  let c2 = v128.load(from);
  from += fs;
  let c3 = v128.load(from);
  from += fs;
  let c4 = v128.load(from);
  for (; k > 0; k--) {
    const v = v128.load(b);
    b += 32;
    c0 = madd(v128.load_splat<f32>(a, 0), v, c0);
    c1 = madd(v128.load_splat<f32>(a, 4), v, c1);
    c2 = madd(v128.load_splat<f32>(a, 8), v, c2);
    c3 = madd(v128.load_splat<f32>(a, 12), v, c3);
    c4 = madd(v128.load_splat<f32>(a, 16), v, c4);
    a += ks;
  }
  v128.store(c, c0);
  c += cs;
  v128.store(c, c1);
  c += cs;
  v128.store(c, c2);
  c += cs;
  v128.store(c, c3);
  c += cs;
  v128.store(c, c4);
}

export function direct6x4(a: usize, as: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let a1 = a + as;
  let a2 = a1 + as;
  let a3 = a2 + as;
  let a4 = a3 + as;
  let a5 = a4 + as;
  let c0 = v128.load(from);
  from += fs;
  let c1 = v128.load(from);
  from += fs;
  let c2 = v128.load(from);
  from += fs;
  let c3 = v128.load(from);
  from += fs;
  let c4 = v128.load(from);
  from += fs;
  let c5 = v128.load(from);
  for (; k > 0; k--) {
    const v = v128.load(b);
    b += 32;
    c0 = madd(v128.load_splat<f32>(a), v, c0);
    c1 = madd(v128.load_splat<f32>(a1), v, c1);
    c2 = madd(v128.load_splat<f32>(a2), v, c2);
    c3 = madd(v128.load_splat<f32>(a3), v, c3);
    c4 = madd(v128.load_splat<f32>(a4), v, c4);
    c5 = madd(v128.load_splat<f32>(a5), v, c5);
    a += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
    a4 += 4;
    a5 += 4;
  }
  v128.store(c, c0);
  c += cs;
  v128.store(c, c1);
  c += cs;
  v128.store(c, c2);
  c += cs;
  v128.store(c, c3);
  c += cs;
  v128.store(c, c4);
  c += cs;
  v128.store(c, c5);
}

export function packed6x4(a: usize, ks: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let c0 = v128.load(from);
  from += fs;
  let c1 = v128.load(from);
  from += fs;
  let c2 = v128.load(from);
  from += fs;
  let c3 = v128.load(from);
  from += fs;
  let c4 = v128.load(from);
  from += fs;
  let c5 = v128.load(from);
  for (; k > 0; k--) {
    const v = v128.load(b);
    b += 32;
    c0 = madd(v128.load_splat<f32>(a, 0), v, c0);
    c1 = madd(v128.load_splat<f32>(a, 4), v, c1);
    c2 = madd(v128.load_splat<f32>(a, 8), v, c2);
    c3 = madd(v128.load_splat<f32>(a, 12), v, c3);
    c4 = madd(v128.load_splat<f32>(a, 16), v, c4);
    c5 = madd(v128.load_splat<f32>(a, 20), v, c5);
    a += ks;
  }
  v128.store(c, c0);
  c += cs;
  v128.store(c, c1);
  c += cs;
  v128.store(c, c2);
  c += cs;
  v128.store(c, c3);
  c += cs;
  v128.store(c, c4);
  c += cs;
  v128.store(c, c5);
}

export function packedTwo4x4(a: usize, a2: usize, ks: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let c0 = v128.load(from);
  from += fs;
  let c1 = v128.load(from);
  from += fs;
  let c2 = v128.load(from);
  from += fs;
  let c3 = v128.load(from);
  from += fs;
  let c4 = v128.load(from);
  from += fs;
  let c5 = v128.load(from);
  from += fs;
  let c6 = v128.load(from);
  from += fs;
  let c7 = v128.load(from);
  for (; k > 0; k--) {
    const v = v128.load(b);
    b += 32;
    c0 = madd(v128.load_splat<f32>(a, 0), v, c0);
    c1 = madd(v128.load_splat<f32>(a, 4), v, c1);
    c2 = madd(v128.load_splat<f32>(a, 8), v, c2);
    c3 = madd(v128.load_splat<f32>(a, 12), v, c3);
    c4 = madd(v128.load_splat<f32>(a2, 0), v, c4);
    c5 = madd(v128.load_splat<f32>(a2, 4), v, c5);
    c6 = madd(v128.load_splat<f32>(a2, 8), v, c6);
    c7 = madd(v128.load_splat<f32>(a2, 12), v, c7);
    a += ks;
    a2 += ks;
  }
  v128.store(c, c0);
  c += cs;
  v128.store(c, c1);
  c += cs;
  v128.store(c, c2);
  c += cs;
  v128.store(c, c3);
  c += cs;
  v128.store(c, c4);
  c += cs;
  v128.store(c, c5);
  c += cs;
  v128.store(c, c6);
  c += cs;
  v128.store(c, c7);
}

export function packedTwo5x4(a: usize, a2: usize, ks: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let c0 = v128.load(from);
  from += fs;
  let c1 = v128.load(from);
  from += fs;
  let c2 = v128.load(from);
  from += fs;
  let c3 = v128.load(from);
  from += fs;
  let c4 = v128.load(from);
  from += fs;
  let c5 = v128.load(from);
  from += fs;
  let c6 = v128.load(from);
  from += fs;
  let c7 = v128.load(from);
  from += fs;
  let c8 = v128.load(from);
  from += fs;
  let c9 = v128.load(from);
  for (; k > 0; k--) {
    const v = v128.load(b);
    b += 32;
    c0 = madd(v128.load_splat<f32>(a, 0), v, c0);
    c1 = madd(v128.load_splat<f32>(a, 4), v, c1);
    c2 = madd(v128.load_splat<f32>(a, 8), v, c2);
    c3 = madd(v128.load_splat<f32>(a, 12), v, c3);
    c4 = madd(v128.load_splat<f32>(a, 16), v, c4);
    c5 = madd(v128.load_splat<f32>(a2, 0), v, c5);
    c6 = madd(v128.load_splat<f32>(a2, 4), v, c6);
    c7 = madd(v128.load_splat<f32>(a2, 8), v, c7);
    c8 = madd(v128.load_splat<f32>(a2, 12), v, c8);
    c9 = madd(v128.load_splat<f32>(a2, 16), v, c9);
    a += ks;
    a2 += ks;
  }
  v128.store(c, c0);
  c += cs;
  v128.store(c, c1);
  c += cs;
  v128.store(c, c2);
  c += cs;
  v128.store(c, c3);
  c += cs;
  v128.store(c, c4);
  c += cs;
  v128.store(c, c5);
  c += cs;
  v128.store(c, c6);
  c += cs;
  v128.store(c, c7);
  c += cs;
  v128.store(c, c8);
  c += cs;
  v128.store(c, c9);
}

export function packedTwo6x4(a: usize, a2: usize, ks: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32): void {
  let c0 = v128.load(from);
  from += fs;
  let c1 = v128.load(from);
  from += fs;
  let c2 = v128.load(from);
  from += fs;
  let c3 = v128.load(from);
  from += fs;
  let c4 = v128.load(from);
  from += fs;
  let c5 = v128.load(from);
  from += fs;
  let c6 = v128.load(from);
  from += fs;
  let c7 = v128.load(from);
  from += fs;
  let c8 = v128.load(from);
  from += fs;
  let c9 = v128.load(from);
  from += fs;
  let c10 = v128.load(from);
  from += fs;
  let c11 = v128.load(from);
  for (; k > 0; k--) {
    const v = v128.load(b);
    b += 32;
    c0 = madd(v128.load_splat<f32>(a, 0), v, c0);
    c1 = madd(v128.load_splat<f32>(a, 4), v, c1);
    c2 = madd(v128.load_splat<f32>(a, 8), v, c2);
    c3 = madd(v128.load_splat<f32>(a, 12), v, c3);
    c4 = madd(v128.load_splat<f32>(a, 16), v, c4);
    c5 = madd(v128.load_splat<f32>(a, 20), v, c5);
    c6 = madd(v128.load_splat<f32>(a2, 0), v, c6);
    c7 = madd(v128.load_splat<f32>(a2, 4), v, c7);
    c8 = madd(v128.load_splat<f32>(a2, 8), v, c8);
    c9 = madd(v128.load_splat<f32>(a2, 12), v, c9);
    c10 = madd(v128.load_splat<f32>(a2, 16), v, c10);
    c11 = madd(v128.load_splat<f32>(a2, 20), v, c11);
    a += ks;
    a2 += ks;
  }
  v128.store(c, c0);
  c += cs;
  v128.store(c, c1);
  c += cs;
  v128.store(c, c2);
  c += cs;
  v128.store(c, c3);
  c += cs;
  v128.store(c, c4);
  c += cs;
  v128.store(c, c5);
  c += cs;
  v128.store(c, c6);
  c += cs;
  v128.store(c, c7);
  c += cs;
  v128.store(c, c8);
  c += cs;
  v128.store(c, c9);
  c += cs;
  v128.store(c, c10);
  c += cs;
  v128.store(c, c11);
}
