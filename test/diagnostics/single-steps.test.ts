import { describe, expect, test } from "vitest";
import { concat, diagnostics, manualSeed, nn, noGrad, type Tensor } from "../../src/index.js";
import { expectClose, TOLERANCE } from "../support/close.js";
import { byHand, CELLS, type HandNet } from "./by-hand.js";
import { random } from "./random.js";

type State = Tensor | nn.LSTMState;
type StepCell = nn.Module & { observer: unknown; forward(x: Tensor, state?: State | null): State };

const [L, N, I, H] = [5, 3, 4, 3];
const CASES = [
  { kind: "RNN", Cell: nn.RNNCell, options: {} },
  { kind: "LSTM", Cell: nn.LSTMCell, options: {} },
  { kind: "GRU", Cell: nn.GRUCell, options: {} },
  { kind: "IRNN", Cell: nn.RNNCell, options: { nonlinearity: "relu" } },
] as const;

function make({ Cell, options }: (typeof CASES)[number]): StepCell {
  manualSeed(8);
  return new (Cell as unknown as new (i: number, h: number, o: object) => StepCell)(I, H, {
    ...options,
    dtype: "float64",
  });
}

/** The whole-sequence module with the cell's weights. */
function whole(kind: string, cell: StepCell): HandNet {
  const net = new (nn as unknown as Record<string, typeof nn.LSTM>)[kind]!(I, H, { dtype: "float64" });
  net.loadStateDict(new Map([...cell.stateDict()].map(([name, value]) => [`${name}_l0`, value])));
  return net;
}

const hOf = (state: State): Tensor => ("h" in state ? state.h : state);
const mapState = (state: State, to: (part: Tensor) => Tensor): State =>
  "h" in state ? { h: to(state.h), c: to(state.c) } : to(state);
const x = random([L, N, I], 3);
const w = random([L, N, H], 4);
const norm = (values: readonly number[]): number => Math.hypot(...values);

/** Through the steps of `inputs`, with what `between` makes of the state; the sum of w⊙h. */
function loop(cell: StepCell, inputs: Tensor, weights: Tensor, between = (state: State): State => state): Tensor {
  let state: State | null = null;
  const losses = inputs.unbind(0).map((xt, t) => {
    state = cell.forward(xt, state && between(state));
    return hOf(state).mul(weights.select(0, t)).sum();
  });
  return losses.reduce((sum, one) => sum.add(one));
}

describe.each(CASES.map((one) => ({ ...one, name: `${one.Cell.name}, ${one.kind}` })))("$name in a loop", (one) => {
  const { kind } = one;

  test("one run of L steps: gradients, gates and values are those by hand, rtol 1e-10", () => {
    const cell = make(one);
    const runs = diagnostics.watch(cell, () => loop(cell, x, w).backward());
    expect(runs.map(({ name, layers }) => [name, layers.length])).toEqual([["", 1]]);
    const [{ gradH, gradC, gates, h, c }] = runs[0]!.layers as [diagnostics.LayerTrace];
    const net = whole(kind, cell);
    const hand = Array.from({ length: N }, (_, b) => byHand(kind, net, x.select(1, b)));
    const values = (pick: (b: number, t: number) => Tensor): number[] =>
      Array.from({ length: L * N }, (_, i) => [...pick(i % N, Math.floor(i / N)).data()]).flat();
    expect(h.shape).toEqual([L, N, H]);
    expectClose(
      h.data(),
      values((b, t) => hand[b]!.rows[0]![t]!.h),
      TOLERANCE.float64,
      "h",
    );
    expect(c === null).toBe(kind !== "LSTM");
    if (c !== null)
      expectClose(
        c.data(),
        values((b, t) => hand[b]!.rows[0]![t]!.c!),
        TOLERANCE.float64,
        "c",
      );
    expect(Object.keys(gates)).toEqual(CELLS[kind]!.gates.map(([name]) => name));
    for (const [k, [name, activation]] of CELLS[kind]!.gates.entries()) {
      const of = values((b, t) => hand[b]!.rows[0]![t]!.gates[k]!);
      const means = Array.from({ length: L }, (_, t) => {
        const here = of.slice(t * N * H, (t + 1) * N * H);
        return here.reduce((sum, value) => sum + value) / here.length;
      });
      expect(gates[name]!.activation).toBe(activation);
      expectClose(gates[name]!.mean, means, TOLERANCE.float64, name);
      if (activation === "sigmoid") expect(means.every((value) => value > 0 && value < 1)).toBe(true);
    }
    for (const [b, { y }] of hand.entries()) y.mul(w.select(1, b)).sum().backward();
    const byStep = (state: "h" | "c"): number[] =>
      Array.from({ length: L }, (_, t) =>
        norm(hand.flatMap(({ rows }) => [...(rows[0]![t]![state]!.grad?.data() ?? [0])])),
      );
    expectClose(gradH, byStep("h"), TOLERANCE.float64, "gradH");
    if (gradC !== null) expectClose(gradC, byStep("c"), TOLERANCE.float64, "gradC");
    expect(gradC === null).toBe(c === null);
    expect(cell.observer).toBeNull();
  });

  test("results and gradients are those of the fast path, rtol 1e-10; single samples too", () => {
    const cell = make(one);
    for (const [inputs, weights] of [
      [x, w],
      [x.select(1, 0), w.select(1, 0)],
    ] as const) {
      // biome-ignore format: pairs
      const run = (): number[][] => {
        cell.zeroGrad();
        const loss = loop(cell, inputs, weights);
        loss.backward();
        return [[loss.item()], ...cell.parameters().map((parameter) => [...parameter.grad!.data()])];
      };
      const fast = run();
      let slow: number[][] = [];
      const runs = diagnostics.watch(cell, () => {
        slow = run();
      });
      for (const [k, values] of fast.entries()) expectClose(slow[k]!, values, TOLERANCE.float64, `result ${k}`);
      expect(runs.map(({ layers }) => layers[0]!.gradH.length)).toEqual([L]);
    }
  });

  test("calls that pass the state on are one run, whatever is done to it between; inside noGrad too", () => {
    const cell = make(one);
    const lengths = (body: () => unknown): number[] =>
      diagnostics.watch(cell, body).map(({ layers }) => layers[0]!.gradH.length);
    const halved = (state: State): State => mapState(state, (part) => part.mul(0.5).add(0.1));
    expect(lengths(() => loop(cell, x, w, halved).backward())).toEqual([L]);
    expect(lengths(() => noGrad(() => loop(cell, x, w)))).toEqual([L]);
    expect(lengths(() => noGrad(() => loop(cell, x.select(1, 0), w.select(1, 0))))).toEqual([L]);
    expect(lengths(() => loop(cell, x, w))).toEqual([L]);
  });

  test("another run begins where no state is given, or one that was detached, or made elsewhere", () => {
    const cell = make(one);
    const cut = (state: State): State => mapState(state, (part) => part.detach());
    const runs = diagnostics.watch(cell, () => {
      loop(cell, x, w).backward();
      let t = 0;
      loop(cell, x, w, (state) => (++t === 3 ? cut(state) : state)).backward();
      cell.forward(
        x.select(0, 0),
        mapState(cell.forward(x.select(0, 0)), () => random([N, H], 9)),
      );
    });
    expect(runs.map(({ layers }) => layers[0]!.gradH.length)).toEqual([L, 3, L - 3, 1, 1]);
    for (const { layers } of runs.slice(0, 3)) expect(Math.min(...layers[0]!.gradH)).toBeGreaterThan(0);
    for (const { layers } of runs.slice(3)) expect(layers[0]!.gradH).toEqual([0]);
  });

  test("two sequences by turns are two runs", () => {
    const cell = make(one);
    const [run, ...more] = [x, x.mul(2)].map((inputs) =>
      diagnostics.watch(cell, () => loop(cell, inputs, w).backward()),
    );
    const turns = diagnostics.watch(cell, () => {
      let [a, b]: (State | null)[] = [null, null];
      const losses: Tensor[] = [];
      for (let t = 0; t < L; t++) {
        a = cell.forward(x.select(0, t), a);
        b = cell.forward(x.select(0, t).mul(2), b);
        losses.push(hOf(a).mul(w.select(0, t)).sum(), hOf(b).mul(w.select(0, t)).sum());
      }
      losses.reduce((sum, part) => sum.add(part)).backward();
    });
    expect(turns).toHaveLength(2);
    for (const [k, alone] of [run, ...more].entries()) {
      expectClose(turns[k]!.layers[0]!.gradH, alone![0]!.layers[0]!.gradH, TOLERANCE.float64, `run ${k}`);
    }
  });
});

