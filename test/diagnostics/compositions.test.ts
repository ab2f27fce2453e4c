import { describe, expect, test } from "vitest";
import { diagnostics, manualSeed, nn, type Tensor, tensor } from "../../src/index.js";
import { expectClose, TOLERANCE } from "../support/close.js";
import { CELLS } from "./by-hand.js";
import { random } from "./random.js";

const [L, N, I, H] = [6, 3, 4, 5];
const dtype = "float64" as const;
const x = random([L, N, I], 3);
const lossOf = (y: Tensor): Tensor => y.mul(random(y.shape, 5)).sum();

describe("made of recurrent modules", () => {
  test("RecurrentStack: the layers of all of them, counted through, as the stacked module has them", () => {
    manualSeed(3);
    const deep = new nn.LSTM(I, H, { numLayers: 3, dtype });
    const layers = [new nn.LSTM(I, H, { numLayers: 2, dtype }), new nn.LSTM(H, H, { dtype })];
    const stack = new nn.RecurrentStack(layers);
    const weights = deep.stateDict();
    for (const [k, from] of [
      [0, 0],
      [1, 2],
    ] as const) {
      // biome-ignore format: pairs
      const own = [...layers[k]!.stateDict().keys()];
      const lifted = (name: string): string => name.replace(/_l(\d)/, (_, l) => `_l${Number(l) + from}`);
      layers[k]!.loadStateDict(new Map(own.map((name) => [name, weights.get(lifted(name))!])));
    }
    const state = { h: random([3, N, H], 8), c: random([3, N, H], 9) };
    const part = (first: number, count: number): nn.LSTMState => ({
      h: state.h.narrow(0, first, count),
      c: state.c.narrow(0, first, count),
    });
    const expected = diagnostics.trace(deep, x, { loss: lossOf, state });
    const found = diagnostics.trace(stack, x, { loss: lossOf, state: [part(0, 2), part(2, 1)] });
    expect(found.layers.map(({ layer }) => layer)).toEqual([0, 1, 2]);
    for (const [k, layer] of expected.layers.entries()) {
      expectClose(found.layers[k]!.gradH, layer.gradH, TOLERANCE.float64);
      expectClose(found.layers[k]!.reach, layer.reach, TOLERANCE.float64);
      expect(found.layers[k]!.spectralRadius).toEqual(layer.spectralRadius);
    }
    expect([found.horizon, found.loss]).toEqual([expected.horizon, expect.closeTo(expected.loss!, 12)]);
    expect(diagnostics.spectralRadii(stack)).toEqual(diagnostics.spectralRadii(deep));
  });

  test("RecurrentStack of different cells, residual: each with its own gates, and a gradient at every step", () => {
    manualSeed(3);
    const stack = new nn.RecurrentStack<nn.MinGRU | nn.GRU | nn.PeepholeLSTM>(
      [
        new nn.MinGRU(H, H, { batchFirst: true, dtype }),
        new nn.GRU(H, H, { batchFirst: true, dtype }),
        new nn.PeepholeLSTM(H, H, { batchFirst: true, dtype }),
      ],
      { residual: true, batchFirst: true },
    );
    const { layers } = diagnostics.trace(stack, random([N, L, H], 3), { loss: lossOf });
    expect(layers.map(({ gates }) => Object.keys(gates))).toEqual(
      ["MinGRU", "GRU", "PeepholeLSTM"].map((kind) => CELLS[kind]!.gates.map(([name]) => name)),
    );
    expect(layers.map(({ gradH }) => gradH.length)).toEqual([L, L, L]);
    for (const { gradH } of layers) expect(Math.min(...gradH)).toBeGreaterThan(0);
    expect(layers.map(({ gradC }) => gradC === null)).toEqual([true, true, false]);
    expect(layers[0]!.spectralRadius).toBeNull();
  });

  test("WeightDrop: with p = 0 the module's trace, in training that of the thinned matrix; radii of the full one", () => {
    manualSeed(3);
    const lstm = new nn.LSTM(I, H, { dtype });
    const plain = diagnostics.trace(lstm, x, { loss: lossOf });
    const found = diagnostics.trace(new nn.WeightDrop(lstm, 0.5).eval(), x, { loss: lossOf });
    expect(found.layers[0]!.gradC).toEqual(plain.layers[0]!.gradC);
    const thinned = diagnostics.trace(new nn.WeightDrop(lstm, 0.5).train(), x, { loss: lossOf });
    expect(thinned.layers[0]!.gradC).not.toEqual(plain.layers[0]!.gradC);
    expect(thinned.layers[0]!.spectralRadius).toEqual(plain.layers[0]!.spectralRadius);
  });

  test("AWDLSTM: watched in a step of training, traced from its words", () => {
    manualSeed(3);
    const model = new nn.AWDLSTM(7, { embeddingDim: 4, hiddenSize: 5, numLayers: 2, dtype });
    const ids = tensor(Int32Array.from({ length: L * N }, (_, i) => (i * 5) % 7), { shape: [L, N] }); // biome-ignore format: one line
    const runs = diagnostics.watch(model, () => model.loss(ids, ids).loss.backward());
    expect(runs.map(({ name }) => name)).toEqual(["lstm.layers.0.module", "lstm.layers.1.module"]);
    for (const { layers } of runs) expect(Math.min(...layers[0]!.gradC!)).toBeGreaterThan(0);
    model.eval();
    const head = (y: Tensor): Tensor => nn.functional.crossEntropy(y.reshape([-1, 7]), ids.reshape([-1]));
    const traced = diagnostics.trace(model, ids, { loss: head });
    const inner = diagnostics.trace(model.lstm, model.embed.forward(ids), {
      loss: (y) => head(model.head.forward(y)),
    });
    for (const k of [0, 1]) expectClose(traced.layers[k]!.gradC!, inner.layers[k]!.gradC!, TOLERANCE.float64);
    expectClose(traced.layers[0]!.reach, inner.layers[0]!.reach, TOLERANCE.float64);
  });

  test("an encoder of other lengths counts from its own ends", () => {
    manualSeed(3);
    const model = new Translator();
    const { layers } = diagnostics.trace(model, x, { loss: lossOf });
    expect(layers.map(({ gradH }) => gradH.length)).toEqual([L, 2]);
    expect(layers[0]!.reach).toEqual(layers[0]!.gradH);
    expect(layers[0]!.horizon).toBeGreaterThan(0);
  });
});

