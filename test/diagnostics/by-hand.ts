import { concat, type diagnostics, nn, type Tensor, zeros } from "../../src/index.js";

/** One sequence through one step, [1, H] each. */
export interface HandStep {
  h: Tensor;
  c: Tensor | null;
  gates: Tensor[];
}

interface HandCell {
  /** Of `nn`, where it is not the name in the table. */
  module?: string;
  options?: object;
  /** In the order in which a step has them. */
  gates: readonly (readonly [name: string, activation: diagnostics.GateActivation])[];
  step: (w: (name: string) => Tensor, x: Tensor, h: Tensor, c: Tensor) => HandStep;
}

const { linear } = nn.functional;
const norm = (w: (name: string) => Tensor, name: string, x: Tensor): Tensor => {
  const centred = x.sub(x.mean(-1, { keepDim: true }));
  const deviation = centred.square().mean(-1, { keepDim: true }).add(1e-5).sqrt();
  return centred
    .div(deviation)
    .mul(w(`norm_${name}`))
    .add(w(`bias_${name}`));
};
type Weights = Parameters<HandCell["step"]>[0];
const inputs = (w: Weights, x: Tensor): Tensor => linear(x, w("weight_ih"), w("bias_ih"));
const sums = (w: Weights, x: Tensor, h: Tensor): Tensor => inputs(w, x).add(linear(h, w("weight_hh"), w("bias_hh")));
const positive = (x: Tensor): Tensor => x.relu().add(0.5).where(x.ge(0), x.sigmoid());
const mix = (z: Tensor, a: Tensor, b: Tensor): Tensor => a.mul(z.mul(-1).add(1)).add(b.mul(z));
const joined = ([i, f, g, o]: Tensor[], c: Tensor): HandStep => {
  const cell = f!.mul(c).add(i!.mul(g!));
  return { h: o!.mul(cell.tanh()), c: cell, gates: [i!, f!, g!, o!] };
};
const opened = ([i, f, g, o]: Tensor[]): Tensor[] => [i!.sigmoid(), f!.sigmoid(), g!.tanh(), o!.sigmoid()];
/** The mean of the old state and the next, as evaluation has it. */
const zonedOut = (p: number, old: Tensor, next: Tensor): Tensor => old.mul(p).add(next.mul(1 - p));

const LSTM_GATES = [
  ["input", "sigmoid"],
  ["forget", "sigmoid"],
  ["candidate", "tanh"],
  ["output", "sigmoid"],
] as const;
const GRU_GATES = [
  ["reset", "sigmoid"],
  ["update", "sigmoid"],
  ["candidate", "tanh"],
] as const;

const lstm: HandCell["step"] = (w, x, h, c) => joined(opened(sums(w, x, h).chunk(4, 1)), c);
const gru: HandCell["step"] = (w, x, h) => {
  const [xs, hs] = [inputs(w, x).chunk(3, 1), linear(h, w("weight_hh"), w("bias_hh")).chunk(3, 1)];
  const [r, z] = [xs[0]!.add(hs[0]!).sigmoid(), xs[1]!.add(hs[1]!).sigmoid()];
  const n = xs[2]!.add(r.mul(hs[2]!)).tanh();
  return { h: mix(z, n, h), c: null, gates: [r, z, n] };
};
const simple =
  (f: "tanh" | "relu"): HandCell["step"] =>
  (w, x, h) => {
    const next = sums(w, x, h)[f]();
    return { h: next, c: null, gates: [next] };
  };

