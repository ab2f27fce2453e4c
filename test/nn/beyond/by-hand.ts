import type { nn, Tensor } from "../../../src/index.js";

/**
 * The papers' equations for one layer and one sequence of a batch, one number at a time: what the modules must compute.
 * Vectors are plain arrays; a matrix is a function that multiplies.
 */
type Vector = number[];

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const zip = (f: (...xs: number[]) => number, ...vs: Vector[]): Vector =>
  vs[0]!.map((_, i) => f(...vs.map((v) => v[i]!)));
const plus = (...vs: Vector[]): Vector => zip((...xs) => xs.reduce((a, b) => a + b), ...vs);
const times = (a: Vector, b: Vector): Vector => zip((x, y) => x * y, a, b);
const mix = (z: Vector, a: Vector, b: Vector): Vector => zip((w, x, y) => (1 - w) * x + w * y, z, a, b);
const positive = (x: number): number => (x >= 0 ? x + 0.5 : sigmoid(x));

/** The parameters of layer 0 as rows, cut into `gates` blocks of H. */
class Weights {
  readonly #state: nn.StateDict;
  readonly #hidden: number;

  constructor(model: { stateDict(): nn.StateDict; hiddenSize: number }) {
    this.#state = model.stateDict();
    this.#hidden = model.hiddenSize;
  }

  rows(name: string): number[][] {
    const found = this.#state.get(`${name}_l0`)!.toArray() as number[] | number[][];
    return found.map((row) => (typeof row === "number" ? [row] : row));
  }

  vector(name: string): Vector {
    return this.rows(name).flat();
  }

  /** Row block `gate` of a matrix times v. */
  product(name: string, gate: number, v: Vector): Vector {
    const rows = this.rows(name).slice(gate * this.#hidden, (gate + 1) * this.#hidden);
    return rows.map((row) => row.reduce((sum, w, i) => sum + w * v[i]!, 0));
  }

  bias(name: string, gate: number): Vector {
    return this.vector(name).slice(gate * this.#hidden, (gate + 1) * this.#hidden);
  }

  /** Block `gate` of W_ih x + b_ih + W_hh h + b_hh. */
  sum(gate: number, x: Vector, h: Vector): Vector {
    return plus(this.input(gate, x), this.product("weight_hh", gate, h), this.bias("bias_hh", gate));
  }

  input(gate: number, x: Vector): Vector {
    return plus(this.product("weight_ih", gate, x), this.bias("bias_ih", gate));
  }

  norm(name: string, v: Vector): Vector {
    const mean = v.reduce((a, b) => a + b) / v.length;
    const variance = v.reduce((a, b) => a + (b - mean) ** 2, 0) / v.length;
    const standard = v.map((x) => (x - mean) / Math.sqrt(variance + 1e-5));
    return plus(times(standard, this.vector(`norm_${name}`)), this.vector(`bias_${name}`));
  }
}

type HandStep = (w: Weights, x: Vector, h: Vector, c: Vector) => [h: Vector, c?: Vector];

const lstm = (i: Vector, f: Vector, g: Vector, c: Vector): Vector =>
  plus(times(f.map(sigmoid), c), times(i.map(sigmoid), g.map(Math.tanh)));
const all = (w: Weights, name: string, gates: number, v: Vector): Vector =>
  Array.from({ length: gates }, (_, gate) => w.product(name, gate, v)).flat();

export const STEPS: Record<string, HandStep> = {
  IndRNN: (w, x, h) => [plus(w.input(0, x), times(w.vector("weight_hh"), h)).map((v) => Math.max(v, 0))],
  MGU(w, x, h) {
    const f = w.sum(0, x, h).map(sigmoid);
    return [mix(f, h, w.sum(1, x, times(f, h)).map(Math.tanh))];
  },
  MinGRU: (w, x, h) => [mix(w.input(0, x).map(sigmoid), h, w.input(1, x).map(positive))],
  MinLSTM(w, x, h) {
    const [i, f] = [w.input(0, x).map(sigmoid), w.input(1, x).map(sigmoid)];
    const share = zip((a, b) => a / (a + b), i, f);
    return [mix(share, h, w.input(2, x).map(positive))];
  },
  PeepholeLSTM(w, x, h, c) {
    const [pI, pF, pO] = w.rows("weight_ch") as [Vector, Vector, Vector];
    const [i, f] = [plus(w.sum(0, x, h), times(pI, c)), plus(w.sum(1, x, h), times(pF, c))];
    const cell = lstm(i, f, w.sum(2, x, h), c);
    const o = plus(w.sum(3, x, h), times(pO, cell));
    return [times(o.map(sigmoid), cell.map(Math.tanh)), cell];
  },
  LayerNormLSTM(w, x, h, c) {
    const gates = plus(w.norm("ih", all(w, "weight_ih", 4, x)), w.norm("hh", all(w, "weight_hh", 4, h)));
    const part = (k: number): Vector => gates.slice(k * h.length, (k + 1) * h.length);
    const cell = lstm(part(0), part(1), part(2), c);
    return [times(part(3).map(sigmoid), w.norm("c", cell).map(Math.tanh)), cell];
  },
  LayerNormGRU(w, x, h) {
    const gates = plus(w.norm("ih_gates", all(w, "weight_ih", 2, x)), w.norm("hh_gates", all(w, "weight_hh", 2, h)));
    const [r, z] = [gates.slice(0, h.length).map(sigmoid), gates.slice(h.length).map(sigmoid)];
    const n = plus(
      w.norm("ih_n", w.product("weight_ih", 2, x)),
      times(r, w.norm("hh_n", w.product("weight_hh", 2, h))),
    );
    return [mix(z, n.map(Math.tanh), h)];
  },
};

/** y and the last states of a module of one layer for x [L, 1, I], from zeros. */
export function byHand(kind: string, model: { stateDict(): nn.StateDict; hiddenSize: number }, x: Tensor) {
  const weights = new Weights(model);
  let h: Vector = new Array(model.hiddenSize).fill(0);
  let c = h;
  const y: number[] = [];
  for (const [xt] of x.toArray() as number[][][]) {
    const next = STEPS[kind]!(weights, xt!, h, c);
    h = next[0];
    c = next[1] ?? c;
    y.push(...h);
  }
  return { y, h, c };
}
