import { linear, type Matrix, relu, rowsOf, sigmoid, type Vector } from "./vectors.js";

/** What a cell carries from step to step: h, or h and c. */
export type States = readonly Vector[];
/** One step of a cell. */
export type Step = (x: Vector, before: States) => States;

/** How a cell of some weights takes a step. */
interface CellRow {
  /** Blocks of rows in `weight_ih`. */
  readonly gates: number;
  readonly states: 1 | 2;
  /** @param weight  by its name without a suffix: `weight_ih` */
  make(weight: (name: string) => Matrix, hidden: number): Step;
}

const { tanh } = Math;

/** Each element by itself. */
function each(length: number, of: (i: number) => number): Vector {
  const out = new Float64Array(length);
  for (let i = 0; i < length; i++) out[i] = of(i);
  return out;
}

/** h_t = φ(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh) */
function simple(activation: (x: number) => number): CellRow {
  return {
    gates: 1,
    states: 1,
    make(weight) {
      const sums = plainSums(weight);
      return (x, [h]) => [sums(x, h).map(activation)];
    },
  };
}

/** W_ih x + b_ih + W_hh h + b_hh, all gates one after the other. */
function plainSums(weight: (name: string) => Matrix): (x: Vector, h: Vector) => Vector {
  const [wIh, wHh, bIh, bHh] = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map(weight);
  return (x, h) => {
    const [ofX, ofH] = [linear(wIh, x, bIh), linear(wHh, h, bHh)];
    return each(ofX.length, (i) => ofX[i] + ofH[i]);
  };
}

/** LN(x; γ, β) = γ ⊙ (x - mean) / √(var + 1e-5) + β, with the weights `norm_*` and `bias_*`. */
function normalizer(weight: (name: string) => Matrix, name: string): (x: Vector) => Vector {
  const [scale, shift] = [weight(`norm_${name}`).data, weight(`bias_${name}`).data];
  return (x) => {
    const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
    const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
    const spread = Math.sqrt(variance + 1e-5);
    return each(x.length, (i) => (scale[i] * (x[i] - mean)) / spread + shift[i]);
  };
}

/** i,f,o = σ(·)   g = tanh(·)   c_t = f⊙c_{t-1} + i⊙g   h_t = o⊙tanh(c_t), of sums with rows i|f|g|o */
const lstm: CellRow = {
  gates: 4,
  states: 2,
  make(weight, hidden) {
    const sums = plainSums(weight);
    return (x, [h, c]) => {
      const s = sums(x, h);
      const next = nextCell(s, c, hidden);
      return [each(hidden, (i) => sigmoid(s[3 * hidden + i]) * tanh(next[i])), next];
    };
  },
};

/** c_t = σ(f)⊙c_{t-1} + σ(i)⊙tanh(g) */
function nextCell(s: Vector, c: Vector, hidden: number): Vector {
  return each(hidden, (i) => sigmoid(s[hidden + i]) * c[i] + sigmoid(s[i]) * tanh(s[2 * hidden + i]));
}

/** As the LSTM's; i and f see p⊙c_{t-1} besides, and o sees p⊙c_t. Source: Gers & Schmidhuber 2000. */
const peepholeLstm: CellRow = {
  gates: 4,
  states: 2,
  make(weight, hidden) {
    const [sums, peep] = [plainSums(weight), weight("weight_ch").data];
    return (x, [h, c]) => {
      const s = sums(x, h);
      for (let i = 0; i < 2 * hidden; i++) s[i] += peep[i] * c[i % hidden];
      const next = nextCell(s, c, hidden);
      const output = (i: number) => sigmoid(s[3 * hidden + i] + peep[2 * hidden + i] * next[i]);
      return [each(hidden, (i) => output(i) * tanh(next[i])), next];
    };
  },
};

/** As the LSTM's of LN(W_ih x_t) + LN(W_hh h_{t-1}), and h_t = o⊙tanh(LN(c_t)). Source: Ba, Kiros & Hinton 2016. */
const layerNormLstm: CellRow = {
  gates: 4,
  states: 2,
  make(weight, hidden) {
    const [wIh, wHh] = [weight("weight_ih"), weight("weight_hh")];
    const [ofX, ofH, ofC] = ["ih", "hh", "c"].map((name) => normalizer(weight, name));
    return (x, [h, c]) => {
      const [left, right] = [ofX(linear(wIh, x)), ofH(linear(wHh, h))];
      const s = each(4 * hidden, (i) => left[i] + right[i]);
      const next = nextCell(s, c, hidden);
      const seen = ofC(next);
      return [each(hidden, (i) => sigmoid(s[3 * hidden + i]) * tanh(seen[i])), next];
    };
  },
};

/** r,z = σ(·)   n = tanh(W_in x_t + b_in + r⊙(W_hn h_{t-1} + b_hn))   h_t = (1-z)⊙n + z⊙h_{t-1}, with rows r|z|n */
const gru: CellRow = {
  gates: 3,
  states: 1,
  make(weight, hidden) {
    const [wIh, wHh, bIh, bHh] = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map(weight);
    return (x, [h]) => [mixed(linear(wIh, x, bIh), linear(wHh, h, bHh), h, hidden)];
  },
};

