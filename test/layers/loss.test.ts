import { describe, expect, test } from "vitest";
import { array, SoftmaxWithLoss, TimeSoftmaxWithLoss, zeros } from "../../src/layers/index.js";
import { expectClose, TOLERANCE } from "../support/close.js";
import { RandomArrays } from "./random.js";

describe("SoftmaxWithLoss", () => {
  test("is the mean of -log y[t], and its gradient (y - onehot) / N", () => {
    const r = new RandomArrays(51);
    const [scores, labels] = [r.normal(3, 4), array([2, 0, 3], "int32")];
    const layer = new SoftmaxWithLoss();
    const loss = layer.forward(scores, labels);
    const y = layer.y.toArray() as number[][];
    const expected = -(Math.log(y[0]![2]!) + Math.log(y[1]![0]!) + Math.log(y[2]![3]!)) / 3;
    expect(loss).toBeCloseTo(expected, 12);
    const dScores = y.flatMap((row, n) => row.map((p, v) => (p - (labels.data[n] === v ? 1 : 0)) / 3));
    expectClose(layer.backward().data, dScores, TOLERANCE.float64);
  });

  test("takes one-hot labels", () => {
    const scores = new RandomArrays(52).normal(2, 3);
    const byId = new SoftmaxWithLoss().forward(scores, array([2, 1], "int32"));
    const byRow = [
      [0, 0, 1],
      [0, 1, 0],
    ];
    expect(new SoftmaxWithLoss().forward(scores, array(byRow, "float64"))).toBe(byId);
    expect(new SoftmaxWithLoss().forward(scores, array(byRow, "int32"))).toBe(byId);
  });

  test("starts at log V: perplexity is the size of the vocabulary when nothing is known", () => {
    expect(Math.exp(new SoftmaxWithLoss().forward(zeros([4, 10]), array([1, 2, 3, 4], "int32")))).toBeCloseTo(10, 4);
  });
});

describe("ignoreLabel", () => {
  test("ignored steps change neither the loss nor the gradient, and get none", () => {
    const r = new RandomArrays(53);
    const scores = r.normal(2, 3, 4);
    const labels = array(
      [
        [1, 3, -1],
        [0, -1, -1],
      ],
      "int32",
    );
    const layer = new TimeSoftmaxWithLoss();
    const loss = layer.forward(scores, labels);
    const dScores = layer.backward();
    const counted = [0, 1, 3].flatMap((row) => [...scores.data.slice(row * 4, row * 4 + 4)]);
    const alone = new SoftmaxWithLoss();
    const expected = alone.forward(array(counted, [3, 4], "float64"), array([1, 3, 0], "int32"));
    expect(loss).toBeCloseTo(expected, 12);
    const dAlone = alone.backward().data;
    [0, 1, 3].forEach((row, i) => {
      expectClose(dScores.data.slice(row * 4, row * 4 + 4), dAlone.slice(i * 4, i * 4 + 4), TOLERANCE.float64);
    });
    for (const row of [2, 4, 5]) expect([...dScores.data.slice(row * 4, row * 4 + 4)]).toEqual([0, 0, 0, 0]);
  });

  test("may be a class, such as the padding's", () => {
    const r = new RandomArrays(54);
    const scores = r.normal(1, 3, 4);
    const layer = new TimeSoftmaxWithLoss({ ignoreLabel: 0 });
    const changed = scores.clone();
    changed.data.fill(9, 8, 12);
    const labels = array([[1, 2, 0]], "int32");
    expect(layer.forward(scores, labels)).toBe(layer.forward(changed, labels));
  });
});
