import { describe, expect, test, vi } from "vitest";
import { currentEngine } from "../../src/engine/select.js";
import { concat, dropout, eye, manualSeed, nn, noGrad, ones, randn, stack, type Tensor } from "../../src/index.js";
import { RECURRENT_CELLS, type RecurrentCell } from "../../src/nn/recurrent/table.js";
import { expectClose, TOLERANCE } from "../support/close.js";
import { describeEngines } from "../support/configured.js";

// Every cell with every option, against what the option means, worked out with modules of one layer in one direction without options.

type Float = "float32" | "float64";
type Options = nn.CellStackOptions & nn.RecurrentOptions & { projSize?: number };
type Model = ReturnType<RecurrentCell["make"]>;
type State = Tensor | nn.LSTMState;

const [I, H, L, N] = [3, 4, 5, 3];
const LENGTHS = [2, 5, 4];

const parts = (state: State): Tensor[] => ("c" in state ? [state.h, state.c] : [state]);
const whole = ([h, c]: readonly Tensor[]): State => (c === undefined ? h! : { h: h!, c });

/** Random and asymmetric; norms around 1. */
function make(cell: RecurrentCell, options: Options = {}, inputSize = I): Model {
  const model = cell.make(inputSize, H, options);
  for (const [name, parameter] of model.namedParameters()) {
    nn.init.normal(parameter, name.startsWith("norm") ? 1 : 0.05, 0.4);
  }
  return model;
}

/** One layer of one direction of `model`, alone. */
function unit(cell: RecurrentCell, model: Model, suffix: string, options: Options = {}): Model {
  const own = [...model.namedParameters()].filter(([name]) => name.endsWith(suffix));
  const inputSize = own.find(([name]) => name.startsWith("weight_ih"))![1].shape[1]!;
  const { projSize } = model;
  const alone = cell.make(inputSize, H, {
    ...(projSize > 0 ? { projSize } : {}),
    bias: model.bias,
    dtype: own[0]![1].dtype as Float,
    ...options,
  });
  // The parameters themselves, so that gradients reach the model's.
  for (const [name, parameter] of own) (alone as unknown as Record<string, Tensor>)[`${name.slice(0, -suffix.length)}_l0`] = parameter; // biome-ignore format: one line
  return alone.train(model.training);
}

/** Never negative, as the minimal cells want it. */
function startOf(cell: RecurrentCell, model: Model, batch: number | null, dtype: Float): State {
  const rows = model.numLayers * (model.bidirectional ? 2 : 1);
  const widths = [model.projSize || H, H].slice(0, cell.cell.states);
  return whole(
    widths.map((width) =>
      randn([rows, ...(batch === null ? [] : [batch]), width], { dtype })
        .abs()
        .detach(),
    ),
  );
}

const MERGE = {
  concat: (a: Tensor, b: Tensor) => concat([a, b], -1),
  sum: (a: Tensor, b: Tensor) => a.add(b),
  mean: (a: Tensor, b: Tensor) => a.add(b).div(2),
  mul: (a: Tensor, b: Tensor) => a.mul(b),
};

/** One sequence [L, I] through a model, layer by layer and direction by direction: y [L, D·H] or the last output, and the last states. */
function byHand(cell: RecurrentCell, model: Model, x: Tensor, start: readonly Tensor[]) {
  const sides = model.bidirectional ? ["", "_reverse"] : [""];
  const last: Tensor[][] = [];
  let y = x;
  let end: Tensor[] = [];
  for (let k = 0; k < model.numLayers; k++) {
    const outputs = sides.map((side, d) => {
      const row = k * sides.length + d;
      const below = d === 0 ? y : y.flip(0);
      const alone = unit(cell, model, `_l${k}${side}`);
      const [out, state] = alone.forward(below, whole(start.map((part) => part.narrow(0, row, 1))));
      last.push(parts(state));
      return d === 0 ? out : out.flip(0);
    });
    const [a, b] = outputs as [Tensor, Tensor | undefined];
    const out = b === undefined ? a : MERGE[model.mergeMode](a, b);
    const adds = model.residual && out.shape[1] === y.shape[1];
    const at = (outs: Tensor[]) => outs.map((o, d) => o.select(0, d === 0 ? o.shape[0]! - 1 : 0));
    end = at(outputs);
    if (adds && b === undefined) end = end.map((o) => o.add(y.select(0, y.shape[0]! - 1)));
    y = adds ? out.add(y) : out;
  }
  const [a, b] = end as [Tensor, Tensor | undefined];
  return {
    y: model.returnSequences ? y : b === undefined ? a : MERGE[model.mergeMode](a, b),
    states: start.map((_, i) => concat(last.map((own) => own[i]!))),
  };
}

