import { describe, expect, test } from "vitest";
import { memory, nn, randn, tensor } from "../../src/index.js";
import { stepOf, stepsOf } from "../../src/layers/arrange.js";
import {
  Adam,
  AttentionSeq2seq,
  BetterRnnlm,
  clipGrads,
  GRU,
  LSTM,
  RNN,
  TimeGRU,
  TimeLSTM,
  TimeRNN,
  toStateDict,
  zeros,
} from "../../src/layers/index.js";
import { expectClose, TOLERANCE } from "../support/close.js";
import { weighted } from "./check-gradients.js";
import { RandomArrays } from "./random.js";

const [N, T, D, H] = [3, 6, 4, 2] as const;

const stateful = { stateful: true };
const layers = [
  ["TimeRNN", (r: RandomArrays, options = {}) => new TimeRNN(...r.recurrent(1, D, H), options)],
  [
    "TimeRNN, sigmoid",
    (r: RandomArrays, options = {}) => new TimeRNN(...r.recurrent(1, D, H), { activation: "sigmoid", ...options }),
  ],
  ["TimeLSTM", (r: RandomArrays, options = {}) => new TimeLSTM(...r.recurrent(4, D, H), options)],
  ["TimeGRU", (r: RandomArrays, options = {}) => new TimeGRU(...r.recurrent(3, D, H), r.normal(3 * H), options)],
  [
    "TimeGRU, reset before the product",
    (r: RandomArrays, options = {}) => new TimeGRU(...r.recurrent(3, D, H), null, { resetAfter: false, ...options }),
  ],
] as const;

describe.each(layers)("the state of %s", (_name, make) => {
  test("stateful: a sequence in two parts gives what the whole gives, rtol 1e-10; resetState begins anew", () => {
    const r = new RandomArrays(41);
    const layer = make(r, stateful);
    const xs = r.normal(N, T, D);
    const whole = layer.forward(xs);
    const last = layer.h!;
    layer.resetState();
    const parts = [stepsOf(xs, 0, 4), stepsOf(xs, 4, T)].map((part) => layer.forward(part));
    expectClose(parts[0]!.data, stepsOf(whole, 0, 4).data, TOLERANCE.float64);
    expectClose(parts[1]!.data, stepsOf(whole, 4, T).data, TOLERANCE.float64);
    expectClose(layer.h!.data, last.data, TOLERANCE.float64);
    expect(layer.forward(xs).data).not.toEqual(whole.data);
    layer.resetState();
    expect(layer.h).toBeNull();
    expect(layer.forward(xs).data).toEqual(whole.data);
  });

  test("not stateful: every call begins with zeros, but for the one after setState", () => {
    const r = new RandomArrays(42);
    const layer = make(r);
    const xs = r.normal(N, T, D);
    const first = layer.forward(xs);
    expect(layer.forward(xs).data).toEqual(first.data);
    layer.setState(r.normal(N, H));
    expect(layer.forward(xs).data).not.toEqual(first.data);
    expect(layer.forward(xs).data).toEqual(first.data);
  });

  test("truncated backpropagation cuts the gradient and keeps the state", () => {
    const r = new RandomArrays(43);
    const layer = make(r, stateful);
    const [xs, dhs] = [r.normal(N, T, D), r.normal(N, T, H)];
    const [firstXs, lastXs] = [stepsOf(xs, 0, 3), stepsOf(xs, 3, T)];
    layer.forward(firstXs);
    const [h, c] = [layer.h!, layer.c];
    layer.forward(lastXs);
    const dxs = layer.backward(stepsOf(dhs, 3, T));
    const cut = layer.grads.map((grad) => grad.clone());
    const dh = layer.dh!;
    // The same block alone, begun from the state as from a constant.
    layer.setState(h, c);
    layer.forward(lastXs);
    expect(layer.backward(stepsOf(dhs, 3, T)).data).toEqual(dxs.data);
    expect(layer.grads.map(({ data }) => data)).toEqual(cut.map(({ data }) => data));
    // What was cut off is not nothing: it is in dh.
    expect(weighted(dh, dh)).toBeGreaterThan(1e-6);
    // The whole sequence at once, with a gradient at its last steps only, reaches further than the cut one.
    layer.resetState();
    layer.forward(xs);
    const late = dhs.clone();
    for (let n = 0; n < N; n++) late.data.fill(0, n * T * H, n * T * H + 3 * H);
    const full = layer.backward(late);
    expect(weighted(stepsOf(full, 0, 3), stepsOf(full, 0, 3))).toBeGreaterThan(1e-8);
    expect(layer.dWx.data).not.toEqual(cut[0]!.data);
    expectClose(stepsOf(full, 3, T).data, dxs.data, TOLERANCE.float64);
  });
});

