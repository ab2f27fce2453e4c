/**
 * The cells' own arithmetic. Quads take four hidden units, of which `count` exist (4 and more: all four); octs take a whole block of 8,
 * written as adjacent pairs of the same operations, all loads before all stores, which V8 can fuse into 256-bit ones.
 * Forward, a tile holds pre-activations of 8 units: 8 floats a gate, `gap` bytes from gate to gate.
 */
import { RNN_RELU, RNN_SIGMOID } from "./cell-kinds";
import { constant, ONE, SETTLE, VANISHED } from "./constants";
import { loadFirst, storeFirst } from "./lanes";
import { madd, nmadd } from "./madd";
import { sigmoidV, tanhGateV, tanhV } from "./math";

/** φ(a) of a simple cell. */
// @ts-ignore: decorator
@inline
function phi(cell: i32, a: v128): v128 {
  return cell == RNN_RELU ? f32x4.pmax(a, f32x4.splat(0)) : cell == RNN_SIGMOID ? sigmoidV(a) : tanhV(a);
}

/** d · φ'(a), from h = φ(a). */
// @ts-ignore: decorator
@inline
function timesSlope(cell: i32, d: v128, h: v128, one: v128): v128 {
  if (cell == RNN_RELU) return v128.and(d, f32x4.gt(h, f32x4.splat(0)));
  return f32x4.mul(d, cell == RNN_SIGMOID ? f32x4.mul(h, f32x4.sub(one, h)) : nmadd(h, h, one));
}

/**
 * A gradient in multiples of 2^-113, exact from 2^-89 on. One that vanishes over many steps would end in denormal numbers, with which a
 * backward pass took 12 to 21 times as long, and WebAssembly has no flush to zero.
 */
// @ts-ignore: decorator
@inline
function settled(d: v128): v128 {
  const t = constant(SETTLE);
  return f32x4.sub(f32x4.add(d, t), t);
}

/** h = φ(a). */
// @ts-ignore: decorator
@inline
export function rnnQuad(cell: i32, tile: usize, h: usize, count: i32): void {
  storeFirst(h, phi(cell, v128.load(tile)), count);
}

/** i|f|g|o: c = f⊙c' + i⊙g, h = o⊙tanh(c). `before`: c' or 0 for none; `gates`: where to save, or 0, `gs` bytes apart. */
// @ts-ignore: decorator
@inline
export function lstmQuad(
  tile: usize, gap: usize, before: usize, c: usize, h: usize, gates: usize, gs: usize, count: i32,
): void {
  const i = sigmoidV(v128.load(tile));
  const f = sigmoidV(v128.load(tile + gap));
  const g = tanhGateV(v128.load(tile + 2 * gap));
  const o = sigmoidV(v128.load(tile + 3 * gap));
  let cell = f32x4.mul(i, g);
  if (before != 0) cell = madd(f, loadFirst(before, count), cell);
  storeFirst(c, cell, count);
  storeFirst(h, f32x4.mul(o, tanhGateV(cell)), count);
  if (gates != 0) {
    storeFirst(gates, i, count);
    storeFirst(gates + gs, f, count);
    storeFirst(gates + 2 * gs, g, count);
    storeFirst(gates + 3 * gs, o, count);
  }
}

/** Tile n (inputs' part) | r | z | n (state's part): n = tanh(nx + r⊙nh), h = n + z⊙(h' - n). Saves r | z | n | nh. */
// @ts-ignore: decorator
@inline
export function gruQuad(
  tile: usize, gap: usize, before: usize, h: usize, gates: usize, gs: usize, count: i32,
): void {
  const r = sigmoidV(v128.load(tile + gap));
  const z = sigmoidV(v128.load(tile + 2 * gap));
  const nh = v128.load(tile + 3 * gap);
  const n = tanhGateV(madd(r, nh, v128.load(tile)));
  const last = before != 0 ? loadFirst(before, count) : f32x4.splat(0);
  storeFirst(h, madd(z, f32x4.sub(last, n), n), count);
  if (gates != 0) {
    storeFirst(gates, r, count);
    storeFirst(gates + gs, z, count);
    storeFirst(gates + 2 * gs, n, count);
    storeFirst(gates + 3 * gs, nh, count);
  }
}

