import {
  checkNonNegativeInteger,
  checkNumber,
  checkOneOf,
  checkOptionsObject,
  checkPositiveInteger,
  type Range,
} from "./check.js";
import { OptionError, show } from "./errors.js";
import { nearest } from "./nearest.js";

/**
 * One setting: its default, its rule and its help. The command line makes its flags of these, a library call
 * and a checkpoint are checked by these.
 */
export interface Field<T = unknown> {
  /** What it is when nobody says; null: worked out from the others. */
  readonly default: T;
  readonly help: string;
  /** A value that would do, for error messages. */
  readonly example: string;
  /** The values that a person may choose from. */
  readonly choices?: readonly string[];
  /** `switch` takes no value on a command line, `text` none but strings. */
  readonly kind: "number" | "text" | "switch" | "number or text";
  /** Few need it: help lists it after the others. */
  readonly seldom?: boolean;
  /** The default is for much data; for little another is chosen by its size. */
  readonly fitted?: boolean;
  /** A run is made of it: it cannot go on with another value. */
  readonly fixed?: boolean;
  /** What a value is called in help: `how`, `text`. Default: by its kind. */
  readonly placeholder?: string;
  /** A checkpoint leaves it out where it is as nobody said, so that versions before it can read the file. */
  readonly younger?: boolean;
  /** The heading under which help lists it. */
  readonly group?: string;
  /** What figures are measured on follows from it: runs that differ in it cannot be compared, so that no search is over it. */
  readonly incomparable?: boolean;
  check(op: string, argument: string, value: unknown): T;
}

export type Fields<C> = { readonly [K in keyof C]: Field<C[K]> };

interface About {
  help: string;
  seldom?: boolean;
  fitted?: boolean;
  fixed?: boolean;
  placeholder?: string;
  younger?: boolean;
  group?: string;
  incomparable?: boolean;
}

const fixOf = (example: string) => `Use for example ${example}.`;

export function count(value: number, about: About): Field<number> {
  const example = String(value);
  return { ...about, default: value, kind: "number", example, check: (op, a, v) => checkPositiveInteger(op, a, v) };
}

/** A positive integer, or null. */
export function countOrNull(example: string, about: About): Field<number | null> {
  const check = (op: string, a: string, v: unknown) => (v === null ? null : checkPositiveInteger(op, a, v));
  return { ...about, default: null, kind: "number", example, check };
}

/** An integer from 0 on. */
export function natural(value: number, about: About): Field<number> {
  const example = String(value);
  return { ...about, default: value, kind: "number", example, check: (op, a, v) => checkNonNegativeInteger(op, a, v) };
}

export function real(value: number, range: Range, about: About): Field<number> {
  const example = String(value);
  return { ...about, default: value, kind: "number", example, check: (op, a, v) => checkNumber(op, a, v, range) };
}

export function realOrNull(example: string, range: Range, about: About): Field<number | null> {
  const check = (op: string, a: string, v: unknown) => (v === null ? null : checkNumber(op, a, v, range));
  return { ...about, default: null, kind: "number", example, check };
}

/** Any text but an empty one, such as the name of a column. */
export function text(value: string, about: About): Field<string> {
  const { check } = textOrNull(value, about);
  return { ...about, default: value, kind: "text", example: value, check: (op, a, v) => check(op, a, v ?? "")! };
}

/** Any text but an empty one; null where it is left out. */
export function textOrNull(example: string, about: About): Field<string | null> {
  const check = (op: string, argument: string, value: unknown): string | null => {
    if (value === null || (typeof value === "string" && value !== "")) return value as string | null;
    throw new OptionError({ op, argument, must: "be a text", value: show(value), fix: fixOf(example) });
  };
  return { ...about, default: null, kind: "text", example, check };
}

export function flag(about: About): Field<boolean> {
  const check = (op: string, argument: string, value: unknown): boolean => {
    if (typeof value === "boolean") return value;
    throw new OptionError({ op, argument, must: "be true or false", value: show(value), fix: fixOf("true") });
  };
  return { ...about, default: false, kind: "switch", example: "true", check };
}

export function oneOf<T extends string>(choices: readonly T[], value: T, about: About): Field<T> {
  const check = (op: string, argument: string, found: unknown): T => {
    if (typeof found === "string") {
      const near = nearest(found, choices);
      if (near !== undefined && near !== found) {
        const must = `be one of ${choices.map((choice) => JSON.stringify(choice)).join(", ")}`;
        const fix = `Did you mean ${JSON.stringify(near)}?`;
        throw new OptionError({ op, argument, must, value: show(found), fix, details: { nearest: near } });
      }
    }
    return checkOneOf(op, argument, found, choices);
  };
  return { ...about, default: value, kind: "text", example: value, choices, check };
}

/**
 * Every field of `fields`, from `given` or its default.
 * @param nameOf how the caller's user wrote a key: `--seq-len` on a command line
 * @throws OptionError for a key that is none, naming the nearest, and for a value outside its rule
 */
export function resolveFields<C extends object>(
  op: string,
  fields: Fields<C>,
  given: { readonly [K in keyof C]?: C[K] | undefined },
  nameOf: (key: string) => string = (key) => key,
): C {
  checkOptionsObject(op, given);
  const names = Object.keys(fields);
  for (const key of Object.keys(given)) {
    if (Object.hasOwn(fields, key)) continue;
    const near = nearest(key, names);
    const fix = near === undefined ? "" : `Did you mean ${show(near)}?`;
    const must = `be only these: ${names.join(", ")}`;
    throw new OptionError({
      code: "unknown-option",
      op,
      argument: "options",
      must,
      value: show(key),
      fix,
      details: { key, nearest: near },
    });
  }
  const resolved: Record<string, unknown> = {};
  for (const key of names as (keyof C & string)[]) {
    const value = given[key];
    const field = fields[key] as Field;
    resolved[key] = value === undefined ? field.default : field.check(op, nameOf(key), value);
  }
  return resolved as C;
}

/**
 * The settings that were changed and may not be, old → new.
 * @param nameOf how the caller's user wrote a key
 */
export function fixedChanges<C extends object>(
  fields: Fields<C>,
  before: C,
  after: C,
  nameOf: (key: string) => string = (key) => key,
): string[] {
  const keys = (Object.keys(fields) as (keyof C & string)[]).filter((key) => fields[key].fixed);
  return keys
    .filter((key) => before[key] !== after[key])
    .map((key) => `${nameOf(key)} ${told(before[key])} → ${told(after[key])}`);
}

/** A setting as a person wrote it. */
function told(value: unknown): string {
  return typeof value === "string" ? value : show(value);
}
