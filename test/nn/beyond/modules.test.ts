import { beforeAll, describe, expect, test } from "vitest";
import { configure, manualSeed, nn, noGrad, randn, stack, type Tensor } from "../../../src/index.js";
import { expectClose, TOLERANCE } from "../../support/close.js";
import { describeEngines } from "../../support/configured.js";
import { byHand, STEPS } from "./by-hand.js";

type Kind = "IndRNN" | "MGU" | "MinGRU" | "MinLSTM" | "PeepholeLSTM" | "LayerNormLSTM" | "LayerNormGRU";
type State = Tensor | nn.LSTMState;
interface Stack extends nn.Module {
  readonly hiddenSize: number;
  forward(x: Tensor, state?: State): readonly [Tensor, State];
  step(x: Tensor, state?: State): readonly [Tensor, State];
}

const KINDS = Object.keys(STEPS) as Kind[];
const ZONEOUT = ["RNN", "LSTM", "GRU"] as const;

function make(kind: string, inputSize: number, hiddenSize: number, options: object = {}): Stack {
  const model = new (nn as unknown as Record<string, new (...args: unknown[]) => Stack>)[kind]!(
    inputSize,
    hiddenSize,
    options,
  );
  for (const [name, parameter] of model.namedParameters()) {
    if (/norm|bias/.test(name)) nn.init.normal(parameter, name.includes("norm") ? 1 : 0, 0.3);
  }
  return model;
}

const values = (state: State): number[] =>
  "h" in state ? [...state.h.data(), ...state.c.data()] : [...(state as Tensor).data()];

describeEngines("recurrent modules beyond LSTM and GRU", (dtypes) => {
  beforeAll(() => {
    manualSeed(11);
  });
  const bounds = (dtype: string) => (dtype === "float64" ? TOLERANCE.float64 : TOLERANCE.sequence);

  test.each(KINDS.flatMap((kind) => dtypes.map((dtype) => [kind, dtype] as const)))(
    "%s in %s follows its equations over 20 steps",
    (kind, dtype) => {
      const model = make(kind, 3, 5, { dtype });
      const x = randn([20, 1, 3], { dtype });
      const [y, state] = model.forward(x);
      const expected = byHand(kind, model, x);
      expect([...y.shape]).toEqual([20, 1, 5]);
      expectClose(y.data(), expected.y, bounds(dtype), "y");
      const last = "h" in state ? [...expected.h, ...expected.c] : expected.h;
      expectClose(values(state), last, bounds(dtype), "state");
    },
  );

  test.each(ZONEOUT.flatMap((kind) => dtypes.map((dtype) => [kind, dtype] as const)))(
    "%s with zoneout in %s evaluates as cells in a loop whose states are mixed",
    (kind, dtype) => {
      const [zoneout, keep] = kind === "LSTM" ? [{ h: 0.2, c: 0.6 }, [0.2, 0.6]] : [0.3, [0.3]];
      const model = make(kind, 3, 4, { zoneout, dtype }).eval();
      const cell = new nn[`${kind}Cell`](3, 4, { dtype }) as nn.Module & { forward(x: Tensor, state: State): State };
      cell.loadStateDict(new Map([...model.stateDict()].map(([name, value]) => [name.replace("_l0", ""), value])));
      const x = randn([6, 2, 3], { dtype });
      const parts = (state: State): Tensor[] => ("h" in state ? [state.h, state.c] : [state]);
      const whole = (own: Tensor[]): State => (own.length === 2 ? { h: own[0]!, c: own[1]! } : own[0]!);
      let state = keep.map(() => randn([2, 4], { dtype }));
      const start = whole(state.map((part) => part.unsqueeze(0)));
      const ys = x.unbind(0).map((step) => {
        const next = parts(cell.forward(step, whole(state)));
        state = state.map((old, i) => old.mul(keep[i]!).add(next[i]!.mul(1 - keep[i]!)));
        return state[0]!;
      });
      const [y, last] = model.forward(x, start);
      expectClose(y.data(), stack(ys).data(), bounds(dtype), "y");
      expectClose(values(last), values(whole(state)), bounds(dtype), "state");
    },
  );

  test.each(KINDS)("%s: step by step, and in two pieces, is the whole sequence", (kind) => {
    for (const dtype of dtypes) {
      const model = make(kind, 3, 4, { numLayers: 2, dtype });
      const x = randn([7, 2, 3], { dtype });
      const [whole, last] = model.forward(x);
      const [head, between] = model.forward(x.narrow(0, 0, 3));
      const [tail, end] = model.forward(x.narrow(0, 3, 4), between);
      expectClose([...head.data(), ...tail.data()], whole.data(), bounds(dtype), "two pieces");
      expectClose(values(end), values(last), bounds(dtype), "state of two pieces");
      let state: State | undefined;
      for (let t = 0; t < 7; t++) {
        const [y, next] = model.step(x.select(0, t), state);
        expectClose(y.data(), whole.select(0, t).data(), bounds(dtype), `step ${t}`);
        state = next;
      }
    }
  });

  test.each(KINDS)("%s: batchFirst, both directions and residual sums are what they say", (kind) => {
    const dtype = dtypes[0]!;
    const x = randn([5, 2, 4], { dtype });
    const plain = make(kind, 4, 4, { dtype });
    const [forward] = plain.forward(x);
    const both = make(kind, 4, 4, { bidirectional: true, dtype });
    const weights = [...plain.stateDict()];
    both.loadStateDict(new Map(weights.flatMap(([name, t]) => [[name, t], [`${name}_reverse`, t]]))); // biome-ignore format: pairs
    const [y] = both.forward(x);
    expectClose(y.narrow(2, 0, 4).data(), forward.data(), bounds(dtype), "forward half");
    const [back] = plain.forward(x.flip(0));
    expectClose(y.narrow(2, 4, 4).data(), back.flip(0).data(), bounds(dtype), "backward half");
    const sideways = make(kind, 4, 4, { batchFirst: true, dtype });
    sideways.loadStateDict(plain.stateDict());
    expectClose(sideways.forward(x.transpose(0, 1))[0].transpose(0, 1).data(), forward.data(), bounds(dtype));
    const residual = make(kind, 4, 4, { residual: true, dtype });
    residual.loadStateDict(plain.stateDict());
    expectClose(residual.forward(x)[0].data(), forward.add(x).data(), bounds(dtype), "residual");
  });
});

