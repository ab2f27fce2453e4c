/** Numbers in a row. Sums are kept in float64: nothing is lost beyond what the weights have lost already. */
export type Vector = Float64Array;

/** Weights [rows, columns], one row after the other; a vector has one dimension. */
export interface Matrix {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A model's weights by their names, as in its checkpoint. */
export type Weights = ReadonlyMap<string, Matrix>;

/** A weight that the model must have. */
export function weightOf(weights: Weights, name: string): Matrix {
  const found = weights.get(name);
  if (found === undefined) throw new Error(`The model has no weight ${JSON.stringify(name)}.`);
  return found;
}

/** W x + b. @param b  left out: 0 */
export function linear(w: Matrix, x: ArrayLike<number>, b?: Matrix): Vector {
  const [rows, columns = 1] = w.shape;
  const { data } = w;
  const out = new Float64Array(rows);
  for (let i = 0, at = 0; i < rows; i++) {
    let sum = b === undefined ? 0 : b.data[i];
    for (let j = 0; j < columns; j++) sum += data[at++] * x[j];
    out[i] = sum;
  }
  return out;
}

/** A row of a matrix: what an embedding gives of a token. */
export function rowOf({ shape, data }: Matrix, row: number): Vector {
  const [, columns] = shape;
  return Float64Array.from(data.subarray(row * columns, (row + 1) * columns));
}

/** Rows `from` (with) to `to` (without). */
export function rowsOf({ shape, data }: Matrix, from: number, to: number): Matrix {
  const [, ...rest] = shape;
  const size = rest.reduce((product, length) => product * length, 1);
  return { shape: [to - from, ...rest], data: data.subarray(from * size, to * size) };
}

export function concatenated(parts: readonly ArrayLike<number>[]): Vector {
  const out = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
export const relu = (x: number): number => Math.max(0, x);

/** e^x / Σ e^x */
export function softmax(x: ArrayLike<number>): Vector {
  const shares = logSoftmax(x);
  for (let i = 0; i < shares.length; i++) shares[i] = Math.exp(shares[i]);
  return shares;
}

/** x - log Σ e^x */
export function logSoftmax(x: ArrayLike<number>): Vector {
  const all = logSumExp(x);
  return Float64Array.from(x, (value) => value - all);
}

/** log Σ e^x; -Infinity where nothing is possible. */
export function logSumExp(x: ArrayLike<number>): number {
  let most = -Infinity;
  for (let i = 0; i < x.length; i++) most = Math.max(most, x[i]);
  if (most === -Infinity) return most;
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += Math.exp(x[i] - most);
  return most + Math.log(sum);
}

/** Where the largest is, the first of equals. */
export function argmax(x: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < x.length; i++) if (x[i] > x[best]) best = i;
  return best;
}

/** Σ weights_i vectors_i */
export function weighted(weights: ArrayLike<number>, vectors: readonly Vector[]): Vector {
  const out = new Float64Array(vectors[0].length);
  for (const [i, vector] of vectors.entries()) for (let j = 0; j < out.length; j++) out[j] += weights[i] * vector[j];
  return out;
}
