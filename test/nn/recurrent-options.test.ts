import { expect, test } from "vitest";
import {
  dropout,
  gradcheck,
  manualSeed,
  nn,
  noGrad,
  ones,
  randn,
  stack,
  type Tensor,
  tensor,
  zeros,
} from "../../src/index.js";
import { expectClose, TOLERANCE } from "../support/close.js";
import { describeEngines } from "../support/configured.js";

const dtype = "float64" as const;

type Model = nn.Recurrent<Tensor | nn.LSTMState>;

const KINDS = ["RNN", "LSTM", "GRU"] as const;

function statesOf(state: Tensor | nn.LSTMState): Tensor[] {
  return "c" in state ? [state.h, state.c] : [state];
}

describeEngines("recurrent modules' further options", (dtypes) => {
  test.each(KINDS)("%s: stateful carries the state over calls and drops its gradient", (kind) => {
    manualSeed(1);
    const plain: Model = new nn[kind](3, 4, { numLayers: 2 });
    const model: Model = new nn[kind](3, 4, { numLayers: 2, stateful: true });
    model.loadStateDict(plain.stateDict());
    const x = randn([6, 2, 3], { requiresGrad: true });
    const [whole, last] = plain.forward(x);
    const [first] = model.forward(x.narrow(0, 0, 4));
    first.sum().backward();
    // The first piece's graph is gone; what was kept is not.
    const [second, end] = noGrad(() => model.forward(x.narrow(0, 4, 2)));
    expectClose(second.data(), whole.narrow(0, 4, 2).data(), TOLERANCE.sequence);
    statesOf(end).forEach((state, i) => {
      expectClose(state.data(), statesOf(last)[i]!.data(), TOLERANCE.sequence);
    });
    const [third] = model.forward(x);
    third.sum().backward();
    expect(third.toArray()).not.toEqual(whole.toArray());
    model.resetState();
    expect(model.forward(x)[0].toArray()).toEqual(plain.forward(x)[0].toArray());
    const given = plain.forward(x)[1];
    expect(model.forward(x, given)[0].toArray()).toEqual(plain.forward(x, given)[0].toArray());
  });

  test("stateful keeps each sequence's own end, in the order given", () => {
    manualSeed(1);
    const model = new nn.LSTM(3, 4, { stateful: true });
    const plain = new nn.LSTM(3, 4);
    plain.loadStateDict(model.stateDict());
    const x = randn([5, 3, 3]);
    const [, state] = model.forward(x, null, { lengths: [2, 5, 3] });
    expect(model.forward(x)[0].toArray()).toEqual(plain.forward(x, state)[0].toArray());
  });

  test.each(KINDS)("%s: without sequences, y is the state of the last layer", (kind) => {
    manualSeed(1);
    for (const bidirectional of [false, true]) {
      const model: Model = new nn[kind](3, 4, {
        numLayers: 2,
        bidirectional,
        returnSequences: false,
        batchFirst: true,
      });
      for (const options of [{}, { lengths: [2, 5] }]) {
        const [y, last] = model.forward(randn([2, 5, 3]), null, options);
        const h = statesOf(last)[0]!
          .unbind(0)
          .slice(bidirectional ? -2 : -1);
        expect(y.toArray()).toEqual(h.length === 2 ? joined(h).toArray() : h[0]!.toArray());
      }
      expect(model.forward(randn([5, 3]))[0].shape).toEqual([bidirectional ? 8 : 4]);
    }
  });

  test("recurrent dropout draws one mask for all steps, in training only", () => {
    manualSeed(1);
    const model = new nn.RNN(3, 12, { recurrentDropout: 0.4 });
    const plain = new nn.RNN(3, 12);
    const x = randn([7, 1, 3]);
    plain.loadStateDict(model.stateDict());
    model.eval();
    expect(model.forward(x)[0].toArray()).toEqual(plain.forward(x)[0].toArray());
    model.train();
    manualSeed(9);
    const [y] = model.forward(x);
    manualSeed(9);
    const mask = dropout(ones([1, 12]), 0.4);
    expect([...mask.data()]).toContain(0);
    // With one sequence, a mask of h is a mask of the columns of W_hh.
    const weights = model.stateDict();
    plain.loadStateDict(new Map([...weights, ["weight_hh_l0", weights.get("weight_hh_l0")!.mul(mask)]]));
    expectClose(y.data(), plain.forward(x)[0].data(), TOLERANCE.sequence);
  });

  test.each(KINDS)("%s: step by step equals the kernel, gradients too", (kind) => {
    manualSeed(1);
    const model: Model = new nn[kind](3, 4, { numLayers: 2, bidirectional: true, recurrentDropout: 1e-9 });
    const x = randn([5, 3, 3], { requiresGrad: true });
    const run = () => {
      for (const leaf of [x, ...model.parameters()]) leaf.grad = null;
      const [y, last] = model.forward(x, null, { lengths: [3, 5, 2] });
      [y, ...statesOf(last)]
        .map((t) => t.sin().sum())
        .reduce((a, b) => a.add(b))
        .backward();
      return { y: y.data(), grads: [x, ...model.parameters()].map((leaf) => leaf.grad!.data()) };
    };
    const slow = run();
    model.recurrentDropout = 0;
    const fast = run();
    expectClose(slow.y, fast.y, TOLERANCE.sequence);
    slow.grads.forEach((grad, i) => {
      expectClose(grad, fast.grads[i]!, TOLERANCE.gradient, `gradient ${i}`);
    });
  });

  test.each([
    ["RNN", 1],
    ["LSTM", 4],
    ["GRU", 3],
  ] as const)("%s: orthogonal recurrent matrices, gate by gate, within atol 2e-6", (kind, gates) => {
    manualSeed(1);
    const model = new nn[kind](3, 5, { recurrentInit: "orthogonal", bidirectional: true });
    for (const name of ["weight_hh_l0", "weight_hh_l0_reverse"]) {
      const weight = (model as unknown as Record<string, Tensor>)[name]!;
      const blocks = weight.chunk(gates);
      expect(blocks).toHaveLength(gates);
      for (const block of blocks) {
        const product = block.matmul(block.T).data();
        expectClose(product, product.map((_, i) => (i % 6 === 0 ? 1 : 0)), TOLERANCE.cell); // biome-ignore format: one line
      }
      expect(new Set(blocks.map((block) => block.data()[0])).size).toBe(gates);
    }
  });

  test("unit forget bias: both biases sum to 1 at the forget gate, the others stay as they were", () => {
    manualSeed(1);
    const plain = new nn.LSTM(3, 2, { bidirectional: true });
    manualSeed(1);
    const model = new nn.LSTM(3, 2, { bidirectional: true, unitForgetBias: true });
    for (const [name, parameter] of model.namedParameters()) {
      const before = plain.stateDict().get(name)!.data();
      const expected = name.startsWith("bias") ? before.fill(name.startsWith("bias_ih") ? 1 : 0, 2, 4) : before;
      expect([...parameter.data()], name).toEqual([...expected]);
    }
  });

  test("TimeDistributed applies a module at every step", () => {
    manualSeed(1);
    const linear = new nn.Linear(3, 2);
    const model = new nn.TimeDistributed(new nn.Sequential(linear));
    const x = randn([4, 2, 5, 3]);
    const steps = stack(x.unbind(0).map((step) => linear.forward(step)));
    expectClose(model.forward(x).data(), steps.data(), TOLERANCE.cell);
    expect(model.namedParameters().map(([name]) => name)).toEqual(["module.0.weight", "module.0.bias"]);
  });

  test("cells in a loop equal the module", () => {
    manualSeed(1);
    const x = randn([5, 2, 3]);
    for (const [module, cell] of [
      [new nn.RNN(3, 4, { nonlinearity: "relu" }), new nn.RNNCell(3, 4, { nonlinearity: "relu" })],
      [new nn.GRU(3, 4), new nn.GRUCell(3, 4)],
    ] as const) {
      cell.loadStateDict(new Map([...module.stateDict()].map(([name, value]) => [name.replace("_l0", ""), value])));
      let h: Tensor | null = null;
      const ys: Tensor[] = [];
      for (const step of x.unbind(0)) {
        h = cell.forward(step, h);
        ys.push(h);
      }
      expectClose(stack(ys).data(), module.forward(x)[0].data(), TOLERANCE.sequence);
    }
  });

  const refused: [string, () => unknown, string][] = [
    [
      "a sequence",
      () => new nn.GRUCell(3, 4).forward(zeros([5, 2, 3])),
      "GRUCell.forward: input must have shape [N, 3] or [3] (inputSize=3), got [5, 2, 3].",
    ],
    [
      "a state of another batch",
      () => new nn.RNNCell(3, 4).forward(zeros([2, 3]), zeros([3, 4])),
      "RNNCell.forward: state must have shape [2, 4] (hiddenSize=4), got [3, 4].",
    ],
    [
      "a cell state of another size",
      () => new nn.LSTMCell(3, 4).forward(zeros([3]), { h: zeros([4]), c: zeros([3]) }),
      "LSTMCell.forward: state.c must have shape [4] (hiddenSize=4), got [3].",
    ],
    [
      "an h alone",
      () => new nn.LSTMCell(3, 4).forward(zeros([3]), zeros([4]) as never),
      "LSTMCell.forward: state must be { h, c } of two tensors, got an object of type Tensor.",
    ],
    [
      "an unknown nonlinearity",
      () => new nn.RNNCell(3, 4, { nonlinearity: "sigmoid" as never }),
      'RNNCell: nonlinearity must be one of "tanh", "relu", got "sigmoid".',
    ],
    [
      "layers",
      () => new nn.GRUCell(3, 4, { numLayers: 2 } as never),
      'GRUCell: options must be only these: bias, dtype, got "numLayers".',
    ],
  ];
  test.each(refused)("cells refuse %s", (_, act, message) => {
    expect(act).toThrow(message);
  });

  if (dtypes.includes("float64")) gradchecks();
});

