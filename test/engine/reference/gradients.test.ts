import { describe, test } from "vitest";
import { Generator } from "../../../src/base/random.js";
import { type CellKind, GATES } from "../../../src/engine/cells.js";
import type { SequenceArgs, UnaryGradOp } from "../../../src/engine/engine.js";
import { ReferenceEngine } from "../../../src/engine/reference/reference-engine.js";
import { Operands } from "../../support/operands.js";
import { expectGradients } from "./finite-differences.js";

const WITHIN = "within rtol 1e-6, atol 1e-8 of central differences in float64";

const engine = new ReferenceEngine();

function random(seed: number): (length: number, low?: number, high?: number) => number[] {
  const generator = new Generator(seed);
  return (length, low = -1, high = 1) => Array.from({ length }, () => low + (high - low) * generator.uniform());
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, x, i) => sum + x * b[i]!, 0);

/** Runs `body` with operands in float64 that are freed afterwards. */
function withOperands<T>(body: (ops: Operands) => T): T {
  const ops = new Operands(engine, "float64");
  try {
    return body(ops);
  } finally {
    ops.free();
  }
}

const RANGES: Record<UnaryGradOp, [number, number]> = {
  abs: [0.1, 2],
  exp: [-2, 2],
  expm1: [-2, 2],
  log: [0.3, 3],
  log1p: [-0.6, 3],
  sqrt: [0.3, 3],
  rsqrt: [0.3, 3],
  square: [-2, 2],
  reciprocal: [0.4, 2],
  sin: [-4, 4],
  cos: [-4, 4],
  tanh: [-2, 2],
  sigmoid: [-4, 4],
  relu: [0.1, 2],
  softplus: [-4, 25],
  erf: [-2, 2],
};

describe(`elementwise derivatives, ${WITHIN}`, () => {
  test.each(Object.keys(RANGES) as UnaryGradOp[])("%s", (op) => {
    const draw = random(1);
    const [low, high] = RANGES[op];
    const mirrored = op === "abs" || op === "relu" || op === "reciprocal";
    const x = draw(12, low, high).map((value, i) => (mirrored && i % 2 === 1 ? -value : value));
    const dy = draw(12);
    const run = (ops: Operands) => {
      const input = ops.from(x, [12]);
      const y = ops.empty([12]);
      engine.unary(op, y, input);
      return { input, y };
    };
    const loss = () => withOperands((ops) => dot(ops.read(run(ops).y), dy));
    withOperands((ops) => {
      const { input, y } = run(ops);
      const dx = ops.empty([12]);
      engine.unaryBackward(op, dx, input, y, ops.from(dy, [12]));
      expectGradients({ x }, loss, { x: ops.read(dx) });
    });
  });
});

describe(`softmax, ${WITHIN}`, () => {
  test.each(["softmax", "logSoftmax"] as const)("%s", (kind) => {
    const draw = random(2);
    const x = draw(3 * 5, -2, 2);
    const dy = draw(3 * 5);
    const run = (ops: Operands) => {
      const y = ops.empty([3, 5]);
      engine[kind](y, ops.from(x, [3, 5]));
      return y;
    };
    withOperands((ops) => {
      const dx = ops.empty([3, 5]);
      engine[`${kind}Backward`](dx, run(ops), ops.from(dy, [3, 5]));
      expectGradients({ x }, () => withOperands((inner) => dot(inner.read(run(inner)), dy)), { x: ops.read(dx) });
    });
  });
});

const VARIANTS = [
  { ignoreIndex: -100, labelSmoothing: 0, weighted: false },
  { ignoreIndex: 2, labelSmoothing: 0, weighted: true },
  { ignoreIndex: 2, labelSmoothing: 0.2, weighted: false },
  { ignoreIndex: 0, labelSmoothing: 0.15, weighted: true },
];

describe(`losses, ${WITHIN}`, () => {
  const [r, h, v] = [6, 3, 5];
  const targets = [2, 0, 4, 1, 3, 2];
  const parts = (ops: Operands, weight: number[] | null) => ({
    targets: ops.from(targets, [r], "int32"),
    weight: weight && ops.from(weight, [v]),
  });

  test.each(VARIANTS)("crossEntropy, %o", ({ ignoreIndex, labelSmoothing, weighted }) => {
    const draw = random(3);
    const logits = draw(r * v, -3, 3);
    const dLosses = draw(r);
    const weight = weighted ? draw(v, 0.3, 2) : null;
    const run = (ops: Operands) => {
      const args = { logits: ops.from(logits, [r, v]), ignoreIndex, labelSmoothing, ...parts(ops, weight) };
      const losses = ops.empty([r]);
      const normalizers = ops.empty([r, 2]);
      engine.crossEntropyForward(args, losses, normalizers);
      return { args, losses, normalizers };
    };
    withOperands((ops) => {
      const { args, normalizers } = run(ops);
      const dLogits = ops.empty([r, v]);
      engine.crossEntropyBackward(args, normalizers, ops.from(dLosses, [r]), dLogits);
      const loss = () => withOperands((inner) => dot(inner.read(run(inner).losses), dLosses));
      expectGradients({ logits }, loss, { logits: ops.read(dLogits) });
    });
  });

  test.each(VARIANTS)("linearCrossEntropy, %o", ({ ignoreIndex, labelSmoothing, weighted }) => {
    const draw = random(4);
    const values = { x: draw(r * h), head: draw(v * h), bias: draw(v) };
    const weight = weighted ? draw(v, 0.3, 2) : null;
    const scale = 0.37;
    const run = (ops: Operands, wanted: boolean) => {
      const [dx, dHead, dBias] = [ops.empty([r, h]), ops.empty([v, h]), ops.empty([v])];
      const losses = ops.empty([r]);
      engine.linearCrossEntropy({
        x: ops.from(values.x, [r, h]),
        head: ops.from(values.head, [v, h]),
        bias: ops.from(values.bias, [v]),
        ignoreIndex,
        labelSmoothing,
        ...parts(ops, weight),
        losses,
        grads: wanted ? { scale, dx, dHead, dBias } : null,
      });
      return { losses, dx, dHead, dBias };
    };
    withOperands((ops) => {
      const { dx, dHead, dBias } = run(ops, true);
      const loss = () =>
        withOperands((inner) => scale * Array.from(inner.read(run(inner, false).losses)).reduce((a, b) => a + b));
      expectGradients(values, loss, { x: ops.read(dx), head: ops.read(dHead), bias: ops.read(dBias) });
    });
  });
});

