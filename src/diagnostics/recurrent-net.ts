import type { Module } from "../nn/module.js";
import { type Anatomy, isObservable, type Observable } from "../nn/observable.js";
import type { RecurrentModule } from "../nn/recurrent-module.js";

export type { GateActivation } from "../nn/observable.js";

/**
 * What can be traced: from a sequence and a state to a sequence and a state, a recurrent module or one that is made of them.
 * `RNN`, `LSTM`, `GRU`, all cells of `nn`, a `RecurrentStack`, a `WeightDrop` around one, a model of your own that returns [y, state].
 */
export type RecurrentNet = RecurrentModule;

/** The recurrent modules in a model, with their names there, in the order of its properties. */
export function recurrentParts(model: Module): [name: string, module: Observable][] {
  return model.namedModules().filter((entry): entry is [string, Observable] => isObservable(entry[1]));
}

/** One layer in one direction. */
export interface LayerPlace {
  /** Counted from the lowest; where a model has several recurrent modules, through all of them in the order in which they run. */
  layer: number;
  direction: "forward" | "reverse";
}

/** The layers and directions in the order of the rows of a state. */
export function layerPlaces({ numLayers, bidirectional }: Anatomy): LayerPlace[] {
  const directions = bidirectional ? (["forward", "reverse"] as const) : (["forward"] as const);
  return Array.from({ length: numLayers }, (_, layer) => directions.map((direction) => ({ layer, direction }))).flat();
}

/** The layers of several modules, counted through. */
export function countedThrough<P extends LayerPlace>(modules: readonly (readonly P[])[]): P[] {
  let below = 0;
  return modules.flatMap((places) => {
    const first = below;
    below += Math.max(...places.map(({ layer }) => layer)) + 1;
    return places.map((place) => ({ ...place, layer: first + place.layer }));
  });
}

/** `layer 0`, `layer 0, reverse`. */
export function layerName({ layer, direction }: LayerPlace): string {
  return `layer ${layer}${direction === "reverse" ? ", reverse" : ""}`;
}
