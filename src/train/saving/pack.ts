import { isObject, refusal } from "../../base/check.js";
import { dtypeOf, type TypedArray } from "../../base/dtype.js";
import { FormatError, show } from "../../base/errors.js";
import { Tensor, tensor } from "../../tensor/index.js";
import { isPlain, stateOf } from "./state-of.js";

/** What JSON has no word for: at the end of a path through the tree, instead of what stands there. */
export interface Note {
  at: readonly string[];
  /** `state` for what an object remembers, `map`, `array` for a typed one, or a number as JavaScript writes it: `NaN`, `-0`. */
  is: string;
}

const DEEPEST = 40;

/**
 * Parts as a tree of tensors and JSON, and notes of what that cannot say.
 * @param op  for errors
 * @throws OptionError naming what nobody can save
 */
export function pack(op: string, value: unknown, at: readonly string[], notes: Note[]): unknown {
  const refuse = (must: string, fix: string): never => {
    throw refusal(op, at.join(".") || "parts", must, value, fix);
  };
  if (at.length > DEEPEST) refuse(`be nested at most ${DEEPEST} deep`, "Does it hold itself?");
  if (typeof value === "number") {
    if (Number.isFinite(value) && !Object.is(value, -0)) return value;
    notes.push({ at, is: Object.is(value, -0) ? "-0" : String(value) });
    return 0;
  }
  if (value === undefined || value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (!isObject(value)) return refuse(SAVEABLE, "Save what it is made from.");
  if (value instanceof Tensor) return value;
  if (dtypeOf(value) !== undefined) {
    notes.push({ at, is: "array" });
    return tensor(value as TypedArray);
  }
  const part = (item: unknown, key: string | number) => pack(op, item, [...at, String(key)], notes);
  const state = stateOf(value);
  if (state !== null) {
    notes.push({ at, is: "state" });
    return pack(op, state.get(), at, notes);
  }
  if (Array.isArray(value)) return Array.from(value as unknown[], part);
  if (value instanceof Map) {
    notes.push({ at, is: "map" });
    if ([...value.keys()].some((key) => typeof key !== "string")) refuse("have texts as keys", "Use String(key).");
    return packed([...(value as Map<string, unknown>)], part);
  }
  if (isPlain(value)) return packed(Object.entries(value), part);
  return refuse(SAVEABLE, "Give its class stateDict() and loadStateDict(state).");
}

const SAVEABLE = "be a plain value, a tensor, or an object with stateDict() and loadStateDict()";

function packed(entries: [string, unknown][], part: (item: unknown, key: string) => unknown): Record<string, unknown> {
  return Object.fromEntries(entries.map(([key, item]) => [key, part(item, key)]));
}

/**
 * The tree with what its notes say put back. What is noted as a state stays as it is.
 * @throws FormatError for notes that are not of this tree
 */
export function unpack(op: string, tree: unknown, notes: readonly Note[]): unknown {
  const root = { tree };
  // Of a map, what it holds is put back first.
  for (const { at, is } of [...notes].reverse()) {
    if (is === "state") continue;
    let holder: unknown = root;
    const path = ["tree", ...at];
    for (const key of path.slice(0, -1)) holder = childOf(holder, key) ?? refuseNote(op, at);
    const last = path.at(-1)!;
    const found = childOf(holder, last);
    if (found === undefined) refuseNote(op, at);
    (holder as Record<string, unknown>)[last] = putBack(op, { at, is }, found);
  }
  return root.tree;
}

function childOf(holder: unknown, key: string): unknown {
  return isObject(holder) && Object.hasOwn(holder, key) ? (holder as Record<string, unknown>)[key] : undefined;
}

function putBack(op: string, { at, is }: Note, found: unknown): unknown {
  if (is === "array" && found instanceof Tensor) return found.data();
  if (is === "map" && isObject(found) && isPlain(found)) return new Map(Object.entries(found));
  if (found === 0 && ["NaN", "Infinity", "-Infinity", "-0"].includes(is)) return Number(is);
  return refuseNote(op, at);
}

function refuseNote(op: string, at: readonly string[]): never {
  throw new FormatError({
    op,
    argument: `note of ${show(at.join("."))}`,
    must: "be of what is there",
    value: "another",
  });
}

/** Notes as they are read from a file. @throws FormatError */
export function readNotes(op: string, notes: unknown): Note[] {
  const isNote = (note: unknown): boolean =>
    isObject(note) &&
    Array.isArray((note as Note).at) &&
    (note as Note).at.every((key) => typeof key === "string") &&
    typeof (note as Note).is === "string";
  if (Array.isArray(notes) && notes.every(isNote)) return notes as Note[];
  throw new FormatError({ op, argument: "notes", must: "be as saveCheckpoint() writes them", value: show(notes) });
}
