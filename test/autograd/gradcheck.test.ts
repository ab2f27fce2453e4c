import { describe, expect, test } from "vitest";
import * as u from "../../src/index.js";
import { Generator, gradcheck, rand, randn, type Tensor, tensor } from "../../src/index.js";
import { describeEngines } from "../support/configured.js";

const generator = new Generator(20240301);

/** A leaf of normal numbers. */
function normal(shape: number[]): Tensor {
  return randn(shape, { dtype: "float64", requiresGrad: true, generator });
}

/** A leaf in [0.5, 1.5): for logarithms, roots and quotients. */
function positive(shape: number[]): Tensor {
  const data = rand(shape, { dtype: "float64", generator }).add(0.5).data();
  return tensor(data, { shape, requiresGrad: true });
}

const ids = (data: number[] | number[][]): Tensor => tensor(data, { dtype: "int32" });
const floats = (data: number[] | number[][]): Tensor => tensor(data, { dtype: "float64" });

type Case = [name: string, inputs: () => Tensor[], f: (x: Tensor, y: Tensor, z: Tensor) => Tensor];

const UNARY = [
  "neg",
  "abs",
  "exp",
  "expm1",
  "square",
  "sin",
  "cos",
  "tanh",
  "sigmoid",
  "relu",
  "softplus",
  "erf",
] as const;
const POSITIVE = ["log", "log1p", "sqrt", "rsqrt", "reciprocal"] as const;
const BINARY = ["add", "sub", "mul", "div", "maximum", "minimum", "pow"] as const;
const PAIRS: [number[], number[]][] = [
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [
    [2, 1],
    [1, 3],
  ],
  [[3], [2, 1, 3]],
  [[], [2, 2]],
  [[2, 2], []],
  [[], []],
  [[1], [1, 1]],
];

const ELEMENTWISE: Case[] = [
  ...UNARY.map((op): Case => [op, () => [normal([2, 3])], (x) => x[op]()]),
  ...POSITIVE.map((op): Case => [op, () => [positive([2, 3])], (x) => x[op]()]),
  ...BINARY.flatMap((op) =>
    PAIRS.map(([a, b]): Case => [`${op} [${a}] [${b}]`, () => [positive(a), positive(b)], (x, y) => x[op](y)]),
  ),
  ["x + 2", () => [normal([3])], (x) => x.add(2)],
  ["2 + x", () => [normal([3])], (x) => u.add(2, x)],
  ["x - 2", () => [normal([3])], (x) => x.sub(2)],
  ["2 - x", () => [normal([3])], (x) => u.sub(2, x)],
  ["-0.7 x", () => [normal([3])], (x) => x.mul(-0.7)],
  ["3 / x", () => [positive([3])], (x) => u.div(3, x)],
  ["x / 3", () => [normal([3])], (x) => x.div(3)],
  ["x^2", () => [normal([3])], (x) => x.pow(2)],
  ["x^2.5", () => [positive([3])], (x) => x.pow(2.5)],
  ["x^3 of negative numbers", () => [normal([4])], (x) => x.pow(3)],
  ["2^x", () => [normal([3])], (x) => u.pow(2, x)],
  ["max(x, 0.1)", () => [normal([5])], (x) => x.maximum(0.1)],
  ["min(0.1, x)", () => [normal([5])], (x) => u.minimum(0.1, x)],
  ["clamp", () => [normal([7])], (x) => x.clamp(-0.5, 0.5)],
  ["where, broadcast", () => [normal([3]), normal([2, 1])], (x, y) => u.where(ids([[1, 0, 1]]), x, y)],
  ["where with numbers", () => [normal([3])], (x) => u.where(ids([1, 0, 1]), x, 4).add(u.where(ids([1, 0, 0]), 3, x))],
  ["maskedFill", () => [normal([2, 3])], (x) => x.maskedFill(ids([0, 1, 0]), -9)],
  ["lerp", () => [normal([2, 3]), normal([3]), normal([])], (x, y, z) => u.lerp(x, y, z)],
  ["int32 beside", () => [normal([2, 3])], (x) => x.mul(ids([2, 3, 4])).add(ids([[1], [2]]))],
  ["clone", () => [normal([2])], (x) => x.clone()],
];

