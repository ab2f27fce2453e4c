import { beforeAll, describe, expect, test } from "vitest";
import { diagnostics, manualSeed, nn, noGrad, type Tensor, tensor } from "../../src/index.js";
import { expectClose, TOLERANCE } from "../support/close.js";
import { random } from "./random.js";

const CELLS = [
  ["rnn tanh", nn.RNN, {}],
  ["rnn relu", nn.RNN, { nonlinearity: "relu" }],
  ["lstm", nn.LSTM, {}],
  ["gru", nn.GRU, {}],
] as const;
const SHAPES = [
  ["one layer", {}],
  ["two layers", { numLayers: 2 }],
  ["no bias", { bias: false }],
  ["batch first", { batchFirst: true, numLayers: 2 }],
  ["both directions", { bidirectional: true, numLayers: 2 }],
] as const;
const OTHERS = [
  { name: "lstm with a projection, two layers", Net: nn.LSTM, options: { projSize: 2, numLayers: 2 } },
  { name: "gru, reset before", Net: nn.GRU, options: { resetAfter: false } },
  { name: "lstm, hard gates", Net: nn.LSTM, options: { gateActivation: "hardSigmoid", stateActivation: "relu" } },
  { name: "gru, directions added", Net: nn.GRU, options: { bidirectional: true, mergeMode: "sum" } },
  { name: "lstm, last output only", Net: nn.LSTM, options: { returnSequences: false, batchFirst: true } },
];
const CASES = [
  ...CELLS.flatMap(([cell, Net, own]) =>
    SHAPES.map(([shape, options]) => ({ name: `${cell}, ${shape}`, Net, options: { ...own, ...options } as object })),
  ),
  ...OTHERS,
];

const [L, N, I, H] = [6, 3, 4, 5];

type AnyNet = nn.LSTM;
function make(Net: unknown, options: object): AnyNet {
  manualSeed(7);
  return new (Net as typeof nn.LSTM)(I, H, { ...options, dtype: "float64" });
}

function stateFor(net: AnyNet): never {
  const rows = net.numLayers * (net.bidirectional ? 2 : 1);
  const h = random([rows, N, net.projSize || H], 21);
  return (net instanceof nn.LSTM ? { h, c: random([rows, N, H], 22) } : h) as never;
}

const inputFor = (net: AnyNet) => random(net.batchFirst ? [N, L, I] : [L, N, I], 3);
/** Uneven in every output. */
const lossOf = (y: Tensor) => y.mul(random(y.shape, 5)).sum().add(y.square().mean());

describe.each(CASES)("$name", ({ Net, options }) => {
  test("watch: outputs, states and all gradients are those of the fast path, rtol 1e-10", () => {
    const net = make(Net, options);
    const run = (): number[][] => {
      net.zeroGrad();
      const x = inputFor(net);
      x.requiresGrad = true;
      const [y, state] = net.forward(x, stateFor(net));
      const last = (state instanceof Object && "h" in state ? [state.h, state.c] : [state]) as Tensor[];
      const loss = last.reduce((sum, part) => sum.add(part.mul(random(part.shape, 6)).sum()), lossOf(y));
      loss.backward();
      const grads = net.parameters().map((parameter) => [...parameter.grad!.data()]);
      return [[...y.data()], ...last.map((part) => [...part.data()]), [...x.grad!.data()], ...grads];
    };
    const fast = run();
    let slow: number[][] = [];
    const seen = diagnostics.watch(net, () => {
      slow = run();
    });
    expect(seen).toHaveLength(1);
    expect(slow).toHaveLength(fast.length);
    for (const [k, values] of fast.entries()) expectClose(slow[k]!, values, TOLERANCE.float64, `result ${k}`);
    expect(net.observer).toBeNull();
  });

  test("trace: y, loss and every layer's last values are those of forward; no gradient is touched", () => {
    const net = make(Net, options);
    const [x, state] = [inputFor(net), stateFor(net)];
    x.requiresGrad = true;
    const [first] = net.parameters();
    first!.grad = random(first!.shape, 9);
    const kept = first!.grad;
    const traced = diagnostics.trace(net, x, { state, loss: lossOf });
    const [y] = noGrad(() => net.forward(x, state));
    expectClose(traced.y.data(), y.data(), TOLERANCE.float64);
    expect(traced.loss).toBeCloseTo(noGrad(() => lossOf(y)).item(), 12);
    expect(net.parameters().map((p) => p.grad)).toEqual(net.parameters().map((p) => (p === first ? kept : null)));
    expect(x.grad).toBeNull();
    const top = traced.layers.at(-1)!;
    const [, last] = noGrad(() => net.forward(x, state)) as readonly [Tensor, nn.LSTMState | Tensor];
    const h = "h" in last ? last.h : (last as unknown as Tensor);
    expectClose(
      top.h.select(0, net.bidirectional ? 0 : L - 1).data(),
      h.select(0, h.shape[0]! - 1).data(),
      TOLERANCE.float64,
    );
    expect(traced.layers).toHaveLength(net.numLayers * (net.bidirectional ? 2 : 1));
  });
});