/** y is the decoder's two steps, of the last inputs. */
class Translator extends nn.Module {
  encoder = new nn.GRU(I, H, { dtype });
  decoder = new nn.GRU(I, H, { dtype });
  forward(input: Tensor): readonly [Tensor, Tensor] {
    const [, h] = this.encoder.forward(input);
    const [y, next] = this.decoder.forward(input.narrow(0, L - 2, 2), h);
    return [y.mul(tensor([0, 1], { dtype }).reshape([2, 1, 1])), next];
  }
}

describe("spectral radii", () => {
  test("IndRNN: the largest |u|", () => {
    const net = new nn.IndRNN(2, 3, { dtype });
    net.loadStateDict({ weight_hh_l0: tensor([0.5, -1.25, 0.75]) }, { strict: false });
    expect(diagnostics.spectralRadii(net)).toEqual([{ layer: 0, direction: "forward", radii: { state: 1.25 } }]);
  });

  test.each([nn.MinGRU, nn.MinLSTM])("%o: none, and says so", (Net) => {
    const net = new Net(2, 3, { bidirectional: true });
    expect(diagnostics.spectralRadii(net).map(({ radii }) => radii)).toEqual([null, null]);
  });

  test.each(Object.keys(CELLS).filter((kind) => !/^Min|^Ind/.test(kind)))("%s: of each gate's block", (kind) => {
    manualSeed(6);
    const build = (nn as unknown as Record<string, typeof nn.LSTM>)[CELLS[kind]!.module ?? kind]!;
    const net = new build(3, 4, { numLayers: 2, dtype });
    const own = net as unknown as Record<string, nn.Parameter>;
    const names = CELLS[kind]!.gates.map(([name]) => name);
    for (const [layer, { radii }] of diagnostics.spectralRadii(net).entries()) {
      const blocks = own[`weight_hh_l${layer}`]!.detach().chunk(names.length, 0);
      expect(radii).toEqual(Object.fromEntries(names.map((name, k) => [name, diagnostics.spectralRadius(blocks[k]!)])));
    }
  });

  test("of a whole model, single-step cells too", () => {
    class Pair extends nn.Module {
      first = new nn.MGU(2, 3);
      second = new nn.GRUCell(3, 3);
    }
    const model = new Pair();
    const found = diagnostics.spectralRadii(model);
    expect(found.map(({ layer, radii }) => [layer, ...Object.keys(radii!)])).toEqual([
      [0, "forget", "candidate"],
      [1, "reset", "update", "candidate"],
    ]);
    const [reset] = model.second.weight_hh.detach().chunk(3, 0);
    expect(found[1]!.radii!["reset"]).toBe(diagnostics.spectralRadius(reset!));
  });
});