/** The papers' equations, for every recurrent module of `nn`. */
export const CELLS: Readonly<Record<string, HandCell>> = {
  RNN: { gates: [["state", "tanh"]], step: simple("tanh") },
  LSTM: { gates: LSTM_GATES, step: lstm },
  GRU: { gates: GRU_GATES, step: gru },
  IRNN: { options: { inputStd: 0.5, scale: 0.9 }, gates: [["state", "relu"]], step: simple("relu") },
  IndRNN: {
    options: { nonlinearity: "tanh" },
    gates: [["state", "tanh"]],
    step(w, x, h) {
      const next = inputs(w, x)
        .add(h.mul(w("weight_hh")))
        .tanh();
      return { h: next, c: null, gates: [next] };
    },
  },
  MGU: {
    gates: [
      ["forget", "sigmoid"],
      ["candidate", "tanh"],
    ],
    step(w, x, h) {
      const [wF, wN] = w("weight_hh").chunk(2, 0);
      const [xF, xN] = inputs(w, x).add(w("bias_hh")).chunk(2, 1);
      const f = xF!.add(linear(h, wF!)).sigmoid();
      const n = xN!.add(linear(f.mul(h), wN!)).tanh();
      return { h: mix(f, h, n), c: null, gates: [f, n] };
    },
  },
  MinGRU: {
    gates: [
      ["update", "sigmoid"],
      ["candidate", "positive"],
    ],
    step(w, x, h) {
      const [xZ, xH] = inputs(w, x).chunk(2, 1);
      const [z, n] = [xZ!.sigmoid(), positive(xH!)];
      return { h: mix(z, h, n), c: null, gates: [z, n] };
    },
  },
  MinLSTM: {
    gates: [
      ["input", "sigmoid"],
      ["forget", "sigmoid"],
      ["candidate", "positive"],
    ],
    step(w, x, h) {
      const [xI, xF, xH] = inputs(w, x).chunk(3, 1);
      const [i, f, n] = [xI!.sigmoid(), xF!.sigmoid(), positive(xH!)];
      const [take, keep] = [i.div(i.add(f)), f.div(i.add(f))];
      return { h: keep.mul(h).add(take.mul(n)), c: null, gates: [take, keep, n] };
    },
  },
  PeepholeLSTM: {
    gates: LSTM_GATES,
    step(w, x, h, c) {
      const [pI, pF, pO] = w("weight_ch").chunk(3, 0);
      const [xI, xF, xG, xO] = sums(w, x, h).chunk(4, 1);
      const [i, f, g] = [xI!.add(c.mul(pI!)).sigmoid(), xF!.add(c.mul(pF!)).sigmoid(), xG!.tanh()];
      const cell = f.mul(c).add(i.mul(g));
      const o = xO!.add(cell.mul(pO!)).sigmoid();
      return { h: o.mul(cell.tanh()), c: cell, gates: [i, f, g, o] };
    },
  },
  LayerNormLSTM: {
    gates: LSTM_GATES,
    step(w, x, h, c) {
      const all = norm(w, "ih", linear(x, w("weight_ih"))).add(norm(w, "hh", linear(h, w("weight_hh"))));
      const gates = opened(all.chunk(4, 1));
      const { c: cell } = joined(gates, c);
      return { h: gates[3]!.mul(norm(w, "c", cell!).tanh()), c: cell, gates };
    },
  },
  LayerNormGRU: {
    gates: GRU_GATES,
    step(w, x, h) {
      const H = h.shape[1]!;
      const [xs, hs] = [linear(x, w("weight_ih")), linear(h, w("weight_hh"))];
      const gates = norm(w, "ih_gates", xs.narrow(1, 0, 2 * H)).add(norm(w, "hh_gates", hs.narrow(1, 0, 2 * H)));
      const [r, z] = gates.sigmoid().chunk(2, 1) as [Tensor, Tensor];
      const n = norm(w, "ih_n", xs.narrow(1, 2 * H, H))
        .add(r.mul(norm(w, "hh_n", hs.narrow(1, 2 * H, H))))
        .tanh();
      return { h: mix(z, n, h), c: null, gates: [r, z, n] };
    },
  },
  "RNN with zoneout": {
    module: "RNN",
    options: { zoneout: 0.3 },
    gates: [["state", "tanh"]],
    step(w, x, h) {
      const { h: next } = simple("tanh")(w, x, h, h);
      return { h: zonedOut(0.3, h, next), c: null, gates: [next] };
    },
  },
  "LSTM with zoneout": {
    module: "LSTM",
    options: { zoneout: { h: 0.2, c: 0.4 } },
    gates: LSTM_GATES,
    step(w, x, h, c) {
      const next = lstm(w, x, h, c);
      return { h: zonedOut(0.2, h, next.h), c: zonedOut(0.4, c, next.c!), gates: next.gates };
    },
  },
  "GRU with zoneout": {
    module: "GRU",
    options: { zoneout: 0.3 },
    gates: GRU_GATES,
    step(w, x, h) {
      const next = gru(w, x, h, h);
      return { ...next, h: zonedOut(0.3, h, next.h) };
    },
  },
};

export type HandNet = nn.Module & Pick<nn.LSTM, "numLayers" | "hiddenSize" | "bidirectional">;

/**
 * One sequence [L, I] through all layers from zeros.
 * @returns  y [L, D·H], and for each layer and direction its steps in the order of time, whose `grad` a walk fills
 */
export function byHand(kind: string, model: HandNet, x: Tensor): { y: Tensor; rows: HandStep[][] } {
  const own = model as unknown as Record<string, Tensor>;
  const rows: HandStep[][] = [];
  let y = x;
  for (let layer = 0; layer < model.numLayers; layer++) {
    const outputs = ["", ...(model.bidirectional ? ["_reverse"] : [])].map((direction) => {
      const weight = (name: string): Tensor => own[`${name}_l${layer}${direction}`]!;
      const zero = zeros([1, model.hiddenSize], { dtype: x.dtype as "float64" });
      const times = Array.from({ length: y.shape[0]! }, (_, t) => t);
      const steps: HandStep[] = [];
      let before: HandStep | null = null;
      for (const t of direction === "" ? times : times.toReversed()) {
        before = CELLS[kind]!.step(weight, y.narrow(0, t, 1), before?.h ?? zero, before?.c ?? zero);
        before.h.retainGrad();
        before.c?.retainGrad();
        steps[t] = before;
      }
      rows.push(steps);
      return concat(steps.map(({ h }) => h));
    });
    y = outputs.length === 1 ? outputs[0]! : concat(outputs, 1);
  }
  return { y, rows };
}
