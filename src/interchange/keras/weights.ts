import { FormatError, show } from "../../base/errors.js";
import { formatShape } from "../../base/shape.js";
import type { NamedArray, NamedArrays } from "../named-array.js";

/** The arrays of one layer, taken one after another by what they are. */
export interface LayerWeights {
  /**
   * The next array of that role (`kernel`, `bias`).
   * @param shape  what it must have, null for any size
   * @throws FormatError where there is none, or of another shape
   */
  take(role: string, shape: readonly (number | null)[]): NamedArray;
  /** What its shape will be, without taking it; null where there is none. */
  peek(role: string): NamedArray | null;
  /** Of a layer inside this one: `cell`, `forward_layer`, `layer`. */
  part(name: string): LayerWeights;
}

/** What has been taken, by name: the rest is told. */
export type TakenNames = Set<string>;

/** Weights whose names say what they are: HDF5 of Keras 2 and model.json, where a layer's weights are a list. */
export class ListedWeights implements LayerWeights {
  readonly #op: string;
  readonly #layer: string;
  readonly #entries: readonly (readonly [string, NamedArray])[];
  readonly #taken: TakenNames;

  constructor(op: string, layer: string, entries: readonly (readonly [string, NamedArray])[], taken: TakenNames) {
    this.#op = op;
    this.#layer = layer;
    this.#entries = entries;
    this.#taken = taken;
  }

  take(role: string, shape: readonly (number | null)[]): NamedArray {
    const found = this.#next(role);
    if (found === undefined) throw missing(this.#op, this.#layer, role, this.#entries);
    this.#taken.add(found[0]);
    return fitting(this.#op, this.#layer, role, found[1], shape);
  }

  peek(role: string): NamedArray | null {
    return this.#next(role)?.[1] ?? null;
  }

  part(name: string): LayerWeights {
    const side = /^(forward|backward)_layer$/.exec(name)?.[1];
    if (side === undefined) return this;
    const own = this.#entries.filter(([path]) => path.split("/").some((word) => word.startsWith(`${side}_`)));
    return own.length === 0 ? this : new ListedWeights(this.#op, `${this.#layer}, ${side}`, own, this.#taken);
  }

  #next(role: string): readonly [string, NamedArray] | undefined {
    return this.#entries.find(([name]) => !this.#taken.has(name) && roleOf(name) === role);
  }
}

/** `lstm/lstm_cell_1/kernel:0` is a kernel. */
export function roleOf(name: string): string {
  return name
    .slice(name.lastIndexOf("/") + 1)
    .replace(/:\d+$/, "")
    .replace(/_\d+$/, "");
}

/** Weights of Keras 3, which stand by their place: `layers/lstm/cell/vars/0`. Source: keras.saving, saving_lib. */
export class PlacedWeights implements LayerWeights {
  readonly #op: string;
  readonly #path: string;
  readonly #arrays: NamedArrays;
  readonly #taken: TakenNames;
  #next = 0;

  constructor(op: string, path: string, arrays: NamedArrays, taken: TakenNames) {
    this.#op = op;
    this.#path = path;
    this.#arrays = arrays;
    this.#taken = taken;
  }

  take(role: string, shape: readonly (number | null)[]): NamedArray {
    const name = this.#name();
    const found = this.#arrays.get(name);
    if (found === undefined) {
      const own = [...this.#arrays].filter(([path]) => path.startsWith(`${this.#path}/`));
      throw missing(this.#op, this.#path, `${role}, ${name},`, own);
    }
    this.#next++;
    this.#taken.add(name);
    return fitting(this.#op, this.#path, role, found, shape);
  }

  peek(): NamedArray | null {
    return this.#arrays.get(this.#name()) ?? null;
  }

  part(name: string): LayerWeights {
    return new PlacedWeights(this.#op, `${this.#path}/${name}`, this.#arrays, this.#taken);
  }

  #name(): string {
    return `${this.#path}/vars/${this.#next}`;
  }
}

/** What Keras 3 calls the layers of a container: by class, and the second of a class `lstm_1`. */
export class PlacedNames {
  readonly #used = new Map<string, number>();

  next(className: string): string {
    const name = className
      .replace(/\W+/g, "")
      .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
      .replace(/([a-z])([A-Z])/g, "$1_$2")
      .toLowerCase();
    const used = this.#used.get(name);
    this.#used.set(name, (used ?? 0) + 1);
    return used === undefined ? name : `${name}_${used}`;
  }
}

function missing(
  op: string,
  layer: string,
  role: string,
  entries: readonly (readonly [string, unknown])[],
): FormatError {
  const names = entries.slice(0, 8).map(([name]) => show(name));
  return new FormatError({
    code: "missing-weight",
    op,
    argument: `${role} of layer ${show(layer)}`,
    must: "be among the weights",
    value: names.length === 0 ? "no weights of that layer" : names.join(", "),
    fix: "Save the model and its weights together, from the same program.",
    details: { key: layer, tensor: role },
  });
}

function fitting(
  op: string,
  layer: string,
  role: string,
  array: NamedArray,
  shape: readonly (number | null)[],
): NamedArray {
  const fits =
    array.shape.length === shape.length &&
    shape.every((size, i) => (size === null ? array.shape[i] > 0 : size === array.shape[i]));
  const argument = `${role} of layer ${show(layer)}`;
  if (!fits) {
    const must = `have shape [${shape.map((size) => size ?? "any").join(", ")}]`;
    const details = { key: layer, tensor: role, shape: array.shape };
    throw new FormatError({ code: "weight-shape", op, argument, must, value: formatShape(array.shape), details });
  }
  if (array.dtype === "int32") throw new FormatError({ op, argument, must: "be of floats", value: "int32" });
  return array;
}
