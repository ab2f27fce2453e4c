import { describe, expect, test } from "vitest";
import * as u from "../../src/index.js";
import { randn, Tensor, tensor } from "../../src/index.js";
import { ELSEWHERE } from "../../src/tensor/methods/habits.js";
import { describeEngines } from "../support/configured.js";
import { type Built, type Case, expectNeverSilentForAny } from "../support/modified.js";

const leaf = (...shape: number[]): Tensor => randn(shape, { requiresGrad: true });
const positive = (...shape: number[]): Tensor => {
  const data = randn(shape).abs().add(0.3).data();
  return tensor(data, { shape, requiresGrad: true });
};
const ids = (data: number[] | number[][]): Tensor => tensor(data, { dtype: "int32" });

/** A case over leaves x, y, z; `more` are constants, by name. */
function op(
  name: string,
  leaves: () => Tensor[],
  f: (...x: Tensor[]) => Tensor,
  more?: () => Record<string, Tensor>,
): Case {
  return [
    name,
    (): Built => {
      const xs = leaves();
      const constants = more?.() ?? {};
      const named = Object.fromEntries(xs.map((x, i) => ["xyz"[i]!, x]));
      return { inputs: { ...named, ...constants }, run: () => f(...xs, ...Object.values(constants)) };
    },
  ];
}

const UNARY = [
  ...["neg", "abs", "sign", "exp", "expm1", "square", "sin", "cos", "tanh", "sigmoid", "relu", "softplus", "erf"],
  ...["floor", "ceil", "round", "sum", "mean", "prod", "max", "min", "norm", "var", "std", "logSumExp"],
  ...["softmax", "logSoftmax", "flatten", "clone", "contiguous"],
] as const;
const POSITIVE = ["log", "log1p", "sqrt", "rsqrt", "reciprocal"] as const;
const BINARY = ["add", "sub", "mul", "div", "maximum", "minimum", "pow"] as const;

const { add, sub, mul, div, maximum, minimum, pow } = u;
const FUNCTIONS = { add, sub, mul, div, maximum, minimum, pow };

type Nullary = (this: Tensor) => Tensor;
const method = (x: Tensor, name: string): Tensor =>
  ((x as unknown as Record<string, Nullary>)[name] as Nullary).call(x);

const ELEMENTWISE: Case[] = [
  ...UNARY.map((name) =>
    op(
      name,
      () => [leaf(2, 3)],
      (x) => method(x!, name),
    ),
  ),
  ...POSITIVE.map((name) =>
    op(
      name,
      () => [positive(2, 3)],
      (x) => method(x!, name),
    ),
  ),
  ...[...UNARY, ...POSITIVE].map((name) =>
    op(
      `${name} of a transpose`,
      () => [positive(3, 2)],
      (x) => method(x!.T, name),
    ),
  ),
  ...BINARY.map((name) =>
    op(
      name,
      () => [positive(2, 3), positive(2, 3)],
      (x, y) => x![name](y!),
    ),
  ),
  ...BINARY.map((name) =>
    op(
      `${name}, broadcast`,
      () => [positive(2, 1), positive(3)],
      (x, y) => x![name](y!),
    ),
  ),
  ...BINARY.map((name) =>
    op(
      `${name} and a number`,
      () => [positive(5)],
      (x) => x![name](1.5),
    ),
  ),
  ...BINARY.map((name) =>
    op(
      `a number ${name}`,
      () => [positive(5)],
      (x) => FUNCTIONS[name](1.5, x!),
    ),
  ),
  // Quotient, larger and smaller of equals have one gradient, whatever the values.
  ...(["add", "sub", "mul", "pow"] as const).map((name) =>
    op(
      `${name} with itself`,
      () => [positive(5)],
      (x) => x![name](x!),
    ),
  ),
  ...BINARY.map((name) =>
    op(
      `${name} beside int32`,
      () => [positive(3)],
      (x, n) => x![name](n!),
      () => ({ n: ids([2, 1, 3]) }),
    ),
  ),
  op(
    "clamp",
    () => [leaf(9)],
    (x) => x!.clamp(-0.5, 0.5),
  ),
  op(
    "lerp",
    () => [leaf(2, 3), leaf(3), leaf(2, 1)],
    (x, y, z) => u.lerp(x!, y!, z!),
  ),
  op(
    "where",
    () => [leaf(2, 3), leaf(3)],
    (x, y, cond) => u.where(cond!, x!, y!),
    () => ({ cond: ids([1, 0, 0]) }),
  ),
  op(
    "maskedFill",
    () => [leaf(2, 3)],
    (x, mask) => x!.maskedFill(mask!, 7),
    () => ({ mask: ids([1, 0, 0]) }),
  ),
  op(
    "dropout",
    () => [leaf(4, 3)],
    (x) => x!.dropout(0.4),
  ),
  op(
    "to",
    () => [leaf(4)],
    (x) => x!.to("float64"),
  ),
];

