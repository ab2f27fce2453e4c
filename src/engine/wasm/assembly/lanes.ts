/** The last few floats of a row, where a whole vector would reach beyond its end. */

/** The first `count` (1 and more) words at `p`, zero above them. */
// @ts-ignore: decorator
@inline
export function loadFirst(p: usize, count: i32): v128 {
  return count >= 4 ? v128.load(p) : loadTail(p, count);
}

/** A call, so that loops stay small; each row has one. */
function loadTail(p: usize, count: i32): v128 {
  if (count == 1) return v128.load32_zero(p);
  let v = v128.load64_zero(p);
  if (count == 3) v = v128.load_lane<u32>(p, v, 2, 8);
  return v;
}

/** `count` (1 to 4) floats from `p`, and `above` in the lanes above them. */
// @ts-ignore: decorator
@inline
export function loadFirstOr(p: usize, count: i32, above: v128): v128 {
  return v128.bitselect(loadFirst(p, count), above, firstLanes(count));
}

/** All ones in the first `count` lanes. */
// @ts-ignore: decorator
@inline
export function firstLanes(count: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
}

// @ts-ignore: decorator
@inline
export function storeFirst(p: usize, v: v128, count: i32): void {
  if (count >= 4) v128.store(p, v);
  else storeTail(p, v, count);
}

function storeTail(p: usize, v: v128, count: i32): void {
  if (count == 1) {
    v128.store_lane<u32>(p, v, 0);
    return;
  }
  v128.store_lane<u64>(p, v, 0);
  if (count == 3) v128.store_lane<u32>(p, v, 2, 8);
}

/** (a0 + a2) + (a1 + a3), always in this order. */
// @ts-ignore: decorator
@inline
export function sumLanes(v: v128): f32 {
  const pairs = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

// @ts-ignore: decorator
@inline
export function maxLanes(v: v128): f32 {
  const pairs = f32x4.max(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.max(pairs, v128.shuffle<f32>(pairs, pairs, 1, 0, 3, 2)), 0);
}

// @ts-ignore: decorator
@inline
export function minLanes(v: v128): f32 {
  const pairs = f32x4.min(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.min(pairs, v128.shuffle<f32>(pairs, pairs, 1, 0, 3, 2)), 0);
}
