import { Module } from "../../nn/module.js";

/** How what an object remembers is asked for and given back. */
export interface StateOf {
  get(): unknown;
  set(state: unknown): void;
}

type Methods = Readonly<Record<string, ((...args: unknown[]) => unknown) | undefined>>;

const PAIRS = [
  ["stateDict", "loadStateDict"],
  ["state", "loadState"],
] as const;

/**
 * The state of a module, an optimiser, a schedule, a generator, a metric, a loader: of whatever has `stateDict()` and `loadStateDict()`,
 * or `state()` and `loadState()`, or, being of a class, a `state` or `position` that can be set. Null for what has none.
 */
export function stateOf(value: object): StateOf | null {
  if (value instanceof Module) {
    return {
      get: () => Object.fromEntries(value.stateDict()),
      set: (state) => void value.loadStateDict(state as never),
    };
  }
  const methods = value as Methods;
  for (const [get, set] of PAIRS) {
    if (typeof methods[get] !== "function" || typeof methods[set] !== "function") continue;
    return { get: () => methods[get]!(), set: (state) => void methods[set]!(state) };
  }
  if (isPlain(value) || Array.isArray(value)) return null;
  const fields = value as Record<string, unknown>;
  const field = ["state", "position"].find((name) => canBeSet(value, name) && typeof fields[name] !== "function");
  if (field === undefined) return null;
  return {
    get: () => fields[field],
    set: (state) => {
      fields[field] = state;
    },
  };
}

export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function canBeSet(value: object, name: string): boolean {
  for (let at: object | null = value; at !== null; at = Object.getPrototypeOf(at)) {
    const found = Object.getOwnPropertyDescriptor(at, name);
    if (found !== undefined) return found.writable === true || found.set !== undefined;
  }
  return false;
}
