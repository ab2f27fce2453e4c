/**
 * Whether the 256-bit variant computes what the 128-bit one does: every kernel of both on the same random data, bit for bit. The
 * sums run in the same order in both, so any difference is an error of the compiler, or ours.
 */
import type { DType } from "../../base/dtype.js";
import { contiguousStrides, sizeOf } from "../../base/shape.js";
import { type CellKind, GATES } from "../cells.js";
import type { BinaryOp, Operand, UnaryGradOp, UnaryOp } from "../engine.js";
import { BINARY, UNARY } from "./elementwise.js";
import { STEPS_WORD } from "./loader.js";
import { WasmEngine } from "./wasm-engine.js";
import { WIDE_WORD } from "./wide.js";

/** One engine under test: inputs are the same numbers for every engine, and all that is written is compared. */
class Trial {
  readonly engine: WasmEngine;
  readonly results: Operand[] = [];
  #state = 256;

  constructor(engine: WasmEngine) {
    this.engine = engine;
  }

  /** Numbers in (-2, 2), or those of `draw`. */
  input(shape: readonly number[], draw = spread, dtype: DType = "float32"): Operand {
    const x = this.#alloc(shape, dtype);
    const values = new Float32Array(x.buffer.length);
    for (let i = 0; i < values.length; i++) {
      // Good enough to tell results apart, and fast before it is compiled (Numerical Recipes' generator).
      this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
      values[i] = draw(this.#state / 2 ** 32);
    }
    this.engine.write(x.buffer, values);
    return x;
  }

  /** Integers below `end`. */
  ids(shape: readonly number[], end: number): Operand {
    return this.input(shape, (u) => Math.floor(u * end), "int32");
  }

  /** A result. */
  out(shape: readonly number[], dtype: DType = "float32"): Operand {
    return this.changed(this.#alloc(shape, dtype));
  }

  /** An input that the kernel updates. */
  changed(x: Operand): Operand {
    this.results.push(x);
    return x;
  }

  #alloc(shape: readonly number[], dtype: DType): Operand {
    return { buffer: this.engine.alloc(dtype, sizeOf(shape)), offset: 0, shape, strides: contiguousStrides(shape) };
  }
}

const spread = (u: number): number => 4 * u - 2;

function transposed(x: Operand): Operand {
  return { ...x, shape: [...x.shape].reverse(), strides: [...x.strides].reverse() };
}

type Check = (t: Trial) => void;

/** Tiles of 1 to 6 rows; pairs of panels, a single one and a ragged one; A where it lies and packed; B by rows and by columns. */
function products(t: Trial): void {
  for (const m of [1, 2, 3, 4, 5, 6, 13]) {
    const a = t.input([m, 19]);
    const b = t.input([19, 45]);
    const bias = t.input([45]);
    const aT = transposed(t.input([19, m]));
    const bT = transposed(t.input([45, 19]));
    t.engine.matmul(t.out([m, 45]), a, b, { bias });
    t.engine.matmul(t.out([m, 45]), aT, bT);
    t.engine.matmul(t.changed(t.input([m, 45])), aT, b, { accumulate: true });
    t.engine.matmul(t.out([m, 45]), a, bT, { bias });
  }
  // more than one block of k
  t.engine.matmul(t.out([7, 24]), t.input([7, 261]), t.input([261, 24]));
  t.engine.matmul(t.out([7, 24]), transposed(t.input([261, 7])), t.input([261, 24]));
}

/** Walks of whole and ragged blocks of units, with 1 to 6 rows a tile, packed weights and weights where they lie. */
function sequence(cell: CellKind, projection = 0): Check {
  return (t) => {
    const g = GATES[cell];
    const [i, h] = [10, 21];
    const p = projection || h;
    const lstm = cell === "lstm";
    for (const [l, n] of [
      [1, 2],
      [5, 1],
      [3, 2],
      [2, 3],
      [2, 9],
      [2, 12],
    ] as const) {
      const shared = {
        cell,
        x: t.input([l, n, i]),
        wIh: t.input([g * h, i]),
        wHh: t.input([g * h, p]),
        wHr: projection > 0 ? t.input([p, h]) : null,
        bIh: t.input([g * h]),
        bHh: t.input([g * h]),
        h0: t.input([n, p]),
        c0: lstm ? t.input([n, h]) : null,
        reverse: n === 9,
      };
      const saved = {
        gates: g > 1 ? t.out([l, n, 4 * h]) : null,
        cells: lstm ? t.out([l, n, h]) : null,
        unprojected: projection > 0 ? t.out([l, n, h]) : null,
      };
      const y = t.out([l, n, p]);
      const c = () => (lstm ? t.out([n, h]) : null);
      t.engine.sequenceForward({ ...shared, y, hN: t.out([n, p]), cN: c(), saved });
      t.engine.sequenceForward({ ...shared, y: t.out([l, n, p]), hN: t.out([n, p]), cN: c(), saved: null });
      t.engine.sequenceBackward({
        ...shared,
        y,
        saved,
        dY: t.input([l, n, p]),
        dHN: t.input([n, p]),
        dCN: lstm ? t.input([n, h]) : null,
        dX: t.out([l, n, i]),
        dWIh: t.out([g * h, i]),
        dWHh: t.out([g * h, p]),
        dWHr: projection > 0 ? t.out([p, h]) : null,
        dBIh: t.out([g * h]),
        dBHh: t.out([g * h]),
        dH0: t.out([n, p]),
        dC0: c(),
      });
    }
  };
}

const NO_GRADIENT: ReadonlySet<UnaryOp> = new Set<UnaryOp>(["neg", "sign", "floor", "ceil", "round"]);
const COMPARISONS: ReadonlySet<BinaryOp> = new Set<BinaryOp>(["eq", "ne", "lt", "le", "gt", "ge"]);

function elementwise(t: Trial): void {
  const n = [43];
  const positive = (u: number) => 3 * u + 0.01;
  for (const op of Object.keys(UNARY) as UnaryOp[]) {
    t.engine.unary(op, t.out(n), t.input(n));
    t.engine.unary(op, t.out(n), t.input(n, positive));
    if (!NO_GRADIENT.has(op)) {
      t.engine.unaryBackward(op as UnaryGradOp, t.out(n), t.input(n, positive), t.input(n), t.input(n));
    }
  }
  for (const op of Object.keys(BINARY) as BinaryOp[]) {
    const dtype = COMPARISONS.has(op) ? "int32" : "float32";
    t.engine.binary(op, t.out(n, dtype), t.input(n), t.input(n));
    const scalar = { ...t.input([1]), shape: n, strides: [0] };
    t.engine.binary(op, t.out(n, dtype), t.input(n), scalar);
  }
  t.engine.fill(t.out(n), 1.5);
  t.engine.copy(t.out([9, 13]), transposed(t.input([13, 9])));
  t.engine.axpy(t.out(n), t.input(n), 0.7, t.input(n));
  t.engine.affine(t.out(n), t.input(n), 0.7, -0.3);
  t.engine.where(t.out(n), t.ids(n, 2), t.input(n), t.input(n));
  t.engine.dropout(t.out(n), t.input(n), 0.3, { key0: 5, key1: 6, counter0: 7, counter1: 0 });
}

function reductions(t: Trial): void {
  const x = () => t.input([5, 43]);
  for (const op of ["sum", "max", "min"] as const) {
    t.engine.reduce(op, t.out([5]), x(), 1);
    t.engine.reduce(op, t.out([43]), transposed(x()), 1);
  }
  for (const op of ["argmax", "argmin"] as const) t.engine.reduce(op, t.out([5], "int32"), x(), 1);
  t.engine.write(t.out([1]).buffer, [t.engine.sumOfSquares([x(), x()])]);
  t.engine.softmax(t.out([5, 43]), x());
  t.engine.logSoftmax(t.out([5, 43]), x());
  t.engine.softmaxBackward(t.out([5, 43]), x(), x());
  t.engine.logSoftmaxBackward(t.out([5, 43]), x(), x());
}

function losses(t: Trial): void {
  for (const [weight, labelSmoothing] of [
    [null, 0],
    [t.input([43], (u) => u + 0.5), 0.1],
  ] as const) {
    const shared = { targets: t.ids([7], 43), ignoreIndex: 3, labelSmoothing, weight };
    const logits = t.input([7, 43]);
    const [rows, normalizers] = [t.out([7]), t.out([7, 2])];
    t.engine.crossEntropyForward({ ...shared, logits }, rows, normalizers);
    t.engine.crossEntropyBackward({ ...shared, logits }, normalizers, t.input([7]), t.out([7, 43]));
    const [x, head, bias] = [t.input([7, 21]), t.input([43, 21]), t.input([43])];
    const grads = { scale: 0.2, dx: t.out([7, 21]), dHead: t.out([43, 21]), dBias: t.out([43]) };
    t.engine.linearCrossEntropy({ ...shared, x, head, bias, losses: t.out([7]), grads });
    t.engine.linearCrossEntropy({ ...shared, x, head, bias, losses: t.out([7]), grads: null });
  }
  // By blocks of the vocabulary; every other row needs its largest logit taken off first. The bias's sum is a column of the product or not.
  t.engine.core.blocksFrom = 0;
  for (const h of [21, 24]) {
    const [r, v] = [7, 203];
    let n = 0;
    const x = t.input([r, h], (u) => (n++ % (2 * h) < h ? 1 : 40) * spread(u));
    const grads = { scale: 0.2, dx: t.out([r, h]), dHead: t.out([v, h]), dBias: t.out([v]) };
    const shared = { targets: t.ids([r], v), ignoreIndex: 3, labelSmoothing: 0, weight: null };
    t.engine.linearCrossEntropy({ ...shared, x, head: t.input([v, h]), bias: t.input([v]), losses: t.out([r]), grads });
  }
}

function indexing(t: Trial): void {
  t.engine.gatherRows(t.out([9, 21]), t.input([12, 21]), t.ids([9], 12));
  t.engine.scatterAddRows(t.changed(t.input([12, 21])), t.ids([9], 12), t.input([9, 21]), 4);
  t.engine.gatherLast(t.out([5, 3]), t.input([5, 8]), t.ids([5, 3], 8));
  t.engine.scatterAddLast(t.changed(t.input([5, 8])), t.ids([5, 3], 8), t.input([5, 3]));
  const [low, high] = t.engine.range(t.ids([43], 99));
  t.engine.write(t.out([2]).buffer, [low, high]);
}

function optimizers(t: Trial): void {
  const n = [43];
  const p = () => t.changed(t.input(n));
  const square = () => t.changed(t.input(n, (u) => u + 0.1));
  const grad = () => t.input(n);
  const sgd = { lr: 0.1, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0.01, first: false };
  t.engine.sgdStep(p(), grad(), null, sgd);
  t.engine.sgdStep(p(), grad(), p(), { ...sgd, momentum: 0.9, nesterov: true });
  const adam = { lr: 0.1, beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.01, step: 3 };
  t.engine.adamStep(p(), grad(), p(), square(), null, { ...adam, decoupled: false });
  t.engine.adamStep(p(), grad(), p(), square(), square(), { ...adam, decoupled: true });
  const rmsprop = { lr: 0.1, alpha: 0.9, eps: 1e-8, weightDecay: 0.01, momentum: 0.9, centered: false };
  t.engine.rmspropStep(p(), grad(), square(), p(), null, rmsprop);
  const small = () => t.changed(t.input(n, (u) => u * 0.1));
  t.engine.rmspropStep(p(), grad(), square(), null, small(), { ...rmsprop, momentum: 0, centered: true });
  t.engine.adagradStep(p(), grad(), square(), { lr: 0.1, eps: 1e-8, weightDecay: 0.01 });
}

/** Products with the tiles that other compilers are given. */
function otherTiles(t: Trial): void {
  t.engine.core.i32[STEPS_WORD] ^= 1;
  products(t);
  t.engine.core.i32[STEPS_WORD] ^= 1;
}

const CHECKS: Readonly<Record<string, Check>> = {
  products,
  "products, by other tiles,": otherTiles,
  "rnn (tanh)": sequence("rnn_tanh"),
  "rnn (relu)": sequence("rnn_relu"),
  "rnn (sigmoid)": sequence("rnn_sigmoid"),
  lstm: sequence("lstm"),
  "lstm with a projection": sequence("lstm", 19),
  gru: sequence("gru"),
  elementwise,
  reductions,
  losses,
  indexing,
  optimizers,
};

/** Why the variant is not to be used here; undefined when every kernel agrees and its products are faster. */
export function doubtAboutWide(shared: boolean): string | undefined {
  try {
    const wide = new WasmEngine({ variant: "wide", threads: 1, shared });
    const narrow = new WasmEngine({ variant: "relaxed", threads: 1, shared });
    for (const [name, check] of Object.entries(CHECKS)) {
      if (!agree(check, narrow, wide)) return `its ${name} differ from the 128-bit kernels`;
    }
    return isFaster(wide) ? undefined : "it is no faster on this processor";
  } catch (error) {
    return String(error);
  }
}

function agree(check: Check, narrow: WasmEngine, wide: WasmEngine): boolean {
  const [a, b] = [new Trial(narrow), new Trial(wide)];
  check(a);
  check(b);
  return a.results.every((x, i) => {
    const expected = narrow.readSync(x.buffer);
    const found = wide.readSync(b.results[i].buffer);
    for (let j = 0; j < found.length; j++) if (!Object.is(found[j], expected[j])) return false;
    return true;
  });
}

/** Two panels at once against one, in the variant itself: without AVX2 they are slower, since their sums do not fit the registers. */
function isFaster(wide: WasmEngine): boolean {
  const t = new Trial(wide);
  const [out, a, b] = [t.out([48, 64]), t.input([48, 64]), t.input([64, 64])];
  const best = [Infinity, Infinity];
  for (let round = 0; round < 200; round++) {
    for (const pairs of [0, 1]) {
      wide.core.i32[WIDE_WORD] = pairs;
      const start = performance.now();
      wide.matmul(out, a, b);
      best[pairs] = Math.min(best[pairs], performance.now() - start);
    }
    if (round > 3 && best[1] < 0.9 * best[0]) return true;
  }
  return false;
}
