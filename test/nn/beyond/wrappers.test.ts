import { beforeEach, expect, test } from "vitest";
import { gradcheck, manualSeed, nn, ones, randint, randn, type Tensor, tensor, zeros } from "../../../src/index.js";
import { expectClose, TOLERANCE } from "../../support/close.js";
import { describeEngines } from "../../support/configured.js";

const { rnn } = nn.utils;

/** Unsorted, with a tie, and none as long as the padded batch. */
const [LENGTHS, LONGEST] = [[2, 5, 1, 5, 4], 6];
const BATCH = LENGTHS.length;

type State = Tensor | nn.LSTMState;
type Model = nn.Module & {
  forward(x: Tensor, state?: State | null, options?: nn.SequenceOptions): readonly [Tensor, State];
  forwardPacked(x: nn.PackedSequence, state?: State | null): readonly [nn.PackedSequence, State];
};
type Build = new (inputSize: number, hiddenSize: number, options: object) => Model;

const KINDS = [
  ...["RNN", "LSTM", "GRU", "IRNN", "IndRNN", "MGU", "MinGRU", "MinLSTM"],
  ...["PeepholeLSTM", "LayerNormLSTM", "LayerNormGRU"],
];
const buildOf = (kind: string): Build => (nn as unknown as Record<string, Build>)[kind]!;

const tensorsOf = (state: unknown): Tensor[] =>
  state !== null && typeof state === "object" && "storage" in state
    ? [state as Tensor]
    : Object.values(state as object).flatMap(tensorsOf);
const values = (state: unknown): number[] => tensorsOf(state).flatMap((part) => [...part.data()]);

/** The parameters of one module in both directions, by the names of `Bidirectional`. */
function wrapped(both: nn.Module): Map<string, Tensor> {
  return new Map(
    [...both.stateDict()].map(([name, value]) =>
      name.endsWith("_reverse") ? [`backwards.${name.replace("_reverse", "")}`, value] : [`forwards.${name}`, value],
    ),
  );
}