describe("a cell of one's own", () => {
  class Leaky extends nn.HiddenStack {
    constructor(gates: object) {
      const cell: nn.Cell = {
        name: "Leaky",
        states: 1,
        parameters: ({ inputSize, hiddenSize }) => ({ weight_ih: { shape: [hiddenSize, inputSize] } }),
        run: (layer) =>
          nn.unroll(nn.functional.linear(layer.x, layer.weight("weight_ih")), layer, RATES, (xt, [h]) => {
            const next = xt.tanh();
            return { states: [h!.mul(0.5).add(next)], gates: [next] };
          }),
        ...gates,
      };
      super(cell, I, H, { dtype });
    }
  }
  const RATES = { zoneout: [0], recurrentDropout: 0 };
  const last = { loss: (y: Tensor) => y.select(0, L - 1).sum() };

  test("its gradient is seen without a word; its gates where it announces them", () => {
    manualSeed(2);
    const silent = diagnostics.trace(new Leaky({}), x, last);
    const expected = Array.from({ length: L }, (_, t) => Math.sqrt(N * H) * 0.5 ** (L - 1 - t));
    expectClose(silent.layers[0]!.gradH, expected, TOLERANCE.float64);
    expect([silent.layers[0]!.gates, silent.layers[0]!.spectralRadius]).toEqual([{}, null]);
    const told = diagnostics.trace(new Leaky({ gates: [{ name: "news", activation: "tanh" }] }), x, last);
    expect(Object.keys(told.layers[0]!.gates)).toEqual(["news"]);
  });
});

