import { FormatError, show } from "../../base/errors.js";
import type { NamedArray, NamedArrays } from "../named-array.js";

/**
 * How another toolkit names, orders and orients the arrays that we keep under PyTorch's names, and the way back. A convention
 * moves the arrays that it knows and hands on all others, so that several, one a layer, are chained into one.
 *
 *   ours = convention.toOurs(theirs)      theirs = convention.toTheirs(ours)      toTheirs(toOurs(x)) = x
 */
export interface Convention {
  readonly name: string;
  /** @throws FormatError naming an array that is missing or misshapen */
  toOurs(theirs: NamedArrays): Map<string, NamedArray>;
  /** @throws FormatError for what the other toolkit cannot hold */
  toTheirs(ours: NamedArrays): Map<string, NamedArray>;
}

/** First the first one, and so on; on the way back the last one first. */
export function chain(...conventions: readonly Convention[]): Convention {
  return {
    name: conventions.map(({ name }) => name).join(" · "),
    toOurs: (theirs) => conventions.reduce<Map<string, NamedArray>>((at, one) => one.toOurs(at), new Map(theirs)),
    toTheirs: (ours) => conventions.reduceRight<Map<string, NamedArray>>((at, one) => one.toTheirs(at), new Map(ours)),
  };
}

/**
 * Other names for the same arrays: `module.encoder.weight` to `encoder.weight`.
 * @param toOurs    undefined for a name that it does not know
 * @param toTheirs  undoes `toOurs`
 * @throws FormatError when two arrays would get one name
 */
export function renamed(
  name: string,
  toOurs: (theirs: string) => string | undefined,
  toTheirs: (ours: string) => string | undefined,
): Convention {
  const through = (rename: typeof toOurs, arrays: NamedArrays): Map<string, NamedArray> => {
    const out = new Map<string, NamedArray>();
    for (const [from, array] of arrays) {
      const to = rename(from) ?? from;
      if (out.has(to)) {
        const value = `a second one, ${show(from)}`;
        throw new FormatError({ op: name, argument: show(to), must: "be the name of one array", value });
      }
      out.set(to, array);
    }
    return out;
  };
  return { name, toOurs: (theirs) => through(toOurs, theirs), toTheirs: (ours) => through(toTheirs, ours) };
}

/** Takes a prefix away, and puts it before every name on the way back: DataParallel's `module.`. */
export function withoutPrefix(prefix: string): Convention {
  return renamed(
    `without ${show(prefix)}`,
    (theirs) => (theirs.startsWith(prefix) ? theirs.slice(prefix.length) : undefined),
    (ours) => prefix + ours,
  );
}

/** The arrays of one layer, taken out of `arrays` by name. */
export class Taken {
  readonly rest: Map<string, NamedArray>;
  readonly #op: string;

  constructor(op: string, arrays: NamedArrays) {
    this.#op = op;
    this.rest = new Map(arrays);
  }

  get(name: string): NamedArray {
    const found = this.find(name);
    if (found !== null) return found;
    const value = [...this.rest.keys()].slice(0, 8).map(show).join(", ") || "no arrays";
    throw new FormatError({ op: this.#op, argument: show(name), must: "be among the arrays", value });
  }

  find(name: string): NamedArray | null {
    const found = this.rest.get(name) ?? null;
    this.rest.delete(name);
    return found;
  }

  /** What was found in place of what was taken. */
  with(...arrays: readonly (readonly [string, NamedArray | null])[]): Map<string, NamedArray> {
    for (const [name, array] of arrays) if (array !== null) this.rest.set(name, array);
    return this.rest;
  }
}
