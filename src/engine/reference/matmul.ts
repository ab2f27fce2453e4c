import { sizeOf } from "../../base/shape.js";
import { commit, input, inputOutput, optionalInput, output, type Strided } from "./strided.js";

/** A matrix inside an array: the element in row i, column j is `data[at + i·row + j·column]`. */
export interface Matrix {
  data: Float64Array;
  at: number;
  row: number;
  column: number;
}

/** Row-major, from `at` on, `columns` wide. */
export function rows(data: Float64Array, columns: number, at = 0): Matrix {
  return { data, at, row: columns, column: 1 };
}

/** The transpose of a row-major matrix `columns` wide. */
export function columns(data: Float64Array, width: number, at = 0): Matrix {
  return { data, at, row: 1, column: width };
}

/**
 * out [M, N] += a [M, K] · b [K, N]. Rows of `out` and `b` must be contiguous (column 1); `a` may be a transpose.
 * Four steps of k at a time keep the sums in `out` half as often in memory's way.
 */
export function multiplyAdd(out: Matrix, a: Matrix, b: Matrix, m: number, n: number, k: number): void {
  const o = out.data;
  const x = a.data;
  const w = b.data;
  for (let i = 0; i < m; i++) {
    const to = out.at + i * out.row;
    let p = 0;
    for (; p + 4 <= k; p += 4) {
      const from = a.at + i * a.row + p * a.column;
      const x0 = x[from];
      const x1 = x[from + a.column];
      const x2 = x[from + 2 * a.column];
      const x3 = x[from + 3 * a.column];
      const b0 = b.at + p * b.row;
      const b1 = b0 + b.row;
      const b2 = b1 + b.row;
      const b3 = b2 + b.row;
      for (let j = 0; j < n; j++) o[to + j] += x0 * w[b0 + j] + x1 * w[b1 + j] + x2 * w[b2 + j] + x3 * w[b3 + j];
    }
    for (; p < k; p++) {
      const x0 = x[a.at + i * a.row + p * a.column];
      const b0 = b.at + p * b.row;
      for (let j = 0; j < n; j++) o[to + j] += x0 * w[b0 + j];
    }
  }
}

/** A copy of a row-major matrix [height, width] as [width, height]. */
export function transposed(a: Float64Array, height: number, width: number): Float64Array {
  const out = new Float64Array(a.length);
  for (let i = 0; i < height; i++) for (let j = 0; j < width; j++) out[j * height + i] = a[i * width + j];
  return out;
}

/** out [..., M, N] = a [..., M, K] · b [..., K, N] + bias, added to what is there when `accumulate`. */
export function matmul(out: Strided, a: Strided, b: Strided, bias: Strided | null, accumulate: boolean): void {
  const rank = out.shape.length;
  const m = out.shape[rank - 2];
  const n = out.shape[rank - 1];
  const k = a.shape[a.shape.length - 1];
  const batch = sizeOf(out.shape.slice(0, rank - 2));
  const left = input(a);
  const right = input(b);
  const shift = optionalInput(bias);
  const o = accumulate ? inputOutput(out) : output(out);
  if (!accumulate) o.fill(0);
  if (shift) for (let i = 0; i < o.length; i++) o[i] += shift[i % n];
  for (let s = 0; s < batch; s++) {
    multiplyAdd(rows(o, n, s * m * n), rows(left, k, s * m * k), rows(right, n, s * k * n), m, n, k);
  }
  commit(out, o);
}