/** dPre = dh · φ'(h). */
// @ts-ignore: decorator
@inline
export function rnnBackwardQuad(cell: i32, h: usize, dY: usize, dh: usize, dG: usize, count: i32): void {
  let d = loadFirst(dh, count);
  if (dY != 0) d = f32x4.add(d, loadFirst(dY, count));
  storeFirst(dG, settled(timesSlope(cell, d, loadFirst(h, count), constant(ONE))), count);
}

/**
 * Gradients of the pre-activations into dG (i|f|g|o), and of c_{t-1} into dc. `gs`: bytes between gates in both.
 * tanh(c) = h / o comes cheaper than tanh again; where o has vanished, so has every gradient that it would enter.
 */
// @ts-ignore: decorator
@inline
export function lstmBackwardQuad(
  gates: usize, gs: usize, before: usize, h: usize, dY: usize, dh: usize, dc: usize, dG: usize, count: i32,
): void {
  const one = constant(ONE);
  let d = loadFirst(dh, count);
  if (dY != 0) d = f32x4.add(d, loadFirst(dY, count));
  const i = loadFirst(gates, count);
  const f = loadFirst(gates + gs, count);
  const g = loadFirst(gates + 2 * gs, count);
  const o = loadFirst(gates + 3 * gs, count);
  const t = f32x4.div(loadFirst(h, count), f32x4.pmax(o, constant(VANISHED)));
  const dCell = madd(f32x4.mul(d, o), nmadd(t, t, one), loadFirst(dc, count));
  const last = before != 0 ? loadFirst(before, count) : f32x4.splat(0);
  storeFirst(dc, settled(f32x4.mul(dCell, f)), count);
  storeFirst(dG, settled(f32x4.mul(f32x4.mul(dCell, g), f32x4.mul(i, f32x4.sub(one, i)))), count);
  storeFirst(dG + gs, settled(f32x4.mul(f32x4.mul(dCell, last), f32x4.mul(f, f32x4.sub(one, f)))), count);
  storeFirst(dG + 2 * gs, settled(f32x4.mul(f32x4.mul(dCell, i), nmadd(g, g, one))), count);
  storeFirst(dG + 3 * gs, settled(f32x4.mul(f32x4.mul(d, t), f32x4.mul(o, f32x4.sub(one, o)))), count);
}

/** Into dG: n | r | z | state's part of n; dh becomes its direct part z⊙dh. */
// @ts-ignore: decorator
@inline
export function gruBackwardQuad(
  gates: usize, gs: usize, before: usize, dY: usize, dh: usize, dG: usize, count: i32,
): void {
  const one = constant(ONE);
  let d = loadFirst(dh, count);
  if (dY != 0) d = f32x4.add(d, loadFirst(dY, count));
  const r = loadFirst(gates, count);
  const z = loadFirst(gates + gs, count);
  const n = loadFirst(gates + 2 * gs, count);
  const nh = loadFirst(gates + 3 * gs, count);
  const last = before != 0 ? loadFirst(before, count) : f32x4.splat(0);
  const keep = f32x4.sub(one, z);
  const dn = f32x4.mul(f32x4.mul(d, keep), nmadd(n, n, one));
  storeFirst(dh, settled(f32x4.mul(d, z)), count);
  storeFirst(dG, settled(dn), count);
  storeFirst(dG + gs, settled(f32x4.mul(f32x4.mul(dn, nh), f32x4.mul(r, f32x4.sub(one, r)))), count);
  storeFirst(dG + 2 * gs, settled(f32x4.mul(f32x4.mul(d, f32x4.sub(last, n)), f32x4.mul(z, keep))), count);
  storeFirst(dG + 3 * gs, settled(f32x4.mul(dn, r)), count);
}

// @ts-ignore: decorator
@inline
function storePair(p: usize, a: v128, b: v128): void {
  v128.store(p, a);
  v128.store(p, b, 16);
}

/** A pre-activation: what BLAS summed lacks its bias. */
// @ts-ignore: decorator
@inline
function sumOf(biased: bool, at: usize, bias: usize): v128 {
  return biased ? f32x4.add(v128.load(at), v128.load(bias)) : v128.load(at);
}

/** `bias` is read where `biased`, here and below: as the tile lies. */
// @ts-ignore: decorator
@inline
export function rnnOct(cell: i32, biased: bool, tile: usize, bias: usize, h: usize): void {
  const a = sumOf(biased, tile, bias), b = sumOf(biased, tile + 16, bias + 16);
  storePair(h, phi(cell, a), phi(cell, b));
}

