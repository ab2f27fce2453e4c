import { describe, expect, test } from "vitest";
import * as u from "../../src/index.js";
import { DisposedError, DTypeError, OptionError, ShapeError, type Tensor, tensor } from "../../src/index.js";

const x = (): Tensor =>
  tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);
const ids = (...data: number[]): Tensor => tensor(data, { dtype: "int32" });
const wrong = (value: unknown): Tensor => value as Tensor;

type Case = [message: string, act: () => unknown];

const SHAPES: Case[] = [
  [
    "tensor: data must be arrays of 2 at depth 1, as the first is, got a row of 1. Pad ragged rows first.",
    () => tensor([[1, 2], [3]]),
  ],
  ["tensor: data must be arrays of 2 at depth 1, as the first is, got a number.", () => tensor([[1, 2], 3])],
  ["tensor: data must be numbers at that depth, got an array.", () => tensor([1, [2]])],
  ["tensor: data must hold 6 numbers for shape [2, 3], got 4.", () => tensor([1, 2, 3, 4], { shape: [2, 3] })],
  [
    "add: shapes must broadcast together (equal or 1 in every dimension, aligned from the right), got [2, 3] and [2]. " +
      "Dimension -1 is 3 in the first and 2 in the second.",
    () => x().add(tensor([1, 2])),
  ],
  ["where: shapes must broadcast together", () => u.where(ids(1, 0), x(), 0)],
  [
    "matmul: shapes must share the inner size ([.., M, K] and [.., K, N]), got [2, 3] and [2, 3]. K is 3 on the left and 2 on the right.",
    () => x().matmul(x()),
  ],
  [
    "matmul: operands must be of rank 1 or more, got [] and [2, 3]. Use mul() for scalars.",
    () => tensor(1).matmul(x()),
  ],
  ["outer: operands must be vectors, got [2, 3] and [2, 3].", () => u.outer(x(), x())],
  [
    "linear: input must have shape [..., 2] (inFeatures=2), got [2, 3]. If features are not last, permute first.",
    () => u.linear(x(), u.zeros([4, 2])),
  ],
  ["linear: weight must have shape [O, I], got [3].", () => u.linear(x(), u.zeros([3]))],
  ["linear: bias must have shape [4], got [3].", () => u.linear(x(), u.zeros([4, 3]), u.zeros([3]))],
  [
    "reshape: shape must hold 6 elements, as [2, 3] does (one size may be -1), got [4, -1].",
    () => x().reshape([4, -1]),
  ],
  [
    "reshape: shape must hold 6 elements, as [2, 3] does (one size may be -1), got [-1, -1].",
    () => x().reshape([-1, -1]),
  ],
  ["flatten: start must be an integer in [-2, 1] for a tensor of rank 2, got 2.", () => x().flatten(2)],
  ["permute: axes must name each of the 2 dimensions once, got [0, 0].", () => x().permute([0, 0])],
  ["transpose: axis must be an integer in [-2, 1] for a tensor of rank 2, got 2.", () => x().transpose(0, 2)],
  ["expand: shape must be one that [2, 3] broadcasts to, got [2, 4].", () => x().expand([2, 4])],
  ["expand: shape must be one that [2, 3] broadcasts to, got [-1, 2, 3].", () => x().expand([-1, 2, 3])],
  ["expand: shape must be one that [2, 3] broadcasts to, got [3].", () => x().expand([3])],
  ["narrow: start and length must lie inside dimension 1 of size 3, got start 2, length 2.", () => x().narrow(1, 2, 2)],
  [
    "narrow: start and length must lie inside dimension 1 of size 3, got start 0.5, length 1.",
    () => x().narrow(1, 0.5, 1),
  ],
  ["narrow: input must be of rank 1 or more, got a scalar.", () => tensor(1).narrow(0, 0, 1)],
  ["select: index must be an integer in [-3, 2] for dimension 1 of size 3, got 3.", () => x().select(1, 3)],
  ["flip: axes must name each dimension once, got [0, 0].", () => x().flip([0, -2])],
  ["sum: axis must be an integer in [-2, 1] for a tensor of rank 2, got 2.", () => x().sum(2)],
  ["mean: axis must name each dimension once, got [1, 1].", () => x().mean([1, -1])],
  ["sum: axis must be 0 or -1 for a scalar, got 1.", () => tensor(1).sum(1)],
  ["max: input must have elements where it is reduced, got [0, 3].", () => u.zeros([0, 3]).max(0)],
  ["argmax: input must have elements where it is reduced, got [0].", () => tensor([]).argmax()],
  [
    "concat: tensors[1] must match [2, 3] in every dimension but 0, got [2, 2].",
    () => u.concat([x(), u.zeros([2, 2])]),
  ],
  ["concat: input must be of rank 1 or more, got a scalar.", () => u.concat([tensor(1)])],
  ["stack: tensors[1] must have shape [2, 3], as the first has, got [3].", () => u.stack([x(), tensor([1, 2, 3])])],
  ["split: sizes must have the sum 2, the size of dimension 0, got [1, 2] (3).", () => x().split([1, 2])],
  ["embedding: table must have shape [V, D], got [3].", () => u.embedding(tensor([1, 2, 3]), ids(0))],
  [
    "embedding: ids must lie in [0, 1] (numEmbeddings=2), got 2. Check the vocabulary that made the ids.",
    () => u.embedding(x(), ids(0, 2)),
  ],
  ["embedding: ids must lie in [0, 1] (numEmbeddings=2), got -1.", () => u.embedding(x(), ids(0, -1))],
  ["indexSelect: index must have shape [K], got [1, 1].", () => x().indexSelect(0, tensor([[0]], { dtype: "int32" }))],
  ["indexSelect: index must lie in [0, 2] (size of dimension 1=3), got 3.", () => x().indexSelect(1, ids(3))],
  ["gather: index must match [2, 3] in every dimension but 1, got [1].", () => x().gather(1, ids(0))],
  ["oneHot: ids must lie in [0, 2] (numClasses=3), got 3.", () => u.oneHot(ids(3), 3)],
  ["topk: k must be at most the size of dimension 1 of [2, 3], got 4.", () => x().topk(4)],
  ["tril: input must have shape [..., M, N], got [2].", () => tensor([1, 2]).tril()],
  ["item: tensor must have exactly one element, got [2, 3]. Use data() or toArray() for more.", () => x().item()],
  ["set: data must hold 6 elements for shape [2, 3], got 2.", () => x().set([1, 2])],
];

