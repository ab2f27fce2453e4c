/**
 * Products by the system's BLAS, which JavaScript hands in (engine/blas). How a product is cut into calls depends on its sizes alone,
 * never on threads: so whatever order a BLAS sums in, the bits are the same for any number of them.
 */
import { argI32, argPtr, partBegin } from "./args";
import { ZEROS } from "./gemm";
import { transpose4 } from "./packing";

/** C [M, N] = op(A) · op(B) + beta · C, row-major, with row strides in floats; op transposes when its flag is 1. */
// @ts-ignore: decorator
@external("env", "sgemm")
export declare function sgemm(
  transA: i32, transB: i32, m: i32, n: i32, k: i32, a: usize, lda: i32, b: usize, ldb: i32, beta: f32, c: usize, ldc: i32,
): void;

/**
 * A product in a grid of tiles. Args: 0 M, 1 N, 2 K, 3 a, 4 lda, 5 transA, 6 b, 7 ldb, 8 transB, 9 c, 10 ldc (floats), 11 where sums begin
 * (c, a row of biases, or ZEROS), 12 its row stride in bytes, 13 parts of rows, 14 parts of columns.
 */
export function blasProduct(args: usize, part: i32, parts: i32): void {
  const m = argI32(args, 0);
  const n = argI32(args, 1);
  const k = argI32(args, 2);
  const lda = argI32(args, 4);
  const ldb = argI32(args, 7);
  const ldc = argI32(args, 10);
  const transA = argI32(args, 5);
  const transB = argI32(args, 8);
  const from = argPtr(args, 11);
  const rowParts = argI32(args, 13);
  const columnParts = argI32(args, 14);
  const last = parts == 1 ? rowParts * columnParts : part + 1;
  for (let job = parts == 1 ? 0 : part; job < last; job++) {
    const m0 = partBegin(m, job % rowParts, rowParts, 8);
    const rows = partBegin(m, (job % rowParts) + 1, rowParts, 8) - m0;
    const n0 = partBegin(n, job / rowParts, columnParts, 16);
    const columns = partBegin(n, job / rowParts + 1, columnParts, 16) - n0;
    if (rows == 0 || columns == 0) continue;
    const a = argPtr(args, 3) + (<usize>(transA != 0 ? m0 : m0 * lda) << 2);
    const b = argPtr(args, 6) + (<usize>(transB != 0 ? n0 * ldb : n0) << 2);
    const c = argPtr(args, 9) + (<usize>(m0 * ldc + n0) << 2);
    const apart = from != ZEROS && from != argPtr(args, 9);
    if (apart) copyRows(c, ldc, from + <usize>m0 * argPtr(args, 12) + (<usize>n0 << 2), argPtr(args, 12), rows, columns);
    sgemm(transA, transB, rows, columns, k, a, lda, b, ldb, from == ZEROS ? 0 : 1, c, ldc);
  }
}

function copyRows(to: usize, ldc: i32, from: usize, fs: usize, rows: i32, columns: i32): void {
  for (; rows > 0; rows--) {
    memory.copy(to, from, <usize>columns << 2);
    to += <usize>ldc << 2;
    from += fs;
  }
}

/**
 * b [K, N] in chunks of columns, each contiguous: [chunk][K][width], zeros after the last column. So a small product reads no more of the
 * cache than it uses, and every row begins on a cache line: rows that do not take OpenBLAS half as long again. Args: 0 b, 1 row stride,
 * 2 column stride (bytes), 3 K, 4 N, 5 to, 6 width. Parts are chunks.
 */
export function packChunks(args: usize, part: i32, parts: i32): void {
  const rs = argPtr(args, 1);
  const cs = argPtr(args, 2);
  const k = argI32(args, 3);
  const n = argI32(args, 4);
  const width = argI32(args, 6);
  const chunks = (n + width - 1) / width;
  const end = partBegin(chunks, part + 1, parts, 1);
  for (let chunk = partBegin(chunks, part, parts, 1); chunk < end; chunk++) {
    const first = chunk * width;
    const columns = min(width, n - first);
    const from = argPtr(args, 0) + <usize>first * cs;
    const to = argPtr(args, 5) + (<usize>(first * k) << 2);
    if (columns < width) memory.fill(to, 0, chunksBytes(k, width, width));
    if (cs == 4) copyRows(to, width, from, rs, k, columns);
    else transposeChunk(from, cs, to, width, k, columns);
  }
}

/** Columns that are each contiguous: 64 of them at a time, so that the lines which are read stay near until all of them is used. */
function transposeChunk(from: usize, cs: usize, to: usize, width: i32, k: i32, columns: i32): void {
  const ts = <usize>width << 2;
  for (let first = 0; first < columns; first += 64) {
    const last = min(first + 64, columns);
    let p = 0;
    for (; p + 4 <= k; p += 4) {
      const y = to + <usize>p * ts;
      let j = first;
      for (; j + 4 <= last; j += 4) transpose4(from + <usize>j * cs + (<usize>p << 2), cs, y + (<usize>j << 2), ts);
      for (; j < last; j++) copyColumn(from + <usize>j * cs, to + (<usize>j << 2), ts, p, p + 4);
    }
    for (let j = first; j < last; j++) copyColumn(from + <usize>j * cs, to + (<usize>j << 2), ts, p, k);
  }
}

function copyColumn(from: usize, to: usize, ts: usize, begin: i32, end: i32): void {
  for (let p = <usize>begin; p < <usize>end; p++) store<f32>(to + p * ts, load<f32>(from + (p << 2)));
}

/** Bytes of the chunks of [K, N]. */
// @ts-ignore: decorator
@inline
export function chunksBytes(k: i32, n: i32, width: i32): usize {
  return <usize>((n + width - 1) / width) * <usize>(k * width) << 2;
}