/** `before` may be zeros; `saves`: whether gates are wanted; `ts`: bytes from gate to gate of the tile. */
// @ts-ignore: decorator
@inline
export function lstmOct(
  saves: bool, biased: bool, tile: usize, ts: usize, bias: usize, before: usize, c: usize, h: usize, gates: usize, gs: usize,
): void {
  const b0 = v128.load(before), b1 = v128.load(before, 16);
  const pf = tile + ts, pg = tile + 2 * ts, po = tile + 3 * ts;
  const i0 = sigmoidV(sumOf(biased, tile, bias)), i1 = sigmoidV(sumOf(biased, tile + 16, bias + 16));
  const f0 = sigmoidV(sumOf(biased, pf, bias + 32)), f1 = sigmoidV(sumOf(biased, pf + 16, bias + 48));
  const g0 = tanhGateV(sumOf(biased, pg, bias + 64)), g1 = tanhGateV(sumOf(biased, pg + 16, bias + 80));
  const o0 = sigmoidV(sumOf(biased, po, bias + 96)), o1 = sigmoidV(sumOf(biased, po + 16, bias + 112));
  const c0 = madd(f0, b0, f32x4.mul(i0, g0)), c1 = madd(f1, b1, f32x4.mul(i1, g1));
  const h0 = f32x4.mul(o0, tanhGateV(c0)), h1 = f32x4.mul(o1, tanhGateV(c1));
  storePair(c, c0, c1);
  storePair(h, h0, h1);
  if (saves) {
    storePair(gates, i0, i1);
    storePair(gates + gs, f0, f1);
    storePair(gates + 2 * gs, g0, g1);
    storePair(gates + 3 * gs, o0, o1);
  }
}

/** `n`, `r`, `z` and `nh` (the state's part of n): where the pre-activations lie. */
// @ts-ignore: decorator
@inline
export function gruOct(
  saves: bool, biased: bool, n: usize, r: usize, z: usize, nh: usize, bias: usize, before: usize, h: usize, gates: usize, gs: usize,
): void {
  const b0 = v128.load(before), b1 = v128.load(before, 16);
  const nh0 = sumOf(biased, nh, bias + 96), nh1 = sumOf(biased, nh + 16, bias + 112);
  const r0 = sigmoidV(sumOf(biased, r, bias + 32)), r1 = sigmoidV(sumOf(biased, r + 16, bias + 48));
  const z0 = sigmoidV(sumOf(biased, z, bias + 64)), z1 = sigmoidV(sumOf(biased, z + 16, bias + 80));
  const n0 = tanhGateV(madd(r0, nh0, sumOf(biased, n, bias))), n1 = tanhGateV(madd(r1, nh1, sumOf(biased, n + 16, bias + 16)));
  storePair(h, madd(z0, f32x4.sub(b0, n0), n0), madd(z1, f32x4.sub(b1, n1), n1));
  if (saves) {
    storePair(gates, r0, r1);
    storePair(gates + gs, z0, z1);
    storePair(gates + 2 * gs, n0, n1);
    storePair(gates + 3 * gs, nh0, nh1);
  }
}

/** `dY` may be zeros, here and below. */
// @ts-ignore: decorator
@inline
export function rnnBackwardOct(cell: i32, h: usize, dY: usize, dh: usize, dG: usize): void {
  const d0 = f32x4.add(v128.load(dh), v128.load(dY)), d1 = f32x4.add(v128.load(dh, 16), v128.load(dY, 16));
  const y0 = v128.load(h), y1 = v128.load(h, 16);
  const one = constant(ONE);
  storePair(dG, settled(timesSlope(cell, d0, y0, one)), settled(timesSlope(cell, d1, y1, one)));
}

