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
 * Four steps of k for two rows at a time, so that `out` and `b` cross memory's way less often.
 */
export function multiplyAdd(out: Matrix, a: Matrix, b: Matrix, m: number, n: number, k: number): void {
  let i = 0;
  for (; i + 2 <= m; i += 2) multiplyAddTwoRows(out, a, b, i, n, k);
  for (; i < m; i++) {
    for (let p = 0; p < k; p++) multiplyAddOne(out, a, b, i, n, p);
  }
}

/** Row i of out += a[i, p] · row p of b. */
function multiplyAddOne(out: Matrix, a: Matrix, b: Matrix, i: number, n: number, p: number): void {
  const o = out.data;
  const w = b.data;
  const to = out.at + i * out.row;
  const from = b.at + p * b.row;
  const factor = a.data[a.at + i * a.row + p * a.column];
  for (let j = 0; j < n; j++) o[to + j] += factor * w[from + j];
}

function multiplyAddTwoRows(out: Matrix, a: Matrix, b: Matrix, i: number, n: number, k: number): void {
  const o = out.data;
  const x = a.data;
  const w = b.data;
  const step = a.column;
  const to = out.at + i * out.row;
  const to2 = to + out.row;
  let p = 0;
  for (; p + 4 <= k; p += 4) {
    const from = a.at + i * a.row + p * step;
    const x0 = x[from];
    const x1 = x[from + step];
    const x2 = x[from + 2 * step];
    const x3 = x[from + 3 * step];
    const next = from + a.row;
    const z0 = x[next];
    const z1 = x[next + step];
    const z2 = x[next + 2 * step];
    const z3 = x[next + 3 * step];
    const b0 = b.at + p * b.row;
    const b1 = b0 + b.row;
    const b2 = b1 + b.row;
    const b3 = b2 + b.row;
    for (let j = 0; j < n; j++) {
      const w0 = w[b0 + j];
      const w1 = w[b1 + j];
      const w2 = w[b2 + j];
      const w3 = w[b3 + j];
      o[to + j] += x0 * w0 + x1 * w1 + x2 * w2 + x3 * w3;
      o[to2 + j] += z0 * w0 + z1 * w1 + z2 * w2 + z3 * w3;
    }
  }
  for (; p < k; p++) {
    multiplyAddOne(out, a, b, i, n, p);
    multiplyAddOne(out, a, b, i + 1, n, p);
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