describe(`sequences, ${WITHIN}`, () => {
  const cells: CellKind[] = ["rnn_tanh", "rnn_relu", "rnn_sigmoid", "lstm", "gru"];
  const cases = cells.flatMap((cell) =>
    [false, true].flatMap((reverse) => [false, true].map((bare) => ({ cell, reverse, bare }))),
  );
  test.each(cases)("$cell, reverse $reverse, without bias and initial state $bare", ({ cell, reverse, bare }) => {
    checkSequence(cell, reverse, bare, 3);
  });
  test.each([
    { reverse: false, bare: false },
    { reverse: true, bare: false },
    { reverse: false, bare: true },
  ])("lstm with a projection, reverse $reverse, without bias and initial state $bare", ({ reverse, bare }) => {
    checkSequence("lstm", reverse, bare, 2);
  });
});

/** @param p  the width of the state; less than the 3 hidden units with a projection */
function checkSequence(cell: CellKind, reverse: boolean, bare: boolean, p: number): void {
  const [l, n, i, h] = [3, 2, 4, 3];
  const g = GATES[cell] * h;
  const draw = random(5);
  const shapes = { x: [l, n, i], wIh: [g, i], wHh: [g, p], wHr: [p, h], bIh: [g], bHh: [g], h0: [n, p], c0: [n, h] };
  const values: Record<string, number[]> = {
    x: draw(l * n * i),
    wIh: draw(g * i),
    wHh: draw(g * p),
    ...(p < h ? { wHr: draw(p * h) } : {}),
    ...(bare ? {} : { bIh: draw(g), bHh: draw(g), h0: draw(n * p) }),
    ...(bare || cell !== "lstm" ? {} : { c0: draw(n * h) }),
  };
  const upstream = { y: draw(l * n * p), hN: draw(n * p), cN: draw(n * h) };

  const run = (ops: Operands) => {
    const operand = (key: keyof typeof shapes) => (values[key] ? ops.from(values[key], shapes[key]) : null);
    const args: SequenceArgs = {
      cell,
      reverse,
      x: operand("x")!,
      wIh: operand("wIh")!,
      wHh: operand("wHh")!,
      wHr: operand("wHr"),
      bIh: operand("bIh"),
      bHh: operand("bHh"),
      h0: operand("h0"),
      c0: operand("c0"),
    };
    const [y, hN, cN] = [ops.empty([l, n, p]), ops.empty([n, p]), cell === "lstm" ? ops.empty([n, h]) : null];
    const saved = { gates: ops.empty([l, n, 4 * h]), cells: ops.empty([l, n, h]), unprojected: ops.empty([l, n, h]) };
    engine.sequenceForward({ ...args, y, hN, cN, saved });
    return { args, y, hN, cN, saved };
  };
  const loss = () =>
    withOperands((ops) => {
      const { y, hN, cN } = run(ops);
      return dot(ops.read(y), upstream.y) + dot(ops.read(hN), upstream.hN) + (cN ? dot(ops.read(cN), upstream.cN) : 0);
    });
  withOperands((ops) => {
    const { args, y, saved, cN } = run(ops);
    const out = (key: keyof typeof shapes) => (values[key] ? ops.empty(shapes[key]) : null);
    const grads = {
      dX: out("x"),
      dWIh: out("wIh"),
      dWHh: out("wHh"),
      dWHr: out("wHr"),
      dBIh: out("bIh"),
      dBHh: out("bHh"),
      dH0: out("h0"),
      dC0: out("c0"),
    };
    engine.sequenceBackward({
      ...args,
      y,
      saved,
      dY: ops.from(upstream.y, [l, n, p]),
      dHN: ops.from(upstream.hN, [n, p]),
      dCN: cN && ops.from(upstream.cN, [n, h]),
      ...grads,
    });
    const names = {
      dX: "x",
      dWIh: "wIh",
      dWHh: "wHh",
      dWHr: "wHr",
      dBIh: "bIh",
      dBHh: "bHh",
      dH0: "h0",
      dC0: "c0",
    } as const;
    const analytic = Object.entries(grads).flatMap(([key, operand]) =>
      operand ? [[names[key as keyof typeof names], ops.read(operand)] as const] : [],
    );
    expectGradients(values, loss, Object.fromEntries(analytic));
  });
}
