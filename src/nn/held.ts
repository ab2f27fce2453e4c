import { isObject, refusal } from "../base/check.js";
import { OptionError } from "../base/errors.js";
import { Tensor } from "../tensor/tensor.js";
import { Parameter } from "./parameter.js";

/** A module or a parameter of a module, its name there (`layers.0`), and what holds it under which key. */
export interface Held<M> {
  name: string;
  value: M | Parameter;
  holder: object;
  key: unknown;
}

/** An object that is not looked into, though modules may be inside, and its name. */
interface Opaque {
  name: string;
  value: object;
}

export interface Holdings<M> {
  held: Held<M>[];
  opaque: Opaque[];
}

/** Whether a value is a module: `module.ts` says it, which stands on this file. */
type IsModule<M> = (value: unknown) => value is M;

/** Deeper containers are a mistake, such as a list of a thousand links. */
const DEEPEST = 64;
/** Of the objects in one that is not looked into: a data set must cost nothing. */
const MOST_OBJECTS = 10_000;

/** Class instances in which nothing was hidden: looked into once, so that a training step does not pay for them. */
const harmless = new WeakSet<object>();

/**
 * What a module holds in `members`, its own properties: modules and parameters there, and inside arrays, plain objects and Maps, however
 * these are nested. One that holds itself is walked once.
 * @throws OptionError for a key with which names would not be names: one with a dot, an empty one, an object
 */
export function holdings<M extends object>(
  owner: object,
  members: Iterable<[string, unknown]>,
  isModule: IsModule<M>,
): Holdings<M> {
  const found: Holdings<M> = { held: [], opaque: [] };
  let search: Search<M> | undefined;
  for (const [name, value] of members) {
    if (!isObject(value)) continue;
    // A training step asks for the parameters: what is held directly, as most are, takes the short way.
    if (isModule(value) || value instanceof Parameter) {
      found.held.push({ name: isName(name) ? name : nameOf([name], owner), value, holder: owner, key: name });
    } else if (!(isLeaf(value) || harmless.has(value) || (Array.isArray(value) && !value.some(isObject)))) {
      search ??= new Search(found, isModule);
      search.look(value, owner, name);
    }
  }
  return found;
}

/** Inside the containers of one module. */
class Search<M extends object> {
  readonly #found: Holdings<M>;
  readonly #isModule: IsModule<M>;
  /** Keys on the way. */
  readonly #trail: unknown[] = [];
  readonly #around = new Set<object>();
  readonly #empty = new Set<object>();

  constructor(found: Holdings<M>, isModule: IsModule<M>) {
    this.#found = found;
    this.#isModule = isModule;
  }

  /** @returns whether it is one, or holds one */
  look(value: object, holder: object, key: unknown): boolean {
    this.#trail.push(key);
    const any = this.#lookAt(value, holder, key);
    this.#trail.pop();
    return any;
  }

  #lookAt(value: object, holder: object, key: unknown): boolean {
    const { held, opaque } = this.#found;
    if (this.#isModule(value) || value instanceof Parameter) {
      held.push({ name: nameOf(this.#trail, holder), value, holder, key });
      return true;
    }
    if (isLeaf(value)) return false;
    const entries = entriesOf(value);
    if (entries === null) {
      if (!harmless.has(value)) opaque.push({ name: this.#trail.map(String).join("."), value });
      return false;
    }
    if (this.#around.has(value) || this.#empty.has(value) || this.#around.size === DEEPEST) return false;
    this.#around.add(value);
    let any = false;
    for (const [inner, item] of entries) if (isObject(item)) any = this.look(item, value, inner) || any;
    this.#around.delete(value);
    if (!any) this.#empty.add(value);
    return any;
  }
}

function isLeaf(value: object): boolean {
  return value instanceof Tensor || ArrayBuffer.isView(value);
}

/** Of what is looked into; null for all else. */
function entriesOf(value: object): Iterable<[unknown, unknown]> | null {
  if (Array.isArray(value)) return value.entries();
  if (value instanceof Map) return value;
  return isPlain(value) ? Object.entries(value) : null;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function nameOf(trail: readonly unknown[], holder: object): string {
  const name = trail.map(String).join(".");
  for (const key of trail) {
    if (typeof key === "number" || isName(key)) continue;
    throw refusal("Module", `each key on the way to ${name}`, "be a name without dots, or a number", key);
  }
  const last = trail[trail.length - 1];
  if (typeof last !== "number" || !(holder instanceof Map && holder.has(String(last)))) return name;
  throw refusal("Module", `the keys of ${name}`, "differ as names", [last, String(last)]);
}

function isName(key: unknown): key is string {
  return typeof key === "string" && key !== "" && !key.includes(".");
}

/** Puts another parameter where one is held. */
export function replaceHeld({ holder, key }: Held<unknown>, twin: Parameter): void {
  if (holder instanceof Map) holder.set(key, twin);
  else (holder as Record<PropertyKey, unknown>)[key as PropertyKey] = twin;
}

/**
 * @param known  what was found elsewhere: that is no loss
 * @throws OptionError for an object with a module or a parameter inside that nobody would find, learn or save
 */
export function refuseHidden<M extends object>(
  opaque: readonly Opaque[],
  isModule: IsModule<M>,
  known: (value: object) => boolean,
): void {
  for (const { name, value } of opaque) {
    const path = hiddenIn(value, (inner) => isModule(inner) || inner instanceof Parameter, known);
    if (path === null) continue;
    const kind = Object.getPrototypeOf(value)?.constructor?.name || "an object";
    throw new OptionError({
      code: "hidden-module",
      op: "Module",
      argument: name,
      must: "be a Module, or an array, a plain object or a Map of modules and parameters, for these to be found",
      value: `${kind} with one inside: ${name}${path}`,
      fix: "Make it one of these, a class by `extends nn.Module`; what is not to be learned goes into a #private field.",
      details: { key: name },
    });
  }
}

/** The path from `root` to the first module or parameter that is not known; null when there is none. */
function hiddenIn(root: object, isFound: (value: object) => boolean, known: (value: object) => boolean): string | null {
  const seen = new Set<object>([root]);
  const waiting: [string, object][] = [["", root]];
  for (const [path, value] of waiting) {
    for (const [key, inner] of insideOf(value)) {
      if (!isObject(inner) || seen.has(inner) || ArrayBuffer.isView(inner)) continue;
      const at = typeof key === "string" || typeof key === "number" ? `${path}.${key}` : path;
      if (isFound(inner)) {
        if (!known(inner)) return at;
        continue;
      }
      if (inner instanceof Tensor || seen.size >= MOST_OBJECTS) continue;
      seen.add(inner);
      waiting.push([at, inner]);
    }
  }
  // A Set grows where a class mostly does not.
  if (!(root instanceof Set)) harmless.add(root);
  return null;
}

/** Everything that an object shows to others. */
function* insideOf(value: object): Iterable<[unknown, unknown]> {
  if (value instanceof Set) {
    let i = 0;
    for (const item of value) yield [i++, item];
  } else if (value instanceof Map) {
    for (const [key, item] of value) {
      yield [null, key];
      yield [key, item];
    }
  } else if (Array.isArray(value)) yield* value.entries();
  else {
    for (const [key, { value: item }] of Object.entries(Object.getOwnPropertyDescriptors(value))) yield [key, item];
  }
}
