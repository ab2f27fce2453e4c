import { isGradEnabled } from "../autograd/index.js";
import type { TypedArray } from "../base/dtype.js";
import { type Tensor, tensor } from "../tensor/index.js";
import { normOf } from "./norm.js";

/** By index of time, then by sequence, longest first. */
export type BySequence<T> = readonly (readonly T[])[];

/** The values that h, or c, has at every step of a run, and the norms of the gradients that come back to them. */
export class StateNotes {
  readonly #values: TypedArray[][] = [];
  #norms: number[][] = [];

  /** @param state  [n, H], row k at the index of time times[k] */
  note(times: readonly number[], state: Tensor): void {
    const rows = rowsOf(state);
    for (const [k, t] of times.entries()) {
      this.#values[t] ??= [];
      this.#values[t][k] = rows[k];
    }
    // Inside noGrad, or with everything frozen, there is no gradient to wait for.
    if (!isGradEnabled() || state.node === null) return;
    state.registerHook((grad) => {
      for (const [k, row] of rowsOf(grad).entries()) {
        const t = times[k];
        this.#norms[t] ??= [];
        this.#norms[t][k] = normOf(row);
      }
      return undefined;
    });
  }

  /** Forgets the gradients: what comes from now on is another walk's. */
  forget(): void {
    this.#norms = [];
  }

  /** Of each sequence; 0 where no gradient has come. */
  norms(): BySequence<number> {
    return this.#values.map((rows, t) => rows.map((_, k) => this.#norms[t]?.[k] ?? 0));
  }

  /** [L, N, H], or packed rows. */
  values(): Tensor {
    const rows = this.#values.flat();
    const [first] = rows as [TypedArray];
    const data = first instanceof Float64Array ? new Float64Array(rows.length * first.length) : new Float32Array(rows.length * first.length); // biome-ignore format: a pair
    for (const [i, row] of rows.entries()) data.set(row, i * first.length);
    const batch = this.#values[0].length;
    const even = this.#values.every(({ length }) => length === batch);
    return tensor(data, {
      shape: even ? [this.#values.length, batch, first.length] : [rows.length, first.length],
    });
  }
}

function rowsOf(x: Tensor): TypedArray[] {
  const data = x.data();
  const [count, width] = x.shape as [number, number];
  return Array.from({ length: count }, (_, k) => data.subarray(k * width, (k + 1) * width));
}
