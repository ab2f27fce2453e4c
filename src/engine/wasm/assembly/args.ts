/** How a kernel reads its arguments: 32-bit words in the order in which JavaScript wrote them. */

// @ts-ignore: decorator
@inline
export function argI32(args: usize, word: i32): i32 {
  return load<i32>(args + ((<usize>word) << 2));
}

/** An address, a size or a stride. */
// @ts-ignore: decorator
@inline
export function argPtr(args: usize, word: i32): usize {
  return <usize>load<u32>(args + ((<usize>word) << 2));
}

// @ts-ignore: decorator
@inline
export function argF32(args: usize, word: i32): f32 {
  return load<f32>(args + ((<usize>word) << 2));
}

/** A float64 lies in two words; `word` is even, so it is aligned. */
// @ts-ignore: decorator
@inline
export function argF64(args: usize, word: i32): f64 {
  return load<f64>(args + ((<usize>word) << 2));
}

/**
 * Where piece `part` of `parts` begins in `total` items, in whole blocks of `grain`; the piece ends where the next
 * begins, and `partBegin(total, parts, parts, grain)` is `total`.
 */
// @ts-ignore: decorator
@inline
export function partBegin(total: i32, part: i32, parts: i32, grain: i32): i32 {
  const blocks: i64 = <i64>((total + grain - 1) / grain);
  const begin = <i32>((blocks * <i64>part) / <i64>parts) * grain;
  return begin < total ? begin : total;
}