describeEngines("nn.Bidirectional", (dtypes) => {
  const dtype = dtypes.at(-1)!;
  const bound = dtype === "float64" ? TOLERANCE.float64 : TOLERANCE.sequence;
  beforeEach(() => {
    manualSeed(23);
  });

  test.each(KINDS)("%s in both directions is the module's own bidirectional layer", (kind) => {
    for (const batchFirst of [false, true]) {
      const own = new (buildOf(kind))(3, 4, { bidirectional: true, batchFirst, dtype });
      const both = new nn.Bidirectional(() => new (buildOf(kind))(3, 4, { batchFirst, dtype }));
      both.loadStateDict(wrapped(own));
      const x = randn(batchFirst ? [BATCH, LONGEST, 3] : [LONGEST, BATCH, 3], { dtype });
      for (const options of [{}, { lengths: LENGTHS }]) {
        const [y, { forwards, backwards }] = both.forward(x, null, options);
        const [expected, last] = own.forward(x, null, options);
        expectClose(y.data(), expected.data(), bound, "y");
        const joined = tensorsOf(last).flatMap((part) => part.unbind(0));
        const found = tensorsOf(forwards).flatMap((part, i) => [part, tensorsOf(backwards)[i]!]);
        expectClose(found.flatMap((t) => [...t.data()]), joined.flatMap((t) => [...t.data()]), bound, "states"); // biome-ignore format: one line
      }
      const [single] = both.forward(x.select(batchFirst ? 0 : 1, 2));
      expectClose(single.data(), own.forward(x.select(batchFirst ? 0 : 1, 2))[0].data(), bound, "a single sequence");
    }
  });

  test.each(["sum", "mean", "mul", "concat"] as const)(
    "merges by %s as nn.GRU does, with lengths and packed",
    (mergeMode) => {
      const own = new nn.GRU(3, 4, { bidirectional: true, mergeMode, dtype });
      const both = new nn.Bidirectional(() => new nn.GRU(3, 4, { dtype }), { mergeMode });
      both.loadStateDict(wrapped(own));
      const x = randn([LONGEST, BATCH, 3], { dtype });
      const [expected] = own.forward(x, null, { lengths: LENGTHS });
      expectClose(both.forward(x, null, { lengths: LENGTHS })[0].data(), expected.data(), bound);
      const [y] = both.forwardPacked(rnn.packPaddedSequence(x, LENGTHS, { enforceSorted: false }));
      expectClose(rnn.padPackedSequence(y, { totalLength: LONGEST })[0].data(), expected.data(), bound);
      const last = new nn.Bidirectional(() => new nn.GRU(3, 4, { returnSequences: false, dtype }), { mergeMode });
      last.loadStateDict(wrapped(own));
      const ends = new nn.GRU(3, 4, { bidirectional: true, mergeMode, returnSequences: false, dtype });
      ends.loadStateDict(own.stateDict());
      for (const options of [{}, { lengths: LENGTHS }]) {
        expectClose(last.forward(x, null, options)[0].data(), ends.forward(x, null, options)[0].data(), bound);
      }
    },
  );

  test("carries its state, which detachState cuts", () => {
    const both = new nn.Bidirectional(() => new nn.LSTM(3, 4, { dtype }));
    const x = randn([4, 2, 3], { dtype });
    const [, state] = both.forward(x);
    const carried = nn.utils.detachState(state);
    expect(values(carried)).toEqual(values(state));
    expect(tensorsOf(carried).some((part) => part.requiresGrad)).toBe(false);
    const [y] = both.forward(x, carried);
    expect(y.narrow(2, 0, 4).toArray()).toEqual(both.forwards.forward(x, carried.forwards)[0].toArray());
    expect(() => both.forward(x, state.forwards as never)).toThrow(
      "Bidirectional.forward: state must be { forwards, backwards }, got an object of type Object.",
    );
  });

  const wrong: [string, () => unknown, string][] = [
    [
      "a module instead of a function",
      () => new nn.Bidirectional(new nn.LSTM(3, 4) as never),
      "Bidirectional: make must be a function that makes a module, got an object of type LSTM. Write () => new nn.LSTM(64, 128), say.",
    ],
    [
      "one module for both directions",
      () => {
        const lstm = new nn.LSTM(3, 4);
        return new nn.Bidirectional(() => lstm);
      },
      "Bidirectional: make must be a function that makes a new module at each call, got the same one twice.",
    ],
    [
      "batchFirst that the modules do not have",
      () => new nn.Bidirectional(() => new nn.LSTM(3, 4), { batchFirst: true }),
      "Bidirectional: batchFirst must be the same as that of its modules, got true.",
    ],
    [
      "an unknown merge",
      () => new nn.Bidirectional(() => new nn.LSTM(3, 4), { mergeMode: "max" as never }),
      'Bidirectional: mergeMode must be one of "concat", "sum", "mean", "mul", got "max".',
    ],
    [
      "lengths of a single sequence",
      () => new nn.Bidirectional(() => new nn.MGU(3, 4)).forward(zeros([5, 3]), null, { lengths: [2] }),
      "Bidirectional.forward: input must have a batch when lengths are given, got [5, 3]. Cut it with narrow().",
    ],
    [
      "a module without a state",
      () => new nn.Bidirectional(() => new nn.Linear(3, 4) as never).forward(zeros([5, 2, 3])),
      "Bidirectional.forward: module must be one that returns [output, state], got an object of type Linear.",
    ],
    [
      "options in the place of the state",
      () => new nn.Bidirectional(() => new nn.MGU(3, 4)).forward(zeros([5, 2, 3]), { lengths: [5, 2] } as never),
      "Bidirectional.forward: state must be a state, or null, got { lengths }. Options come after it: forward(x, null, { lengths }).",
    ],
    [
      "a state where a stack has a list of them",
      () => new nn.RecurrentStack([new nn.GRU(3, 4)]).forward(zeros([5, 2, 3]), zeros([1, 2, 4]) as never),
      "RecurrentStack.forward: states must be a list of 1, one a layer, got an object of type Tensor.",
    ],
    [
      "a module of one's own without forwardPacked, for packed sequences",
      () => {
        class Own extends nn.Module {
          forward = (x: Tensor) => [x, x] as const;
        }
        return new nn.Bidirectional(() => new Own()).forwardPacked(rnn.packSequence([zeros([2, 3])]));
      },
      "Bidirectional.forwardPacked: module must be one with forwardPacked() for sequences of many lengths, got an object of type Own.",
    ],
  ];
  test.each(wrong)("refuses %s", (_, act, message) => {
    expect(act).toThrow(message);
  });
});

