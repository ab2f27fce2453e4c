import { describe, expect, test } from "vitest";
import { diagnostics, manualSeed, nn, type Tensor } from "../../src/index.js";
import { expectClose, TOLERANCE } from "../support/close.js";
import { byHand, CELLS, type HandNet, type HandStep } from "./by-hand.js";
import { random } from "./random.js";

type Net = HandNet & {
  batchFirst: boolean;
  observer: unknown;
  forward(x: Tensor, state?: unknown, options?: nn.SequenceOptions): readonly [Tensor, Tensor | nn.LSTMState];
  forwardPacked(x: nn.PackedSequence): readonly [nn.PackedSequence, unknown];
};

const KINDS = Object.keys(CELLS);
/** Unsorted, with a tie, and none as long as the padded batch. */
const LENGTHS = [2, 5, 1, 5, 4];
const EQUAL = { steps: 4, lengths: undefined };
const MANY = { steps: 6, lengths: LENGTHS };
const CASES = [
  { title: "one layer", options: {}, ...EQUAL },
  { title: "two layers, many lengths", options: { numLayers: 2, batchFirst: true }, ...MANY },
  { title: "both directions, batch first", options: { bidirectional: true, batchFirst: true }, ...EQUAL },
  { title: "both directions, two layers, many lengths", options: { bidirectional: true, numLayers: 2 }, ...MANY },
];
const TABLE = KINDS.flatMap((kind) => CASES.map(({ title, ...one }) => ({ ...one, kind, name: `${kind}, ${title}` })));
const [N, I, H] = [LENGTHS.length, 3, 4];

function make(kind: string, options: object = {}): Net {
  manualSeed(5);
  const build = (nn as unknown as Record<string, new (i: number, h: number, o: object) => Net>)[
    CELLS[kind]!.module ?? kind
  ]!;
  const net = new build(I, H, { ...CELLS[kind]!.options, ...options, dtype: "float64" });
  for (const [name, parameter] of net.namedParameters()) {
    if (/norm|bias/.test(name)) nn.init.normal(parameter, name.includes("norm") ? 1 : 0, 0.3);
  }
  return net.eval();
}

const inputFor = (net: Net, steps: number): Tensor => {
  const x = random([steps, N, I], 3);
  return net.batchFirst ? x.transpose(0, 1).contiguous() : x;
};
/** Of the loss Σ w⊙y; as y lies. */
const weightsFor = (net: Net, steps: number): Tensor => {
  const w = random([steps, N, H * (net.bidirectional ? 2 : 1)], 4);
  return net.batchFirst ? w.transpose(0, 1).contiguous() : w;
};
const norm = (values: readonly number[]): number => Math.hypot(...values);
const places = (net: Net) =>
  Array.from({ length: net.numLayers }, (_, layer) =>
    (net.bidirectional ? ["forward", "reverse"] : ["forward"]).map((direction) => ({ layer, direction })),
  ).flat();

/** Each sequence by itself, by hand. */
function handRuns(kind: string, net: Net, steps: number, lengths: readonly number[]) {
  const x = random([steps, N, I], 3);
  return lengths.map((length, b) => byHand(kind, net, x.select(1, b).narrow(0, 0, length)));
}

/** @param part  the times of a sequence of this length whose loss counts */
function handGradients(
  kind: string,
  net: Net,
  steps: number,
  lengths: readonly number[],
  part: (length: number) => number[],
) {
  const w = random([steps, N, H * (net.bidirectional ? 2 : 1)], 4);
  return handRuns(kind, net, steps, lengths).map(({ y, rows }, b) => {
    part(lengths[b]!)
      .map((t) => y.select(0, t).mul(w.select(1, b).select(0, t)).sum())
      .reduce((sum, one) => sum.add(one))
      .backward();
    return rows;
  });
}
const gradOf = (state: Tensor): number => (state.grad === null ? 0 : norm([...state.grad.data()]));

