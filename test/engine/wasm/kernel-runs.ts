/** Runs of the product kernels on seeded operands, whose results are compared between engines. */
import type { TypedArray } from "../../../src/base/dtype.js";
import { Generator } from "../../../src/base/random.js";
import { contiguousStrides, type Shape, sizeOf } from "../../../src/base/shape.js";
import { type CellKind, GATES } from "../../../src/engine/cells.js";
import type { Operand } from "../../../src/engine/engine.js";
import { OP_NOTHING } from "../../../src/engine/wasm/ops.js";
import type { WasmEngine } from "../../../src/engine/wasm/wasm-engine.js";

/** An engine, seeded operands on it, and what its kernels wrote. */
export class Bench {
  readonly engine: WasmEngine;
  readonly kept: Operand[] = [];
  readonly #random = new Generator(29);

  constructor(engine: WasmEngine) {
    this.engine = engine;
  }

  random(...shape: number[]): Operand {
    return this.#fill(shape, () => this.#random.uniform() - 0.5);
  }

  /** A tenth of that: a projection whose state stays as small as that of an lstm without. */
  small(...shape: number[]): Operand {
    return this.#fill(shape, () => (this.#random.uniform() - 0.5) / 10);
  }

  out(...shape: number[]): Operand {
    const x = this.#fill(shape, () => -7);
    this.kept.push(x);
    return x;
  }

  ids(count: number, n: number): Operand {
    const buffer = this.engine.alloc("int32", count);
    this.engine.write(
      buffer,
      Int32Array.from({ length: count }, () => this.#random.integer(n)),
    );
    return { buffer, offset: 0, shape: [count], strides: [1] };
  }

  results(): TypedArray[] {
    return this.kept.map(({ buffer }) => this.engine.readSync(buffer).slice());
  }

  #fill(shape: Shape, value: () => number): Operand {
    const buffer = this.engine.alloc("float32", sizeOf(shape));
    const data = new Float32Array(sizeOf(shape));
    for (let i = 0; i < data.length; i++) data[i] = value();
    this.engine.write(buffer, data);
    return { buffer, offset: 0, shape, strides: contiguousStrides(shape) };
  }
}

export function product(b: Bench, m: number, n: number, k: number, layout: string): void {
  const turn = (x: Operand): Operand => ({ ...x, shape: [x.shape[1]!, x.shape[0]!], strides: [1, x.shape[1]!] });
  const left = layout[0] === "t" ? turn(b.random(k, m)) : b.random(m, k);
  const right = layout[1] === "t" ? turn(b.random(n, k)) : b.random(k, n);
  b.engine.matmul(b.out(m, n), left, right, { bias: b.random(n) });
}

export function sequence(
  b: Bench,
  cell: CellKind,
  [l, n, i, h, p]: [number, number, number, number, number?],
  reverse: boolean,
): void {
  const g = GATES[cell];
  const lstm = cell === "lstm";
  const state = p ?? h;
  const args = {
    cell,
    x: b.random(l, n, i),
    wIh: b.random(g * h, i),
    wHh: b.random(g * h, state),
    wHr: p === undefined ? null : b.small(p, h),
    bIh: b.random(g * h),
    bHh: b.random(g * h),
    h0: b.random(n, state),
    c0: lstm ? b.random(n, h) : null,
    reverse,
  };
  const y = b.out(l, n, state);
  const saved = {
    gates: g > 1 ? b.out(l, n, 4 * h) : null,
    cells: lstm ? b.out(l, n, h) : null,
    unprojected: p === undefined ? null : b.out(l, n, h),
  };
  b.engine.sequenceForward({ ...args, y, hN: b.out(n, state), cN: lstm ? b.out(n, h) : null, saved });
  b.engine.sequenceBackward({
    ...args,
    y,
    saved,
    dY: b.random(l, n, state),
    dHN: b.random(n, state),
    dCN: lstm ? b.random(n, h) : null,
    dX: b.out(l, n, i),
    dWIh: b.out(g * h, i),
    dWHh: b.out(g * h, state),
    dWHr: p === undefined ? null : b.out(p, h),
    dBIh: b.out(g * h),
    dBHh: b.out(g * h),
    dH0: b.out(n, state),
    dC0: lstm ? b.out(n, h) : null,
  });
}

/** @param factor of every third row of x, whose logits are then too large for exponentials without a shift */
export function head(b: Bench, r: number, h: number, v: number, factor = 1): void {
  const x = b.random(r, h);
  if (factor !== 1) {
    const data = b.engine.readSync(x.buffer).slice() as Float32Array;
    for (let i = 0; i < data.length; i++) if (Math.floor(i / h) % 3 === 1) data[i]! *= factor;
    b.engine.write(x.buffer, data);
  }
  b.engine.linearCrossEntropy({
    x,
    head: b.random(v, h),
    bias: b.random(v),
    targets: b.ids(r, v),
    ignoreIndex: 2,
    labelSmoothing: 0,
    weight: null,
    losses: b.out(r),
    grads: { scale: 0.7, dx: b.out(r, h), dHead: b.out(v, h), dBias: b.out(v) },
  });
}

/** Waits until the workers of an engine have come. */
export async function awake({ core }: WasmEngine): Promise<void> {
  core.launch(OP_NOTHING, 2);
  while (core.pool !== null && core.pool.started < core.threads - 1) await new Promise((r) => setTimeout(r, 5));
}
