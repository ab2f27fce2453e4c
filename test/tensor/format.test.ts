import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { arange, full, type NestedArray, tensor, zeros } from "../../src/index.js";

describe("toString", () => {
  test("scalars", () => {
    expect(`${tensor(-4.56789)}`).toMatchInlineSnapshot(`"tensor(-4.5679, shape=[], float32)"`);
    expect(`${tensor(7, { dtype: "int32" })}`).toMatchInlineSnapshot(`"tensor(7, shape=[], int32)"`);
  });

  test("vectors", () => {
    expect(`${tensor([1, -2.5, 100.125])}`).toMatchInlineSnapshot(
      `"tensor([  1.0000,  -2.5000, 100.1250], shape=[3], float32)"`,
    );
    expect(`${tensor([])}`).toMatchInlineSnapshot(`"tensor([], shape=[0], float32)"`);
  });

  test("matrices, their columns aligned", () => {
    expect(
      `${tensor(
        [
          [1, -20],
          [300, 4],
        ],
        { dtype: "float64" },
      )}`,
    ).toMatchInlineSnapshot(`
      "tensor([[  1.0000, -20.0000],
              [300.0000,   4.0000]], shape=[2, 2], float64)"
    `);
    expect(`${zeros([0, 3])} ${zeros([2, 0])}`).toMatchInlineSnapshot(`
      "tensor([], shape=[0, 3], float32) tensor([[],
              []], shape=[2, 0], float32)"
    `);
  });

  test("three dimensions", () => {
    expect(`${arange(8, undefined, 1, { dtype: "int32" }).reshape([2, 2, 2])}`).toMatchInlineSnapshot(`
      "tensor([[[0, 1],
               [2, 3]],

              [[4, 5],
               [6, 7]]], shape=[2, 2, 2], int32)"
    `);
  });

  test("long ones show their ends", () => {
    expect(`${arange(100, undefined, 1, { dtype: "int32" })}`).toMatchInlineSnapshot(
      `"tensor([ 0,  1,  2, ..., 97, 98, 99], shape=[100], int32)"`,
    );
    expect(`${arange(200, undefined, 1, { dtype: "int32" }).reshape([20, 10])}`).toMatchInlineSnapshot(`
      "tensor([[  0,   1,   2, ...,   7,   8,   9],
              [ 10,  11,  12, ...,  17,  18,  19],
              [ 20,  21,  22, ...,  27,  28,  29],
              ...,
              [170, 171, 172, ..., 177, 178, 179],
              [180, 181, 182, ..., 187, 188, 189],
              [190, 191, 192, ..., 197, 198, 199]], shape=[20, 10], int32)"
    `);
  });

  test("nan, inf and exponents", () => {
    expect(`${tensor([Number.NaN, Infinity, -Infinity, 1])}`).toMatchInlineSnapshot(
      `"tensor([   nan,    inf,   -inf, 1.0000], shape=[4], float32)"`,
    );
    expect(`${tensor([1e-5, -3e-4])}`).toMatchInlineSnapshot(`"tensor([ 1.0000e-5, -3.0000e-4], shape=[2], float32)"`);
    expect(`${tensor([1e9, 1, 0])}`).toMatchInlineSnapshot(
      `"tensor([1.0000e+9, 1.0000e+0, 0.0000e+0], shape=[3], float32)"`,
    );
    expect(`${full([2], -0)}`).toMatchInlineSnapshot(`"tensor([0.0000, 0.0000], shape=[2], float32)"`);
  });

  test("views, gradients and history", () => {
    const x = tensor(
      [
        [1, 2],
        [3, 4],
      ],
      { requiresGrad: true },
    );
    expect(`${x.detach().T}`).toMatchInlineSnapshot(`
      "tensor([[1.0000, 3.0000],
              [2.0000, 4.0000]], shape=[2, 2], float32)"
    `);
    expect(`${x}`).toMatchInlineSnapshot(`
      "tensor([[1.0000, 2.0000],
              [3.0000, 4.0000]], shape=[2, 2], float32, requiresGrad)"
    `);
    expect(`${x.sum()}`).toMatchInlineSnapshot(`"tensor(10.0000, shape=[], float32, from sum)"`);
  });

  test("is what Node's inspect shows, in objects too", () => {
    expect(inspect(tensor([1]))).toBe(String(tensor([1])));
    expect(inspect({ h: tensor([1]) })).toMatchInlineSnapshot(`"{ h: tensor([1.0000], shape=[1], float32) }"`);
  });
});

test.each<[NestedArray]>([
  [5],
  [[]],
  [[1, 2]],
  [[[1], [2]]],
  [[[], []]],
  [
    [
      [
        [1, 2],
        [3, 4],
      ],
      [
        [5, 6],
        [7, 8],
      ],
    ],
  ],
])("nested arrays go in and come out: %j", (nested) => {
  expect(tensor(nested).toArray()).toEqual(nested);
});