test("the table has every recurrent module of nn", () => {
  const announcing = Object.entries(nn).filter(
    ([, value]) => typeof value === "function" && "anatomy" in value.prototype,
  );
  const others = ["CellStack", "HiddenStack", "LSTMStack", "Recurrent", "RNNCell", "LSTMCell", "GRUCell"];
  const names = announcing.map(([name]) => name).filter((name) => !others.includes(name));
  const covered = new Set(KINDS.map((kind) => CELLS[kind]!.module ?? kind));
  expect(names.sort()).toEqual([...covered].sort());
});

describe.each(TABLE)("$name", ({ kind, options, steps, lengths: given }) => {
  const net = make(kind, options);
  const lengths = given ?? new Array<number>(N).fill(steps);
  const longest = Math.max(...lengths);
  const running = (t: number): number[] => [...lengths.keys()].filter((b) => lengths[b]! > t);
  const x = inputFor(net, steps);
  const w = weightsFor(net, steps);
  const traced = diagnostics.trace(net, x, { loss: (y) => y.mul(w).sum(), ...(given && { lengths: given }) });
  const times = Array.from({ length: longest }, (_, t) => t);

  test("norms of the gradients of every state are those of the sequences unrolled by hand, rtol 1e-10", () => {
    const hand = handGradients(kind, net, steps, lengths, (length) => times.slice(0, length));
    expect(traced.layers.map(({ layer, direction }) => ({ layer, direction }))).toEqual(places(net));
    for (const [row, { gradH, gradC }] of traced.layers.entries()) {
      const of = (pick: (step: HandStep) => Tensor): number[] =>
        times.map((t) => norm(running(t).map((b) => gradOf(pick(hand[b]![row]![t]!)))));
      expectClose(gradH, of(({ h }) => h), TOLERANCE.float64, `h of row ${row}`); // biome-ignore format: one line
      expect(gradC === null).toBe(hand[0]![row]![0]!.c === null);
      if (gradC) expectClose(gradC, of(({ c }) => c!), TOLERANCE.float64, `c of row ${row}`); // biome-ignore format: one line
    }
  });

  test("reach is that of the loss at each sequence's own end, as many steps back", () => {
    const [forward, reverse] = [
      handGradients(kind, net, steps, lengths, (length) => [length - 1]),
      handGradients(kind, net, steps, lengths, () => [0]),
    ];
    for (const [row, { reach, direction }] of traced.layers.entries()) {
      const back = (k: number): number =>
        norm(
          running(k).map((b) => {
            const { h, c } = (direction === "forward" ? forward : reverse)[b]![row]![
              direction === "forward" ? lengths[b]! - 1 - k : k
            ]!;
            return gradOf(c ?? h);
          }),
        );
      const expected = times.map(back);
      expectClose(reach, direction === "forward" ? expected.reverse() : expected, TOLERANCE.float64, `row ${row}`);
    }
  });

  test("gates: the paper's names, their means, each within its range", () => {
    const hand = handRuns(kind, net, steps, lengths).map(({ rows }) => rows);
    for (const [row, { gates }] of traced.layers.entries()) {
      expect(Object.entries(gates).map(([name, { activation }]) => [name, activation])).toEqual(CELLS[kind]!.gates);
      for (const [k, [name, activation]] of CELLS[kind]!.gates.entries()) {
        const values = times.map((t) => running(t).flatMap((b) => [...hand[b]![row]![t]!.gates[k]!.data()]));
        expectClose(
          gates[name]!.mean,
          values.map((all) => all.reduce((sum, value) => sum + value) / all.length),
          TOLERANCE.float64,
          name,
        );
        const [least, most] = RANGES[activation];
        expect(Math.min(...gates[name]!.mean)).toBeGreaterThanOrEqual(least);
        expect(Math.max(...gates[name]!.mean)).toBeLessThanOrEqual(most);
        expectClose(
          diagnostics.saturation(gates[name]!),
          values.map((all) => all.filter(ENDS[activation]).length / all.length),
          TOLERANCE.float64,
          `${name}, saturated`,
        );
      }
    }
  });

  test("h and c are the values by hand: dense, or packed rows, longest sequence first", () => {
    const hand = handRuns(kind, net, steps, lengths).map(({ rows }) => rows);
    const order = [...lengths.keys()].sort((a, b) => lengths[b]! - lengths[a]! || a - b);
    for (const [row, { h, c }] of traced.layers.entries()) {
      for (const [state, name] of [
        [h, "h"],
        [c, "c"],
      ] as const) {
        // biome-ignore format: pairs
        if (state === null) continue;
        const rows = times.flatMap((t) => order.filter((b) => lengths[b]! > t).map((b) => hand[b]![row]![t]![name]!));
        expectClose(state.data(), rows.flatMap((one) => [...one.data()]), TOLERANCE.float64, name); // biome-ignore format: one line
        expect(state.shape).toEqual(given ? [rows.length, H] : [steps, N, H]);
      }
    }
  });

  test("watch: outputs and all gradients are those of the usual way, rtol 1e-10; nothing stays behind", () => {
    const run = (): number[][] => {
      net.zeroGrad();
      const input = x.detach();
      input.requiresGrad = true;
      const [y, state] = net.forward(input, null, given && { lengths: given });
      const last = "h" in state ? [state.h, state.c] : [state];
      last.reduce((sum, part) => sum.add(part.mul(random(part.shape, 6)).sum()), y.mul(w).sum()).backward();
      const grads = net.parameters().map((parameter) => [...parameter.grad!.data()]);
      return [[...y.data()], ...last.map((part) => [...part.data()]), [...input.grad!.data()], ...grads];
    };
    const fast = run();
    let slow: number[][] = [];
    const seen = diagnostics.watch(net, () => {
      slow = run();
    });
    for (const [k, values] of fast.entries()) expectClose(slow[k]!, values, TOLERANCE.float64, `result ${k}`);
    expect(seen).toHaveLength(1);
    expect(seen[0]!.layers.map(({ h }) => h.shape)).toEqual(traced.layers.map(({ h }) => h.shape));
    expect(net.observer).toBeNull();
    expectClose(traced.y.data(), net.forward(x, null, given && { lengths: given })[0].data(), TOLERANCE.float64, "y");
  });
});

