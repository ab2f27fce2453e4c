import { afterAll, describe, expect, test } from "vitest";
import { Generator } from "../../../src/base/random.js";
import { contiguousStrides, type Shape, sizeOf } from "../../../src/base/shape.js";
import type { Operand } from "../../../src/engine/engine.js";
import type { CoreOptions } from "../../../src/engine/wasm/core.js";
import { WasmEngine } from "../../../src/engine/wasm/wasm-engine.js";
import { expectSameBits } from "../../support/bits.js";
import { SAME_BITS } from "./variants.js";

/** One engine with seeded operands, and everything that its kernels wrote, in order. */
class Run {
  readonly engine: WasmEngine;
  readonly results: ArrayLike<number>[] = [];
  readonly #random = new Generator(11);

  constructor(options: CoreOptions) {
    this.engine = new WasmEngine(options);
  }

  random(shape: Shape, low = -2, high = 2): Operand {
    const data = Float32Array.from({ length: sizeOf(shape) }, () => low + (high - low) * this.#random.uniform());
    return this.#operand("float32", shape, data);
  }

  integers(shape: Shape, n: number): Operand {
    return this.#operand(
      "int32",
      shape,
      Int32Array.from({ length: sizeOf(shape) }, () => this.#random.integer(n)),
    );
  }

  out(shape: Shape, dtype: "float32" | "int32" = "float32"): Operand {
    return this.#operand(dtype, shape, new Float32Array(sizeOf(shape)).fill(-7));
  }

  keep(...operands: Operand[]): void {
    for (const { buffer } of operands) this.results.push(this.engine.readSync(buffer).slice());
  }

  #operand(dtype: "float32" | "int32", shape: Shape, data: ArrayLike<number>): Operand {
    const buffer = this.engine.alloc(dtype, data.length);
    this.engine.write(buffer, data);
    return { buffer, offset: 0, shape, strides: contiguousStrides(shape) };
  }
}

function transposed(x: Operand): Operand {
  const [a, b] = x.shape as [number, number];
  return { ...x, shape: [b, a], strides: [1, b] };
}

const CASES: Readonly<Record<string, (run: Run) => void>> = {
  elementwise(run) {
    const x = run.random([37, 53]);
    const row = { ...run.random([53]), shape: [37, 53], strides: [0, 1] };
    const column = { ...run.random([37]), shape: [37, 53], strides: [1, 0] };
    const out = run.out([37, 53]);
    const mask = run.out([37, 53], "int32");
    for (const op of ["exp", "tanh", "sigmoid", "softplus", "log1p"] as const) {
      run.engine.unary(op, out, x);
      run.keep(out);
    }
    run.engine.unaryBackward("tanh", out, x, x, x);
    run.keep(out);
    for (const b of [row, column]) {
      run.engine.binary("div", out, x, b);
      run.keep(out);
      run.engine.binary("lt", mask, b, x);
      run.keep(mask);
      run.engine.where(out, mask, x, b);
      run.keep(out);
    }
    run.engine.affine(out, x, 1.7, -0.3);
    run.keep(out);
    run.engine.axpy(out, out, 0.31, x);
    run.keep(out);
    run.engine.dropout(out, x, 0.4, { key0: 5, key1: 6, counter0: 0xffffff00, counter1: 7 });
    run.keep(out);
    const turned = run.out([53, 37]);
    run.engine.copy(turned, transposed(x));
    run.keep(turned);
  },
  reductions(run) {
    const x = run.random([61, 1030]);
    for (const [of, rows] of [
      [x, 61],
      [transposed(x), 1030],
    ] as const) {
      const out = run.out([rows]);
      const at = run.out([rows], "int32");
      run.engine.reduce("sum", out, of, 1);
      run.engine.reduce("argmax", at, of, 1);
      run.keep(out, at);
    }
    run.results.push([run.engine.sumOfSquares([x, run.random([33_333])])]);
    const y = run.out([61, 1030]);
    const dx = run.out([61, 1030]);
    run.engine.softmax(y, x);
    run.engine.softmaxBackward(dx, y, x);
    run.keep(y, dx);
    run.engine.logSoftmax(y, x);
    run.engine.logSoftmaxBackward(dx, y, x);
    run.keep(y, dx);
  },
  losses(run) {
    const args = {
      logits: run.random([41, 67]),
      targets: run.integers([41], 67),
      ignoreIndex: 3,
      labelSmoothing: 0.1,
      weight: run.random([67], 0.5, 2),
    };
    const losses = run.out([41]);
    const normalizers = run.out([41, 2]);
    const dLogits = run.out([41, 67]);
    run.engine.crossEntropyForward(args, losses, normalizers);
    run.engine.crossEntropyBackward(args, normalizers, losses, dLogits);
    run.keep(losses, normalizers, dLogits);
  },
  indexing(run) {
    const table = run.random([29, 35]);
    const ids = run.integers([500], 29);
    const rows = run.out([500, 35]);
    run.engine.gatherRows(rows, table, ids);
    run.engine.scatterAddRows(table, ids, run.random([500, 35]), 4);
    const index = run.integers([29, 70], 35);
    const picked = run.out([29, 70]);
    run.engine.gatherLast(picked, table, index);
    run.keep(rows, table, picked);
    run.engine.scatterAddLast(table, index, picked);
    run.keep(table);
  },
  optimizers(run) {
    const [p, g, m, v, s] = Array.from({ length: 5 }, () => run.random([1237], 0.1, 1)) as [
      Operand,
      Operand,
      Operand,
      Operand,
      Operand,
    ];
    const shared = { lr: 0.01, weightDecay: 0.02, eps: 1e-8 };
    run.engine.sgdStep(p, g, m, { ...shared, momentum: 0.9, dampening: 0.1, nesterov: false, first: false });
    run.engine.adamStep(p, g, m, v, s, { ...shared, beta1: 0.9, beta2: 0.99, decoupled: true, step: 3 });
    run.engine.rmspropStep(p, g, v, m, null, { ...shared, alpha: 0.98, momentum: 0.5, centered: false });
    run.engine.adagradStep(p, g, s, shared);
    run.keep(p, m, v, s);
  },
};

describe("bits do not depend on the number of threads: 1, 2, 3, 4, 8; nor, where there are 256-bit kernels, on these", () => {
  const runs = SAME_BITS.map(({ options }) => new Run(options));
  afterAll(() => {
    for (const { engine } of runs) engine.close();
  });
  for (const [name, body] of Object.entries(CASES)) {
    test(name, () => {
      for (const run of runs) {
        run.results.length = 0;
        body(run);
        const fallbacks = Object.entries(run.engine.paths).filter(([, { fallback }]) => fallback > 0);
        expect(fallbacks, "kernels that fell back").toEqual([]);
      }
      const [alone, ...others] = runs as [Run, ...Run[]];
      for (const [i, { results }] of others.entries()) expectSameBits(results, alone.results, SAME_BITS[i + 1]!.name);
    });
  }
});
