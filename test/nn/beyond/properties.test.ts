import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { currentEngine } from "../../../src/engine/select.js";
import { configure, manualSeed, nn, noGrad, ones, randn, type Tensor, tensor, zeros } from "../../../src/index.js";
import { expectClose } from "../../support/close.js";

const F = nn.functional;
const dtype = "float64" as const;
const norm = (x: Tensor): number => x.norm().item();
/** |∂(last y)/∂(initial state)|: what reaches the start of the sequence. */
function gradientAtStart(model: nn.RNN | nn.IndRNN, x: Tensor): number {
  const h0 = randn([1, x.shape[1]!, model.hiddenSize], { dtype: x.dtype }).abs().detach();
  h0.requiresGrad = true;
  const [y] = model.forward(x, h0);
  y.select(0, -1).sum().backward();
  return norm(h0.grad!) / Math.sqrt(h0.size);
}

/** The property that each was invented for. */
describe("properties", () => {
  beforeAll(() => {
    configure({ engine: "reference" });
  });
  beforeEach(() => {
    manualSeed(21);
  });

  test("IRNN carries state and gradient through 150 steps unchanged, where the tanh RNN loses both", () => {
    const x = zeros([150, 2, 3], { dtype });
    const irnn = new nn.IRNN(3, 20, { dtype });
    const h0 = randn([1, 2, 20], { dtype }).abs();
    expect(irnn.forward(x, h0)[0].select(0, -1).data()).toEqual(h0.data());
    expect(gradientAtStart(irnn, x)).toBeCloseTo(1, 12);
    expect(gradientAtStart(new nn.RNN(3, 20, { dtype }), x)).toBeLessThan(1e-6);
    expect(gradientAtStart(new nn.IRNN(3, 20, { scale: 0.5, dtype }), x)).toBeLessThan(1e-6);
  });

  test("IndRNN: through T steps the gradient of unit n is u_n^T, and clipping keeps it in bounds", () => {
    const rnn = new nn.IndRNN(3, 4, { bias: false, dtype });
    const u = rnn.stateDict().get("weight_hh_l0")!;
    u.set([0.5, 0.9, 1, 1.1]);
    const h0 = ones([1, 1, 4], { dtype, requiresGrad: true });
    const [y] = rnn.forward(zeros([50, 1, 3], { dtype }), h0);
    y.select(0, -1).sum().backward();
    expectClose(h0.grad!.data(), [0.5 ** 50, 0.9 ** 50, 1, 1.1 ** 50], { rtol: 1e-12, atol: 0 });
    rnn.clipRecurrent(2 ** (1 / 50));
    expect(Math.max(...u.data()) ** 50).toBeCloseTo(2, 10);
    expect([...u.data().slice(0, 3)]).toEqual([0.5, 0.9, 1]);
  });

  test("MGU has two thirds of the GRU's parameters", () => {
    const count = (model: nn.Module): number => model.parameters().reduce((sum, p) => sum + p.size, 0);
    expect(count(new nn.MGU(30, 50)) / count(new nn.GRU(30, 50))).toBeCloseTo(2 / 3, 12);
  });

  test("scans take 2·log₂ L stages: eight times the length, six stages more, forward and backward", () => {
    const calls = (length: number): number => {
      const x = randn([length, 2, 3], { dtype, requiresGrad: true });
      const engine = currentEngine();
      const spies = (["binary", "unary", "copy", "affine", "axpy"] as const).map((name) => vi.spyOn(engine, name));
      const counted = (): number => spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
      const start = counted();
      F.logScan(x.softplus().neg(), x).sum().backward();
      const total = counted() - start;
      for (const spy of spies) spy.mockRestore();
      return total;
    };
    const [short, long, longer] = [calls(32), calls(256), calls(2048)];
    expect(longer - long).toBe(long - short);
    expect(longer).toBeLessThan(300);
  });

  test.each(["MinGRU", "MinLSTM"] as const)(
    "%s: 3,000 steps by scan equal the sequential form, rtol 1e-12; the gradient of float32 that of float64, rtol 1e-4",
    (kind) => {
      const model = new nn[kind](3, 4, { dtype });
      const x = randn([3000, 2, 3], { dtype }).mul(3);
      const [y] = model.forward(x);
      const expected: number[] = [];
      noGrad(() => {
        let h: Tensor | undefined;
        for (let t = 0; t < 3000; t++) {
          const [yt, next] = model.step(x.select(0, t), h);
          expected.push(...yt.data());
          h = next;
        }
      });
      expectClose(y.data(), expected, { rtol: 1e-12, atol: 1e-14 });
      const single = new nn[kind](3, 4);
      single.loadStateDict(model.stateDict());
      y.sum().backward();
      single.forward(x.to("float32"))[0].sum().backward();
      for (const [i, parameter] of single.parameters().entries()) {
        expectClose(parameter.grad!.data(), model.parameters()[i]!.grad!.data(), { rtol: 1e-4, atol: 1e-2 });
      }
    },
  );

  test("logScan neither overflows nor vanishes where the products of its coefficients do", () => {
    const logA = zeros([2000, 1, 1], { dtype: "float32" }).add(-5);
    const logB = zeros([2000, 1, 1], { dtype: "float32" }).add(-2);
    const h = F.logScan(logA, logB).select(0, -1).item();
    expect(h).toBeCloseTo(Math.exp(-2) / (1 - Math.exp(-5)), 6);
  });

  test("layer normalisation: neither the scale of the weights nor of the inputs matters", () => {
    const gru = new nn.LayerNormGRU(3, 16, { dtype, eps: 0 });
    const lstm = new nn.LayerNormLSTM(3, 16, { dtype, eps: 0 });
    const x = randn([6, 2, 3], { dtype });
    for (const model of [gru, lstm]) {
      const before = model.forward(x)[0].data();
      for (const [name, parameter] of model.namedParameters()) {
        if (name.startsWith("weight")) parameter.set(parameter.data().map((value) => 50 * value));
      }
      expectClose(model.forward(x.mul(0.01))[0].data(), before, { rtol: 1e-9, atol: 1e-12 });
    }
    const standard = new nn.LayerNorm([4, 3], { elementwiseAffine: false }).forward(randn([5, 4, 3]).mul(7).add(3));
    expectClose(standard.mean([1, 2]).data(), new Array(5).fill(0), { rtol: 0, atol: 1e-6 });
    expectClose(standard.square().mean([1, 2]).data(), new Array(5).fill(1), { rtol: 0, atol: 1e-4 });
  });

  test("peepholes: gates that see a cell whose output gate is shut open it at the right time", () => {
    // The cell counts steps; the output gate, fed by nothing but the cell, opens when the count passes 10.
    const lstm = new nn.PeepholeLSTM(1, 1, { dtype });
    const set = (name: string, values: number[]) => lstm.stateDict().get(name)!.set(values);
    set("weight_ih_l0", [0, 0, 0, 0]);
    set("weight_hh_l0", [0, 0, 0, 0]);
    set("bias_ih_l0", [100, 100, 100, -20 * 10.5]);
    set("bias_hh_l0", [0, 0, 0, 0]);
    const x = zeros([16, 1, 1], { dtype });
    set("weight_ch_l0", [0, 0, 20]);
    const open = [...lstm.forward(x)[0].data()].map((h) => h > 0.5);
    expect(open.indexOf(true)).toBe(10);
    expect(open.lastIndexOf(false)).toBe(9);
    set("weight_ch_l0", [0, 0, 0]);
    expect(
      lstm
        .forward(x)[0]
        .data()
        .every((h) => h < 1e-6),
    ).toBe(true);
  });

  test("zoneout keeps a share p of units exactly, and takes the mean in evaluation", () => {
    const [p, x, h0] = [0.3, randn([1, 200, 3], { dtype }), randn([1, 200, 40], { dtype })];
    const model = new nn.RNN(3, 40, { zoneout: p, dtype });
    const plain = new nn.RNN(3, 40, { dtype });
    plain.loadStateDict(model.stateDict());
    const [old, next, mixed] = [h0, plain.forward(x, h0)[0], model.forward(x, h0)[0]].map((t) => t.data());
    let kept = 0;
    mixed!.forEach((value, i) => {
      if (value === old![i]) kept++;
      else expect(value).toBeCloseTo(next![i]!, 12);
    });
    expect(kept / mixed!.length).toBeGreaterThan(p - 0.03);
    expect(kept / mixed!.length).toBeLessThan(p + 0.03);
    const mean = model.eval().forward(x, h0)[0].data();
    for (const [i, value] of mean.entries()) expect(value).toBeCloseTo(p * old![i]! + (1 - p) * next![i]!, 12);
  });

  test("zoneout rates of h and c are separate", () => {
    const x = randn([1, 3, 3], { dtype });
    const state = { h: randn([1, 3, 50], { dtype }), c: randn([1, 3, 50], { dtype }) };
    const [, next] = new nn.LSTM(3, 50, { zoneout: { c: 0.5 }, dtype }).forward(x, state);
    const kept = (a: Tensor, b: Tensor): number => a.eq(b).sum().item();
    expect(kept(next.h, state.h)).toBe(0);
    expect(kept(next.c, state.c)).toBeGreaterThan(50);
  });

  test("weight drop: one mask for all time steps, full weights in evaluation and in the state dict", () => {
    const lstm = new nn.LSTM(3, 4, { dtype });
    const drop = new nn.WeightDrop(lstm, 0.5);
    const before = lstm.stateDict().get("weight_hh_l0")!.data();
    const x = randn([6, 2, 3], { dtype });
    manualSeed(5);
    const [y] = drop.forward(x);
    manualSeed(5);
    const thinned = new nn.LSTM(3, 4, { dtype });
    thinned.loadStateDict(lstm.stateDict());
    manualSeed(5);
    thinned
      .stateDict()
      .get("weight_hh_l0")!
      .set(
        tensor(before, { shape: [16, 4] })
          .dropout(0.5)
          .data(),
      );
    expectClose(y.data(), thinned.forward(x)[0].data(), { rtol: 1e-12, atol: 0 });
    y.sum().backward();
    const grads = lstm.parameters().map((p) => p.grad!.data());
    const dropped = thinned.stateDict().get("weight_hh_l0")!.data();
    for (const [i, g] of grads[1]!.entries()) expect(g === 0).toBe(dropped[i] === 0);
    expect([...drop.stateDict().keys()][1]).toBe("module.weight_hh_l0");
    expect(lstm.stateDict().get("weight_hh_l0")!.data()).toEqual(before);
    expectClose(drop.eval().forward(x)[0].data(), lstm.forward(x)[0].data(), { rtol: 0, atol: 0 });
    expect(() => new nn.WeightDrop(lstm, 0.5, { weights: ["weight"] })).toThrow("names of the module's parameters");
  });

  test("weight drop puts the weights back when the module throws", () => {
    const lstm = new nn.LSTM(3, 4);
    const weight = lstm.namedParameters()[1]![1];
    expect(() => new nn.WeightDrop(lstm).forward(randn([2, 2, 5]))).toThrow("LSTM.forward");
    expect(lstm.namedParameters()[1]![1]).toBe(weight);
  });

  test("locked dropout holds one mask a sequence at all its steps; the sequences have masks of their own", () => {
    const y = new nn.LockedDropout(0.5).forward(ones([7, 3, 40])).toArray() as number[][][];
    for (const step of y) expect(step).toEqual(y[0]);
    expect(y[0]![0]).not.toEqual(y[0]![1]);
    expect(new Set(y.flat(2))).toEqual(new Set([0, 2]));
    const sideways = new nn.LockedDropout(0.5, { batchFirst: true }).forward(ones([3, 7, 40])).transpose(0, 1);
    for (const step of sideways.toArray() as number[][][]) expect(step).toEqual(sideways.select(0, 0).toArray());
    const x = randn([2, 2, 2]);
    expect(new nn.LockedDropout(0.5).eval().forward(x)).toBe(x);
  });

  test("recurrent dropout holds one mask at all steps", () => {
    // Without inputs, a linear-looking recurrence from one unit shows which products were cut.
    const model = new nn.RNN(1, 30, { bias: false, nonlinearity: "relu", recurrentDropout: 0.5, dtype });
    nn.init.zeros(model.stateDict().get("weight_ih_l0")!);
    const identity = model.stateDict().get("weight_hh_l0")!;
    identity.set(Float64Array.from({ length: 900 }, (_, i) => (i % 31 === 0 ? 1 : 0)));
    const [y] = model.forward(zeros([5, 1, 1], { dtype }), ones([1, 1, 30], { dtype }));
    const last = [...y.select(0, 4).data()];
    expect(new Set(last)).toEqual(new Set([0, 32]));
  });

  test("embedding dropout drops a word wherever it occurs, and scales the others", () => {
    const embed = new nn.EmbeddingDropout(new nn.Embedding(50, 4), 0.4);
    const ids = tensor(Array.from({ length: 200 }, (_, i) => (i * 7) % 50), { dtype: "int32" }); // biome-ignore format: one row
    const rows = embed.forward(ids).toArray() as number[][];
    const table = embed.eval().forward(ids).toArray() as number[][];
    const seen = new Map<number, boolean>();
    for (const [i, id] of ids.data().entries()) {
      const gone = rows[i]!.every((value) => value === 0);
      expect(seen.get(id) ?? gone).toBe(gone);
      seen.set(id, gone);
      if (!gone) expectClose(rows[i]!, table[i]!.map((value) => value / 0.6), { rtol: 1e-6, atol: 0 }); // biome-ignore format: one line
    }
    expect([...seen.values()].filter(Boolean).length).toBeGreaterThan(10);
    expect([...seen.values()].filter(Boolean).length).toBeLessThan(30);
  });

  test("tied weights are one parameter with both gradients", () => {
    const [embed, head] = [new nn.Embedding(7, 3, { dtype }), new nn.Linear(3, 7, { dtype })];
    nn.tieWeights(embed, head);
    const both = new nn.Sequential(embed, head);
    expect(both.parameters().length).toBe(2);
    const ids = tensor([1, 4], { dtype: "int32" });
    const gradOf = (fn: () => Tensor): number[] => {
      both.zeroGrad();
      fn().sum().backward();
      return [...embed.weight.grad!.data()];
    };
    const weight = (): Tensor => randn([2, 7], { dtype }).detach();
    manualSeed(3);
    const whole = gradOf(() => both.forward(ids).mul(weight()));
    manualSeed(3);
    const below = gradOf(() => embed.forward(ids).matmul(head.weight.detach().T).mul(weight()));
    manualSeed(3);
    const above = gradOf(() => head.forward(embed.forward(ids).detach()).mul(weight()));
    expectClose(whole, below.map((value, i) => value + above[i]!), { rtol: 1e-12, atol: 1e-14 }); // biome-ignore format: one line
    expect(() => nn.tieWeights(embed, new nn.Linear(4, 7))).toThrow(
      "tieWeights: head must have a weight [7, 3] float64",
    );
  });

  test("AR is α times the mean square, TAR β times the mean square of the steps", () => {
    const y = tensor([[1], [3], [0]], { dtype });
    expect(F.activationRegularization(y, 2).item()).toBeCloseTo((2 * 10) / 3, 12);
    expect(F.temporalActivationRegularization(y, 0.5).item()).toBeCloseTo((0.5 * (4 + 9)) / 2, 12);
    expect(() => F.temporalActivationRegularization(y.narrow(0, 0, 1), 1)).toThrow("hold two time steps at least");
  });

  test("residual stacks carry the gradient to the lowest of 24 layers, where a plain stack loses it", () => {
    const gradient = (residual: boolean): number => {
      manualSeed(2);
      const layers = Array.from({ length: 24 }, () => new nn.GRU(8, 8, { dtype }));
      const stack = new nn.RecurrentStack(layers, { residual });
      const x = randn([4, 2, 8], { dtype, requiresGrad: true });
      const [y, states] = stack.forward(x);
      expect(states.length).toBe(24);
      y.sum().backward();
      return norm(x.grad!);
    };
    expect(gradient(false)).toBeLessThan(1e-8);
    expect(gradient(true)).toBeGreaterThan(1);
  });

  test("stacks of unlike modules carry all their states", () => {
    const stack = new nn.RecurrentStack([
      new nn.LSTM(3, 5, { dtype }),
      new nn.MinGRU(5, 4, { dtype }),
      new nn.WeightDrop(new nn.GRU(4, 4, { dtype })),
    ]).eval();
    const x = randn([6, 2, 3], { dtype });
    const [whole] = stack.forward(x);
    const [head, states] = stack.forward(x.narrow(0, 0, 2));
    const [tail] = stack.forward(x.narrow(0, 2, 4), states);
    expectClose([...head.data(), ...tail.data()], whole.data(), { rtol: 1e-12, atol: 1e-14 });
    expect(() => stack.forward(x, [])).toThrow(
      "RecurrentStack.forward: states must be a list of 3, one a layer, got 0",
    );
  });
});
