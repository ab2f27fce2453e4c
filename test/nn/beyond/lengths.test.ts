import { afterAll, beforeEach, expect, test, vi } from "vitest";
import { currentEngine } from "../../../src/engine/select.js";
import type { WasmEngine } from "../../../src/engine/wasm/wasm-engine.js";
import { gradcheck, manualSeed, memory, nn, ones, randn, type Tensor, tensor, zeros } from "../../../src/index.js";
import { expectClose, TOLERANCE, type Tolerance } from "../../support/close.js";
import { describeEngines } from "../../support/configured.js";

const { rnn } = nn.utils;
const { RNN, LSTM, GRU } = nn;
type Float = "float32" | "float64";

type State = Tensor | nn.LSTMState;
interface Stack extends nn.Module {
  readonly numLayers: number;
  readonly hiddenSize: number;
  readonly bidirectional: boolean;
  forward(x: Tensor, state?: State | null, options?: nn.SequenceOptions): readonly [Tensor, State];
  forwardPacked(x: nn.PackedSequence, state?: State | null): readonly [nn.PackedSequence, State];
}

const ZONEOUT = { zoneout: 0.3 };
const CELLS: readonly [kind: string, own: object][] = [
  ["IndRNN", { nonlinearity: "tanh" }],
  ["MGU", ZONEOUT],
  ["MinGRU", {}],
  ["MinLSTM", {}],
  ["PeepholeLSTM", ZONEOUT],
  ["LayerNormLSTM", {}],
  ["LayerNormGRU", {}],
  ["RNN", ZONEOUT],
  ["LSTM", ZONEOUT],
  ["GRU", ZONEOUT],
];
const BOTH = { numLayers: 2, bidirectional: true };
const SHAPES = [
  { ...BOTH, residual: false },
  { numLayers: 3, residual: true, batchFirst: true },
];
/** Unsorted, with a tie, and none as long as the padded batch. */
const [LENGTHS, LONGEST] = [[2, 5, 1, 5, 4], 6];

function make(kind: string, own: object, dtype: Float): Stack {
  const build = (nn as unknown as Record<string, new (i: number, h: number, o: object) => Stack>)[kind]!;
  const model = new build(3, 4, { ...own, dtype });
  for (const [name, parameter] of model.namedParameters()) {
    if (/norm|bias/.test(name)) nn.init.normal(parameter, name.includes("norm") ? 1 : 0, 0.3);
  }
  return model.eval();
}

const parts = (state: State): Tensor[] => ("c" in state ? [state.h, state.c] : [state]);
const mapState = (state: State, to: (part: Tensor) => Tensor): State =>
  "c" in state ? { h: to(state.h), c: to(state.c) } : to(state);

/** Never negative, as the minimal cells want it. */
function startOf(kind: string, model: Stack, batch: number, dtype: Float): State {
  const fresh = (): Tensor => {
    const rows = model.numLayers * (model.bidirectional ? 2 : 1);
    const state = randn([rows, batch, model.hiddenSize], { dtype }).abs().detach();
    state.requiresGrad = true;
    return state;
  };
  return kind.endsWith("LSTM") && kind !== "MinLSTM" ? { h: fresh(), c: fresh() } : fresh();
}

/** Uneven, so that no error hides in a symmetry; zeros of padding add nothing. */
function loss(...outputs: Tensor[]): Tensor {
  return outputs.map((t, i) => t.square().mul(i + 1).sum()).reduce((a, b) => a.add(b)); // biome-ignore format: one term
}

function gradients(leaves: Tensor[], run: () => Tensor) {
  for (const leaf of leaves) leaf.grad = null;
  run().backward();
  return leaves.map((leaf) => leaf.grad!.data());
}

const CASES = CELLS.flatMap(([kind, own]) =>
  SHAPES.map(({ residual, ...shape }) => {
    const sums = residual && !(kind in { RNN, LSTM, GRU });
    return [kind, { ...own, ...shape, ...(sums ? { residual } : {}) }] as const;
  }),
);

