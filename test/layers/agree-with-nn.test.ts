import { afterAll, describe, expect, test } from "vitest";
import { configure, nn, type Tensor, tensor } from "../../src/index.js";
import {
  GRU,
  type Layer,
  LSTM,
  loadStateDict,
  NdArray,
  RNN,
  Rnnlm,
  TimeAffine,
  TimeBiLSTM,
  TimeDropout,
  TimeEmbedding,
  TimeGRU,
  TimeLSTM,
  TimeRNN,
  TimeSoftmaxWithLoss,
  toStateDict,
} from "../../src/layers/index.js";
import { expectClose, TOLERANCE } from "../support/close.js";
import { RandomArrays } from "./random.js";

/** Between two orders of summation in float32. */
const GRADIENT = { rtol: 1e-4, atol: 1e-5 };
const [N, T, D, H, V] = [5, 7, 11, 6, 13] as const;

/** [N, T, ..] as the tensor [T, N, ..] that `nn` takes: time first. */
function timeFirst(x: NdArray): Tensor {
  return toTensor(x).transpose(0, 1).contiguous();
}

function toTensor(x: NdArray): Tensor {
  return tensor(x.data, { shape: x.shape });
}

/** The gradients of a module's parameters under the layer's names and in its layout. */
function nnGradients(module: nn.Module, layer: Layer): NdArray[] {
  const like = twinOf(layer);
  const grads = new Map(module.namedParameters().map(([name, p]) => [name, p.grad!] as const));
  // One bias stands for two of nn's, whose gradients are equal: take one of them.
  for (const [name, grad] of grads) if (name.includes("bias_hh") && !isGru(layer)) grads.set(name, grad.mul(0));
  loadStateDict(like, grads);
  return [...like.params];
}

function isGru(layer: Layer): boolean {
  return layer instanceof TimeGRU;
}

/** A layer of the same kind and sizes, whose params may be overwritten. */
function twinOf(layer: Layer): Layer {
  const p = layer.params.map((param) => param.clone());
  const Kind = layer.constructor as new (...params: NdArray[]) => Layer;
  return new Kind(...p);
}

function expectSameBits(layer: Layer, module: nn.Module): void {
  const expected = nnGradients(module, layer);
  for (const [i, grad] of layer.grads.entries()) expectEqual(grad, expected[i]!, `grads[${i}]`);
}

function expectEqual(found: NdArray, expected: NdArray | Tensor, label: string): void {
  const data = expected instanceof NdArray ? expected.data : expected.data();
  expect(found.shape, label).toEqual(expected.shape);
  expect(
    found.data.some((value) => value !== 0),
    `${label}: not all zeros`,
  ).toBe(true);
  const differs = found.data.findIndex((value, i) => value !== data[i]);
  expect(differs, `${label}: first element that differs`).toBe(-1);
}

/** Makes a tensor again of what a layer holds, for `nn`. */
function load(module: nn.Module, layer: Layer): void {
  module.loadStateDict(toStateDict(layer, (data, shape) => tensor(data, { shape })));
}

