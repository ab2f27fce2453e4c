import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import {
  configure,
  manualSeed,
  memory,
  nn,
  noGrad,
  optim,
  randint,
  randn,
  type Tensor,
  tensor,
  zeros,
} from "../../src/index.js";
import { expectClose, TOLERANCE } from "../support/close.js";
import { describeEngines } from "../support/configured.js";

describeEngines("recurrent modules", (_, engine) => {
  const kinds = ["RNN", "LSTM", "GRU"] as const;

  test.each(kinds)(
    "%s: a sequence split in two with the state carried equals the whole within rtol 1.3e-6, atol 1e-5",
    (kind) => {
      const sizes = fc.record({
        length: fc.integer({ min: 2, max: 9 }),
        batch: fc.integer({ min: 1, max: 5 }),
        hidden: fc.integer({ min: 1, max: 9 }),
        numLayers: fc.integer({ min: 1, max: 3 }),
        batchFirst: fc.boolean(),
        seed: fc.nat(1000),
        cut: fc.double({ min: 0, max: 1, noNaN: true }),
      });
      fc.assert(
        fc.property(sizes, ({ length, batch, hidden, numLayers, batchFirst, seed, cut }) => {
          manualSeed(seed);
          const model = new nn[kind](3, hidden, { numLayers, batchFirst });
          const x = randn(batchFirst ? [batch, length, 3] : [length, batch, 3]);
          const axis = batchFirst ? 1 : 0;
          const first = 1 + Math.floor(cut * (length - 2));
          const [whole, last] = model.forward(x);
          const [y1, carried] = model.forward(x.narrow(axis, 0, first));
          const [y2, last2] = model.forward(
            x.narrow(axis, first, length - first),
            nn.utils.detachState(carried) as never,
          );
          expectClose(y1.data(), whole.narrow(axis, 0, first).data(), TOLERANCE.sequence, "first part");
          expectClose(y2.data(), whole.narrow(axis, first, length - first).data(), TOLERANCE.sequence, "second part");
          const states = [last, last2].map((state) =>
            "h" in state ? [...state.h.data(), ...state.c.data()] : state.data(),
          );
          expectClose(states[1], states[0], TOLERANCE.sequence, "last state");
        }),
        { numRuns: 15, seed: 20240229 },
      );
    },
  );

  test.each(kinds)("%s: batch first is sequence first, transposed", (kind) => {
    manualSeed(2);
    const [a, b] = [new nn[kind](3, 4), new nn[kind](3, 4, { batchFirst: true })];
    b.loadStateDict(a.stateDict());
    const x = randn([5, 2, 3]);
    expect(b.forward(x.transpose(0, 1))[0].transpose(0, 1).toArray()).toEqual(a.forward(x)[0].toArray());
  });

  test("drop between layers in training only, and never after the last", () => {
    manualSeed(2);
    const model = new nn.GRU(3, 8, { numLayers: 2, dropout: 0.5 });
    const x = randn([5, 2, 3]);
    const [a, b] = [model.forward(x)[0].toArray(), model.forward(x)[0].toArray()];
    expect(a).not.toEqual(b);
    expect([...model.forward(x)[0].data()]).not.toContain(0);
    model.eval();
    expect(model.forward(x)[0].toArray()).toEqual(model.forward(x)[0].toArray());
  });

  test.each(kinds)("%s: every option gives the same bits inside noGrad(), with and without a state", (kind) => {
    for (const bidirectional of [false, true]) {
      for (const mergeMode of bidirectional ? (["concat", "mul"] as const) : (["concat"] as const)) {
        for (const [batchFirst, returnSequences] of [
          [false, true],
          [true, true],
          [false, false],
        ]) {
          manualSeed(7);
          const options = { numLayers: 3, bidirectional, mergeMode, batchFirst, returnSequences };
          const model = new nn[kind](3, 5, options);
          const flat = ([y, state]: readonly [Tensor, Tensor | { h: Tensor; c: Tensor }]) =>
            [y, ...("h" in state ? [state.h, state.c] : [state])].map((t) => t.toArray());
          const step = (x: Tensor) => {
            const start = model.forward(x);
            return [flat(start), flat(model.forward(x, start[1] as never))];
          };
          for (const x of [randn([4, 2, 3]), randn([1, 1, 3])]) expect(noGrad(() => step(x))).toEqual(step(x));
        }
      }
    }
  });

  test("layers that learn stand above layers that do not", () => {
    manualSeed(4);
    const model = new nn.LSTM(3, 5, { numLayers: 2 });
    const x = randn([4, 2, 3]);
    const whole = model.forward(x)[1].h.toArray();
    for (const [name, parameter] of model.namedParameters()) if (name.endsWith("_l0")) parameter.requiresGrad = false;
    const [y, { h }] = model.forward(x);
    expect(h.toArray()).toEqual(whole);
    y.sum().add(h.sum()).backward();
    const learned = model.namedParameters().filter(([, { grad }]) => grad !== null);
    expect(learned.map(([name]) => name)).toEqual(["weight_ih_l1", "weight_hh_l1", "bias_ih_l1", "bias_hh_l1"]);
  });

  test("give the same inside noGrad() and outside", () => {
    manualSeed(2);
    const model = new nn.LSTM(3, 4, { numLayers: 2 });
    const x = randn([5, 2, 3]);
    const [y, { h, c }] = noGrad(() => model.forward(x));
    const [y2, next] = model.forward(x);
    expect(y.requiresGrad).toBe(false);
    expect(y2.requiresGrad).toBe(true);
    expect([y, h, c].map((t) => t.toArray())).toEqual([y2, next.h, next.c].map((t) => t.toArray()));
  });

  const steps = engine === "wasm" ? 1000 : 60;
  test(`memory() after step 10 equals that after step ${steps}, with the state carried`, () => {
    manualSeed(2);
    const embed = new nn.Embedding(11, 6);
    const lstm = new nn.LSTM(6, 8, { numLayers: 2, dropout: 0.1 });
    const head = new nn.Linear(8, 11);
    const model = new nn.ModuleList<nn.Module>([embed, lstm, head]);
    const optimizer = new optim.Adam(model.parameters(), { lr: 0.001 });
    let carried: nn.LSTMState | undefined;
    const used: { bytes: number; buffers: number }[] = [];
    for (let step = 1; step <= steps; step++) {
      const ids = randint(0, 11, [6, 3]);
      const [y, state] = lstm.forward(embed.forward(ids.narrow(0, 0, 5)), carried);
      const loss =
        step % 2 === 0
          ? nn.functional.linearCrossEntropy(y, head.weight, head.bias, ids.narrow(0, 1, 5))
          : nn.functional.crossEntropy(head.forward(y), ids.narrow(0, 1, 5));
      optimizer.zeroGrad();
      loss.backward();
      nn.utils.clipGradNorm(model.parameters(), 5);
      optimizer.step();
      carried = nn.utils.detachState(state);
      expect(loss.item()).toBeGreaterThan(0);
      const { bytes, buffers } = memory();
      used.push({ bytes, buffers });
    }
    expect(used[steps - 1]).toEqual(used[9]);
  });
});