/** (1-z)⊙n + z⊙h of what inputs and state bring to r|z|n. */
function mixed(a: Vector, b: Vector, h: Vector, hidden: number): Vector {
  return each(hidden, (i) => {
    const r = sigmoid(a[i] + b[i]);
    const z = sigmoid(a[hidden + i] + b[hidden + i]);
    const n = tanh(a[2 * hidden + i] + r * b[2 * hidden + i]);
    return n + z * (h[i] - n);
  });
}

/** As the GRU's, r|z normalised together and n by itself. Source: Ba, Kiros & Hinton 2016. */
const layerNormGru: CellRow = {
  gates: 3,
  states: 1,
  make(weight, hidden) {
    const side = (name: "ih" | "hh") => {
      const [w, gates, n] = [
        weight(`weight_${name}`),
        normalizer(weight, `${name}_gates`),
        normalizer(weight, `${name}_n`),
      ];
      return (x: Vector) => {
        const all = linear(w, x);
        all.set(gates(all.slice(0, 2 * hidden)));
        all.set(n(all.slice(2 * hidden)), 2 * hidden);
        return all;
      };
    };
    const [ofX, ofH] = [side("ih"), side("hh")];
    return (x, [h]) => [mixed(ofX(x), ofH(h), h, hidden)];
  },
};

/** f = σ(·)   n = tanh(W_in x_t + b_in + W_hn (f⊙h_{t-1}) + b_hn)   h_t = (1-f)⊙h_{t-1} + f⊙n. Source: Zhou et al. 2016. */
const mgu: CellRow = {
  gates: 2,
  states: 1,
  make(weight, hidden) {
    const [wIh, wHh, bIh, bHh] = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map(weight);
    const [wF, wN] = [rowsOf(wHh, 0, hidden), rowsOf(wHh, hidden, 2 * hidden)];
    const [bF, bN] = [rowsOf(bHh, 0, hidden), rowsOf(bHh, hidden, 2 * hidden)];
    return (x, [h]) => {
      const ofX = linear(wIh, x, bIh);
      const ofF = linear(wF, h, bF);
      const f = each(hidden, (i) => sigmoid(ofX[i] + ofF[i]));
      const ofN = linear(
        wN,
        each(hidden, (i) => f[i] * h[i]),
        bN,
      );
      return [each(hidden, (i) => h[i] + f[i] * (tanh(ofX[hidden + i] + ofN[i]) - h[i]))];
    };
  },
};

/** h_t = relu(W_ih x_t + b_ih + u⊙h_{t-1}). Source: Li et al. 2018. */
const indRnn: CellRow = {
  gates: 1,
  states: 1,
  make(weight, hidden) {
    const [wIh, bIh, u] = [weight("weight_ih"), weight("bias_ih"), weight("weight_hh").data];
    return (x, [h]) => {
      const s = linear(wIh, x, bIh);
      return [each(hidden, (i) => relu(s[i] + u[i] * h[i]))];
    };
  },
};

/** x + 0.5 where x >= 0, else σ(x): never negative. */
const positive = (x: number): number => (x >= 0 ? x + 0.5 : sigmoid(x));

/** h_t = (1-z)⊙h_{t-1} + z⊙g(W_h x_t + b_h), z = σ(W_z x_t + b_z). Source: Feng et al. 2024. */
const minGru: CellRow = {
  gates: 2,
  states: 1,
  make(weight, hidden) {
    const [w, b] = [weight("weight_ih"), weight("bias_ih")];
    return (x, [h]) => {
      const s = linear(w, x, b);
      return [each(hidden, (i) => h[i] + sigmoid(s[i]) * (positive(s[hidden + i]) - h[i]))];
    };
  },
};

/** h_t = (f⊙h_{t-1} + i⊙g(W_h x_t + b_h)) / (f + i), i and f of x_t alone. Source: Feng et al. 2024. */
const minLstm: CellRow = {
  gates: 3,
  states: 1,
  make(weight, hidden) {
    const [w, b] = [weight("weight_ih"), weight("bias_ih")];
    return (x, [h]) => {
      const s = linear(w, x, b);
      return [
        each(hidden, (k) => {
          const [i, f] = [sigmoid(s[k]), sigmoid(s[hidden + k])];
          return (f * h[k] + i * positive(s[2 * hidden + k])) / (f + i);
        }),
      ];
    };
  },
};

/** By the names that tasks have for them. */
export const CELLS: Readonly<Record<string, CellRow>> = {
  rnn: simple(tanh),
  irnn: simple(relu),
  "ind-rnn": indRnn,
  lstm,
  gru,
  "peephole-lstm": peepholeLstm,
  "layer-norm-lstm": layerNormLstm,
  "layer-norm-gru": layerNormGru,
  mgu,
  "min-gru": minGru,
  "min-lstm": minLstm,
};