const loss = (...outputs: Tensor[]): Tensor =>
  outputs.map((t, i) => t.square().mul(i + 1).sum()).reduce((a, b) => a.add(b)); // biome-ignore format: one term

const SHAPES: readonly { options: Options; inputSize?: number; lengths?: number[] }[] = [
  { options: { numLayers: 2 } },
  { options: { numLayers: 2, bias: false, batchFirst: true }, lengths: LENGTHS },
  { options: { numLayers: 3, residual: true } },
  { options: { numLayers: 2, residual: true, returnSequences: false }, inputSize: H, lengths: LENGTHS },
  { options: { numLayers: 2, residual: true, returnSequences: false, batchFirst: true }, inputSize: H },
  { options: { numLayers: 2, bidirectional: true }, lengths: LENGTHS },
  { options: { numLayers: 2, bidirectional: true, residual: true, batchFirst: true }, inputSize: 2 * H },
  { options: { numLayers: 2, bidirectional: true, residual: true, mergeMode: "sum" }, lengths: LENGTHS },
  { options: { bidirectional: true, mergeMode: "mean", returnSequences: false }, lengths: LENGTHS },
  { options: { numLayers: 2, bidirectional: true, mergeMode: "mul", returnSequences: false, batchFirst: true } },
];

describeEngines("every cell with every option", (dtypes, engine) => {
  const dtype = dtypes.at(-1)!;
  const VALUES = dtype === "float64" ? TOLERANCE.float64 : TOLERANCE.sequence;
  const GRADIENTS = dtype === "float64" ? { rtol: 1e-9, atol: 1e-11 } : { rtol: 1e-4, atol: 1e-4 };
  const input = (options: Options, inputSize = I): Tensor =>
    randn(options.batchFirst ? [N, L, inputSize] : [L, N, inputSize], { dtype, requiresGrad: true });

  const cases = RECURRENT_CELLS.flatMap((cell) =>
    SHAPES.flatMap((shape) => [
      { name: `${cell.name} ${JSON.stringify(shape)}`, cell, ...shape },
      ...(cell.cell.projects && !shape.inputSize
        ? [
            {
              name: `${cell.name}, projected, ${JSON.stringify(shape)}`,
              cell,
              ...shape,
              options: { ...shape.options, projSize: 2 },
            },
          ]
        : []),
    ]),
  );
  test.each(cases)("$name: is each sequence alone through its layers, gradients too", (one) => {
    const { cell, options, inputSize, lengths } = one;
    manualSeed(21);
    const model = make(cell, { ...options, dtype }, inputSize);
    const x = input(options, inputSize);
    const start = startOf(cell, model, N, dtype);
    const leaves = [x, ...model.parameters()];
    const kernels = vi.spyOn(currentEngine(), "sequenceForward");
    const [y, last] = model.forward(x, start, lengths ? { lengths } : {});
    expect(kernels.mock.calls.length > 0).toBe((cell.cell.kernel ?? null) !== null);
    kernels.mockRestore();
    loss(y, ...parts(last)).backward();
    const found = leaves.map((leaf) => leaf.grad!.data());
    for (const leaf of leaves) leaf.grad = null;
    const hand = (lengths ?? [L, L, L]).map((length, b) => {
      const own = x.select(options.batchFirst ? 0 : 1, b).narrow(0, 0, length);
      return byHand(cell, model, own, parts(start).map((part) => part.select(1, b))); // biome-ignore format: one line
    });
    const ys = hand.map(({ y: own }) => {
      const missing = model.returnSequences ? L - own.shape[0]! : 0;
      return missing === 0 ? own : concat([own, own.narrow(0, 0, 1).mul(0).expand([missing, own.shape[1]!])]);
    });
    const expected = stack(ys, model.returnSequences && !options.batchFirst ? 1 : 0);
    expectClose(y.data(), expected.data(), VALUES, "y");
    expect(y.shape).toEqual(expected.shape);
    parts(last).forEach((part, i) => {
      expectClose(part.data(), stack(hand.map(({ states }) => states[i]!), 1).data(), VALUES, `state ${i}`); // biome-ignore format: one line
    });
    loss(
      expected,
      ...parts(last).map((_, i) =>
        stack(
          hand.map(({ states }) => states[i]!),
          1,
        ),
      ),
    ).backward();
    leaves.forEach((leaf, i) => {
      expectClose(found[i]!, leaf.grad!.data(), GRADIENTS, `gradient ${i}`);
    });
  });

  const each = RECURRENT_CELLS.map((cell) => ({ name: cell.name, cell }));
  test.each(each)("$name: step() is forward() of length 1, in every layout", ({ cell }) => {
    manualSeed(22);
    for (const own of [
      {},
      { batchFirst: true },
      { bidirectional: true },
      { residual: true },
      { returnSequences: false },
    ]) {
      const model = make(cell, { ...own, numLayers: 2, dtype });
      const batched = (x: Tensor): Tensor => x.unsqueeze("batchFirst" in own ? 1 : 0);
      const given = startOf(cell, model, N, dtype);
      for (const [x, state, sequence] of [
        [randn([N, I], { dtype }), given, batched],
        [randn([N, I], { dtype }), undefined, batched],
        [randn([I], { dtype }), startOf(cell, model, null, dtype), (x: Tensor) => x.unsqueeze(0)],
      ] as const) {
        const [y, next] = model.step(x, state);
        const [z, last] = model.forward(sequence(x), state);
        expect(y.shape).toEqual([...x.shape.slice(0, -1), z.shape.at(-1)!]);
        expect([...y.data()]).toEqual([...z.data()]);
        expect(parts(next).map((part) => part.toArray())).toEqual(parts(last).map((part) => part.toArray()));
      }
    }
  });

  test.each(each)(
    "$name: stateful goes on from its last state, without its history, until resetState()",
    ({ cell }) => {
      manualSeed(23);
      const model = make(cell, { stateful: true, numLayers: 2, bidirectional: true, residual: true, dtype });
      const plain = cell.make(I, H, { numLayers: 2, bidirectional: true, residual: true, dtype });
      plain.loadStateDict(model.stateDict());
      const pieces = [input({}), input({}), input({})];
      let state: State | undefined;
      for (const [i, x] of pieces.entries()) {
        const options = i === 1 ? { lengths: LENGTHS } : {};
        const [y] = model.forward(x, null, options);
        const [expected, next] = plain.forward(x, state, options);
        expect([...y.data()]).toEqual([...expected.data()]);
        y.sum().backward();
        state = next;
      }
      expect([...model.step(pieces[0]!.select(0, 0))[0].data()]).toEqual([...plain.step(pieces[0]!.select(0, 0), state)[0].data()]); // biome-ignore format: one line
      model.resetState();
      expect([...model.forward(pieces[0]!)[0].data()]).toEqual([...plain.forward(pieces[0]!)[0].data()]);
    },
  );

  test.each(each)("$name: packed equals lengths, and dropout lies between the layers alone", ({ cell }) => {
    manualSeed(24);
    const model = make(cell, { numLayers: 2, dropout: 0.5, dtype });
    const x = input({});
    const packed = nn.utils.rnn.packPaddedSequence(x, LENGTHS, { enforceSorted: false });
    manualSeed(1);
    const [y, last] = model.forwardPacked(packed);
    manualSeed(1);
    const [padded, same] = model.forward(x, null, { lengths: LENGTHS });
    expect(nn.utils.rnn.padPackedSequence(y, { totalLength: L })[0].toArray()).toEqual(padded.toArray());
    expect(parts(last).map((part) => part.toArray())).toEqual(parts(same).map((part) => part.toArray()));
    const [first, second] = [unit(cell, model, "_l0"), unit(cell, model, "_l1")];
    manualSeed(2);
    const [dropped] = model.forward(x);
    manualSeed(2);
    const [expected] = second.forward(dropout(first.forward(x)[0], 0.5));
    expect(dropped.toArray()).toEqual(expected.toArray());
    expect(model.eval().forward(x)[0].toArray()).not.toEqual(dropped.toArray());
  });

  const noisy = each.filter(({ cell }) => cell.cell.takesNoise);
  test.each(noisy)("$name: zoneout mixes old and next states, in training by a mask", ({ cell }) => {
    manualSeed(25);
    const rates = [0.3, 0.6].slice(0, cell.cell.states);
    const zoneout = cell.cell.states === 2 ? { h: 0.3, c: 0.6 } : 0.3;
    const model = make(cell, { zoneout, dtype });
    const plain = unit(cell, model, "_l0");
    const x = input({});
    for (const training of [false, true]) {
      model.train(training);
      plain.train(training);
      const start = startOf(cell, model, N, dtype);
      manualSeed(3);
      const [y, last] = model.forward(x, start);
      manualSeed(3);
      let state = parts(start);
      const ys = x.unbind(0).map((xt) => {
        const next = parts(plain.forward(xt.unsqueeze(0), whole(state))[1]);
        state = next.map((part, i) => {
          const change = part.sub(state[i]!);
          const kept = training ? dropout(change, rates[i]!) : change;
          return state[i]!.add(kept.mul(1 - rates[i]!));
        });
        return state[0]!.select(0, 0);
      });
      expectClose(y.data(), stack(ys).data(), VALUES, `y, training ${training}`);
      parts(last).forEach((part, i) => {
        expectClose(part.data(), state[i]!.data(), VALUES, `state ${i}, training ${training}`);
      });
    }
  });

  test.each(noisy)("$name: recurrent dropout masks h where it enters the products, in training", ({ cell }) => {
    manualSeed(26);
    const model = make(cell, { recurrentDropout: 0.5, dtype });
    const plain = unit(cell, model, "_l0");
    const x = randn([L, 1, I], { dtype });
    const quiet = model.eval().forward(x)[0];
    expectClose(quiet.data(), plain.forward(x)[0].data(), VALUES, "in evaluation");
    manualSeed(8);
    const [y] = model.train().forward(x);
    manualSeed(8);
    // With one sequence, a mask of h is a mask of the columns of the recurrent weight.
    const mask = dropout(ones([1, H], { dtype }), 0.5);
    expect(new Set(mask.data()).size).toBe(2);
    const own = plain as unknown as Record<string, Tensor>;
    const weight = own["weight_hh_l0"]!.detach();
    own["weight_hh_l0"] = weight.rank === 1 ? weight.mul(mask.select(0, 0)) : weight.mul(mask);
    expectClose(y.data(), plain.forward(x)[0].data(), VALUES, "in training");
  });

  test.each(each.filter(({ cell }) => cell.cell.projects))(
    "$name: a projection is W_hr h, which the products see",
    (one) => {
      const { cell } = one;
      manualSeed(27);
      const model = make(cell, { projSize: 2, dtype });
      const weights = model.stateDict();
      const wHr = weights.get("weight_hr_l0")!;
      const plain = cell.make(I, H, { dtype });
      const wHh = weights.get("weight_hh_l0")!.matmul(wHr);
      plain.loadStateDict(
        new Map([...weights, ["weight_hh_l0", wHh] as const].filter(([name]) => name !== "weight_hr_l0")),
      );
      const x = input({});
      const [y, last] = model.forward(x);
      const [z, end] = plain.forward(x);
      expectClose(y.data(), z.matmul(wHr.T).data(), VALUES, "y");
      expectClose(parts(last)[1]!.data(), parts(end)[1]!.data(), VALUES, "c");
      expect(() => cell.make(I, H, { projSize: H } as Options)).toThrow(
        `must be less than hiddenSize (${H}), got ${H}.`,
      );
    },
  );

  test.each(each.filter(({ cell }) => cell.cell.recurrent && cell.name !== "ind-rnn" && cell.name !== "irnn"))(
    "$name: each gate's block of the recurrent weight starts orthogonal when asked",
    ({ cell }) => {
      manualSeed(28);
      const options: Options = { recurrentInit: "orthogonal", numLayers: 2, dtype };
      const model = cell.make(I, H, options);
      for (const name of ["weight_hh_l0", "weight_hh_l1"]) {
        const blocks = model.stateDict().get(name)!.chunk(cell.cell.gates!.length);
        for (const block of blocks) expectClose(block.matmul(block.T).data(), eye(H, { dtype }).data(), TOLERANCE.cell);
        expect(new Set(blocks.map((block) => block.data()[0])).size).toBe(blocks.length);
      }
    },
  );

  test.each(each)("$name: without gradients, values are the same bits", ({ cell }) => {
    manualSeed(29);
    const model = make(cell, { numLayers: 2, residual: true, dtype });
    const x = input({});
    const [y] = model.forward(x);
    expect(noGrad(() => model.forward(x)[0]).toArray()).toEqual(y.toArray());
    expect(engine).toBe(currentEngine().name);
  });
});