const SHAPES: Case[] = [
  op(
    "reshape",
    () => [leaf(2, 3)],
    (x) => x!.reshape([3, 2]),
  ),
  op(
    "reshape of a transpose",
    () => [leaf(2, 3)],
    (x) => x!.T.reshape([6]),
  ),
  op(
    "permute",
    () => [leaf(2, 3, 2)],
    (x) => x!.permute([2, 0, 1]),
  ),
  op(
    "transpose",
    () => [leaf(2, 3)],
    (x) => x!.transpose(),
  ),
  op(
    "squeeze",
    () => [leaf(2, 1)],
    (x) => x!.squeeze(1),
  ),
  op(
    "unsqueeze",
    () => [leaf(2)],
    (x) => x!.unsqueeze(0),
  ),
  op(
    "expand",
    () => [leaf(3, 1)],
    (x) => x!.expand([3, 4]),
  ),
  op(
    "repeat",
    () => [leaf(2, 3)],
    (x) => x!.repeat([2, 1]),
  ),
  op(
    "repeatInterleave",
    () => [leaf(2, 3)],
    (x) => x!.repeatInterleave(2, 0),
  ),
  op(
    "narrow",
    () => [leaf(4, 3)],
    (x) => x!.narrow(0, 1, 2),
  ),
  op(
    "slice",
    () => [leaf(5)],
    (x) => x!.slice(0, 0, 5, 2),
  ),
  op(
    "select",
    () => [leaf(2, 3)],
    (x) => x!.select(0, 1),
  ),
  op(
    "flip",
    () => [leaf(2, 3)],
    (x) => x!.flip(0),
  ),
  op(
    "roll",
    () => [leaf(5)],
    (x) => x!.roll(2, 0),
  ),
  op(
    "tril",
    () => [leaf(3, 3)],
    (x) => x!.tril(),
  ),
  op(
    "triu",
    () => [leaf(3, 3)],
    (x) => x!.triu(1),
  ),
  op(
    "cumsum",
    () => [leaf(2, 3)],
    (x) => x!.cumsum(1),
  ),
  op(
    "sort",
    () => [leaf(2, 4)],
    (x) => x!.sort().values,
  ),
  op(
    "topk",
    () => [leaf(2, 4)],
    (x) => x!.topk(2).values,
  ),
  op(
    "concat",
    () => [leaf(2, 3), leaf(2, 1)],
    (x, y) => u.concat([x!, y!], 1),
  ),
  op(
    "stack",
    () => [leaf(2), leaf(2)],
    (x, y) => u.stack([x!, y!]),
  ),
  op(
    "split",
    () => [leaf(5)],
    (x) => x!.split([2, 3])[1]!,
  ),
  op(
    "chunk",
    () => [leaf(5)],
    (x) => x!.chunk(2)[0]!,
  ),
  op(
    "unbind, two multiplied",
    () => [leaf(3, 2)],
    (x) => x!.unbind()[0]!.mul(x!.unbind()[2]!),
  ),
  op(
    "gather",
    () => [leaf(2, 3)],
    (x, i) => x!.gather(1, i!),
    () => ({
      index: ids([
        [0, 2],
        [1, 1],
      ]),
    }),
  ),
  op(
    "indexSelect",
    () => [leaf(2, 3)],
    (x, i) => x!.indexSelect(1, i!),
    () => ({ index: ids([2, 0, 2]) }),
  ),
  op(
    "embedding",
    () => [leaf(4, 2)],
    (x, i) => u.embedding(x!, i!),
    () => ({ ids: ids([1, 3, 0, 0]) }),
  ),
  op(
    "embedding of transposes",
    () => [leaf(2, 4)],
    (x, i) => u.embedding(x!.T, i!.T),
    () => ({
      ids: ids([
        [1, 3],
        [0, 0],
      ]),
    }),
  ),
];