describe("recurrent modules beyond LSTM and GRU", () => {
  beforeAll(() => {
    configure({ engine: "reference" });
  });

  test("name their parameters as nn does", () => {
    const names = (kind: string, options = {}) => [...make(kind, 3, 4, options).stateDict().keys()];
    expect(names("MGU", { bidirectional: true })).toEqual([
      "weight_ih_l0",
      "weight_hh_l0",
      "bias_ih_l0",
      "bias_hh_l0",
      "weight_ih_l0_reverse",
      "weight_hh_l0_reverse",
      "bias_ih_l0_reverse",
      "bias_hh_l0_reverse",
    ]);
    expect(names("MinGRU", { numLayers: 2, bias: false })).toEqual(["weight_ih_l0", "weight_ih_l1"]);
    expect([...make("MinLSTM", 3, 4, { numLayers: 2 }).stateDict().get("weight_ih_l1")!.shape]).toEqual([12, 4]);
  });

  test("say what is wrong with inputs, states and options", () => {
    const mgu = make("MGU", 3, 4);
    expect(() => mgu.forward(randn([5, 2, 4]))).toThrow(
      "MGU.forward: input must have shape [L, N, 3] (inputSize=3), got [5, 2, 4]. If features are not last, permute first.",
    );
    expect(() => mgu.forward(randn([5, 2, 3]), randn([1, 3, 4]))).toThrow(
      "MGU.forward: state must have shape [1, 2, 4] (numLayers·directions=1, N=2, hiddenSize=4), got [1, 3, 4]",
    );
    expect(() => make("MGU", 3, 4, { zoneout: 1 })).toThrow("MGU: zoneout must be a number in [0, 1), got 1");
    expect(() => make("LSTM", 3, 4, { zoneout: { h: 0.1, c: -1 } })).toThrow(
      "LSTM: zoneout.c must be a number in [0, 1), got -1",
    );
    expect(() => make("GRU", 3, 4, { zoneout: { c: 0.1 } })).toThrow("GRU: zoneout must be a number or { h }, got");
    expect(() => make("MinGRU", 3, 4, { zoneout: 0.1 })).toThrow("MinGRU: options must be only these");
    expect(() => make("PeepholeLSTM", 3, 4).forward(randn([5, 2, 3]), randn([1, 2, 4]))).toThrow(
      "PeepholeLSTM.forward: state must be { h, c } of two tensors",
    );
    expect(() => make("MinGRU", 3, 4).forward(randn([5, 2, 3]), randn([1, 2, 4]).abs().neg())).toThrow(
      "MinGRU.forward: state must be at least 0 in every element",
    );
  });

  test("evaluate in noGrad without leaving anything behind but their results", () => {
    const model = make("LayerNormLSTM", 3, 4, { numLayers: 2 });
    const [y, state] = noGrad(() => model.eval().forward(randn([5, 2, 3])));
    expect(y.data().every(Number.isFinite)).toBe(true);
    expect(values(state).length).toBe(2 * 2 * 2 * 4);
  });
});
