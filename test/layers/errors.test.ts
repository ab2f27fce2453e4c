import { describe, expect, test } from "vitest";
import { DTypeError, OptionError, ShapeError, UnrolledError } from "../../src/index.js";
import {
  Affine,
  Attention,
  array,
  Embedding,
  GRU,
  LSTM,
  NdArray,
  numericalGradient,
  RNN,
  Rnnlm,
  Seq2seq,
  SoftmaxWithLoss,
  TimeDropout,
  TimeLSTM,
  TimeRNN,
  TimeSoftmaxWithLoss,
  zeros,
} from "../../src/layers/index.js";
import { RandomArrays } from "./random.js";

const r = new RandomArrays(81, "float32");
const [N, T, D, H] = [2, 3, 4, 5] as const;

const cases: [() => unknown, new (...args: never[]) => Error, string][] = [
  [
    () => array([[1, 2], [3]]),
    ShapeError,
    "array: data must be arrays of 2 at depth 1, as the first is, got a row of 1.",
  ],
  [() => array([1, 2, 3], [2, 2]), ShapeError, "array: data must hold 4 numbers for shape [2, 2], got 3."],
  [() => array([1.5], "int32"), OptionError, "array: data must be integers of 32 bits, got 1.5."],
  [() => zeros([2, 0]), OptionError, "each size of shape [2, 0] must be a positive integer, got 0."],
  [() => new NdArray(new Float32Array(3), [2, 2]), ShapeError, "NdArray: data must hold 4 numbers"],
  [() => zeros([2]).assign(zeros([3])), ShapeError, "NdArray.assign: values must have shape [2], got [3]."],
  [
    () => new GRU(...r.recurrent(3, D, H), zeros([3 * H]), { resetAfter: false }),
    OptionError,
    "GRU: bh must be left out with resetAfter: false, got NdArray [15] float32. Add it to b.",
  ],
  [() => new Affine(zeros([3])), ShapeError, "Affine: W must have shape [D, O], got [3]."],
  [() => new Affine(r.normal(D, H), r.normal(D)), ShapeError, "Affine: b must have shape [5], got [4]."],
  [
    () => new Affine(r.normal(D, H)).forward(r.normal(N, H)),
    ShapeError,
    "Affine.forward: x must have shape [N, 4], got [2, 5].",
  ],
  [
    () => new Affine(r.normal(D, H)).forward(zeros([N, D], "float64")),
    DTypeError,
    "Affine.forward: x must be float32, got float64. The layer's params are float32: make both alike.",
  ],
  [
    () => new Embedding(r.normal(3, D)).forward(array([1, 3, 0], "int32")),
    ShapeError,
    "Embedding.forward: ids must lie in [0, 2] (vocabSize=3), got 3.",
  ],
  [
    () => new Embedding(r.normal(3, D)).forward(array([1, 2])),
    DTypeError,
    'Embedding.forward: ids must be int32, got float32. Make ids with array(data, "int32").',
  ],
  [
    () => new RNN(r.normal(D, H), r.normal(H, D), r.normal(H)),
    ShapeError,
    "RNN: Wh must have shape [5, 5], got [5, 4].",
  ],
  [
    () => new LSTM(r.normal(D, 3 * H), r.normal(H, 4 * H), r.normal(4 * H)),
    ShapeError,
    "LSTM: Wx must have shape [D, 20], got [4, 15].",
  ],
  [() => new GRU(...r.recurrent(3, D, H), r.normal(H)), ShapeError, "GRU: bh must have shape [15], got [5]."],
  [
    () => new RNN(...r.recurrent(1, D, H), { activation: "sine" as "tanh" }),
    OptionError,
    'RNN: activation must be one of "tanh", "relu", "sigmoid", got "sine".',
  ],
  [
    () => new RNN(...r.recurrent(1, D, H)).forward(r.normal(N, D), r.normal(3, H)),
    ShapeError,
    "RNN.forward: hPrev must have shape [2, 5], got [3, 5].",
  ],
  [
    () => new RNN(...r.recurrent(1, D, H)).backward(r.normal(N, H)),
    UnrolledError,
    "RNN.backward: the call must come after forward, got no forward pass yet. Call forward first.",
  ],
  [
    () => new TimeRNN(...r.recurrent(1, D, H)).forward(r.normal(N, D)),
    ShapeError,
    "TimeRNN.forward: xs must have shape [N, T, 4], got [2, 4].",
  ],
  [
    () => {
      const layer = new TimeLSTM(...r.recurrent(4, D, H), { stateful: true });
      layer.forward(r.normal(N, T, D));
      layer.forward(r.normal(7, T, D));
    },
    ShapeError,
    "TimeLSTM.forward: xs must have shape [2, T, 4], got [7, 3, 4]. The state carried on is that of a batch of another size: call resetState().",
  ],
  [
    () => {
      const layer = new TimeLSTM(...r.recurrent(4, D, H));
      layer.forward(r.normal(N, T, D));
      layer.backward(r.normal(N, 2, H));
    },
    ShapeError,
    "TimeLSTM.backward: dhs must have shape [2, 3, 5], got [2, 2, 5].",
  ],
  [
    () => new SoftmaxWithLoss().forward(r.normal(2, 3), array([0, 3], "int32")),
    ShapeError,
    "SoftmaxWithLoss.forward: labels must lie in [0, 2] or be -1 (ignoreLabel), got 3.",
  ],
  [
    () => new TimeSoftmaxWithLoss().forward(r.normal(1, 2, 3), array([[-1, -1]], "int32")),
    ShapeError,
    "labels must hold a label that is not -1 (ignoreLabel), got none.",
  ],
  [() => new TimeDropout(1), OptionError, "TimeDropout: p must be a number in [0, 1), got 1."],
  [
    () => new Attention().forward(r.normal(N, T, H), r.normal(N, D)),
    ShapeError,
    "hsDec must have shape [2, T', 5], got [2, 1, 4].",
  ],
  [() => new Rnnlm(0, D, H), OptionError, "Rnnlm: vocabSize must be a positive integer, got 0."],
  [
    () => new Seq2seq(5, D, H).forward(r.ids(5, N, T), r.ids(5, 3, T)),
    ShapeError,
    "Seq2seq.forward: ts must have shape [2, T'+1], got [3, 3].",
  ],
  [() => numericalGradient(() => 0, zeros([1])), DTypeError, "numericalGradient: x must be float64, got float32."],
];

describe("errors name the layer, the argument, the rule and what was found", () => {
  test.each(cases.map(([act, kind, text]) => ({ text, act, kind })))("$text", ({ text, act, kind }) => {
    expect(act).toThrow(kind);
    expect(act).toThrow(text);
  });
});