const REDUCTIONS: Case[] = (["sum", "mean", "prod", "max", "min", "logSumExp", "var", "std"] as const).flatMap((op) => [
  [`${op} of all`, () => [normal([2, 3])], (x) => x[op]()] as Case,
  [`${op} over 0`, () => [normal([3, 2])], (x) => x[op](0)] as Case,
  [`${op} over [2, 0], kept`, () => [normal([2, 3, 2])], (x) => x[op]([2, 0], { keepDim: true })] as Case,
]);
REDUCTIONS.push(
  [
    "prod with a zero",
    () => [
      floats([
        [2, 0, 3],
        [0, 0, 5],
        [1, 2, 3],
      ]),
    ],
    (x) => x.prod(1),
  ],
  ["sum of a scalar", () => [normal([])], (x) => x.sum()],
  ["norm 2", () => [normal([2, 3])], (x) => x.norm(2, 1)],
  ["norm 1", () => [normal([2, 3])], (x) => x.norm(1)],
  ["norm 3", () => [normal([2, 3])], (x) => x.norm(3, 0, { keepDim: true })],
  ["norm inf", () => [normal([2, 3])], (x) => x.norm(Infinity, 1)],
  ["softmax", () => [normal([2, 3])], (x) => x.softmax()],
  ["softmax over 0", () => [normal([3, 2])], (x) => x.softmax(0)],
  ["logSoftmax", () => [normal([2, 3])], (x) => x.logSoftmax()],
  ["logSoftmax over 1 of 3", () => [normal([2, 3, 2])], (x) => x.logSoftmax(1)],
  ["softmax of a scalar", () => [normal([])], (x) => x.softmax().mul(x)],
  ["cumsum", () => [normal([2, 3, 2])], (x) => x.cumsum(1)],
);

const PRODUCTS: Case[] = [
  ...(
    [
      [[3], [3]],
      [[2, 3], [3]],
      [[3], [3, 2]],
      [
        [2, 3],
        [3, 2],
      ],
      [
        [2, 2, 3],
        [3, 2],
      ],
      [
        [2, 1, 2, 3],
        [3, 3, 2],
      ],
      [[3], [2, 3, 2]],
    ] as [number[], number[]][]
  ).map(([a, b]): Case => [`matmul [${a}] [${b}]`, () => [normal(a), normal(b)], (x, y) => x.matmul(y)]),
  ["matmul of transposes", () => [normal([3, 2]), normal([4, 3])], (x, y) => x.T.matmul(y.T)],
  ["matmul with itself", () => [normal([3, 3])], (x) => x.matmul(x)],
  ["matmul over nothing", () => [normal([2, 0]), normal([0, 3])], (x, y) => x.matmul(y)],
  ["outer", () => [normal([2]), normal([3])], (x, y) => u.outer(x, y)],
  ["linear", () => [normal([2, 2, 3]), normal([4, 3]), normal([4])], (x, w, b) => u.linear(x, w, b)],
  ["linear without bias", () => [normal([3]), normal([4, 3])], (x, w) => u.linear(x, w)],
  [
    "linear, all strided",
    () => [normal([3, 2]), normal([3, 4]), normal([8])],
    (x, w, b) => u.linear(x.T, w.T, b.slice(0, 0, 8, 2)),
  ],
  ["linear of no rows", () => [normal([0, 3]), normal([4, 3]), normal([4])], (x, w, b) => u.linear(x, w, b)],
  ["linear of no features", () => [normal([2, 0]), normal([4, 0]), normal([4])], (x, w, b) => u.linear(x, w, b)],
];

