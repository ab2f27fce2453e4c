import { describe, expect, test } from "vitest";
import {
  Affine,
  Attention,
  AttentionWeight,
  Embedding,
  GRU,
  LSTM,
  type NdArray,
  RNN,
  SoftmaxWithLoss,
  TimeAffine,
  TimeAttention,
  TimeAttentionWeight,
  TimeBiLSTM,
  TimeDropout,
  TimeEmbedding,
  TimeGRU,
  TimeLSTM,
  TimeRNN,
  TimeSoftmaxWithLoss,
  TimeWeightSum,
  WeightSum,
} from "../../src/layers/index.js";
import { checkGradients, paramPairs, weighted } from "./check-gradients.js";
import { RandomArrays } from "./random.js";

/** Layers with one array in and one out, and the shapes of both. */
interface Chainable {
  params: readonly NdArray[];
  grads: readonly NdArray[];
  forward(x: NdArray): NdArray;
  backward(dy: NdArray): NdArray;
}

const [N, T, D, H] = [3, 4, 5, 2] as const;

const chainable: [string, (r: RandomArrays) => Chainable, number[], number[]][] = [
  ["Affine", (r) => new Affine(r.normal(D, H), r.normal(H)), [N, D], [N, H]],
  ["Affine without bias", (r) => new Affine(r.normal(D, H)), [N, D], [N, H]],
  ["Affine, tied", (r) => new Affine(r.normal(H, D), r.normal(H), { tied: true }), [N, D], [N, H]],
  ["TimeAffine", (r) => new TimeAffine(r.normal(D, H), r.normal(H)), [N, T, D], [N, T, H]],
  ["TimeRNN, tanh", (r) => new TimeRNN(...r.recurrent(1, D, H)), [N, T, D], [N, T, H]],
  ["TimeRNN, relu", (r) => new TimeRNN(...r.recurrent(1, D, H), { activation: "relu" }), [N, T, D], [N, T, H]],
  ["TimeRNN, sigmoid", (r) => new TimeRNN(...r.recurrent(1, D, H), { activation: "sigmoid" }), [N, T, D], [N, T, H]],
  [
    "TimeRNN, sigmoid, reverse",
    (r) => new TimeRNN(...r.recurrent(1, D, H), { activation: "sigmoid", reverse: true }),
    [N, T, D],
    [N, T, H],
  ],
  ["TimeLSTM", (r) => new TimeLSTM(...r.recurrent(4, D, H)), [N, T, D], [N, T, H]],
  ["TimeLSTM, reverse", (r) => new TimeLSTM(...r.recurrent(4, D, H), { reverse: true }), [N, T, D], [N, T, H]],
  ["TimeGRU", (r) => new TimeGRU(...r.recurrent(3, D, H), r.normal(3 * H)), [N, T, D], [N, T, H]],
  [
    "TimeGRU, reset before the product, reverse",
    (r) => new TimeGRU(...r.recurrent(3, D, H), null, { resetAfter: false, reverse: true }),
    [N, T, D],
    [N, T, H],
  ],
  ["TimeBiLSTM", (r) => new TimeBiLSTM(...r.recurrent(4, D, H), ...r.recurrent(4, D, H)), [N, T, D], [N, T, 2 * H]],
];

