import { OptionError, show } from "./errors.js";

/** Checks on options, shared by every constructor: each throws OptionError in the one form. */

export function checkPositiveInteger(op: string, argument: string, value: unknown, fix = ""): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value <= 0) {
    throw new OptionError({ op, argument, must: "be a positive integer", value: show(value), fix });
  }
  return value;
}

export function checkNonNegativeInteger(op: string, argument: string, value: unknown, fix = ""): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw new OptionError({ op, argument, must: "be a non-negative integer", value: show(value), fix });
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
  min?: number;
  max?: number;
  /** Leave the end itself out. */
  openMin?: boolean;
  openMax?: boolean;
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
  throw new OptionError({
    op,
    argument,
    must: `be ${describeRange(min, max, openMin, openMax)}`,
    value: show(value),
    fix,
  });
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
  throw new OptionError({
    op,
    argument,
    must: `be one of ${allowed.map((a) => JSON.stringify(a)).join(", ")}`,
    value: show(value),
  });
}

/** Options by name: what PyTorch takes by its place, as in LSTM(8, 16, 2), is named here. */
export function checkOptionsObject(op: string, options: unknown): asserts options is object {
  if (options !== null && typeof options === "object" && !Array.isArray(options)) return;
  const fix = "Write them by name: { name: value }.";
  throw new OptionError({ op, argument: "options", must: "be an object", value: show(options), fix });
}

/** No key outside `known`: an unknown option is a typing mistake, and is named. */
export function checkKnownOptions(op: string, options: object, known: readonly string[]): void {
  checkOptionsObject(op, options);
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) {
      const must = `be only these: ${known.join(", ")}`;
      throw new OptionError({
        code: "unknown-option",
        op,
        argument: "options",
        must,
        value: show(key),
        details: { key },
      });
    }
  }
}