const SHAPES: Case[] = [
  ["reshape of a transpose", () => [normal([2, 3])], (x) => x.T.reshape([2, 3])],
  ["flatten", () => [normal([2, 3, 2])], (x) => x.flatten(1).mul(2)],
  ["permute", () => [normal([2, 3, 2])], (x) => x.permute([2, 0, 1])],
  ["squeeze and unsqueeze", () => [normal([2, 1, 3])], (x) => x.squeeze(1).unsqueeze(0).unsqueeze(-1)],
  ["expand", () => [normal([3, 1])], (x) => x.expand([2, 3, 4])],
  ["repeat", () => [normal([2, 3])], (x) => x.repeat([2, 1, 2])],
  ["repeatInterleave", () => [normal([2, 3])], (x) => x.repeatInterleave(3, 0)],
  ["narrow", () => [normal([4, 3])], (x) => x.narrow(0, -3, 2)],
  ["slice by 2", () => [normal([5, 2])], (x) => x.slice(0, 1, 5, 2)],
  ["slice of a slice", () => [normal([9])], (x) => x.slice(0, 0, 9, 2).slice(0, 1, -1, 2)],
  ["select", () => [normal([2, 3, 2])], (x) => x.select(1, -1)],
  ["flip", () => [normal([2, 3])], (x) => x.flip([0, 1])],
  ["roll", () => [normal([2, 5])], (x) => x.roll(-2, 1)],
  ["tril of a batch", () => [normal([2, 3, 3])], (x) => x.tril(-1)],
  ["triu", () => [normal([3, 4])], (x) => x.triu(1)],
  ["contiguous", () => [normal([2, 3])], (x) => x.T.contiguous()],
  ["concat", () => [normal([2, 3]), normal([2, 1]), normal([2, 2])], (x, y, z) => u.concat([x, y, z, x], 1)],
  ["stack", () => [normal([2, 3]), normal([2, 3])], (x, y) => u.stack([x, y, x], 1)],
  [
    "split",
    () => [normal([5, 2])],
    (x) => {
      const [a, b] = x.split([2, 3]);
      return a!.sum(0).mul(b!.sum(0));
    },
  ],
  [
    "unbind, one unused",
    () => [normal([3, 2])],
    (x) => {
      const [a, , c] = x.unbind();
      return a!.mul(c!);
    },
  ],
  [
    "gather",
    () => [normal([2, 3])],
    (x) =>
      x.gather(
        1,
        ids([
          [0, 0, 2, 1],
          [2, 2, 2, 0],
        ]),
      ),
  ],
  ["indexSelect", () => [normal([2, 3])], (x) => x.indexSelect(1, ids([2, 0, 2]))],
  [
    "embedding",
    () => [normal([4, 2])],
    (x) =>
      u.embedding(
        x,
        ids([
          [1, 3],
          [1, 0],
        ]),
      ),
  ],
  [
    "embedding of a transposed table",
    () => [normal([2, 4])],
    (x) =>
      u.embedding(
        x.T,
        ids([
          [1, 3],
          [1, 0],
        ]).T,
      ),
  ],
  ["sort", () => [normal([2, 4])], (x) => x.sort({ axis: 0, descending: true }).values.cumsum(1)],
  ["topk", () => [normal([2, 5])], (x) => x.topk(2, { largest: false }).values],
];

/** Readings that are not contiguous. Each takes a leaf of 12 elements to a [2, 3] view or something else of that size. */
const STRIDED: Record<string, [number[], (x: Tensor) => Tensor]> = {
  transposed: [[3, 2], (x) => x.T],
  narrowed: [[4, 5], (x) => x.narrow(0, 1, 2).narrow(1, 2, 3)],
  stepped: [[3, 6], (x) => x.slice(0, 0, 3, 2).slice(1, 1, 6, 2)],
  expanded: [[2, 1], (x) => x.expand([2, 3])],
  flipped: [[2, 3], (x) => x.flip(1)],
  selected: [[2, 4, 3], (x) => x.select(1, 2)],
};

function expectRight(f: () => Tensor, inputs: Tensor[]): void {
  for (const input of inputs) if (!input.requiresGrad) input.requiresGrad = true;
  const { ok, worst } = gradcheck(f, inputs);
  expect(ok, `worst: ${JSON.stringify(worst)}`).toBe(true);
}