describeEngines("the cells' sequences of many lengths", (dtypes, engine) => {
  const dtype = dtypes.at(-1)!;
  const exact = dtype === "float64";
  const VALUES = exact ? TOLERANCE.float64 : TOLERANCE.sequence;
  /** In float32 atol counts from the largest element: a normalised sum passes on the rounding of all its terms. */
  const gradientBound = (grad: ArrayLike<number>): Tolerance =>
    exact ? TOLERANCE.float64 : { rtol: 1e-4, atol: 1e-5 * Math.max(1, ...Array.from(grad, Math.abs)) };
  beforeEach(() => {
    manualSeed(17);
  });
  afterAll(() => {
    expect(currentEngine().name).toBe(engine);
    if (engine !== "wasm") return;
    const paths = Object.entries((currentEngine() as WasmEngine).paths);
    expect(paths.length).toBeGreaterThan(10);
    expect(paths.filter(([, { fallback }]) => fallback > 0)).toEqual([]);
  });

  test.each(CASES)(
    "%s %j: a batch with lengths, with a state carried in, equals each sequence alone, gradients too",
    (kind, own) => {
      const model = make(kind, own, dtype);
      const axis = "batchFirst" in own ? 1 : 0;
      const batch = LENGTHS.length;
      const x = randn(axis === 1 ? [batch, LONGEST, 3] : [LONGEST, batch, 3], { dtype, requiresGrad: true });
      const state = startOf(kind, model, batch, dtype);
      const leaves = [x, ...parts(state), ...model.parameters()];
      const [y, last] = model.forward(x, state, { lengths: LENGTHS });
      expect(y.shape[axis]).toBe(LONGEST);
      const whole = gradients(leaves, () => loss(y, ...parts(last)));
      const single = gradients(leaves, () =>
        LENGTHS.map((length, b) => {
          const own = mapState(state, (part) => part.narrow(1, b, 1));
          const [z, end] = model.forward(x.narrow(1 - axis, b, 1).narrow(axis, 0, length), own);
          const found = y.narrow(1 - axis, b, 1);
          expectClose(found.narrow(axis, 0, length).data(), z.data(), VALUES, `y of ${b}`);
          const padding = found.narrow(axis, length, LONGEST - length).data();
          expect(padding.every((value) => value === 0)).toBe(true);
          parts(end).forEach((part, i) => {
            const its = parts(last)[i]!.narrow(1, b, 1);
            expectClose(its.data(), part.data(), VALUES, `state ${i} of ${b}`);
          });
          return loss(z, ...parts(end));
        }).reduce((a, b) => a.add(b)),
      );
      whole.forEach((grad, i) => {
        expectClose(grad, single[i]!, gradientBound(grad), `gradient ${i}`);
      });
    },
  );

  test.each(CELLS)("%s: packed equals lengths, to the bit, and so does forward() of packed", (kind, own) => {
    const model = make(kind, { ...own, ...BOTH }, dtype);
    const x = randn([LONGEST, LENGTHS.length, 3], { dtype });
    const state = startOf(kind, model, LENGTHS.length, dtype);
    const [y, last] = model.forward(x, state, { lengths: tensor(LENGTHS, { dtype: "int32" }) });
    const packed = rnn.packPaddedSequence(x, LENGTHS, { enforceSorted: false });
    for (const [z, end] of [model.forwardPacked(packed, state), model.forward(packed as never, state)]) {
      const [padded] = rnn.padPackedSequence(z as nn.PackedSequence, { totalLength: LONGEST });
      expect(padded.toArray()).toEqual(y.toArray());
      expect(parts(end).map((part) => part.toArray())).toEqual(parts(last).map((part) => part.toArray()));
    }
  });

  test.each(CELLS)(
    "%s: a single sequence equals a batch of one, to the bit, and so does a single step",
    (kind, own) => {
      for (const batchFirst of [false, true]) {
        const model = make(kind, { ...own, ...BOTH, batchFirst }, dtype);
        const x = randn([5, 3], { dtype });
        const state = startOf(kind, model, 1, dtype);
        const alone = mapState(state, (part) => part.squeeze(1));
        const [y, last] = model.forward(x, alone);
        const [z, end] = model.forward(x.unsqueeze(batchFirst ? 0 : 1), state);
        expect(y.toArray()).toEqual(z.squeeze(batchFirst ? 0 : 1).toArray());
        expect(parts(last).map((part) => part.toArray())).toEqual(parts(end).map((part) => part.squeeze(1).toArray()));
        if (!(model instanceof nn.MGU)) continue;
        const [one, next] = model.step(x.select(0, 0), alone as Tensor);
        const [first, after] = model.forward(x.narrow(0, 0, 1), alone as Tensor);
        expect([one.toArray(), next.toArray()]).toEqual([first.select(0, 0).toArray(), after.toArray()]);
      }
    },
  );

  test.each(CELLS)("%s: NaN in padding never leaks, and gets no gradient", (kind, own) => {
    const model = make(kind, { ...own, ...BOTH }, dtype);
    const batch = LENGTHS.length;
    const data = randn([LONGEST, batch, 3], { dtype }).data();
    LENGTHS.forEach((length, b) => {
      for (let t = length; t < LONGEST; t++) data.fill(Number.NaN, (t * batch + b) * 3, (t * batch + b + 1) * 3);
    });
    const x = tensor(data, { shape: [LONGEST, batch, 3], dtype, requiresGrad: true });
    const [y, last] = model.forward(x, null, { lengths: LENGTHS });
    loss(y, ...parts(last)).backward();
    for (const found of [y, ...parts(last), x.grad!, ...model.parameters().map((p) => p.grad!)]) {
      expect(found.data().some(Number.isNaN)).toBe(false);
    }
    const padding = [...x.grad!.data()].filter((_, i) => Number.isNaN(data[i]!));
    expect(padding).toHaveLength(3 * LENGTHS.reduce((sum, length) => sum + LONGEST - length, 0));
    expect(padding.every((value) => value === 0)).toBe(true);
  });

  const checked = exact ? ["MinGRU", "LSTM", "GRU", "RNN"] : [];
  test.each(checked)("%s: gradcheck with lengths, masks and a state, rtol 1e-6, atol 1e-8", (kind) => {
    const masks = kind === "MinGRU" ? {} : { ...ZONEOUT, recurrentDropout: 0.4 };
    const model = make(kind, { ...BOTH, dropout: 0.3, ...masks }, dtype);
    model.train();
    const x = randn([4, 3, 3], { dtype, requiresGrad: true });
    const state = startOf(kind, model, 3, dtype);
    const run = (): Tensor => {
      manualSeed(9);
      const [y, last] = model.forward(x, state, { lengths: [2, 3, 1] });
      // A tenth of it, or the rounding of the sum alone would exceed atol in the difference quotient.
      return loss(y, ...parts(last)).mul(0.1);
    };
    const { ok, worst } = gradcheck(run, [x, ...parts(state), ...model.parameters()]);
    expect(ok, JSON.stringify(worst)).toBe(true);
  });

  test("steps of padding are not computed, forwards and backwards", () => {
    const engine = currentEngine();
    const model = make("IndRNN", { nonlinearity: "tanh", bidirectional: true }, dtype);
    const spies = [vi.spyOn(engine, "unary"), vi.spyOn(engine, "unaryBackward")];
    const [y] = model.forward(randn([LONGEST, LENGTHS.length, 3], { dtype }), null, { lengths: LENGTHS });
    y.sum().backward();
    for (const spy of spies) {
      const rows = spy.mock.calls.filter(([op]) => op === "tanh").map(([, out]) => out.shape[0]!);
      expect(rows.reduce((a, b) => a + b)).toBe(2 * LENGTHS.reduce((a, b) => a + b));
      spy.mockRestore();
    }
  });

  test("recurrent dropout holds one mask through the pieces of a packed batch", () => {
    // h doubles or dies at every step, so a unit that lives after the first must live to the end.
    const options = { bias: false, nonlinearity: "relu", recurrentDropout: 0.5, dtype } as const;
    const model = new nn.RNN(1, 30, options);
    nn.init.zeros(model.stateDict().get("weight_ih_l0")!);
    const identity = Float64Array.from({ length: 900 }, (_, i) => (i % 31 === 0 ? 1 : 0));
    model.stateDict().get("weight_hh_l0")!.set(identity);
    const lengths = [1, 5, 3];
    const [y, last] = model.forward(zeros([5, 3, 1], { dtype }), ones([1, 3, 30], { dtype }), { lengths });
    const alive = y.select(0, 0).data();
    const expected = lengths.flatMap((length, b) =>
      [...alive.subarray(b * 30, (b + 1) * 30)].map((value) => (value === 0 ? 0 : 2 ** length)),
    );
    expect([...last.data()]).toEqual(expected);
    expect(new Set(alive)).toEqual(new Set([0, 2]));
  });

  test.each(CELLS)("%s: memory() stays the same from step 3 to step 8", (kind, own) => {
    const model = make(kind, { ...own, ...BOTH }, dtype);
    model.train();
    // What other tests left, unwalked, goes first.
    for (let i = 0; i < 64; i++) model.zeroGrad();
    const used: { bytes: number; buffers: number }[] = [];
    for (let step = 1; step <= 8; step++) {
      const [y] = model.forward(randn([LONGEST, LENGTHS.length, 3], { dtype }), null, { lengths: LENGTHS });
      model.zeroGrad();
      y.sum().backward();
      const { bytes, buffers } = memory();
      used.push({ bytes, buffers });
    }
    expect(used[7]).toEqual(used[2]);
  });

  const mgu = () => new nn.MGU(3, 4);
  const packed = () => rnn.packSequence([zeros([3, 3]), zeros([1, 3])]);
  const wrong: [string, () => unknown, string][] = [
    [
      "lengths of a single sequence",
      () => mgu().forward(zeros([4, 3]), null, { lengths: [3] }),
      "MGU.forward: input must have a batch when lengths are given, got [4, 3]. Cut it with narrow().",
    ],
    [
      "a single sequence with the state of a batch",
      () => mgu().forward(zeros([4, 3]), zeros([1, 1, 4])),
      "MGU.forward: state must have shape [1, 4] (numLayers·directions=1, hiddenSize=4), got [1, 1, 4].",
    ],
    [
      "a length beyond the steps",
      () => mgu().forward(zeros([4, 2, 3]), null, { lengths: [5, 1] }),
      "MGU.forward: lengths[0] must be an integer in [1, 4], got 5.",
    ],
    [
      "lengths of packed sequences",
      () => mgu().forward(packed() as never, null, { lengths: [3, 1] }),
      "MGU.forward: lengths must be left out for packed sequences, got lengths. They know their own.",
    ],
    [
      "a tensor as packed",
      () => mgu().forwardPacked(zeros([4, 2, 3]) as never),
      "MGU.forwardPacked: input must be a PackedSequence, got an object of type Tensor. nn.utils.rnn.packPaddedSequence() makes one.",
    ],
    [
      "packed rows of other features",
      () => mgu().forwardPacked(packed().with(zeros([4, 2]))),
      "MGU.forward: input must have shape [R, 3] (inputSize=3), got [4, 2].",
    ],
    [
      "a state of another batch",
      () => mgu().forwardPacked(packed(), zeros([1, 3, 4])),
      "MGU.forward: state must have shape [1, 2, 4] (numLayers·directions=1, N=2, hiddenSize=4), got [1, 3, 4].",
    ],
    [
      "an unknown option",
      () => mgu().forward(zeros([4, 2, 3]), null, { length: [1, 2] } as never),
      "MGU.forward: options must be only these",
    ],
  ];
  test.each(wrong)("refuses %s", (_, act, message) => {
    expect(act).toThrow(message);
  });
});
