/**
 * The cells' own arithmetic, four hidden units at a time; `count` of them exist (4 and more: all four).
 * Forward, a tile holds pre-activations of 8 units: 8 floats a gate, 32 bytes from gate to gate.
 */
import { loadFirst, storeFirst } from "./lanes";
import { madd, nmadd } from "./madd";
import { sigmoidV, tanhV } from "./math";

/** h = φ(a). */
// @ts-ignore: decorator
@inline
export function rnnQuad(relu: bool, tile: usize, h: usize, count: i32): void {
  const a = v128.load(tile);
  storeFirst(h, relu ? f32x4.max(a, f32x4.splat(0)) : tanhV(a), count);
}

/** i|f|g|o: c = f⊙c' + i⊙g, h = o⊙tanh(c). `before`: c' or 0 for none; `gates`: where to save, or 0, `gs` bytes apart. */
// @ts-ignore: decorator
@inline
export function lstmQuad(tile: usize, before: usize, c: usize, h: usize, gates: usize, gs: usize, count: i32): void {
  const i = sigmoidV(v128.load(tile));
  const f = sigmoidV(v128.load(tile, 32));
  const g = tanhV(v128.load(tile, 64));
  const o = sigmoidV(v128.load(tile, 96));
  let cell = f32x4.mul(i, g);
  if (before != 0) cell = madd(f, loadFirst(before, count), cell);
  storeFirst(c, cell, count);
  storeFirst(h, f32x4.mul(o, tanhV(cell)), count);
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
export function gruQuad(tile: usize, before: usize, h: usize, gates: usize, gs: usize, count: i32): void {
  const r = sigmoidV(v128.load(tile, 32));
  const z = sigmoidV(v128.load(tile, 64));
  const nh = v128.load(tile, 96);
  const n = tanhV(madd(r, nh, v128.load(tile)));
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
export function rnnBackwardQuad(relu: bool, h: usize, dY: usize, dh: usize, dG: usize, count: i32): void {
  let d = loadFirst(dh, count);
  if (dY != 0) d = f32x4.add(d, loadFirst(dY, count));
  const y = loadFirst(h, count);
  if (relu) d = v128.and(d, f32x4.gt(y, f32x4.splat(0)));
  else d = f32x4.mul(d, nmadd(y, y, f32x4.splat(1)));
  storeFirst(dG, d, count);
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
  const one = f32x4.splat(1);
  let d = loadFirst(dh, count);
  if (dY != 0) d = f32x4.add(d, loadFirst(dY, count));
  const i = loadFirst(gates, count);
  const f = loadFirst(gates + gs, count);
  const g = loadFirst(gates + 2 * gs, count);
  const o = loadFirst(gates + 3 * gs, count);
  const t = f32x4.div(loadFirst(h, count), f32x4.max(o, f32x4.splat(1e-30)));
  const dCell = madd(f32x4.mul(d, o), nmadd(t, t, one), loadFirst(dc, count));
  const last = before != 0 ? loadFirst(before, count) : f32x4.splat(0);
  storeFirst(dc, f32x4.mul(dCell, f), count);
  storeFirst(dG, f32x4.mul(f32x4.mul(dCell, g), f32x4.mul(i, f32x4.sub(one, i))), count);
  storeFirst(dG + gs, f32x4.mul(f32x4.mul(dCell, last), f32x4.mul(f, f32x4.sub(one, f))), count);
  storeFirst(dG + 2 * gs, f32x4.mul(f32x4.mul(dCell, i), nmadd(g, g, one)), count);
  storeFirst(dG + 3 * gs, f32x4.mul(f32x4.mul(d, t), f32x4.mul(o, f32x4.sub(one, o))), count);
}

/** Into dG: n | r | z | state's part of n; dh becomes its direct part z⊙dh. */
// @ts-ignore: decorator
@inline
export function gruBackwardQuad(
  gates: usize, gs: usize, before: usize, dY: usize, dh: usize, dG: usize, count: i32,
): void {
  const one = f32x4.splat(1);
  let d = loadFirst(dh, count);
  if (dY != 0) d = f32x4.add(d, loadFirst(dY, count));
  const r = loadFirst(gates, count);
  const z = loadFirst(gates + gs, count);
  const n = loadFirst(gates + 2 * gs, count);
  const nh = loadFirst(gates + 3 * gs, count);
  const last = before != 0 ? loadFirst(before, count) : f32x4.splat(0);
  const keep = f32x4.sub(one, z);
  const dn = f32x4.mul(f32x4.mul(d, keep), nmadd(n, n, one));
  storeFirst(dh, f32x4.mul(d, z), count);
  storeFirst(dG, dn, count);
  storeFirst(dG + gs, f32x4.mul(f32x4.mul(dn, nh), f32x4.mul(r, f32x4.sub(one, r))), count);
  storeFirst(dG + 2 * gs, f32x4.mul(f32x4.mul(d, f32x4.sub(last, n)), f32x4.mul(z, keep)), count);
  storeFirst(dG + 3 * gs, f32x4.mul(dn, r), count);
}
