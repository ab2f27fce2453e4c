import {
  checkNonNegativeInteger,
  checkNumber,
  checkOneOf,
  checkOptionsObject,
  checkPositiveInteger,
  type Range,
} from "../base/check.js";
import { OptionError, show } from "../base/errors.js";
import { nearest } from "../base/nearest.js";

/**
 * One setting of a task: its default, its rule and its help. The command line makes its flags of these, a library call
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
  /** Set in a configuration file or a library call only. */
  readonly fileOnly?: boolean;
  check(op: string, argument: string, value: unknown): T;
}

export type Fields<C> = { readonly [K in keyof C]: Field<C[K]> };

interface About {
  help: string;
  fileOnly?: boolean;
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