// @ts-ignore: decorator
@inline
export function lstmBackwardOct(
  gates: usize, gs: usize, before: usize, h: usize, dY: usize, dh: usize, dc: usize, dG: usize,
): void {
  const one = constant(ONE), vanished = constant(VANISHED);
  const d0 = f32x4.add(v128.load(dh), v128.load(dY)), d1 = f32x4.add(v128.load(dh, 16), v128.load(dY, 16));
  const i0 = v128.load(gates), i1 = v128.load(gates, 16);
  const f0 = v128.load(gates + gs), f1 = v128.load(gates + gs, 16);
  const g0 = v128.load(gates + 2 * gs), g1 = v128.load(gates + 2 * gs, 16);
  const o0 = v128.load(gates + 3 * gs), o1 = v128.load(gates + 3 * gs, 16);
  const b0 = v128.load(before), b1 = v128.load(before, 16);
  const t0 = f32x4.div(v128.load(h), f32x4.pmax(o0, vanished)), t1 = f32x4.div(v128.load(h, 16), f32x4.pmax(o1, vanished));
  const c0 = madd(f32x4.mul(d0, o0), nmadd(t0, t0, one), v128.load(dc));
  const c1 = madd(f32x4.mul(d1, o1), nmadd(t1, t1, one), v128.load(dc, 16));
  const di0 = f32x4.mul(f32x4.mul(c0, g0), f32x4.mul(i0, f32x4.sub(one, i0)));
  const di1 = f32x4.mul(f32x4.mul(c1, g1), f32x4.mul(i1, f32x4.sub(one, i1)));
  const df0 = f32x4.mul(f32x4.mul(c0, b0), f32x4.mul(f0, f32x4.sub(one, f0)));
  const df1 = f32x4.mul(f32x4.mul(c1, b1), f32x4.mul(f1, f32x4.sub(one, f1)));
  const dg0 = f32x4.mul(f32x4.mul(c0, i0), nmadd(g0, g0, one));
  const dg1 = f32x4.mul(f32x4.mul(c1, i1), nmadd(g1, g1, one));
  const do0 = f32x4.mul(f32x4.mul(d0, t0), f32x4.mul(o0, f32x4.sub(one, o0)));
  const do1 = f32x4.mul(f32x4.mul(d1, t1), f32x4.mul(o1, f32x4.sub(one, o1)));
  storePair(dc, settled(f32x4.mul(c0, f0)), settled(f32x4.mul(c1, f1)));
  storePair(dG, settled(di0), settled(di1));
  storePair(dG + gs, settled(df0), settled(df1));
  storePair(dG + 2 * gs, settled(dg0), settled(dg1));
  storePair(dG + 3 * gs, settled(do0), settled(do1));
}

// @ts-ignore: decorator
@inline
export function gruBackwardOct(gates: usize, gs: usize, before: usize, dY: usize, dh: usize, dG: usize): void {
  const one = constant(ONE);
  const d0 = f32x4.add(v128.load(dh), v128.load(dY)), d1 = f32x4.add(v128.load(dh, 16), v128.load(dY, 16));
  const r0 = v128.load(gates), r1 = v128.load(gates, 16);
  const z0 = v128.load(gates + gs), z1 = v128.load(gates + gs, 16);
  const n0 = v128.load(gates + 2 * gs), n1 = v128.load(gates + 2 * gs, 16);
  const nh0 = v128.load(gates + 3 * gs), nh1 = v128.load(gates + 3 * gs, 16);
  const b0 = v128.load(before), b1 = v128.load(before, 16);
  const k0 = f32x4.sub(one, z0), k1 = f32x4.sub(one, z1);
  const dn0 = f32x4.mul(f32x4.mul(d0, k0), nmadd(n0, n0, one)), dn1 = f32x4.mul(f32x4.mul(d1, k1), nmadd(n1, n1, one));
  const dr0 = f32x4.mul(f32x4.mul(dn0, nh0), f32x4.mul(r0, f32x4.sub(one, r0)));
  const dr1 = f32x4.mul(f32x4.mul(dn1, nh1), f32x4.mul(r1, f32x4.sub(one, r1)));
  const dz0 = f32x4.mul(f32x4.mul(d0, f32x4.sub(b0, n0)), f32x4.mul(z0, k0));
  const dz1 = f32x4.mul(f32x4.mul(d1, f32x4.sub(b1, n1)), f32x4.mul(z1, k1));
  storePair(dh, settled(f32x4.mul(d0, z0)), settled(f32x4.mul(d1, z1)));
  storePair(dG, settled(dn0), settled(dn1));
  storePair(dG + gs, settled(dr0), settled(dr1));
  storePair(dG + 2 * gs, settled(dz0), settled(dz1));
  storePair(dG + 3 * gs, settled(f32x4.mul(dn0, r0)), settled(f32x4.mul(dn1, r1)));
}