describe("shapes", () => {
  test("an RNN on [3, 5, 4] with hidden size 2 gives outputs [3, 5, 2] and a state [1, 5, 2], from both faces", () => {
    const module = new nn.RNN(4, 2);
    const [y, state] = module.forward(randn([3, 5, 4]));
    expect(y.shape).toEqual([3, 5, 2]);
    expect(state.shape).toEqual([1, 5, 2]);
    const r = new RandomArrays(44, "float32");
    const layer = new TimeRNN(...r.recurrent(1, 4, 2));
    expect(layer.forward(r.normal(5, 3, 4)).shape).toEqual([5, 3, 2]);
    expect(layer.h!.shape).toEqual([5, 2]);
    module.loadStateDict(toStateDict(layer, (data, shape) => tensor(data, { shape })));
  });
});

describe("one step", () => {
  test("RNN, LSTM and GRU step by step are TimeRNN, TimeLSTM and TimeGRU, rtol 1e-10", () => {
    const r = new RandomArrays(45);
    const xs = r.normal(N, T, D);
    const steps = Array.from({ length: T }, (_, t) => stepOf(xs, t));
    const zero = zeros([N, H], "float64");
    const [rnn, lstm, gru] = [r.recurrent(1, D, H), r.recurrent(4, D, H), r.recurrent(3, D, H)];
    let [h, c, g] = [zero, zero, zero];
    for (const x of steps) h = new RNN(...rnn).forward(x, h);
    const timeRnn = new TimeRNN(...rnn);
    timeRnn.forward(xs);
    expectClose(h.data, timeRnn.h!.data, TOLERANCE.float64);
    h = zero;
    for (const x of steps) [h, c] = new LSTM(...lstm).forward(x, h, c);
    const timeLstm = new TimeLSTM(...lstm);
    timeLstm.forward(xs);
    expectClose(h.data, timeLstm.h!.data, TOLERANCE.float64);
    expectClose(c.data, timeLstm.c!.data, TOLERANCE.float64);
    for (const x of steps) g = new GRU(...gru).forward(x, g);
    const timeGru = new TimeGRU(...gru);
    timeGru.forward(xs);
    expectClose(g.data, timeGru.h!.data, TOLERANCE.float64);
  });
});

describe("memory", () => {
  test("the engine's memory in use is the same after every training step as before the first", () => {
    const r = new RandomArrays(46, "float32");
    const { generator } = r;
    const language = new BetterRnnlm(7, 5, { generator });
    const translate = new AttentionSeq2seq(7, 4, 5, { generator });
    const optimizer = new Adam();
    const before = memory();
    for (let i = 0; i < 5; i++) {
      for (const model of [language, translate]) {
        model.forward(r.ids(7, 3, 6), r.ids(7, 3, 6));
        model.backward();
        clipGrads(model.grads, 0.25);
        optimizer.update(model.params, model.grads);
      }
      expect(memory().bytes).toBe(before.bytes);
      expect(memory().buffers).toBe(before.buffers);
    }
  });

  test("is given back when a call throws", () => {
    const r = new RandomArrays(47);
    const before = memory().buffers;
    const model = new BetterRnnlm(7, 5, { generator: r.generator });
    expect(() => model.forward(r.ids(9, 3, 60), r.ids(7, 3, 60))).toThrow("ids must lie in [0, 6]");
    expect(memory().buffers).toBe(before);
  });
});
