import { OptionError, show } from "./errors.js";
import { nearest } from "./nearest.js";

/** Checks on options, shared by every constructor: each throws OptionError in the one form. */

/** The error for a value of the wrong kind. */
export function refusal(op: string, argument: string, must: string, value: unknown, fix = ""): OptionError {
  return new OptionError({ op, argument, must, value: show(value), fix });
}

export function checkPositiveInteger(op: string, argument: string, value: unknown, fix = ""): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value <= 0) {
    const byPlace = isObject(value) && fix === "" ? "Write the number itself, in its place." : fix;
    throw refusal(op, argument, "be a positive integer", value, byPlace);
  }
  return value;
}

export function checkNonNegativeInteger(op: string, argument: string, value: unknown, fix = ""): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw refusal(op, argument, "be a non-negative integer", value, fix);
  }
  return value;
}

/** A slip of a key must not build for minutes: of one unit each, so many take a second and 50 MB besides their weights. */
const MOST_LAYERS = 10_000;

export function checkLayerCount(op: string, argument: string, value: unknown, fix = ""): number {
  const count = checkPositiveInteger(op, argument, value, fix);
  if (count <= MOST_LAYERS) return count;
  throw new OptionError({ op, argument, must: `be at most ${MOST_LAYERS}`, value: show(value), fix });
}

export interface Range {
  min?: number | undefined;
  max?: number | undefined;
  /** Leave the end itself out. */
  openMin?: boolean | undefined;
  openMax?: boolean | undefined;
}

/** A finite number inside `range`. */
export function checkNumber(op: string, argument: string, value: unknown, range: Range = {}, fix = ""): number {
  const { min = -Infinity, max = Infinity, openMin = false, openMax = false } = range;
  const ok =
    typeof value === "number" &&
    Number.isFinite(value) &&
    (openMin ? value > min : value >= min) &&
    (openMax ? value < max : value <= max);
  if (ok) return value as number;
  throw refusal(op, argument, `be ${describeRange(min, max, openMin, openMax)}`, value, fix);
}

function describeRange(min: number, max: number, openMin: boolean, openMax: boolean): string {
  if (min === -Infinity && max === Infinity) return "a finite number";
  if (max === Infinity) return `a finite number ${openMin ? ">" : ">="} ${min}`;
  if (min === -Infinity) return `a finite number ${openMax ? "<" : "<="} ${max}`;
  return `a number in ${openMin ? "(" : "["}${min}, ${max}${openMax ? ")" : "]"}`;
}

export function checkOneOf<T extends string | boolean>(
  op: string,
  argument: string,
  value: unknown,
  allowed: readonly T[],
): T {
  if (allowed.includes(value as T)) return value as T;
  throw refusal(op, argument, `be one of ${allowed.map((a) => JSON.stringify(a)).join(", ")}`, value);
}

export function checkBoolean(op: string, argument: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw refusal(op, argument, "be true or false", value);
}

export function checkString(op: string, argument: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw refusal(op, argument, "be a string", value);
}

export function checkFunction(op: string, argument: string, value: unknown, fix = ""): void {
  if (typeof value !== "function") throw refusal(op, argument, "be a function", value, fix);
}

export function checkArray(op: string, argument: string, value: unknown, fix = ""): void {
  if (!Array.isArray(value)) throw refusal(op, argument, "be an array", value, fix);
}

/** What can be walked, as an array. */
export function checkList<T>(op: string, argument: string, value: Iterable<T>, fix = ""): T[] {
  if (isObject(value) && typeof value[Symbol.iterator] === "function" && !ArrayBuffer.isView(value)) return [...value];
  throw refusal(op, argument, "be a list", value, fix);
}

export function isObject(value: unknown): value is object {
  return value !== null && typeof value === "object";
}

/** An object with properties; `what` names it for the error. */
export function checkObject(op: string, argument: string, value: unknown, what = "an object", fix = ""): void {
  if (!isObject(value) || Array.isArray(value)) throw refusal(op, argument, `be ${what}`, value, fix);
}

/** Some of the options; undefined counts as left out. */
export type Given<O> = { readonly [K in keyof O]?: O[K] | undefined };

export function withDefaults<O extends object>(defaults: O, given: Given<O>): O {
  const named = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(named) };
}

/**
 * Options by name: what PyTorch takes by its place, as in LSTM(8, 16, 2), is named here.
 * @param first  the option that PyTorch has in this place
 */
export function checkOptionsObject(op: string, options: unknown, first = "name"): asserts options is object {
  // Arrays, maps, sets and typed arrays would all be read as options that are left out.
  if (Object.prototype.toString.call(options) === "[object Object]") return;
  const value = isObject(options) || typeof options === "function" || options === null ? "value" : show(options);
  throw refusal(op, "options", "be an object", options, `Write them by name: { ${first}: ${value} }.`);
}

/** What other libraries call an option that is far from our word for it. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  learningrate: "lr",
  dim: "axis",
  dims: "axes",
  units: "hiddenSize",
};

/** No key outside `known`: an unknown option is a typing mistake, and is named. */
export function checkKnownOptions(op: string, options: object, known: readonly string[]): void {
  checkOptionsObject(op, options, known[0]);
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) {
      const must = `be only these: ${known.join(", ")}`;
      const other = ELSEWHERE[key.toLowerCase().replaceAll("_", "")];
      const near = other !== undefined && known.includes(other) ? other : nearest(key, known);
      throw new OptionError({
        code: "unknown-option",
        op,
        argument: "options",
        must,
        value: show(key),
        fix: near === undefined ? "" : `Did you mean ${near}?`,
        details: { key, nearest: near },
      });
    }
  }
}