function joined(parts: readonly Tensor[]): Tensor {
  const [a, b] = parts as [Tensor, Tensor];
  return stack([a, b], 1).reshape([a.shape[0]!, -1]);
}

/** What a check runs: a module, its input, its state, and more options of `forward`. */
interface Check {
  title: string;
  model: () => Model;
  /** Of x. Default [3, 3, 2]. */
  shape?: number[];
  lengths?: number[];
}

const UNSORTED = [2, 3, 1];

function checks(): Check[] {
  const both = { bidirectional: true, dtype };
  const kinds = KINDS.flatMap((kind): Check[] => [
    { title: `${kind}, lengths`, model: () => new nn[kind](2, 2, { ...both, numLayers: 2 }), lengths: UNSORTED },
    { title: `${kind}, single sequence`, model: () => new nn[kind](2, 3, both), shape: [3, 2] },
    {
      title: `${kind}, last output, batch first, lengths`,
      model: () => new nn[kind](2, 2, { ...both, returnSequences: false, batchFirst: true }),
      lengths: UNSORTED,
    },
    {
      title: `${kind}, recurrent dropout`,
      model: () => new nn[kind](2, 2, { ...both, recurrentDropout: 0.3 }),
      lengths: UNSORTED,
    },
    ...(["sum", "mean", "mul"] as const).map((mergeMode) => ({
      title: `${kind}, merge ${mergeMode}`,
      model: () => new nn[kind](2, 2, { ...both, mergeMode }),
    })),
  ]);
  const activations = ["tanh", "sigmoid", "hardSigmoid", "relu"] as const;
  return [
    ...kinds,
    ...[undefined, UNSORTED].map((lengths) => ({
      title: `LSTM, projection${lengths ? ", lengths" : ""}`,
      model: () => new nn.LSTM(1, 2, { ...both, numLayers: lengths ? 1 : 2, projSize: 1 }),
      ...(lengths ? { lengths } : {}),
    })),
    ...[true, false].map((bias) => ({
      title: `GRU, reset before the product, bias ${bias}`,
      model: () => new nn.GRU(2, 2, { ...both, bias, resetAfter: false }),
      lengths: UNSORTED,
    })),
    ...activations.map((nonlinearity) => ({
      title: `RNN, ${nonlinearity}`,
      model: () => new nn.RNN(2, 3, { dtype, nonlinearity }),
    })),
    ...activations.flatMap((activation) => [
      {
        title: `LSTM, activations ${activation}, projection`,
        model: () => new nn.LSTM(2, 3, { dtype, projSize: 2, gateActivation: activation, stateActivation: activation }),
      },
      {
        title: `GRU, activations ${activation}`,
        model: () => new nn.GRU(2, 3, { dtype, gateActivation: activation, stateActivation: activation }),
      },
    ]),
  ];
}