test.each(["MGU", "PeepholeLSTM", "LayerNormGRU", "LSTM with zoneout", "GRU", "IndRNN"])(
  "%s in training: the same masks are drawn, watched or not, over many lengths too",
  (kind) => {
    const rates = { dropout: 0.3, ...(kind !== "IndRNN" && { recurrentDropout: 0.4 }) };
    const net = make(kind, { numLayers: 2, bidirectional: true, ...rates }).train();
    const x = inputFor(net, 6);
    const run = (lengths?: readonly number[]): number[] => {
      manualSeed(12);
      return [...net.forward(x, null, lengths && { lengths })[0].data()];
    };
    for (const lengths of [undefined, LENGTHS]) {
      const usual = run(lengths);
      let seen: number[] = [];
      diagnostics.watch(net, () => {
        seen = run(lengths);
      });
      expectClose(seen, usual, TOLERANCE.float64);
      expect(usual).not.toEqual([...net.forward(x, null, lengths && { lengths })[0].data()]);
    }
  },
);

const RANGES: Record<diagnostics.GateActivation, readonly [number, number]> = {
  sigmoid: [0, 1],
  hardSigmoid: [0, 1],
  tanh: [-1, 1],
  relu: [0, Infinity],
  positive: [0, Infinity],
};
const ENDS: Record<diagnostics.GateActivation, (value: number) => boolean> = {
  sigmoid: (value) => value < 0.1 || value > 0.9,
  hardSigmoid: (value) => value < 0.1 || value > 0.9,
  tanh: (value) => Math.abs(value) > 0.9,
  relu: (value) => value === 0,
  positive: (value) => value < 0.1,
};