describe("recurrent modules refuse", () => {
  beforeAll(() => configure({ engine: "reference" }));
  const lstm = new nn.LSTM(8, 16, { numLayers: 2 });
  const good = zeros([5, 3, 8]);
  const state = (...shape: number[]) => ({ h: zeros(shape), c: zeros(shape) });
  const packed = nn.utils.rnn.packPaddedSequence(good, [3, 5, 2], { enforceSorted: false });
  const wrong: [string, () => unknown, string][] = [
    [
      "features of another size",
      () => lstm.forward(zeros([5, 3, 7])),
      "LSTM.forward: input must have shape [L, N, 8] (inputSize=8), got [5, 3, 7]. If features are not last, permute first.",
    ],
    [
      "the same with batchFirst",
      () => new nn.GRU(8, 4, { batchFirst: true }).forward(zeros([5, 8, 3])),
      "GRU.forward: input must have shape [N, L, 8] (inputSize=8), got [5, 8, 3]. If features are not last, permute first.",
    ],
    [
      "a single sequence with the state of a batch",
      () => new nn.RNN(8, 4).forward(zeros([5, 8]), zeros([1, 1, 4])),
      "RNN.forward: state must have shape [1, 4] (numLayers·directions=1, hiddenSize=4), got [1, 1, 4].",
    ],
    [
      "a batch with the state of a single sequence",
      () => new nn.RNN(8, 4).forward(good, zeros([1, 4])),
      "RNN.forward: state must have shape [1, 3, 4] (numLayers·directions=1, N=3, hiddenSize=4), got [1, 4].",
    ],
    [
      "a vector",
      () => new nn.RNN(8, 4).forward(zeros([8])),
      "RNN.forward: input must have shape [L, N, 8] (inputSize=8), got [8]. If features are not last, permute first.",
    ],
    [
      "ids that were not embedded",
      () => lstm.forward(zeros([5, 3, 8], { dtype: "int32" })),
      'LSTM.forward: input must be float32, got int32. Convert with .to("float32").',
    ],
    [
      "no steps",
      () => lstm.forward(zeros([0, 3, 8])),
      "LSTM.forward: input must hold at least one step of one sequence, got [0, 3, 8].",
    ],
    [
      "a state of another batch",
      () => lstm.forward(good, state(2, 4, 16)),
      "LSTM.forward: state.h must have shape [2, 3, 16] (numLayers·directions=2, N=3, hiddenSize=16), got [2, 4, 16]. A state carried from a batch of another size does not fit: start again without one.",
    ],
    [
      "a cell state of another shape",
      () => lstm.forward(good, { h: zeros([2, 3, 16]), c: zeros([2, 3, 8]) }),
      "LSTM.forward: state.c must have shape [2, 3, 16] (numLayers·directions=2, N=3, hiddenSize=16), got [2, 3, 8].",
    ],
    [
      "a state of another type",
      () => new nn.GRU(8, 4).forward(good, zeros([1, 3, 4], { dtype: "float64" })),
      'GRU.forward: state must be float32, got float64. Convert with .to("float32").',
    ],
    [
      "an h alone where h and c belong",
      () => lstm.forward(good, zeros([2, 3, 16]) as never),
      "LSTM.forward: state must be { h, c } of two tensors, got an object of type Tensor.",
    ],
    [
      "an array",
      () => new nn.GRU(8, 4).forward([1, 2] as never),
      "GRU.forward: input must be a tensor, got [1, 2]. Make one with tensor().",
    ],
    [
      "h and c where h alone belongs",
      () => new nn.GRU(8, 4).forward(good, state(1, 3, 4) as never),
      "GRU.forward: state must be a tensor, got an object of type Object.",
    ],
    ["a hidden size of 0", () => new nn.LSTM(8, 0), "LSTM: hiddenSize must be a positive integer, got 0."],
    ["half a layer", () => new nn.GRU(8, 4, { numLayers: 1.5 }), "GRU: numLayers must be a positive integer, got 1.5."],
    [
      "a dropout above 1",
      () => new nn.GRU(8, 4, { dropout: 1.5 }),
      "GRU: dropout must be a number in [0, 1], got 1.5.",
    ],
    [
      "an unknown option",
      () => new nn.LSTM(8, 4, { num_layers: 2 } as never),
      'LSTM: options must be only these: numLayers, bias, batchFirst, dropout, bidirectional, mergeMode, returnSequences, stateful, residual, zoneout, recurrentDropout, recurrentInit, projSize, gateActivation, stateActivation, unitForgetBias, dtype, got "num_layers".',
    ],
    [
      "a projection of a GRU",
      () => new nn.GRU(8, 4, { projSize: 2 } as never),
      'GRU: options must be only these: numLayers, bias, batchFirst, dropout, bidirectional, mergeMode, returnSequences, stateful, residual, zoneout, recurrentDropout, recurrentInit, gateActivation, stateActivation, resetAfter, dtype, got "projSize".',
    ],
    [
      "a projection that does not narrow",
      () => new nn.LSTM(8, 4, { projSize: 4 }),
      "LSTM: projSize must be less than hiddenSize (4), got 4.",
    ],
    [
      "a projection of half a unit",
      () => new nn.LSTM(8, 4, { projSize: 0.5 }),
      "LSTM: projSize must be a non-negative integer, got 0.5.",
    ],
    [
      "an h as wide as c beside a projection",
      () => new nn.LSTM(8, 4, { projSize: 2 }).forward(good, state(1, 3, 4)),
      "LSTM.forward: state.h must have shape [1, 3, 2] (numLayers·directions=1, N=3, projSize=2), got [1, 3, 4].",
    ],
    [
      "a merge of one direction",
      () => new nn.GRU(8, 4, { mergeMode: "sum" }),
      'GRU: mergeMode must be left out with one direction, got "sum". Pass bidirectional: true as well.',
    ],
    [
      "an unknown merge",
      () => new nn.GRU(8, 4, { bidirectional: true, mergeMode: "max" as never }),
      'GRU: mergeMode must be one of "concat", "sum", "mean", "mul", got "max".',
    ],
    [
      "a recurrent dropout that leaves nothing",
      () => new nn.GRU(8, 4, { recurrentDropout: 1 }),
      "GRU: recurrentDropout must be a number in [0, 1), got 1.",
    ],
    [
      "an unknown initialisation",
      () => new nn.RNN(8, 4, { recurrentInit: "identity" as never }),
      'RNN: recurrentInit must be one of "uniform", "orthogonal", got "identity".',
    ],
    [
      "a unit forget bias without biases",
      () => new nn.LSTM(8, 4, { unitForgetBias: true, bias: false }),
      "LSTM: unitForgetBias must be left out without biases, got true.",
    ],
    [
      "an unknown activation",
      () => new nn.LSTM(8, 4, { gateActivation: "softmax" as never }),
      'LSTM: gateActivation must be one of "tanh", "sigmoid", "hardSigmoid", "relu", got "softmax".',
    ],
    [
      "a reset that is neither before nor after",
      () => new nn.GRU(8, 4, { resetAfter: "no" as never }),
      'GRU: resetAfter must be true or false, got "no".',
    ],
    [
      "too few lengths",
      () => lstm.forward(good, null, { lengths: [5, 2] }),
      "LSTM.forward: lengths must name the length of each of the 3 sequences, got [5, 2].",
    ],
    [
      "a length of 0",
      () => lstm.forward(good, null, { lengths: [5, 0, 2] }),
      "LSTM.forward: lengths[1] must be an integer in [1, 5], got 0.",
    ],
    [
      "a length beyond the input",
      () => lstm.forward(good, null, { lengths: tensor([5, 2, 6], { dtype: "int32" }) }),
      "LSTM.forward: lengths[2] must be an integer in [1, 5], got 6.",
    ],
    [
      "half a length",
      () => lstm.forward(good, null, { lengths: [5, 2.5, 1] }),
      "LSTM.forward: lengths[1] must be an integer in [1, 5], got 2.5.",
    ],
    [
      "lengths in a column",
      () => lstm.forward(good, null, { lengths: tensor([[5], [2], [1]], { dtype: "int32" }) }),
      "LSTM.forward: lengths must have shape [3], got [3, 1].",
    ],
    [
      "options in the place of the state",
      () => lstm.forward(good, { lengths: [5, 2, 1] } as never),
      "LSTM.forward: state must be a state, or null, got { lengths }. Options come after it: forward(x, null, { lengths }).",
    ],
    [
      "options by place",
      () => new nn.LSTM(8, 4, 2 as never),
      "LSTM: options must be an object, got 2. Write them by name: { numLayers: 2 }.",
    ],
    [
      "null for options",
      () => new nn.GRU(8, 4, null as never),
      "GRU: options must be an object, got null. Write them by name: { numLayers: value }.",
    ],
    [
      "packed sequences where a tensor belongs",
      () => new nn.Linear(8, 4).forward(packed as never),
      "linear: input must be a tensor, got an object of type PackedSequence. Its .data is one.",
    ],
    [
      "a kept state after a change of type",
      () => {
        const gru = new nn.GRU(8, 4, { stateful: true });
        gru.forward(good);
        gru.to("float64").forward(zeros([5, 3, 8], { dtype: "float64" }));
      },
      "GRU.forward: state must be float64, got float32. Call resetState() after a change of type.",
    ],
    [
      "lengths that are no list",
      () => lstm.forward(good, null, { lengths: 5 as never }),
      "LSTM.forward: lengths must be a list of numbers, or a tensor, got 5.",
    ],
    [
      "lengths of a single sequence",
      () => lstm.forward(zeros([5, 8]), null, { lengths: [3] }),
      "LSTM.forward: input must have a batch when lengths are given, got [5, 8]. Cut it with narrow().",
    ],
    [
      "lengths with features of another size",
      () => lstm.forward(zeros([5, 3, 7]), null, { lengths: [5, 2, 1] }),
      "LSTM.forward: input must have shape [L, N, 8] (inputSize=8), got [5, 3, 7]. If features are not last, permute first.",
    ],
    [
      "lengths for packed sequences",
      () => lstm.forward(packed as never, null, { lengths: [5, 3, 2] }),
      "LSTM.forward: lengths must be left out for packed sequences, got lengths. They know their own.",
    ],
    [
      "packed sequences of other features",
      () => lstm.forwardPacked(packed.with(zeros([10, 7]))),
      "LSTM.forward: input must have shape [R, 8] (inputSize=8), got [10, 7]. If features are not last, permute first.",
    ],
    [
      "the state of another batch for unsorted sequences",
      () => lstm.forwardPacked(packed, state(2, 4, 16)),
      "LSTM.forward: state.h must have shape [2, 3, 16] (numLayers·directions=2, N=3, hiddenSize=16), got [2, 4, 16].",
    ],
    [
      "padded sequences as packed ones",
      () => lstm.forwardPacked(good as never),
      "LSTM.forwardPacked: input must be a PackedSequence, got an object of type Tensor. nn.utils.rnn.packPaddedSequence() makes one.",
    ],
    [
      "packed sequences when only the last output is wanted",
      () => new nn.GRU(8, 4, { returnSequences: false }).forwardPacked(packed),
      "GRU.forward: input must be a tensor when returnSequences is false, got a PackedSequence.",
    ],
    [
      "an unknown argument",
      () => lstm.forward(good, null, { length: [1] } as never),
      'LSTM.forward: options must be only these: lengths, got "length".',
    ],
    [
      "a kept state for a batch of another size",
      () => {
        const gru = new nn.GRU(8, 4, { stateful: true });
        gru.forward(good);
        gru.forward(zeros([5, 2, 8]));
      },
      "GRU.forward: state must have shape [1, 2, 4] (numLayers·directions=1, N=2, hiddenSize=4), got [1, 3, 4]. Call resetState() before a batch of another size.",
    ],
    [
      "an unknown nonlinearity",
      () => new nn.RNN(8, 4, { nonlinearity: "gelu" as never }),
      'RNN: nonlinearity must be one of "tanh", "sigmoid", "hardSigmoid", "relu", got "gelu".',
    ],
  ];
  test.each(wrong)("%s", (_, act, message) => {
    expect(act).toThrow(message);
  });

  test("a state that was released", () => {
    const { h, c } = noGrad(() => lstm.forward(good)[1]);
    c.dispose();
    expect(() => lstm.forward(good, { h, c })).toThrow(/LSTM.forward: .* must be alive, .* keep it with detach\(\)/);
  });

  test("a walk into a carried graph that was walked before", () => {
    const [y, state] = lstm.forward(good);
    y.sum().backward();
    const [z] = lstm.forward(good, state);
    expect(() => z.sum().backward()).toThrow("Detach the carried state");
  });

  test("ids beyond an embedding", () => {
    const ids = tensor([3, 5], { dtype: "int32" });
    expect(() => new nn.Embedding(5, 2).forward(ids)).toThrow(
      "embedding: ids must lie in [0, 4] (numEmbeddings=5), got 5.",
    );
  });
});
