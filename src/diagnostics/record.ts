import { checkFunction } from "../base/check.js";
import { type Module, requireModule } from "../nn/module.js";
import type { Observable, ObservedStep } from "../nn/observable.js";
import { type GateActivation, type LayerPlace, layerPlaces, recurrentParts } from "./recurrent-net.js";

/** Every unit of one layer in one direction, step by step; matrices are [L, H] in a row, of a batch its first sequence. */
export interface RecordedLayer extends LayerPlace {
  /** Of its module in the model. */
  name: string;
  steps: number;
  units: number;
  h: Float32Array;
  c: Float32Array | null;
  gates: { name: string; activation: GateActivation; values: Float32Array }[];
}

class Rows {
  readonly #rows: Float32Array[] = [];

  get length(): number {
    return this.#rows.length;
  }

  put(t: number, data: ArrayLike<number>, width: number): void {
    this.#rows[t] = Float32Array.from({ length: width }, (_, i) => data[i]);
  }

  joined(): Float32Array {
    const width = this.#rows[0].length;
    const all = new Float32Array(this.#rows.length * width);
    for (const [t, row] of this.#rows.entries()) all.set(row, t * width);
    return all;
  }
}

class Notes {
  readonly h = new Rows();
  readonly c = new Rows();
  readonly gates: Rows[] = [];

  note(offset: number, { times, h, c, gates }: ObservedStep): void {
    // Of many sequences the first is looked at: it is the longest, and there to the end.
    const [t] = times;
    const width = h.shape.at(-1)!;
    this.h.put(offset + t, h.data(), width);
    if (c !== null) this.c.put(offset + t, c.data(), width);
    for (const [k, gate] of gates.entries()) {
      this.gates[k] ??= new Rows();
      this.gates[k].put(offset + t, gate.data(), width);
    }
  }
}

/** A recording that is under way. */
export interface Recording {
  /** Ends it. Layers that did nothing are left out. */
  end(): RecordedLayer[];
}

/**
 * From now on, what each unit of every recurrent module in `model` does is written down. Calls that follow each other are one
 * sequence: a long text is read piece by piece with its state carried on.
 */
export function recording(model: Module): Recording {
  requireModule("record", model, "model");
  const parts = recurrentParts(model).map(([name, module]) => ({
    name,
    module,
    before: module.observer,
    notes: layerPlaces(module.anatomy).map(() => new Notes()),
  }));
  for (const { module, notes } of parts) {
    module.observer = () => {
      const offsets = notes.map(({ h }) => h.length);
      return (step) => notes[step.row].note(offsets[step.row], step);
    };
  }
  return {
    end() {
      for (const { module, before } of parts) module.observer = before;
      return parts.flatMap(({ name, module, notes }) =>
        layerPlaces(module.anatomy).flatMap((place, row) => recorded({ ...place, name }, notes[row], module)),
      );
    },
  };
}

function recorded(
  place: Pick<RecordedLayer, "name" | "layer" | "direction">,
  { h, c, gates }: Notes,
  { anatomy }: Observable,
): RecordedLayer[] {
  if (h.length === 0) return [];
  const all = h.joined();
  const layer = { ...place, steps: h.length, units: all.length / h.length, h: all };
  return [
    {
      ...layer,
      c: c.length === 0 ? null : c.joined(),
      gates: gates.map((values, k) => ({ ...anatomy.gates[k], values: values.joined() })),
    },
  ];
}

/** What each unit did while `body` ran. */
export function record(model: Module, body: () => void): RecordedLayer[] {
  checkFunction("record", "body", body);
  const begun = recording(model);
  let layers: RecordedLayer[] = [];
  try {
    body();
  } finally {
    layers = begun.end();
  }
  return layers;
}
