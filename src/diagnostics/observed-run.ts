import type { Observable, ObservedStep } from "../nn/observable.js";
import type { Tensor } from "../tensor/index.js";
import { GateNotes, type GateTrace } from "./gates.js";
import { normOf } from "./norm.js";
import { type LayerPlace, layerPlaces } from "./recurrent-net.js";
import { type BySequence, StateNotes } from "./state-notes.js";

/** What is known of one layer in one direction of a run; every list has one entry a step, in the order of time. */
export interface LayerTrace extends LayerPlace {
  /** ‖∂L/∂h_t‖ over the whole batch: all that step t does to the loss through h_t. */
  gradH: number[];
  /**
   * ‖∂L/∂c_t‖, where there is a cell state; it holds what goes through h_t too. (With zoneout of c, h_t comes of the cell before it:
   * then only what goes on to the next step.) Null for modules that carry h alone.
   */
  gradC: number[] | null;
  /**
   * By the names that the papers give them. LSTMs: input, forget, candidate, output; GRUs: reset, update, candidate; MGU: forget,
   * candidate; MinGRU: update, candidate; MinLSTM: input, forget (as they act, their sum being 1), candidate; RNN, IndRNN: state.
   */
  gates: Record<string, GateTrace>;
  /** The values [L, N, H], without history; of sequences of many lengths their packed rows, longest sequence first. */
  h: Tensor;
  c: Tensor | null;
}

/** Norms of the gradients of one walk, of one layer. */
export interface Norms {
  h: BySequence<number>;
  c: BySequence<number> | null;
}

class LayerNotes {
  readonly place: LayerPlace;
  readonly h = new StateNotes();
  c: StateNotes | null = null;
  readonly gates = new Map<string, GateNotes>();

  constructor(place: LayerPlace) {
    this.place = place;
  }

  norms(): Norms {
    return { h: this.h.norms(), c: this.c?.norms() ?? null };
  }

  trace(): LayerTrace {
    const { h, c } = this.norms();
    return {
      ...this.place,
      gradH: h.map(normOf),
      gradC: c?.map(normOf) ?? null,
      gates: Object.fromEntries([...this.gates].map(([name, notes]) => [name, notes.trace()])),
      h: this.h.values(),
      c: this.c?.values() ?? null,
    };
  }
}

/** One run of a recurrent module as it was seen: of a whole sequence, or of a single-step cell in a loop. */
export class ObservedRun {
  /** Of the module in the model. */
  readonly name: string;
  readonly module: Observable;
  readonly #layers: LayerNotes[];
  /** h after the last step: by it a single-step cell's next call is known. */
  last: Tensor | null = null;
  steps = 0;

  constructor(name: string, module: Observable) {
    this.name = name;
    this.module = module;
    this.#layers = layerPlaces(module.anatomy).map((place) => new LayerNotes(place));
  }

  /** @param before  steps of earlier calls */
  note({ row, times, h, c, gates }: ObservedStep, before: number): void {
    const layer = this.#layers[row];
    const at = times.map((t) => before + t);
    for (const [k, { name, activation }] of this.module.anatomy.gates.entries()) {
      const values = gates[k];
      if (values === undefined) continue;
      if (!layer.gates.has(name)) layer.gates.set(name, new GateNotes(activation));
      layer.gates.get(name)!.note(at, values);
    }
    layer.h.note(at, h);
    if (c !== null) {
      layer.c ??= new StateNotes();
      layer.c.note(at, c);
    }
    this.last = h;
    this.steps = Math.max(this.steps, ...at.map((t) => t + 1));
  }

  /** Forgets the gradients that came, so that another walk can be told from the last one. */
  forget(): void {
    for (const { h, c } of this.#layers) {
      h.forget();
      c?.forget();
    }
  }

  /** What the forward pass tells, with the gradients since the last `forget()`. */
  layers(): LayerTrace[] {
    return this.#layers.map((layer) => layer.trace());
  }

  /** Layer by layer. */
  norms(): Norms[] {
    return this.#layers.map((layer) => layer.norms());
  }
}
