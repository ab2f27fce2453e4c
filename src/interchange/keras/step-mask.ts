import { add, mul } from "../../tensor/ops/arithmetic.js";
import { indexSelect } from "../../tensor/ops/gather.js";
import { concat } from "../../tensor/ops/join.js";
import { filled, fromHost } from "../../tensor/ops/raw.js";
import { reshape } from "../../tensor/ops/shape.js";
import type { Tensor } from "../../tensor/tensor.js";

/** Which steps of a batch count: 1 or 0 for each, [N, T] row-major. */
export interface StepMask {
  batch: number;
  steps: number;
  on: Uint8Array;
}

/** @param x  [N, T, ..] */
export function stepMaskOf(x: Tensor, on: (n: number, t: number) => boolean): StepMask {
  const [batch, steps = 1] = x.shape;
  return {
    batch,
    steps,
    on: Uint8Array.from({ length: batch * steps }, (_, i) => Number(on(Math.floor(i / steps), i % steps))),
  };
}

/** Steps that count in all of them; null where all do. */
export function both(masks: readonly (StepMask | null)[]): StepMask | null {
  const given = masks.filter((mask) => mask !== null);
  if (given.length === 0) return null;
  const [first] = given as [StepMask];
  return { ...first, on: first.on.map((_, i) => Number(given.every((mask) => mask.on[i] === 1))) };
}

/** One after another in time; a missing one counts as all. @param steps  of each */
export function inARow(masks: readonly (StepMask | null)[], batch: number, steps: readonly number[]): StepMask | null {
  if (masks.every((mask) => mask === null)) return null;
  const total = steps.reduce((sum, count) => sum + count, 0);
  const on = new Uint8Array(batch * total);
  let from = 0;
  for (const [k, mask] of masks.entries()) {
    for (let n = 0; n < batch; n++) {
      for (let t = 0; t < steps[k]; t++) on[n * total + from + t] = mask?.on[n * steps[k] + t] ?? 1;
    }
    from += steps[k];
  }
  return { batch, steps: total, on };
}

/** As a float32 tensor [N, T, 1]. */
export function factorOf({ batch, steps, on }: StepMask): Tensor {
  return fromHost(Float32Array.from(on), [batch, steps, 1]);
}

/**
 * A walk over the steps that count and no others: a masked step keeps the state, wherever it falls, so that a recurrence is one run
 * over the others, and its kernel can be used.
 */
export class Walk {
  /** Of each sequence, at least 1, for the recurrent layer. */
  readonly lengths: readonly number[];
  readonly #mask: StepMask;
  readonly #longest: number;
  /** Row of [N·T] that step k of sequence n reads. */
  readonly #reads: Int32Array;
  /** Row of [N·longest] that is put out at each step of the walk; -1 before the first that counts. */
  readonly #writes: Int32Array;
  readonly #empty: Uint8Array;

  constructor(mask: StepMask, backwards: boolean) {
    const { batch, steps, on } = mask;
    this.#mask = mask;
    const taken = Array.from({ length: batch }, (_, n) => {
      const walk = Array.from({ length: steps }, (_, p) => (backwards ? steps - 1 - p : p));
      return { walk, valid: walk.filter((t) => on[n * steps + t] === 1) };
    });
    this.#longest = Math.max(1, ...taken.map(({ valid }) => valid.length));
    this.lengths = taken.map(({ valid }) => Math.max(1, valid.length));
    this.#empty = Uint8Array.from(taken, ({ valid }) => Number(valid.length === 0));
    this.#reads = Int32Array.from(
      taken.flatMap(({ valid }, n) => Array.from({ length: this.#longest }, (_, k) => n * steps + (valid[k] ?? 0))),
    );
    this.#writes = new Int32Array(batch * steps);
    for (const [n, { walk }] of taken.entries()) {
      let count = 0;
      for (const [p, t] of walk.entries()) {
        count += on[n * steps + t];
        this.#writes[n * steps + p] = count === 0 ? -1 : n * this.#longest + count - 1;
      }
    }
  }

  /** x [N, T, F] with its steps that count in front, in the order of the walk. */
  gather(x: Tensor): Tensor {
    const { batch, steps } = this.#mask;
    return rows(x, this.#reads, [batch, this.#longest], batch * steps);
  }

  /**
   * What is put out at each step of the walk: y [N, longest, H] at those that count; at others the output before, or with `zeroOutput`
   * zeros; before the first that counts `first` [N, H], or zeros.
   */
  spread(y: Tensor, backwards: boolean, zeroOutput: boolean, first: Tensor | null): Tensor {
    const { batch, steps, on } = this.#mask;
    const shows = this.#writes.map((row, i) => {
      const [n, p] = [Math.floor(i / steps), i % steps];
      const isOn = on[n * steps + (backwards ? steps - 1 - p : p)] === 1;
      return Number(row >= 0 && (isOn || !zeroOutput));
    });
    const wide = rows(
      y,
      this.#writes.map((row) => Math.max(row, 0)),
      [batch, steps],
      batch * this.#longest,
    );
    if (shows.every((one) => one === 1)) return wide;
    const shown = mul(wide, fromHost(Float32Array.from(shows), [batch, steps, 1]));
    if (first === null) return shown;
    const before = Float32Array.from(this.#writes, (row) => Number(row < 0));
    return add(shown, mul(reshape(first, [batch, 1, -1]), fromHost(before, [batch, steps, 1])));
  }

  /** The state after the walk, [N, H]: of a sequence none of whose steps count, the one before, or zeros. */
  settle(state: Tensor, initial: Tensor | null): Tensor {
    if (!this.#empty.includes(1)) return state;
    const empty = fromHost(Float32Array.from(this.#empty), [this.#mask.batch, 1]);
    const kept = mul(
      state,
      fromHost(
        Float32Array.from(this.#empty, (one) => 1 - one),
        [this.#mask.batch, 1],
      ),
    );
    return initial === null ? kept : add(kept, mul(initial, empty));
  }
}

function rows(x: Tensor, index: Int32Array, lead: readonly number[], count: number): Tensor {
  const width = x.shape[2];
  return reshape(indexSelect(reshape(x, [count, width]), 0, fromHost(index, [index.length])), [...lead, width]);
}

/** `count` rows of a constant before and after the steps of x [N, T, F]. */
export function padSteps(x: Tensor, before: number, after: number, value = 0): Tensor {
  const [batch, , width] = x.shape;
  const filler = (steps: number): Tensor[] => (steps === 0 ? [] : [filled(x.dtype, [batch, steps, width], value)]);
  return before + after === 0 ? x : concat([...filler(before), x, ...filler(after)], 1);
}