describe("against single steps of the fast path with retainGrad", () => {
  test.each([
    ["rnn", nn.RNN],
    ["lstm", nn.LSTM],
    ["gru", nn.GRU],
  ])("%s: norms of the gradients of every state, rtol 1e-10", (_, Net) => {
    const net = make(Net, {});
    const x = random([L, N, I], 3);
    const { layers } = diagnostics.trace(net, x, { loss: lossOf });
    const hs: Tensor[] = [];
    const cs: Tensor[] = [];
    let state: never = undefined as never;
    for (let t = 0; t < L; t++) {
      const [, next] = net.forward(x.narrow(0, t, 1), state);
      state = next as never;
      const parts = next as unknown as { h?: Tensor; c?: Tensor };
      hs.push((parts.h ?? (next as unknown as Tensor)).retainGrad());
      if (parts.c) cs.push(parts.c.retainGrad());
    }
    // The state is both what goes on and what the loss sees.
    lossOfSteps(hs).backward();
    const normsOfH = hs.map((h) => Math.hypot(...h.grad!.data()));
    expectClose(layers[0]!.gradH, normsOfH, TOLERANCE.float64);
    if (cs.length === 0) return;
    // A single step hands back what comes through c alone; what goes through h is dh ⊙ o ⊙ (1 - tanh² c), with o = h / tanh c.
    const whole = cs.map((c, t) => {
      const [dc, dh, h] = [c.grad?.data(), hs[t]!.grad!.data(), hs[t]!.data()];
      const each = Array.from(c.data(), (value, j) => {
        const tanh = Math.tanh(value);
        return (dc?.[j] ?? 0) + dh[j]! * (h[j]! / tanh) * (1 - tanh * tanh);
      });
      return Math.hypot(...each);
    });
    expectClose(layers[0]!.gradC!, whole, TOLERANCE.float64);
  });

  /** `lossOf` the states of all steps, [1, N, H] each. */
  function lossOfSteps(states: Tensor[]): Tensor {
    const weights = random([L, N, H], 5);
    const parts = states.map((h, t) => {
      const squares = h
        .square()
        .sum()
        .div(L * N * H);
      return h
        .mul(weights.narrow(0, t, 1))
        .sum()
        .add(squares);
    });
    return parts.reduce((sum, part) => sum.add(part));
  }
});

describe("one unit, whose gradient is known", () => {
  /** h_t = relu(w h_{t-1} + x_t) with positive inputs: ∂h_T/∂h_t = w^(T-t). */
  function chain(w: number, length: number) {
    const net = new nn.RNN(1, 1, { nonlinearity: "relu", bias: false, dtype: "float64" });
    net.loadStateDict({ weight_ih_l0: tensor([[1]]), weight_hh_l0: tensor([[w]]) });
    const x = tensor(new Float64Array(length).fill(0.5), { shape: [length, 1, 1] });
    return diagnostics.trace(net, x, { loss: (y) => y.select(0, length - 1).sum() });
  }

  test("w = 1/2: it halves at each step; the horizon is the last step above 1 %; vanishing is named with its step", () => {
    const { layers, horizon, findings } = chain(0.5, 30);
    expectClose(
      layers[0]!.reach,
      Array.from({ length: 30 }, (_, t) => 0.5 ** (29 - t)),
      TOLERANCE.float64,
    );
    expect(layers[0]!.gradH).toEqual(layers[0]!.reach);
    expect(horizon).toBe(6);
    expect(layers[0]!.spectralRadius).toEqual({ state: expect.closeTo(0.5, 9) });
    expect(findings).toEqual([
      {
        kind: "vanishing",
        layer: 0,
        direction: "forward",
        step: 19,
        message: "layer 0: the gradient vanishes: it is 9.8e-4 of what it was at step 19, 10 steps back from step 29",
      },
    ]);
  });

  test("w = 3/2: it explodes at the first step beyond a hundredfold", () => {
    const { layers, horizon, findings } = chain(1.5, 30);
    expect(horizon).toBe(29);
    expect(layers[0]!.reach[0]).toBeCloseTo(1.5 ** 29, 3);
    expect(findings.map(({ kind, step }) => [kind, step])).toEqual([["exploding", 29 - 12]]);
    expect(findings[0]!.message).toMatch(
      /^layer 0: the gradient explodes: it is 1\.3e\+2 times what it was at step 17, 12/,
    );
  });

  test("w = 1: nothing to report, and all of it arrives", () => {
    const { horizon, findings, layers } = chain(1, 12);
    expect([horizon, findings]).toEqual([11, []]);
    expect(layers[0]!.reach).toEqual(new Array(12).fill(1));
  });

  test("a gradient that is not finite is named before all else", () => {
    const { findings } = chain(1e30, 14);
    expect(findings.map(({ kind, step }) => [kind, step])).toEqual([["not-finite", 2]]);
  });

  test("negative inputs: the relu is dead, and says so", () => {
    const net = new nn.RNN(1, 1, { nonlinearity: "relu", bias: false, dtype: "float64" });
    net.loadStateDict({ weight_ih_l0: tensor([[-1]]), weight_hh_l0: tensor([[0.5]]) });
    const { findings, layers, horizon } = diagnostics.trace(net, tensor([[[1]], [[1]]], { dtype: "float64" }));
    expect(findings.map(({ kind, message }) => [kind, message])).toContainEqual([
      "saturated",
      "layer 0: 100 % of the state is 0, where a relu passes no gradient, from step 0 on",
    ]);
    expect(layers[0]!.gates["state"]!.low).toEqual([1, 1]);
    expect(horizon).toBe(0);
  });
});