/** An encoder and a decoder that is fed its own output: the loop that single-step cells are for. */
class Decoder extends nn.Module {
  encoder = new nn.MGU(I, H, { dtype: "float64" });
  cell = new nn.GRUCell(H, H, { dtype: "float64" });
  forward(input: Tensor, steps: number): Tensor {
    let h = this.encoder.forward(input)[1].select(0, 0);
    let y = h;
    for (let t = 0; t < steps; t++) {
      h = this.cell.forward(y, h);
      y = h.tanh();
    }
    return y;
  }
}

test("a decoder whose first state the encoder made: one run each, the gradient reaching through both", () => {
  manualSeed(4);
  const model = new Decoder();
  const runs = diagnostics.watch(model, () => model.forward(x, 4).square().sum().backward());
  expect(runs.map(({ name, layers }) => [name, layers[0]!.gradH.length])).toEqual([
    ["encoder", L],
    ["cell", 4],
  ]);
  for (const { layers } of runs) expect(Math.min(...layers[0]!.gradH)).toBeGreaterThan(0);
});

/** What `trace` takes of one's own: [y, state] of a loop. */
class OwnLoop extends nn.Module {
  cell: nn.LSTMCell;
  constructor(cell: nn.LSTMCell) {
    super();
    this.cell = cell;
  }
  forward(input: Tensor, state?: nn.LSTMState | null): readonly [Tensor, nn.LSTMState] {
    const hs: Tensor[] = [];
    let carried = state ?? null;
    for (const xt of input.unbind(0)) {
      carried = this.cell.forward(xt, carried);
      hs.push(carried.h);
    }
    return [stacked(hs), carried!];
  }
}
const stacked = (hs: Tensor[]): Tensor => hs.map((h) => h.unsqueeze(0)).reduce((a, b) => concat([a, b]));

test("trace of a loop of one's own is that of the module with its weights", () => {
  const cell = make(CASES[1]) as nn.LSTMCell;
  const options = { loss: (y: Tensor) => y.mul(w).sum() };
  const [own, known] = [
    diagnostics.trace(new OwnLoop(cell), x, options),
    diagnostics.trace(whole("LSTM", cell) as nn.LSTM, x, options),
  ];
  expectClose(own.layers[0]!.gradC!, known.layers[0]!.gradC!, TOLERANCE.float64);
  expectClose(own.layers[0]!.reach, known.layers[0]!.reach, TOLERANCE.float64);
  expect(own.layers[0]!.spectralRadius).toEqual(known.layers[0]!.spectralRadius);
  expect(own.horizon).toBe(known.horizon);
});