describe("the table of cells", () => {
  test("has every recurrent module of nn, by name", () => {
    const { Recurrent, HiddenStack, LSTMStack } = nn;
    const bases: unknown[] = [Recurrent, HiddenStack, LSTMStack];
    const modules = Object.entries(nn).filter(
      ([, value]) => typeof value === "function" && value.prototype instanceof Recurrent && !bases.includes(value),
    );
    expect(RECURRENT_CELLS.map(({ title }) => title).sort()).toEqual(modules.map(([name]) => name).sort());
    expect(RECURRENT_CELLS.map(({ name }) => name).sort()).toEqual(
      "gru ind-rnn irnn layer-norm-gru layer-norm-lstm lstm mgu min-gru min-lstm peephole-lstm rnn".split(" "),
    );
  });

  test.each(RECURRENT_CELLS.map((cell) => ({ name: cell.name, cell })))(
    "$name: what it says is what it makes",
    (one) => {
      const { cell } = one;
      const projSize = cell.cell.projects ? 2 : 0;
      const model = cell.make(I, H, projSize > 0 ? ({ projSize } as Options) : {});
      const sizes = { inputSize: I, hiddenSize: H, outputSize: projSize || H };
      const shapes = Object.entries(cell.parameters(sizes)).map(([name, { shape }]) => [`${name}_l0`, [...shape]]);
      expect(model.namedParameters().map(([name, { shape }]) => [name, [...shape]])).toEqual(shapes);
      expect(model).toBeInstanceOf((nn as unknown as Record<string, new () => unknown>)[cell.title]);
      expect(parts(model.forward(randn([L, N, I]))[1])).toHaveLength(cell.cell.states);
      expect(model.anatomy.gates).toEqual(cell.cell.gates);
    },
  );

  test("refuses the sum with an input at no single step, and noise where no step is taken", () => {
    expect(() => new nn.GRU(I, H, { residual: true, bidirectional: true, returnSequences: false })).toThrow(
      "GRU: residual must be left out where both directions return their last output alone, which is of different steps, got true.",
    );
    expect(() => new nn.MinLSTM(I, H, { zoneout: 0.1 } as object)).toThrow("MinLSTM: options must be only these");
    expect(() => new nn.MGU(I, H, { projSize: 2 } as object)).toThrow('got "projSize".');
  });

  test("refuses what is no step", () => {
    const refused = "LSTM.step: input must have shape [N, 3] or [3] (inputSize=3), got";
    for (const shape of [
      [L, N, I],
      [N, H],
      [0, I],
    ]) {
      expect(() => new nn.LSTM(I, H).step(randn(shape)), String(shape)).toThrow(refused);
    }
    expect(() => new nn.MGU(I, H).step(randn([N, I], { dtype: "float64" }))).toThrow("MGU.step: input must be float32");
  });

  test("follows its parameters to another type", () => {
    const model = new nn.MGU(I, H).to("float64");
    expect(model.forward(randn([L, N, I], { dtype: "float64" }))[0].dtype).toBe("float64");
  });
});
