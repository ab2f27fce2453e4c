import type { Parameter } from "../../nn/parameter.js";

type Branch = { [name: string]: Branch | Parameter };

/**
 * Parameters nested by the dots in their names, as a module holds them. Where a name cannot be a way through the tree (an empty part, a
 * parameter where a branch would be), its dots become strokes below, and another one of the name gets a number.
 */
export class WeightTree {
  readonly #root: Branch;

  /** @param root  holds the tree; what it has already is no place for a parameter */
  constructor(root: object) {
    this.#root = root as Branch;
  }

  /** @returns the way to it */
  put(name: string, parameter: Parameter): readonly string[] {
    const parts = name.split(".");
    const way = parts.every((part) => part !== "") && this.#isFree(parts) ? parts : [this.#freeName(name)];
    let at = this.#root;
    for (const part of way.slice(0, -1)) {
      at[part] ??= Object.create(null) as Branch;
      at = at[part] as Branch;
    }
    at[way[way.length - 1]] = parameter;
    return way;
  }

  static at(root: object, way: readonly string[]): Parameter {
    return way.reduce<unknown>((at, part) => (at as Branch)[part], root) as Parameter;
  }

  #isFree(way: readonly string[]): boolean {
    const [first, ...rest] = way as [string, ...string[]];
    if (!Object.hasOwn(this.#root, first)) return !(first in this.#root);
    let at: Branch | Parameter | undefined = this.#root[first];
    for (const part of rest) {
      if (at === undefined) return true;
      // What has a prototype is none of ours: a parameter, or a field of the root.
      if (typeof at !== "object" || Object.getPrototypeOf(at) !== null) return false;
      at = (at as Branch)[part];
    }
    return at === undefined;
  }

  #freeName(name: string): string {
    const base = name.replaceAll(".", "_") || "_";
    for (let i = 0; ; i++) {
      const found = i === 0 ? base : `${base}_${i}`;
      if (!(found in this.#root)) return found;
    }
  }
}