function together(...outputs: Tensor[]): Tensor {
  return outputs.map((t, i) => t.sin().mul(i + 1).sum()).reduce((a, b) => a.add(b), tensor(0, { dtype })); // biome-ignore format: one term
}

function gradchecks(): void {
  test.each(checks())("gradcheck in float64, rtol 1e-6, atol 1e-8: $title", ({ model: build, shape, lengths }) => {
    manualSeed(5);
    const model = build();
    const leaf = (...own: number[]) => randn(own, { dtype, requiresGrad: true });
    const x = leaf(...(shape ?? [3, 3, model.inputSize]));
    const rows = model.numLayers * (model.bidirectional ? 2 : 1);
    const lead = shape ? [rows] : [rows, 3];
    const h = leaf(...lead, model.projSize || model.hiddenSize);
    const state = model instanceof nn.LSTM ? { h, c: leaf(...lead, model.hiddenSize) } : h;
    const { ok, worst } = gradcheck(() => {
      manualSeed(7);
      const [y, last] = model.forward(x, state, lengths ? { lengths } : {});
      return together(y, ...statesOf(last));
    }, [x, ...statesOf(state), ...model.parameters()]);
    expect(ok, JSON.stringify(worst)).toBe(true);
  });

  test("gradcheck in float64, rtol 1e-6, atol 1e-8: packing, padding, cells, TimeDistributed", () => {
    manualSeed(5);
    const leaf = (...own: number[]) => randn(own, { dtype, requiresGrad: true });
    const { rnn } = nn.utils;
    const sequences = [leaf(2, 2), leaf(4, 2), leaf(1, 2)];
    const [gru, cell, rnnCell] = [
      new nn.GRU(2, 3, { dtype }),
      new nn.LSTMCell(2, 3, { dtype }),
      new nn.RNNCell(3, 2, { dtype }),
    ];
    const head = new nn.TimeDistributed(new nn.Linear(3, 2, { dtype }));
    const [h, c] = [leaf(2, 3), leaf(2, 3)];
    const parameters = [gru, cell, rnnCell, head].flatMap((module) => module.parameters());
    const { ok, worst } = gradcheck(() => {
      const packed = rnn.packSequence(sequences, { enforceSorted: false });
      const [y, last] = gru.forwardPacked(packed);
      const [padded] = rnn.padPackedSequence(head.forward(y), { totalLength: 5, paddingValue: 2 });
      const raw = rnn.padSequence(sequences, { batchFirst: true, paddingValue: 3 });
      const next = cell.forward(sequences[0]!, { h, c });
      const single = rnnCell.forward(next.h.select(0, 1), next.c.select(0, 0).narrow(0, 0, 2));
      return together(padded, last, raw, next.h, next.c, single, ...rnn.unpackSequence(y));
    }, [...sequences, h, c, ...parameters]);
    expect(ok, JSON.stringify(worst)).toBe(true);
  });
}