describeEngines("every module around recurrent ones takes sequences of many lengths", (dtypes) => {
  const dtype = dtypes.at(-1)!;
  const exact = dtype === "float64";
  const bound = exact ? TOLERANCE.float64 : TOLERANCE.sequence;
  beforeEach(() => {
    manualSeed(29);
  });

  type Around = nn.Module & {
    forward(x: Tensor, state?: null, options?: nn.SequenceOptions): readonly [Tensor, unknown];
    forwardPacked(x: nn.PackedSequence): readonly [nn.PackedSequence, unknown];
  };
  const AROUND: [string, () => Around][] = [
    ["WeightDrop", () => new nn.WeightDrop(new nn.LSTM(4, 4, { bidirectional: true, dtype }), 0.5)],
    [
      "RecurrentStack with residual sums",
      () => new nn.RecurrentStack([new nn.GRU(4, 4, { dtype }), new nn.MGU(4, 4, { dtype })], { residual: true }),
    ],
    [
      "RecurrentStack of Bidirectional",
      () =>
        new nn.RecurrentStack(
          [4, 8].map((size) => new nn.Bidirectional(() => new nn.PeepholeLSTM(size, 4, { dtype }))),
        ),
    ],
    [
      "Bidirectional of WeightDrop",
      () => new nn.Bidirectional(() => new nn.WeightDrop(new nn.GRU(4, 4, { dtype }), 0.5)),
    ],
  ];

  test.each(AROUND)("%s: lengths, packed and each sequence alone agree", (_, build) => {
    const model = build().eval();
    const data = randn([LONGEST, BATCH, 4], { dtype }).data();
    LENGTHS.forEach((length, b) => {
      for (let t = length; t < LONGEST; t++) data.fill(Number.NaN, (t * BATCH + b) * 4, (t * BATCH + b + 1) * 4);
    });
    const x = tensor(data, { shape: [LONGEST, BATCH, 4], dtype });
    const [y, last] = model.forward(x, null, { lengths: LENGTHS });
    LENGTHS.forEach((length, b) => {
      const [alone, end] = model.forward(x.narrow(1, b, 1).narrow(0, 0, length));
      expectClose(y.narrow(1, b, 1).narrow(0, 0, length).data(), alone.data(), bound, `y of ${b}`);
      expect(y.select(1, b).narrow(0, length, LONGEST - length).data().every((value) => value === 0)).toBe(true); // biome-ignore format: one line
      const own = tensorsOf(last).flatMap((part) => [...part.narrow(1, b, 1).data()]);
      expectClose(own, values(end), bound, `state of ${b}`);
    });
    const packed = rnn.packPaddedSequence(x, LENGTHS, { enforceSorted: false });
    for (const [z, end] of [model.forwardPacked(packed), model.forward(packed as never)]) {
      const [padded] = rnn.padPackedSequence(z as nn.PackedSequence, { totalLength: LONGEST });
      expect(padded.toArray()).toEqual(y.toArray());
      expect(values(end)).toEqual(values(last));
    }
  });

  test("weight drop thins the weights of a packed run as of any other", () => {
    const drop = new nn.WeightDrop(new nn.LSTM(3, 4, { dtype }), 0.5);
    const x = randn([LONGEST, BATCH, 3], { dtype });
    manualSeed(3);
    const [y] = drop.forward(x, null, { lengths: LENGTHS });
    manualSeed(3);
    const [z] = drop.forwardPacked(rnn.packPaddedSequence(x, LENGTHS, { enforceSorted: false }));
    expect(rnn.padPackedSequence(z, { totalLength: LONGEST })[0].toArray()).toEqual(y.toArray());
    expect(y.toArray()).not.toEqual(drop.module.forward(x, null, { lengths: LENGTHS })[0].toArray());
    const linear = new nn.WeightDrop(new nn.Linear(3, 3), 0.5, { weights: ["weight"] });
    expect(() => (linear.forwardPacked as unknown as (x: unknown) => unknown)(z)).toThrow(
      "WeightDrop.forwardPacked: module must be one with forwardPacked(), got an object of type Linear.",
    );
  });

  test("locked dropout of packed sequences: one mask a sequence, another for each", () => {
    const packed = rnn.packSequence([5, 3, 3].map((length) => ones([length, 40], { dtype })));
    const sequences = rnn
      .unpackSequence(new nn.LockedDropout(0.5).forward(packed))
      .map((t) => t.toArray() as number[][]);
    for (const rows of sequences) for (const row of rows) expect(row).toEqual(rows[0]);
    expect(new Set(sequences.flat(2))).toEqual(new Set([0, 2]));
    expect(new Set(sequences.map((rows) => String(rows[0]))).size).toBe(3);
    const stack = new nn.RecurrentStack([new Copy(), new Copy()], { lockedDropout: 0.5 });
    for (const rows of rnn.unpackSequence(stack.forwardPacked(packed)[0])) {
      for (const row of rows.toArray() as number[][]) expect(row).toEqual((rows.toArray() as number[][])[0]);
    }
  });

  test("RecurrentStack reads batchFirst from its layers, and refuses a mixture", () => {
    const layers = () => [3, 4].map((size) => new nn.GRU(size, 4, { batchFirst: true, dtype }));
    const stack = new nn.RecurrentStack(layers());
    const x = randn([BATCH, LONGEST, 3], { dtype });
    const [y] = stack.forward(x, null, { lengths: LENGTHS });
    expect(y.shape).toEqual([BATCH, LONGEST, 4]);
    expect(y.select(0, 2).narrow(0, 1, 5).data().every((value) => value === 0)).toBe(true); // biome-ignore format: one line
    expect(() => new nn.RecurrentStack(layers(), { batchFirst: false })).toThrow(
      "RecurrentStack: batchFirst must be the same as that of its modules, got false.",
    );
    expect(() => new nn.RecurrentStack([...layers(), new nn.GRU(4, 4)])).toThrow("got some of each");
  });

  test("AWDLSTM: the loss of padded texts is that of their words, each text by itself", () => {
    const rates = { dropout: 0, hiddenDropout: 0, inputDropout: 0, embeddingDropout: 0, weightDrop: 0 };
    const model = new nn.AWDLSTM(6, { embeddingDim: 3, hiddenSize: 5, numLayers: 2, ...rates, dtype });
    const lengths = [4, 2, 3];
    const [ids, targets] = [randint(0, 6, [5, 3]), randint(0, 6, [5, 3])];
    const { crossEntropy, loss, states } = model.loss(ids, targets, null, { lengths });
    const alone = lengths.map((length, b) => {
      const own = (t: Tensor): Tensor => t.narrow(1, b, 1).narrow(0, 0, length);
      const { output, raw, states: end } = model.features(own(ids));
      const terms = model.loss(own(ids), own(targets));
      const squares = (t: Tensor): number => t.square().sum().item();
      const change = raw.narrow(0, 1, length - 1).sub(raw.narrow(0, 0, length - 1));
      return { length, end, terms, ar: squares(output), tar: squares(change) };
    });
    const total = (of: (own: (typeof alone)[number]) => number): number => alone.reduce((sum, own) => sum + of(own), 0);
    const words = total(({ length }) => length);
    const expected = total(({ length, terms }) => length * terms.crossEntropy.item()) / words;
    expectClose([crossEntropy.item()], [expected], bound);
    const ar = (2 * total((own) => own.ar)) / (3 * words);
    const tar = total((own) => own.tar) / (3 * (words - 3));
    expectClose([loss.item()], [expected + ar + tar], bound);
    alone.forEach(({ end }, b) => {
      expectClose(tensorsOf(states).flatMap((t) => [...t.narrow(1, b, 1).data()]), values(end), bound); // biome-ignore format: one line
    });
    const [logits] = model.forward(ids, null, { lengths });
    expectClose(logits.select(1, 1).narrow(0, 0, 2).data(), model.forward(ids.narrow(1, 1, 1).narrow(0, 0, 2))[0].data(), bound); // biome-ignore format: one line
    expect(() => model.loss(ids, targets.narrow(0, 0, 4), null, { lengths })).toThrow(
      "AWDLSTM.loss: targets must have the shape of ids, [5, 3], got [4, 3].",
    );
    expect(() => model.loss(ids, targets, null, { lengths: [1, 1, 1] })).toThrow(
      "temporalActivationRegularization: y must hold two time steps at least, got 3 sequences of one.",
    );
  });

  if (!exact) return;
  test("gradcheck in float64, rtol 1e-6, atol 1e-8: wrappers in one another, with lengths and masks", () => {
    const model = new nn.RecurrentStack(
      [3, 2].map((size) => new nn.Bidirectional(() => new nn.WeightDrop(new nn.GRU(size, 2, { dtype }), 0.4), MEAN)),
      { residual: true, lockedDropout: 0.3, dropout: 0.2 },
    );
    const x = randn([4, 3, 3], { dtype, requiresGrad: true });
    const { ok, worst } = gradcheck(() => {
      manualSeed(9);
      const [y, states] = model.forward(x, null, { lengths: [2, 4, 1] });
      return [y, ...tensorsOf(states)].map((t, i) => t.sin().sum().mul(i + 1)).reduce((a, b) => a.add(b)); // biome-ignore format: one line
    }, [x, ...model.parameters()]);
    expect(ok, JSON.stringify(worst)).toBe(true);
  });

  test("gradcheck in float64, rtol 1e-6, atol 1e-8: AWDLSTM with lengths", () => {
    const model = new nn.AWDLSTM(6, { embeddingDim: 3, hiddenSize: 4, numLayers: 2, dtype });
    for (const parameter of model.parameters()) nn.init.normal(parameter, 0, 0.6);
    const [ids, targets] = [randint(0, 6, [4, 3]), randint(0, 6, [4, 3])];
    const { ok, worst } = gradcheck(() => {
      manualSeed(4);
      return model.loss(ids, targets, null, { lengths: [2, 4, 1] }).loss;
    }, model.parameters());
    expect(ok, JSON.stringify(worst)).toBe(true);
  });
});

const MEAN = { mergeMode: "mean" } as const;

/** A recurrent module of one's own: y = x, without a state. */
class Copy extends nn.Module {
  forward(x: Tensor): readonly [Tensor, null] {
    return [x, null];
  }

  forwardPacked(x: nn.PackedSequence): readonly [nn.PackedSequence, null] {
    return [x, null];
  }
}