describe("what the loss sees", () => {
  let net: nn.LSTM;
  beforeAll(() => {
    net = make(nn.LSTM, { numLayers: 2 });
  });

  test("reach is of the last step's part of the loss alone, through the cell", () => {
    const x = random([L, N, I], 3);
    const whole = diagnostics.trace(net, x, { loss: (y) => y.square().sum() });
    const last = diagnostics.trace(net, x, {
      loss: (y) =>
        y
          .select(0, L - 1)
          .square()
          .sum(),
    });
    for (const k of [0, 1]) {
      expectClose(whole.layers[k]!.reach, last.layers[k]!.gradC!, TOLERANCE.float64);
      expect(whole.layers[k]!.gradH[0]).not.toBeCloseTo(last.layers[k]!.gradH[0]!, 6);
    }
  });

  test("steps after the last one that it sees have no gradient", () => {
    const x = random([L, N, I], 3);
    const { layers } = diagnostics.trace(net, x, { loss: (y) => y.select(0, 2).square().sum() });
    expect(layers[1]!.gradH.slice(3)).toEqual([0, 0, 0]);
    expect(layers[1]!.reach[2]).toBeGreaterThan(0);
    expect(layers[1]!.horizon).toBe(2);
  });

  test("without a loss: a fixed direction at the last step, the same at every call", () => {
    const x = random([L, N, I], 3);
    const [a, b] = [diagnostics.trace(net, x), diagnostics.trace(net, x)];
    expect(a.loss).toBeNull();
    expect(a.layers[1]!.gradH).toEqual(b.layers[1]!.gradH);
    expect(a.layers[1]!.reach).toEqual(a.layers[1]!.gradC);
  });
});

test("float32 agrees with float64: norms within rtol 1e-4", () => {
  const wide = make(nn.GRU, { numLayers: 2 });
  const narrow = new nn.GRU(I, H, { numLayers: 2 });
  narrow.loadStateDict(wide.stateDict());
  const x = random([L, N, I], 3);
  const [a, b] = [diagnostics.trace(wide as never, x), diagnostics.trace(narrow, x.to("float32"))];
  for (const k of [0, 1]) {
    expectClose(b.layers[k]!.gradH, a.layers[k]!.gradH, { rtol: 1e-4, atol: 1e-7 });
    expectClose(b.layers[k]!.gates["reset"]!.mean, a.layers[k]!.gates["reset"]!.mean, { rtol: 1e-4, atol: 1e-6 });
  }
});

test("saturation counts the units at both ends", () => {
  const net = make(nn.LSTM, {});
  net.loadStateDict(
    { bias_ih_l0: tensor(Array.from({ length: 4 * H }, (_, r) => (r < 2 ? 50 : r < 4 ? -50 : 0))) },
    { strict: false },
  );
  const { gates } = diagnostics.trace(net, random([L, N, I], 3)).layers[0]!;
  expect(gates["input"]!.high).toEqual(new Array(L).fill(2 / H));
  expect(gates["input"]!.low).toEqual(new Array(L).fill(2 / H));
  expectClose(diagnostics.saturation(gates["input"]!), new Array(L).fill(4 / H), TOLERANCE.float64);
  expect(Object.entries(gates).map(([name, { activation }]) => `${name} ${activation}`)).toEqual([
    "input sigmoid",
    "forget sigmoid",
    "candidate tanh",
    "output sigmoid",
  ]);
});

