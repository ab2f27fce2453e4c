import { isGradEnabled } from "../autograd/index.js";
import type { TypedArray } from "../base/dtype.js";
import { type Tensor, tensor } from "../tensor/index.js";
import { emptyGateTrace, type GateTrace, noteGate } from "./gates.js";
import { gateNames, type LayerPlace, layerPlaces, type RecurrentNet } from "./recurrent-net.js";

/** What is known of one layer in one direction of a run; every list has one entry a step, in the order of time. */
export interface LayerTrace extends LayerPlace {
  /** ‖∂L/∂h_t‖ over the whole batch: all that step t does to the loss through h_t. */
  gradH: number[];
  /** ‖∂L/∂c_t‖, the lstm's; it holds what goes through h_t too. */
  gradC: number[] | null;
  /** By name: input, forget, candidate, output; reset, update, candidate; state. */
  gates: Record<string, GateTrace>;
  /** The values [L, N, H], without history; of sequences of many lengths their packed rows. */
  h: Tensor;
  c: Tensor | null;
}

/** Norms of the gradients of one walk, of one layer. */
export interface Norms {
  gradH: number[];
  gradC: number[] | null;
}

type Values = { shape: readonly number[]; data: TypedArray }[];

interface LayerNotes extends LayerPlace {
  gates: Record<string, GateTrace>;
  h: Values;
  c: Values | null;
}

/** Sees the steps of one run of a module, and the gradients that come back to them. */
export class Observation {
  readonly #module: RecurrentNet;
  readonly #layers: LayerNotes[];
  #norms: Norms[] = [];

  /** @param body  calls `module` once */
  constructor(module: RecurrentNet, body: () => void) {
    this.#module = module;
    this.#layers = layerPlaces(module).map((place) => ({ ...place, gates: {}, h: [], c: null }));
    const { gate, state } = module.observe(({ row, t, h, c, gates }) => {
      const notes = this.#layers[row]!;
      for (const [k, values] of gates.entries()) noteGate(notes.gates[names[k]!]!, t, values);
      notes.h[t] = this.#note(row, "gradH", t, h);
      if (c === null) return;
      notes.c ??= [];
      notes.c[t] = this.#note(row, "gradC", t, c);
    });
    const names = gateNames(module);
    for (const notes of this.#layers) {
      for (const name of names) {
        notes.gates[name] = emptyGateTrace(name === "candidate" || name === "state" ? state : gate);
      }
    }
    try {
      body();
    } finally {
      module.observe(null);
    }
    this.begin();
  }

  #note(row: number, kind: keyof Norms, t: number, state: Tensor): Values[number] {
    // Inside noGrad, or with everything frozen, there is no gradient to wait for.
    if (isGradEnabled() && state.node !== null) {
      state.registerHook((grad) => {
        this.#norms[row]![kind]![t] = normOf(grad);
        return undefined;
      });
    }
    return { shape: state.shape, data: state.data() };
  }

  /** What comes from now on goes into new lists of zeros. */
  begin(): void {
    this.#norms = this.#layers.map(({ h, c }) => ({
      gradH: h.map(() => 0),
      gradC: c === null ? null : c.map(() => 0),
    }));
  }

  /** Of the walk since the last `begin()`. */
  get norms(): readonly Norms[] {
    return this.#norms;
  }

  get module(): RecurrentNet {
    return this.#module;
  }

  /** What the forward pass tells, with the gradients of the walk since the last `begin()`. */
  layers(): LayerTrace[] {
    return this.#layers.map(({ h, c, ...notes }, row) => ({
      ...notes,
      ...this.#norms[row]!,
      h: joined(h),
      c: c && joined(c),
    }));
  }
}

function joined(steps: Values): Tensor {
  const [first] = steps;
  const size = steps.reduce((sum, { data }) => sum + data.length, 0);
  const data = first!.data instanceof Float64Array ? new Float64Array(size) : new Float32Array(size);
  let at = 0;
  for (const step of steps) {
    data.set(step.data, at);
    at += step.data.length;
  }
  const even = steps.every(({ shape }) => shape[0] === first!.shape[0]);
  const width = first!.shape[1]!;
  return tensor(data, { shape: even ? [steps.length, ...first!.shape] : [data.length / width, width] });
}

/** Square root of the sum of squares; scaled, so that a gradient about to overflow is not taken for one that has. */
function normOf(x: Tensor): number {
  const data = x.data();
  let largest = 0;
  for (const value of data) largest = Math.max(largest, Math.abs(value));
  if (!(largest > 0 && largest < Infinity)) return largest;
  let sum = 0;
  for (const value of data) sum += (value / largest) ** 2;
  return largest * Math.sqrt(sum);
}
