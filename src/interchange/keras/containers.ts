import type { NamedArray, NamedArrays } from "../named-array.js";
import type { GraphLayer } from "./graph.js";
import { type LayerWeights, ListedWeights, PlacedNames, PlacedWeights, type TakenNames } from "./weights.js";

/** The weights of a model, by layer; a model in a model is one too. */
export interface ContainerWeights {
  /** Told first: all layers of the model, in its order. */
  register(layers: readonly GraphLayer[]): void;
  layer(layer: GraphLayer): LayerWeights;
  container(layer: GraphLayer): ContainerWeights;
}

type Entry = readonly [string, NamedArray];

/** Of a path; deeper ones are no layers. */
const MOST_WORDS = 12;

/** Weights by the layers in their paths: of `a/b/kernel`, first under `a` and `a/b`, inside under `b`. */
export class LayerIndex {
  readonly #first = new Map<string, Entry[]>();
  readonly #inside = new Map<string, Entry[]>();

  constructor(entries: readonly Entry[]) {
    for (const entry of entries) {
      const words = entry[0].split("/", MOST_WORDS + 1).slice(0, MOST_WORDS + 1);
      for (let from = 0; from < words.length - 1; from++) {
        const at = from === 0 ? this.#first : this.#inside;
        for (let to = from + 1; to < words.length; to++) {
          const name = words.slice(from, to).join("/");
          const known = at.get(name);
          if (known === undefined) at.set(name, [entry]);
          else if (known.at(-1) !== entry) known.push(entry);
        }
      }
    }
  }

  /** Those whose first words it is; else those that have it in their path. */
  of(name: string): readonly Entry[] {
    return this.#first.get(name) ?? this.#inside.get(name) ?? [];
  }
}

/** Where the names of weights start with their layer's. */
export class ListedContainer implements ContainerWeights {
  readonly #op: string;
  readonly #entries: readonly Entry[];
  readonly #index: LayerIndex;
  readonly #taken: TakenNames;

  constructor(op: string, entries: readonly Entry[], taken: TakenNames) {
    this.#op = op;
    this.#index = new LayerIndex(entries);
    this.#entries = entries;
    this.#taken = taken;
  }

  register(): void {}

  layer({ name }: GraphLayer): LayerWeights {
    return new ListedWeights(this.#op, name, this.#index.of(name), this.#taken);
  }

  container({ name }: GraphLayer): ContainerWeights {
    const own = this.#index.of(name);
    // TensorFlow.js does not say in which model a layer is.
    return new ListedContainer(this.#op, own.length === 0 ? this.#entries : own, this.#taken);
  }
}

/** Where weights are found by the place of their layer, counted by class. Source: keras.saving, saving_lib. */
export class PlacedContainer implements ContainerWeights {
  readonly #op: string;
  readonly #path: string;
  readonly #arrays: NamedArrays;
  readonly #taken: TakenNames;
  readonly #names = new PlacedNames();
  readonly #paths = new Map<string, string>();

  /** @param path  of the list of layers: `layers`, in Keras 2.12 and 2.13 `_layer_checkpoint_dependencies` */
  constructor(op: string, path: string, arrays: NamedArrays, taken: TakenNames) {
    this.#op = op;
    this.#path = path;
    this.#arrays = arrays;
    this.#taken = taken;
  }

  register(layers: readonly GraphLayer[]): void {
    for (const { name, type } of layers) this.#place(name, type);
  }

  layer({ name, type }: GraphLayer): LayerWeights {
    return new PlacedWeights(this.#op, this.#place(name, type), this.#arrays, this.#taken);
  }

  container({ name, type }: GraphLayer): ContainerWeights {
    const list = this.#path.slice(this.#path.lastIndexOf("/") + 1);
    const path = `${this.#place(name, type === "Model" ? "Functional" : type)}/${list}`;
    return new PlacedContainer(this.#op, path, this.#arrays, this.#taken);
  }

  #place(name: string, type: string): string {
    const path = this.#paths.get(name) ?? `${this.#path}/${this.#names.next(type)}`;
    this.#paths.set(name, path);
    return path;
  }
}