describe.each(["reference", "wasm"] as const)("bit for bit as nn, on the %s engine", (engine) => {
  configure({ engine });
  afterAll(() => configure({ engine: "wasm" }));

  describe.each(["float32", "float64"] as const)("%s", (dtype) => {
    const recurrent = [
      ["TimeRNN, tanh", (r: RandomArrays) => new TimeRNN(...r.recurrent(1, D, H)), () => new nn.RNN(D, H, { dtype })],
      [
        "TimeRNN, relu",
        (r: RandomArrays) => new TimeRNN(...r.recurrent(1, D, H), { activation: "relu" }),
        () => new nn.RNN(D, H, { nonlinearity: "relu", dtype }),
      ],
      [
        "TimeRNN, sigmoid",
        (r: RandomArrays) => new TimeRNN(...r.recurrent(1, D, H), { activation: "sigmoid" }),
        () => new nn.RNN(D, H, { nonlinearity: "sigmoid", dtype }),
      ],
      ["TimeLSTM", (r: RandomArrays) => new TimeLSTM(...r.recurrent(4, D, H)), () => new nn.LSTM(D, H, { dtype })],
      [
        "TimeGRU, both biases",
        (r: RandomArrays) => new TimeGRU(...r.recurrent(3, D, H), r.normal(3 * H)),
        () => new nn.GRU(D, H, { dtype }),
      ],
    ] as const;

    test.each(recurrent)("%s", (_name, makeLayer, makeModule) => {
      configure({ engine });
      const r = new RandomArrays(21, dtype);
      const [layer, module] = [makeLayer(r), makeModule()];
      load(module, layer);
      const [xs, h, c, dhs] = [r.normal(N, T, D), r.normal(N, H), r.normal(N, H), r.normal(N, T, H)];
      const x = timeFirst(xs);
      x.requiresGrad = true;
      const state = [h, c].map((s) => toTensor(s).reshape([1, N, H]).contiguous());
      for (const s of state) s.requiresGrad = true;
      const [h0, c0] = state as [Tensor, Tensor];
      const lstm = module instanceof nn.LSTM;
      const y = lstm ? module.forward(x, { h: h0, c: c0 })[0] : (module as nn.GRU).forward(x, h0)[0];
      y.backward(timeFirst(dhs));
      layer.setState(h, lstm ? c : null);
      expectEqual(layer.forward(xs), y.transpose(0, 1), "hs");
      expectEqual(layer.backward(dhs), x.grad!.transpose(0, 1), "dxs");
      expectEqual(layer.dh!, h0.grad!.reshape([N, H]), "dh");
      if (lstm) expectEqual(layer.dc!, c0.grad!.reshape([N, H]), "dc");
      expectSameBits(layer, module);
    });

    const stepwise = [
      [
        "TimeGRU, reset before the product",
        (r: RandomArrays) => new TimeGRU(...r.recurrent(3, D, H), null, { resetAfter: false }),
        () => new nn.GRU(D, H, { resetAfter: false, dtype }),
      ],
    ] as const;

    // Sums in another order: it has no kernel, and nn takes the inputs of all steps at once.
    test.each(stepwise)(
      "%s, step by step on both sides: rtol 1e-10 in float64, the bounds of float32",
      (_, makeLayer, makeModule) => {
        configure({ engine });
        const r = new RandomArrays(29, dtype);
        const [layer, twin, module] = [makeLayer(r), makeLayer(r), makeModule()];
        load(module, layer);
        const [xs, h, dhs] = [r.normal(N, T, D), r.normal(N, H), r.normal(N, T, H)];
        const [x, h0] = [timeFirst(xs), toTensor(h).reshape([1, N, H]).contiguous()];
        x.requiresGrad = true;
        h0.requiresGrad = true;
        const [y] = module.forward(x, h0);
        y.backward(timeFirst(dhs));
        layer.setState(h);
        const bound = dtype === "float64" ? TOLERANCE.float64 : TOLERANCE.sequence;
        expectClose(layer.forward(xs).data, y.transpose(0, 1).data(), bound, "hs");
        expectClose(layer.backward(dhs).data, x.grad!.transpose(0, 1).data(), bound, "dxs");
        expectClose(layer.dh!.data, h0.grad!.data(), bound, "dh");
        const grads = new Map(module.namedParameters().map(([name, p]) => [name, p.grad!] as const));
        // One bias stands for two of nn's, whose gradients are equal.
        grads.set("bias_hh_l0", grads.get("bias_hh_l0")!.mul(0));
        loadStateDict(twin, grads);
        for (const [i, grad] of layer.grads.entries()) {
          expectClose(grad.data, twin.params[i]!.data, dtype === "float64" ? bound : GRADIENT, `grads[${i}]`);
        }
      },
    );

    test("TimeBiLSTM", () => {
      configure({ engine });
      const r = new RandomArrays(22, dtype);
      const layer = new TimeBiLSTM(...r.recurrent(4, D, H), ...r.recurrent(4, D, H));
      const module = new nn.LSTM(D, H, { bidirectional: true, dtype });
      load(module, layer);
      const [xs, dhs] = [r.normal(N, T, D), r.normal(N, T, 2 * H)];
      const x = timeFirst(xs);
      x.requiresGrad = true;
      const [y] = module.forward(x);
      y.backward(timeFirst(dhs));
      expectEqual(layer.forward(xs), y.transpose(0, 1), "hs");
      expectEqual(layer.backward(dhs), x.grad!.transpose(0, 1), "dxs");
      expectSameBits(layer, module);
    });

    test("RNN, one step, as nn.RNN over a sequence of one", () => {
      configure({ engine });
      const r = new RandomArrays(23, dtype);
      const [layer, module] = [new RNN(...r.recurrent(1, D, H)), new nn.RNN(D, H, { dtype })];
      load(module, layer);
      const [x, h, dh] = [r.normal(N, D), r.normal(N, H), r.normal(N, H)];
      const input = toTensor(x).reshape([1, N, D]).contiguous();
      input.requiresGrad = true;
      const [y] = module.forward(input, toTensor(h).reshape([1, N, H]));
      y.backward(toTensor(dh).reshape([1, N, H]));
      expectEqual(layer.forward(x, h), y.reshape([N, H]), "h");
      expectEqual(layer.backward(dh)[0], input.grad!.reshape([N, D]), "dx");
      expectSameBits(layer, module);
    });

    test("LSTM and GRU, one step, as nn.LSTMCell and nn.GRUCell", () => {
      configure({ engine });
      const r = new RandomArrays(30, dtype);
      const lstm = new LSTM(...r.recurrent(4, D, H));
      const gru = new GRU(...r.recurrent(3, D, H), r.normal(3 * H));
      const [lstmCell, gruCell] = [new nn.LSTMCell(D, H, { dtype }), new nn.GRUCell(D, H, { dtype })];
      const [x, h, c, dh, dc] = [r.normal(N, D), r.normal(N, H), r.normal(N, H), r.normal(N, H), r.normal(N, H)];
      const leaf = (own: NdArray): Tensor => {
        const made = toTensor(own);
        made.requiresGrad = true;
        return made;
      };
      for (const [layer, cell] of [
        [lstm, lstmCell],
        [gru, gruCell],
      ] as const) {
        const state = Object.entries(toStateDict(layer, (data, shape) => tensor(data, { shape })));
        cell.loadStateDict(Object.fromEntries(state.map(([name, value]) => [name.replace("_l0", ""), value])));
      }
      const [x1, h1, c1] = [leaf(x), leaf(h), leaf(c)];
      const next = lstmCell.forward(x1, { h: h1, c: c1 });
      next.h
        .mul(toTensor(dh))
        .sum()
        .add(next.c.mul(toTensor(dc)).sum())
        .backward();
      const [hNext, cNext] = lstm.forward(x, h, c);
      expectEqual(hNext, next.h, "h");
      expectEqual(cNext, next.c, "c");
      const [dx, dhPrev, dcPrev] = lstm.backward(dh, dc);
      expectEqual(dx, x1.grad!, "dx");
      expectEqual(dhPrev, h1.grad!, "dhPrev");
      expectEqual(dcPrev, c1.grad!, "dcPrev");
      const [x2, h2] = [leaf(x), leaf(h)];
      const y = gruCell.forward(x2, h2);
      y.backward(toTensor(dh));
      expectEqual(gru.forward(x, h), y, "h");
      const [dxGru, dhGru] = gru.backward(dh);
      expectEqual(dxGru, x2.grad!, "dx");
      expectEqual(dhGru, h2.grad!, "dhPrev");
      const transposed = (found: NdArray): number[] => [...toTensor(found).T.contiguous().data()];
      expect(transposed(gru.dWh)).toEqual([...gruCell.weight_hh.grad!.data()]);
      expect([...gru.dbh.data]).toEqual([...gruCell.bias_hh!.grad!.data()]);
    });

    test.each([N, 1])("TimeAffine, batch of %i", (batch) => {
      configure({ engine });
      const r = new RandomArrays(24, dtype);
      const steps = batch === 1 ? 2 : T;
      const [layer, module] = [new TimeAffine(r.normal(D, V), r.normal(V)), new nn.Linear(D, V, { dtype })];
      load(module, layer);
      const [xs, dys] = [r.normal(batch, steps, D), r.normal(batch, steps, V)];
      const x = timeFirst(xs);
      x.requiresGrad = true;
      const y = module.forward(x);
      y.backward(timeFirst(dys));
      expectEqual(layer.forward(xs), y.transpose(0, 1), "ys");
      expectEqual(layer.backward(dys), x.grad!.transpose(0, 1), "dxs");
      expectSameBits(layer, module);
    });

    test("TimeEmbedding, with ids that repeat", () => {
      configure({ engine });
      const r = new RandomArrays(25, dtype);
      const [layer, module] = [new TimeEmbedding(r.normal(4, D)), new nn.Embedding(4, D, { dtype })];
      load(module, layer);
      const [ids, dys] = [r.ids(4, N, T), r.normal(N, T, D)];
      const y = module.forward(timeFirst(ids));
      y.backward(timeFirst(dys));
      expectEqual(layer.forward(ids), y.transpose(0, 1), "ys");
      layer.backward(dys);
      expectSameBits(layer, module);
    });

    test("TimeSoftmaxWithLoss as crossEntropy, some labels ignored", () => {
      configure({ engine });
      const r = new RandomArrays(26, dtype);
      const [scores, labels] = [r.normal(N, T, V), r.ids(V, N, T)];
      labels.data[3] = -1;
      labels.data[17] = -1;
      const logits = timeFirst(scores);
      logits.requiresGrad = true;
      const loss = nn.functional.crossEntropy(logits, timeFirst(labels), { ignoreIndex: -1 });
      loss.backward();
      const layer = new TimeSoftmaxWithLoss();
      expect(layer.forward(scores, labels)).toBe(loss.item());
      expectEqual(layer.backward(), logits.grad!.transpose(0, 1), "dScores");
    });

    test("TimeDropout, from the same place of the same generator", () => {
      configure({ engine });
      const r = new RandomArrays(27, dtype);
      const xs = r.normal(N, T, D);
      const seeds = [0, 1].map(() => new RandomArrays(3).generator);
      const y = nn.functional.dropout(timeFirst(xs), 0.4, { generator: seeds[0]! });
      expectEqual(new TimeDropout(0.4, seeds[1]!).forward(xs), y.transpose(0, 1), "ys");
    });
  });

  const steps = "over three steps of truncated backpropagation";
  test(`Rnnlm: loss and every gradient of a whole language model ${steps}`, () => {
    // More than half of the tokens: below, nn multiplies every row of the table once, and sums gradients by row first.
    const vocabulary = Math.ceil((N * T) / 2) + 1;
    trainBeside(vocabulary, (grad, expected, what) => expectEqual(grad, expected, what));
  });

  test(`Rnnlm, few words: the same loss; gradients within rtol 1e-4, atol 1e-5 ${steps}`, () => {
    trainBeside(V, (grad, expected) => expectClose(grad.data, expected.data, GRADIENT));
  });

  function trainBeside(vocabulary: number, compare: (grad: NdArray, expected: NdArray, what: string) => void): void {
    configure({ engine });
    class NnRnnlm extends nn.Module {
      embed = new nn.Embedding(vocabulary, D);
      lstm = new nn.LSTM(D, H);
      affine = new nn.Linear(H, vocabulary);
    }
    const r = new RandomArrays(28, "float32");
    const model = new Rnnlm(vocabulary, D, H, { generator: r.generator });
    const twin = new NnRnnlm();
    load(twin, model);
    let state: { h: Tensor; c: Tensor } | null = null;
    for (let step = 0; step < 3; step++) {
      const [xs, ts] = [r.ids(vocabulary, N, T), r.ids(vocabulary, N, T)];
      const [y, next] = twin.lstm.forward(twin.embed.forward(timeFirst(xs)), state);
      const loss = nn.functional.crossEntropy(twin.affine.forward(y), timeFirst(ts));
      twin.zeroGrad();
      loss.backward();
      state = { h: next.h.detach(), c: next.c.detach() };
      expect(model.forward(xs, ts)).toBe(loss.item());
      model.backward();
      const like = new Rnnlm(vocabulary, D, H);
      const grads = new Map(twin.namedParameters().map(([name, p]) => [name, p.grad!] as const));
      grads.set("lstm.bias_hh_l0", grads.get("lstm.bias_hh_l0")!.mul(0));
      loadStateDict(like, grads);
      for (const [i, grad] of model.grads.entries()) compare(grad, like.params[i]!, `grads[${i}], step ${step}`);
    }
  }
});
