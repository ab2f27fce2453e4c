import { isObject } from "../base/check.js";
import { show, UnsupportedError } from "../base/errors.js";
import { defaultGenerator, Generator } from "../base/random.js";
import { copyOf } from "../tensor/ops/raw.js";
import { Tensor } from "../tensor/tensor.js";
import { Parameter } from "./parameter.js";

/** The copy of each thing that was copied already: what the original shares, the copy shares. */
export type Copies = Map<unknown, unknown>;

/** What a module answers to be copied as part of another. */
export const COPY = Symbol("copy");
/** A module of the same class without its fields: overridden by classes with private ones, which only their own constructor can make. */
export const BLANK = Symbol("blank");
/** Takes over the private fields of another. */
export const FILL = Symbol("fill");

/** What `make` makes, which draws no numbers that others would miss. */
export function blank<T>(make: () => T): T {
  const { state } = defaultGenerator;
  try {
    return make();
  } finally {
    defaultGenerator.state = state;
  }
}

/**
 * A value of a module's field, independent of the original: tensors, arrays, maps, sets, plain objects and what they hold. Functions,
 * and objects of a class that hold no tensor, are shared.
 * @param where  the field, for errors: `Tagger.layers.0`
 * @throws UnsupportedError for what would go on to use the original
 */
export function deepCopy<T>(value: T, where: string, copies: Copies): T {
  if (typeof value === "function") checkFree(value, where);
  if (!isObject(value)) return value;
  return (copies.get(value) ?? copied(value, where, copies)) as T;
}

function copied(value: object, where: string, copies: Copies): object {
  const part = (item: unknown, key: unknown) => deepCopy(item, `${where}.${String(key)}`, copies);
  const note = <C extends object>(copy: C): C => {
    copies.set(value, copy);
    return copy;
  };
  if (COPY in value) return (value as { [COPY](copies: Copies, where: string): object })[COPY](copies, where);
  if (value instanceof Tensor) return note(copyTensor(value));
  if (Array.isArray(value)) {
    const copy: unknown[] = note([]);
    for (const [i, item] of value.entries()) copy[i] = part(item, i);
    return copy;
  }
  if (value instanceof Map) {
    const copy = note(new Map());
    for (const [key, item] of value) copy.set(deepCopy(key, where, copies), part(item, key));
    return copy;
  }
  if (value instanceof Set) {
    const copy = note(new Set());
    for (const item of value) copy.add(deepCopy(item, where, copies));
    return copy;
  }
  if (value instanceof Generator && value !== defaultGenerator) {
    const copy = note(new Generator());
    copy.state = value.state;
    return copy;
  }
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof Date) {
    return note(structuredClone(value));
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) {
    const copy = note(Object.create(prototype as object | null) as Record<string, unknown>);
    for (const [key, item] of Object.entries(value)) copy[key] = part(item, key);
    return Object.isFrozen(value) ? Object.freeze(copy) : copy;
  }
  if (typeof (value as { clone?: unknown }).clone === "function") return note((value as { clone(): object }).clone());
  if (holdsTensors(value, new Set())) refuse(where, show(value), "Give its class a clone() method.");
  return value;
}

/** Values without history, and without a gradient. */
function copyTensor(x: Tensor): Tensor {
  x.checkAlive("clone");
  if (x instanceof Parameter) return new Parameter(copyOf(x), { requiresGrad: x.requiresGrad });
  const copy = copyOf(x).retain();
  if (x.isLeaf) copy.requiresGrad = x.requiresGrad;
  return copy;
}

const ARROW = /^(async\s*)?(\(|[\w$]+\s*=>)/;

/** An arrow function that is a field reads the module that it was made in; in a copy it would silently be the original's. */
function checkFree(value: object, where: string): void {
  const text = Function.prototype.toString.call(value);
  const isBound = (value as { name?: unknown }).name?.toString().startsWith("bound ") === true;
  if (!isBound && !(ARROW.test(text) && /\bthis\b/.test(text))) return;
  refuse(where, "a function with a this of its own", "Make it a method of the class.");
}

function holdsTensors(value: unknown, seen: Set<unknown>): boolean {
  if (!isObject(value) || ArrayBuffer.isView(value) || seen.has(value)) return false;
  if (value instanceof Tensor || COPY in value) return true;
  seen.add(value);
  const items: Iterable<unknown> = value instanceof Map || value instanceof Set ? value.values() : Object.values(value);
  for (const item of items) if (holdsTensors(item, seen)) return true;
  return false;
}

/** Of a class or one that it extends, written with #: no one else can copy what it keeps there. */
const PRIVATE = /\.\s*#[A-Za-z_$]|[;{}\s]#[A-Za-z_$][\w$]*\s*[=;(]/;

/**
 * @param root  the class whose own private fields are known
 * @throws UnsupportedError when a class between keeps private fields and does not say how they are copied
 */
export function checkNoPrivate(module: object, root: object): void {
  let at: object | null = Object.getPrototypeOf(module);
  for (; at !== null && at !== root && !Object.hasOwn(at, BLANK); at = Object.getPrototypeOf(at)) {
    const kind: unknown = at.constructor;
    if (typeof kind !== "function" || !PRIVATE.test(Function.prototype.toString.call(kind))) continue;
    const fix = "Write private in place of #, or give the class a clone() method of its own.";
    refuse(kind.name, "a class with #private members", fix);
  }
}

function refuse(argument: string, value: string, fix: string): never {
  const must = "be something that can be copied";
  throw new UnsupportedError({ code: "not-cloneable", op: "clone", argument, must, value, fix });
}