describeEngines("autograd: gradcheck", () => {
  describe("gradients against central differences in float64, rtol 1e-6 atol 1e-8", () => {
    test.each([...ELEMENTWISE, ...REDUCTIONS, ...PRODUCTS, ...SHAPES])("%s", (_, inputs, f) => {
      const leaves = inputs();
      expectRight(() => f(leaves[0]!, leaves[1]!, leaves[2]!), leaves);
    });
  });

  describe.each(Object.entries(STRIDED))("of %s operands", (_, [shape, view]) => {
    test.each([...UNARY, "softmax", "logSoftmax", "sum", "prod", "max", "std", "logSumExp", "clone"] as const)(
      "%s",
      (op) => {
        const x = normal(shape);
        expectRight(() => view(x)[op]().mul(view(x).sum()), [x]);
      },
    );
    test.each(BINARY)("%s", (op) => {
      const [x, y] = [positive(shape), positive([2, 3])];
      expectRight(
        () =>
          view(x)
            [op](y)
            .add(y[op](view(x))),
        [x, y],
      );
    });
    test("matmul and linear", () => {
      const [x, w] = [normal(shape), normal([4, 3])];
      expectRight(
        () =>
          view(x)
            .matmul(w.T)
            .add(u.linear(view(x), w)),
        [x, w],
      );
    });
    test("reshape, concat, gather", () => {
      const x = normal(shape);
      expectRight(
        () =>
          u.concat(
            [
              view(x).reshape([3, 2]).T,
              view(x).gather(
                1,
                ids([
                  [0, 2],
                  [1, 1],
                ]),
              ),
            ],
            1,
          ),
        [x],
      );
    });
    test("an incoming gradient of that layout", () => {
      const [x, y] = [normal([2, 3]), normal(shape)];
      expectRight(
        () =>
          x
            .tanh()
            .softmax()
            .mul(view(y))
            .add(x.cumsum(1))
            .add(x.sum(0).mul(view(y))),
        [x, y],
      );
    });
  });

  test("norms of a zero vector and deviations of equal numbers have gradient 0, as in PyTorch", () => {
    for (const f of [
      (x: Tensor) => x.norm(),
      (x: Tensor) => x.norm(3),
      (x: Tensor) => x.norm(1),
      (x: Tensor) => x.std(),
    ]) {
      const x = tensor([0, 0], { dtype: "float64", requiresGrad: true });
      f(x).backward();
      expect([...x.grad!.data()]).toEqual([0, 0]);
    }
  });

  test("empty tensors have empty gradients", () => {
    const x = normal([0, 3]);
    const y = normal([3]);
    x.mul(y).tanh().sum().backward();
    expect(x.grad!.shape).toEqual([0, 3]);
    expect([...y.grad!.data()]).toEqual([0, 0, 0]);
    expect(u.concat([x, x]).sum(0).toArray()).toEqual([0, 0, 0]);
    expect(x.mean().item()).toBeNaN();
    expect(x.prod().item()).toBe(1);
  });
});

describe("gradcheck", () => {
  test("finds a wrong gradient and names the place", () => {
    const wrong = u.defineFunction({
      forward: (_ctx, x: Tensor) => x.square(),
      backward: (_ctx, dOut) => dOut.mul(2),
    });
    const x = tensor([1, 1, 3], { dtype: "float64", requiresGrad: true });
    const { ok, worst } = gradcheck(() => wrong(x), [x]);
    expect(ok).toBe(false);
    expect(worst).toMatchObject({ input: 0, index: 2 });
  });

  test("finds a gradient that is not a number", () => {
    const x = tensor([0], { dtype: "float64", requiresGrad: true });
    expect(gradcheck(() => x.mul(0).sqrt(), [x]).ok).toBe(false);
  });

  test("finds a missing gradient", () => {
    const x = tensor([1, 2], { dtype: "float64", requiresGrad: true });
    expect(gradcheck(() => x.mul(2).add(x.detach()), [x]).ok).toBe(false);
  });

  test("puts the inputs back, and leaves no gradient", () => {
    const x = tensor([1, 2], { dtype: "float64", requiresGrad: true });
    const constant = tensor([1, 2]);
    gradcheck(() => x.mul(constant), [x, constant]);
    expect(x.toArray()).toEqual([1, 2]);
    expect(x.grad).toBeNull();
  });

  test("asks for float64", () => {
    const x = tensor([1], { requiresGrad: true });
    expect(() => gradcheck(() => x.mul(2), [x])).toThrow("gradcheck: inputs[0] must be float64, got float32.");
  });
});