const DTYPES: Case[] = [
  ['exp: input must be float32 or float64, got int32. Convert with .to("float32").', () => ids(1).exp()],
  ["mean: input must be float32 or float64, got int32.", () => ids(1).mean()],
  ["var: input must be float32 or float64, got int32.", () => ids(1).std()],
  ["softmax: input must be float32 or float64, got int32.", () => ids(1).softmax()],
  ["dropout: input must be float32 or float64, got int32.", () => ids(1).dropout(0.5)],
  ["matmul: b must be float32 or float64, got int32.", () => tensor([1]).matmul(ids(1))],
  [
    'embedding: ids must be int32, got float32. Create it with { dtype: "int32" }, or convert with .to("int32").',
    () => u.embedding(x(), tensor([0, 1])),
  ],
  ["where: cond must be int32, got float32.", () => u.where(tensor([1]), x(), 0)],
  ["oneHot: ids must be int32, got float32.", () => u.oneHot(tensor([1]))],
  [
    'linear: input must be float32, got float64. Convert with .to("float32").',
    () => u.linear(u.zeros([1, 2], { dtype: "float64" }), u.zeros([3, 2])),
  ],
  [
    "linear: bias must be float32, got float64.",
    () => u.linear(x(), u.zeros([2, 3]), u.zeros([2], { dtype: "float64" })),
  ],
  [
    "randn: dtype must be float32 or float64, got int32. Use randint() for whole numbers.",
    () => u.randn([1], { dtype: "int32" }),
  ],
];