const PRODUCTS: Case[] = [
  op(
    "matmul",
    () => [leaf(2, 3), leaf(3, 4)],
    (x, y) => x!.matmul(y!),
  ),
  op(
    "matmul of vectors",
    () => [leaf(3), leaf(3)],
    (x, y) => x!.matmul(y!),
  ),
  op(
    "matmul, broadcast",
    () => [leaf(2, 2, 3), leaf(3, 2)],
    (x, y) => x!.matmul(y!),
  ),
  op(
    "matmul of transposes",
    () => [leaf(3, 2), leaf(4, 3)],
    (x, y) => x!.T.matmul(y!.T),
  ),
  op(
    "outer",
    () => [leaf(2), leaf(3)],
    (x, y) => u.outer(x!, y!),
  ),
  op(
    "linear",
    () => [leaf(2, 3), leaf(4, 3), leaf(4)],
    (x, w, b) => u.linear(x!, w!, b!),
  ),
  op(
    "linear of transposes",
    () => [leaf(3, 2), leaf(3, 4)],
    (x, w) => u.linear(x!.T, w!.T),
  ),
];

const cubic = u.defineFunction({
  name: "cubic",
  forward(ctx, x: Tensor, y: Tensor) {
    const square = x.square();
    ctx.saveForBackward(square, ctx.needsGrad[1] ? x : square, ...(ctx.needsGrad[0] ? [y] : []));
    return square.mul(x).mul(y);
  },
  backward(ctx, dOut) {
    const [square, x, y] = ctx.savedTensors as [Tensor, Tensor, Tensor?];
    return [y ? dOut.mul(square).mul(3).mul(y) : null, dOut.mul(square).mul(x)];
  },
});

const COMPOSED: Case[] = [
  op(
    "a function of one's own",
    () => [leaf(3), leaf(3)],
    (x, y) => cubic(x!, y!),
  ),
  op(
    "through a detached view",
    () => [leaf(3)],
    (x, c) => x!.mul(c!.detach()),
    () => ({ c: randn([3]) }),
  ),
  op(
    "a part of a saved tensor",
    () => [leaf(4), leaf(2)],
    (x, y) => x!.narrow(0, 1, 2).mul(y!),
  ),
  op(
    "a chain",
    () => [leaf(2, 3), leaf(4, 3)],
    (x, w) => u.linear(x!, w!).tanh().mul(2).exp().sum(0),
  ),
  op(
    "one tensor in two operations",
    () => [leaf(3), leaf(3)],
    (x, y) => x!.mul(y!).add(x!.exp()),
  ),
];

const TABLE = [...ELEMENTWISE, ...SHAPES, ...PRODUCTS, ...COMPOSED];

describeEngines("autograd: modified operations", () => {
  describe("a value written between forward and backward is noticed exactly when a gradient depends on it", () => {
    test.each(TABLE)("%s", (_, build) => expectNeverSilentForAny(build));
  });
});

/** Methods without a gradient to pass on. */
const OTHERS = [
  ...["constructor", "data", "dataAsync", "item", "toArray", "set", "detach", "retain", "dispose", "release", "hold"],
  ...["letGo", "toString", "checkAlive", "backward", "retainGrad", "registerHook", "argmax", "argmin"],
  ...["eq", "ne", "lt", "le", "gt", "ge"],
  // Another name of reshape; text; names that are told how the call is written here.
  ...["view", "toJSON", ...Object.keys(ELSEWHERE)],
];

test("the table has every operation that tensors have", () => {
  const names = TABLE.map(([name]) => name.split(/[ ,]/)[0]);
  const methods = Object.getOwnPropertyNames(Tensor.prototype).filter(
    (name) => typeof Object.getOwnPropertyDescriptor(Tensor.prototype, name)!.value === "function",
  );
  expect(methods.filter((name) => !(OTHERS.includes(name) || names.includes(name)))).toEqual([]);
});