describe("numerical gradients in float64, rtol 1e-6, atol 1e-8", () => {
  test.each(chainable)("%s", (_name, make, inputShape, outputShape) => {
    const r = new RandomArrays(11);
    const layer = make(r);
    const x = r.normal(...inputShape);
    const dy = r.normal(...outputShape);
    const loss = () => weighted(layer.forward(x), dy);
    expect(layer.forward(x).shape).toEqual(outputShape);
    const dx = layer.backward(dy);
    checkGradients(loss, { x: [x, dx], ...paramPairs(layer.params, layer.grads) });
  });

  test.each(["tanh", "relu", "sigmoid"] as const)("RNN, one step, %s", (activation) => {
    const r = new RandomArrays(12);
    const layer = new RNN(...r.recurrent(1, D, H), { activation });
    const [x, h, dh] = [r.normal(N, D), r.normal(N, H), r.normal(N, H)];
    const loss = () => weighted(layer.forward(x, h), dh);
    loss();
    const [dx, dhPrev] = layer.backward(dh);
    checkGradients(loss, { x: [x, dx], hPrev: [h, dhPrev], ...paramPairs(layer.params, layer.grads) });
  });

  test("LSTM, one step, with gradients of both h and c", () => {
    const r = new RandomArrays(13);
    const layer = new LSTM(...r.recurrent(4, D, H));
    const [x, h, c, dh, dc] = [r.normal(N, D), r.normal(N, H), r.normal(N, H), r.normal(N, H), r.normal(N, H)];
    const loss = () => {
      const [hNext, cNext] = layer.forward(x, h, c);
      return weighted(hNext, dh) + weighted(cNext, dc);
    };
    loss();
    const [dx, dhPrev, dcPrev] = layer.backward(dh, dc);
    const pairs = paramPairs(layer.params, layer.grads);
    checkGradients(loss, { x: [x, dx], hPrev: [h, dhPrev], cPrev: [c, dcPrev], ...pairs });
  });

  test.each([true, false])("GRU, one step, resetAfter %s", (resetAfter) => {
    const r = new RandomArrays(14);
    const layer = new GRU(...r.recurrent(3, D, H), resetAfter ? r.normal(3 * H) : null, { resetAfter });
    expect(layer.params).toHaveLength(resetAfter ? 4 : 3);
    const [x, h, dh] = [r.normal(N, D), r.normal(N, H), r.normal(N, H)];
    const loss = () => weighted(layer.forward(x, h), dh);
    loss();
    const [dx, dhPrev] = layer.backward(dh);
    checkGradients(loss, { x: [x, dx], hPrev: [h, dhPrev], ...paramPairs(layer.params, layer.grads) });
  });

  test("Embedding and TimeEmbedding, with ids that repeat", () => {
    const r = new RandomArrays(15);
    const one = new Embedding(r.normal(4, D));
    const [ids, dy] = [r.ids(4, 6), r.normal(6, D)];
    one.forward(ids);
    one.backward(dy);
    checkGradients(() => weighted(one.forward(ids), dy), { W: [one.W, one.dW] });
    const time = new TimeEmbedding(r.normal(4, D));
    const [timeIds, dys] = [r.ids(4, N, T), r.normal(N, T, D)];
    time.forward(timeIds);
    time.backward(dys);
    checkGradients(() => weighted(time.forward(timeIds), dys), { W: [time.W, time.dW] });
  });

  test("SoftmaxWithLoss and TimeSoftmaxWithLoss, some labels ignored", () => {
    const r = new RandomArrays(16);
    const one = new SoftmaxWithLoss();
    const [scores, labels] = [r.normal(5, 4), r.ids(4, 5)];
    labels.data[2] = -1;
    one.forward(scores, labels);
    checkGradients(() => 1.7 * one.forward(scores, labels), { scores: [scores, one.backward(1.7)] });
    const time = new TimeSoftmaxWithLoss({ ignoreLabel: 0 });
    const [timeScores, timeLabels] = [r.normal(N, T, 4), r.ids(4, N, T)];
    time.forward(timeScores, timeLabels);
    checkGradients(() => time.forward(timeScores, timeLabels), { scores: [timeScores, time.backward()] });
  });

  test("AttentionWeight, WeightSum, Attention and TimeAttention", () => {
    const r = new RandomArrays(17);
    const [hs, h, a] = [r.normal(N, T, H), r.normal(N, H), r.normal(N, T)];
    const [da, dc] = [r.normal(N, T), r.normal(N, H)];
    const weight = new AttentionWeight();
    expect(weight.forward(hs, h).shape).toEqual([N, T]);
    const [dhs1, dh1] = weight.backward(da);
    checkGradients(() => weighted(weight.forward(hs, h), da), { hs: [hs, dhs1], h: [h, dh1] });
    const sum = new WeightSum();
    expect(sum.forward(hs, a).shape).toEqual([N, H]);
    const [dhs2, da2] = sum.backward(dc);
    checkGradients(() => weighted(sum.forward(hs, a), dc), { hs: [hs, dhs2], a: [a, da2] });
    const attention = new Attention();
    attention.forward(hs, h);
    const [dhs3, dh3] = attention.backward(dc);
    checkGradients(() => weighted(attention.forward(hs, h), dc), { hs: [hs, dhs3], h: [h, dh3] });
    const [hsD, das] = [r.normal(N, 3, H), r.normal(N, 3, T)];
    const timeWeight = new TimeAttentionWeight();
    expect(timeWeight.forward(hs, hsD).shape).toEqual([N, 3, T]);
    const [dhsW, dhsD] = timeWeight.backward(das);
    checkGradients(() => weighted(timeWeight.forward(hs, hsD), das), { hs: [hs, dhsW], hsDec: [hsD, dhsD] });
    const [timeSum, as, dcs3] = [new TimeWeightSum(), r.normal(N, 3, T), r.normal(N, 3, H)];
    timeSum.forward(hs, as);
    const [dhsS, das2] = timeSum.backward(dcs3);
    checkGradients(() => weighted(timeSum.forward(hs, as), dcs3), { hs: [hs, dhsS], as: [as, das2] });
    const time = new TimeAttention();
    const [hsDec, dcs] = [r.normal(N, 3, H), r.normal(N, 3, H)];
    expect(time.forward(hs, hsDec).shape).toEqual([N, 3, H]);
    const [dhsEnc, dhsDec] = time.backward(dcs);
    checkGradients(() => weighted(time.forward(hs, hsDec), dcs), { hsEnc: [hs, dhsEnc], hsDec: [hsDec, dhsDec] });
  });

  test("TimeDropout: the same mask forward and backward, about p of the elements dropped, the mean kept", () => {
    const r = new RandomArrays(18);
    const layer = new TimeDropout(0.3, r.generator);
    const x = r.normal(10, 20, 30);
    const y = layer.forward(x);
    const dx = layer.backward(x);
    expect(dx.data).toEqual(y.data);
    const dropped = y.data.filter((value) => value === 0).length / y.size;
    expect(Math.abs(dropped - 0.3)).toBeLessThan(0.02);
    const kept = y.data.findIndex((value) => value !== 0);
    expect(y.data[kept]).toBeCloseTo(x.data[kept]! / 0.7, 12);
    layer.train = false;
    expect(layer.forward(x)).toBe(x);
    expect(layer.backward(x)).toBe(x);
  });

  test("TimeRecurrent.dh and dc: the gradient of the state that was set", () => {
    const r = new RandomArrays(19);
    const [x, h, c, dy] = [r.normal(N, T, D), r.normal(N, H), r.normal(N, H), r.normal(N, T, H)];
    const lstm = new TimeLSTM(...r.recurrent(4, D, H));
    const gru = new TimeGRU(...r.recurrent(3, D, H));
    const sigmoid = new TimeRNN(...r.recurrent(1, D, H), { activation: "sigmoid" });
    const ofLstm = () => {
      lstm.setState(h, c);
      return weighted(lstm.forward(x), dy);
    };
    ofLstm();
    lstm.backward(dy);
    checkGradients(ofLstm, { h: [h, lstm.dh!], c: [c, lstm.dc!] });
    const textbook = new TimeGRU(...r.recurrent(3, D, H), null, { resetAfter: false });
    for (const layer of [gru, sigmoid, textbook]) {
      const loss = () => {
        layer.setState(h);
        return weighted(layer.forward(x), dy);
      };
      loss();
      layer.backward(dy);
      checkGradients(loss, { h: [h, layer.dh!] });
    }
  });
});