test.each([
  ["lstm", nn.LSTM, {}, ["input", "forget", "candidate", "output"]],
  ["gru", nn.GRU, {}, ["reset", "update", "candidate"]],
  ["gru, reset before", nn.GRU, { resetAfter: false }, ["reset", "update", "candidate"]],
  ["rnn", nn.RNN, {}, ["state"]],
])("%s: each gate goes by the name of its rows", (_, Net, options, names) => {
  for (const [open, name] of names.entries()) {
    const net = make(Net, options);
    const bias = Float64Array.from({ length: names.length * H }, (_, r) => (Math.floor(r / H) === open ? 60 : 0));
    net.loadStateDict({ bias_ih_l0: tensor(bias) }, { strict: false });
    const { gates } = diagnostics.trace(net, random([L, N, I], 3)).layers[0]!;
    expect(Object.keys(gates)).toEqual(names);
    for (const other of names) {
      expect(
        gates[other]!.mean.every((mean) => mean > 0.999),
        `${other} with ${name} open`,
      ).toBe(other === name);
    }
  }
});

describe("watch", () => {
  test("sequences of many lengths: padded or packed, their own steps and rows", () => {
    const net = make(nn.GRU, { numLayers: 2 });
    const x = random([4, 3, I], 3);
    const lengths = [2, 4, 1];
    const runs = diagnostics.watch(net, () => {
      net.forward(x, null, { lengths })[0].square().sum().backward();
      net
        .forwardPacked(nn.utils.rnn.packPaddedSequence(x, lengths, { enforceSorted: false }))[0]
        .data.square()
        .sum()
        .backward();
    });
    expect(runs).toHaveLength(2);
    for (const { layers } of runs) {
      expect(layers.map(({ h }) => h.shape)).toEqual([
        [7, H],
        [7, H],
      ]);
      expectClose(layers[0]!.gradH, runs[0]!.layers[0]!.gradH, TOLERANCE.float64);
      expect(Math.min(...layers[0]!.gradH)).toBeGreaterThan(0);
    }
  });

  test("names the modules of a model, in the order of their runs; noGrad runs have no gradient", () => {
    manualSeed(3);
    class Pair extends nn.Module {
      encoder = new nn.GRU(I, H);
      decoder = new nn.LSTM(H, H);
      forward(x: Tensor): Tensor {
        return this.decoder.forward(this.encoder.forward(x)[0])[0];
      }
    }
    const model = new Pair();
    const x = random([L, N, I], 3).to("float32");
    const runs = diagnostics.watch(model, () => {
      noGrad(() => model.forward(x));
      model.forward(x).square().mean().backward();
    });
    expect(runs.map(({ name }) => name)).toEqual(["encoder", "decoder", "encoder", "decoder"]);
    expect(runs[0]!.layers[0]!.gradH).toEqual(new Array(L).fill(0));
    expect(Math.min(...runs[2]!.layers[0]!.gradH)).toBeGreaterThan(0);
    expect(model.encoder.parameters().every((parameter) => parameter.grad !== null)).toBe(true);
  });

  test("the modules are as before also after an error", () => {
    const net = make(nn.RNN, {});
    const fail = () => {
      throw new Error("mine");
    };
    expect(() => diagnostics.watch(net, fail)).toThrow("mine");
    expect(net.observer).toBeNull();
  });
});

describe("errors", () => {
  const net = new nn.LSTM(I, H);
  const x = random([L, N, I], 3).to("float32");
  test.each([
    [
      () => diagnostics.trace(new nn.Linear(2, 2) as never, x),
      /^trace: module must be a recurrent module, such as an LSTM, got an object of type Linear\. Pass the recurrent part/,
    ],
    [() => diagnostics.trace(net, x.narrow(2, 0, 2)), /^LSTM\.forward: input must have shape \[L, N, 4\]/],
    [
      () => diagnostics.trace(net, x, { loss: (y) => y }),
      /^trace: loss must return a scalar computed from y, got a tensor \[6, 3, 5\]\./,
    ],
    [
      () => diagnostics.trace(net, x, { loss: () => tensor(1) }),
      /^trace: loss must return a scalar computed from y, got a tensor \[\]/,
    ],
    [() => diagnostics.trace(net, x, { loss: 3 as never }), /^trace: loss must be a function of y, got 3/],
    [() => diagnostics.trace(net, x, { horizon: 0 }), /^trace: horizon must be a finite number > 0, got 0/],
    [
      () => diagnostics.trace(net, x, { horison: 1 } as never),
      /^trace: options must be only these: state, lengths, loss, vanishing/,
    ],
    [() => diagnostics.watch(3 as never, () => {}), /^watch: model must be a Module, got 3/],
  ])("%#", (call, message) => expect(call).toThrow(message));
});