const OPTIONS: Case[] = [
  ['tensor: data must be numbers, got "a".', () => tensor(["a" as unknown as number])],
  ["tensor: data must be numbers, got undefined.", () => tensor(undefined as unknown as number)],
  ["tensor: data must be integers of 32 bits for dtype int32, got 1.5.", () => tensor([1.5], { dtype: "int32" })],
  [
    "tensor: data must be integers of 32 bits for dtype int32, got NaN.",
    () => tensor([Number.NaN], { dtype: "int32" }),
  ],
  ["full: value must be integers of 32 bits for dtype int32, got 0.5.", () => u.full([1], 0.5, { dtype: "int32" })],
  [
    'tensor: dtype must be one of "float32", "float64", "int32", got "half".',
    () => tensor([1], { dtype: "half" as "float32" }),
  ],
  ["tensor: shape [-1] must be a non-negative integer, got -1.", () => tensor([1], { shape: [-1] })],
  ["zeros: shape [1.5] must be a non-negative integer, got 1.5.", () => u.zeros([1.5])],
  ["arange: step must be a finite number other than 0, got 0.", () => u.arange(0, 1, 0)],
  ["arange: end must be a finite number, got Infinity.", () => u.arange(0, Infinity)],
  ["linspace: count must be a non-negative integer, got -1.", () => u.linspace(0, 1, -1)],
  ["randint: high must be an integer > low (3), got 3.", () => u.randint(3, 3, [1])],
  ["dropout: p must be a number in [0, 1], got 1.5.", () => x().dropout(1.5)],
  ["clamp: min must be a number, got undefined.", () => x().clamp()],
  ["clamp: max must be a number, got NaN.", () => x().clamp(0, Number.NaN)],
  ["norm: p must be a finite number > 0, got 0. Infinity is allowed too.", () => x().norm(0)],
  ["slice: step must be a positive integer, got 0. Use flip() to go backwards.", () => x().slice(0, 0, 2, 0)],
  ["slice: start must be an integer, got 0.5.", () => x().slice(0, 0.5)],
  ["repeat: times must be at least 2 non-negative integers, got [2].", () => x().repeat([2])],
  ["roll: shift must be an integer, got 0.5.", () => x().roll(0.5, 0)],
  ["split: sizes must be a positive integer, got 0.", () => x().split(0)],
  ["chunk: count must be a positive integer, got -1.", () => x().chunk(-1)],
  ["concat: tensors must be a list of at least one tensor, got [].", () => u.concat([])],
  ["concat: tensors[1] must be a tensor, got 3. Make one with tensor().", () => u.concat([x(), wrong(3)])],
  ["add: the second operand must be a tensor, got [1, 2]. Make one with tensor().", () => x().add(wrong([1, 2]))],
  ["mul: the second operand must be a tensor, got undefined.", () => x().mul(wrong(undefined))],
  ["add: one operand at least must be a tensor, got 2.", () => u.add(1, 2)],
  ["matmul: b must be a tensor, got an object of type Array", () => x().matmul(wrong({ __proto__: Array.prototype }))],
  ["embedding: ids must be a tensor, got [0, 1].", () => u.embedding(x(), wrong([0, 1]))],
  ["topk: k must be a non-negative integer, got 1.5.", () => x().topk(1.5)],
];

describe.each([
  ["ShapeError", ShapeError, SHAPES],
  ["DTypeError", DTypeError, DTYPES],
  ["OptionError", OptionError, OPTIONS],
] as const)("%s", (_, type, cases) => {
  test.each(cases as Case[])("%s", (message, act) => {
    expect(act).toThrow(type as unknown as new () => Error);
    expect(act).toThrow(message);
  });
});

describe("DisposedError", () => {
  const gone = (): Tensor => {
    const t = x();
    t.dispose();
    return t;
  };
  const goneIds = (): Tensor => {
    const t = ids(0, 1);
    t.dispose();
    return t;
  };

  test.each<[op: string, act: () => unknown]>([
    ["add", () => x().add(gone())],
    ["mul", () => gone().mul(2)],
    ["tanh", () => gone().tanh()],
    ["where", () => u.where(goneIds(), x(), 0)],
    ["sum", () => gone().sum()],
    ["logSumExp", () => gone().logSumExp()],
    ["softmax", () => gone().softmax()],
    ["matmul", () => x().T.matmul(gone())],
    ["linear", () => u.linear(x(), gone())],
    ["reshape", () => gone().reshape([6])],
    ["transpose", () => gone().T],
    ["permute", () => gone().permute([1, 0])],
    ["squeeze", () => gone().squeeze()],
    ["unsqueeze", () => gone().unsqueeze(0)],
    ["expand", () => gone().expand([2, 2, 3])],
    ["narrow", () => gone().narrow(0, 0, 1)],
    ["select", () => gone().select(0, 0)],
    ["slice", () => gone().slice(0)],
    ["flip", () => gone().flip(0)],
    ["concat", () => u.concat([x(), gone()])],
    ["stack", () => u.stack([x(), gone()])],
    ["split", () => gone().split(1)],
    ["gather", () => gone().gather(0, tensor([[0, 0, 0]], { dtype: "int32" }))],
    ["indexSelect", () => x().indexSelect(0, goneIds())],
    ["embedding", () => u.embedding(x(), goneIds())],
    ["dropout", () => gone().dropout(0.5)],
    ["to", () => gone().to("float64")],
    ["clone", () => gone().clone()],
    ["contiguous", () => gone().contiguous()],
    ["detach", () => gone().detach()],
    ["retain", () => gone().retain()],
    ["set", () => gone().set([1, 2, 3, 4, 5, 6])],
    ["data", () => gone().data()],
    ["data", () => gone().toArray()],
    ["backward", () => gone().backward()],
  ])("%s names itself", (op, act) => {
    expect(act).toThrow(DisposedError);
    expect(act).toThrow(
      new RegExp(`^${op}: tensor \\[.*\\] must be alive, got one released by dispose\\(\\)\\. Read it earlier`),
    );
  });
});