describe("findings over many lengths", () => {
  /** h_t = w h_{t-1} + x_t with positive inputs: ∂h_T/∂h_t = w^(T-t) in every sequence. */
  function chain(w: number, lengths: readonly number[]) {
    const net = new nn.RNN(1, 1, { nonlinearity: "relu", bias: false, dtype });
    net.loadStateDict({ weight_ih_l0: tensor([[1]]), weight_hh_l0: tensor([[w]]) });
    const steps = Math.max(...lengths) + 1;
    const ones = tensor(new Float64Array(steps * lengths.length).fill(0.5), { shape: [steps, lengths.length, 1] });
    return diagnostics.trace(net, ones, { lengths, loss: (y) => y.sum() });
  }

  test("short sequences that end do not pass for a gradient that vanishes", () => {
    const { horizon, findings, layers } = chain(1, [...new Array<number>(30).fill(1), 12]);
    expect([horizon, findings]).toEqual([11, []]);
    expect(layers[0]!.reach.slice(0, -1)).toEqual(new Array(11).fill(1));
    expect(layers[0]!.reach.at(-1)).toBeCloseTo(Math.sqrt(31), 12);
  });

  test("one that does is named with the way back from each sequence's end", () => {
    const { horizon, findings, layers } = chain(0.5, [3, 20]);
    expect(horizon).toBe(6);
    expect(findings.map(({ kind, step, message }) => [kind, step, message])).toEqual([
      [
        "vanishing",
        9,
        "layer 0: the gradient vanishes: it is 9.8e-4 of what it was 10 steps back from each sequence's end",
      ],
    ]);
    expect(layers[0]!.reach[19]).toBeCloseTo(Math.SQRT2, 12);
  });

  test.each([{}, { bidirectional: true }])("the last output alone, %o: each sequence's own", (options) => {
    manualSeed(2);
    const net = new nn.GRU(I, H, { ...options, dtype });
    const lastOnly = new nn.GRU(I, H, { ...options, dtype, returnSequences: false });
    lastOnly.loadStateDict(net.stateDict());
    const lengths = tensor([2, 6, 4], { dtype: "int32" });
    const { layers, loss } = diagnostics.trace(lastOnly, x, { lengths, loss: (y) => y.square().sum() });
    const hand = diagnostics.watch(net, () => {
      const [, h] = net.forward(x, null, { lengths });
      h.square().sum().backward();
      expect(loss).toBeCloseTo(h.square().sum().item(), 12);
    });
    for (const [k, layer] of layers.entries()) {
      expectClose(layer.gradH, hand[0]!.layers[k]!.gradH, TOLERANCE.float64);
      expect(layer.reach.every((norm) => norm > 0)).toBe(true);
    }
    const ends = layers[0]!.reach.at(-1)!;
    expect(ends).toBeGreaterThan(layers[0]!.gradH.at(-1)!);
  });

  test("without a loss: a direction at each sequence's own end", () => {
    manualSeed(2);
    const net = new nn.MGU(I, H, { dtype });
    const { layers } = diagnostics.trace(net, x, { lengths: [2, 6, 4] });
    expect(layers[0]!.reach.every((norm) => norm > 0)).toBe(true);
    expect(layers[0]!.gradH).not.toEqual(layers[0]!.reach);
  });
});

test("lengths through a RecurrentStack: what the stacked module has", () => {
  manualSeed(2);
  const gru = new nn.GRU(I, H, { dtype });
  const own = diagnostics.trace(gru, x, { lengths: [2, 6, 4] });
  const stacked = diagnostics.trace(new nn.RecurrentStack([gru]), x, { lengths: [2, 6, 4] });
  expect(stacked.layers).toEqual(own.layers);
});

describe("errors", () => {
  const cell = new nn.LSTMCell(I, H, { dtype });
  const gru = new nn.GRU(I, H, { dtype });
  /** A module of one's own that knows nothing of lengths. */
  class Plain extends nn.Module {
    gru = gru;
    forward(input: Tensor): readonly [Tensor, Tensor] {
      return this.gru.forward(input);
    }
  }
  test.each([
    [
      () => diagnostics.trace(cell as never, x.select(0, 0)),
      /^trace: module must return \[y, state\], got an object of type Object\. For single-step cells.*there is watch/,
    ],
    [
      () => diagnostics.trace(new Plain(), x, { lengths: [2, 6, 4] }),
      /^trace: module must return \[y, state\] with a y that has the 6 steps of 3 sequences .* Pass lengths only to/,
    ],
    [
      () => diagnostics.trace(gru, x, { lengths: [2, 7, 4] }),
      /^GRU\.forward: lengths\[1\] must be an integer in \[1, 6\]/,
    ],
    [
      () => diagnostics.spectralRadii(new nn.Linear(2, 2)),
      /^spectralRadii: module must be a recurrent module, or one that has some, got an object of type Linear/,
    ],
  ])("%#", (call, message) => expect(call).toThrow(message));
});
