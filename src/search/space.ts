import { checkObject, isObject } from "../base/check.js";
import { OptionError, show } from "../base/errors.js";
import type { Field } from "../base/fields.js";
import { nearest } from "../base/nearest.js";

/** What a setting can be, as JSON has it. */
export type Value = string | number | boolean | null;

/** The settings in which trials differ. */
export type Settings = Readonly<Record<string, Value>>;

/** One setting of a search: a list of values, or a range. */
export type Dimension = Listed | Between;

export interface Listed {
  key: string;
  values: readonly Value[];
}

/** Both ends are in it. */
export interface Between {
  key: string;
  min: number;
  max: number;
  /** Drawn so that each factor is as likely as any other, in place of each difference. */
  isLog: boolean;
  isWhole: boolean;
}

export function isBetween(dimension: Dimension): dimension is Between {
  return "min" in dimension;
}

/**
 * What is searched over: `hidden=32,64 lr=0.001..0.1`, or by name: lists of values, `{ min, max }`, or such texts.
 * @example { hidden: [32, 64], lr: { min: 0.001, max: 0.1 }, cell: "lstm,gru" }
 */
export type SpaceLike =
  | string
  | Readonly<Record<string, string | number | boolean | readonly Value[] | Readonly<{ min: number; max: number }>>>;

type SettingFields = Readonly<Record<string, Field>>;

const OP = "search";
export const LEAVE_OUT = "Leave it out of what is searched over.";
/** From this factor between its ends on, a range is drawn by factors. */
const LOG_FROM = 10;
const RANGE = /^\s*(.*?)\s*\.\.\s*(.*?)\s*$/;

/**
 * @returns a dimension for each setting, checked by its field, in the order in which they were given
 * @throws OptionError for a setting that is none or cannot be searched over, a value that its field refuses, an empty list, a range
 *   that is none; `details.key` is the setting, `details.nearest` what would do in place of the name or the values
 */
export function readSpace(given: SpaceLike, fields: SettingFields): Dimension[] {
  const entries = typeof given === "string" ? wordsOf(given) : entriesOf(given);
  if (entries.length === 0) {
    throw fault("space", "name a setting and its values", "nothing", { fix: "Write for example hidden=32,64." });
  }
  const seen = new Set<string>();
  return entries.map(([key, value]) => {
    const field = fieldOf(key, fields);
    if (seen.has(key)) {
      throw fault(key, "be given once, with all its values", "it a second time", { key });
    }
    seen.add(key);
    return dimensionOf(key, value, field);
  });
}

function entriesOf(given: Exclude<SpaceLike, string>): [string, unknown][] {
  checkObject(OP, "space", given, "settings and their values");
  return Object.entries(given);
}

function wordsOf(text: string): [string, string][] {
  const words = text.split(/\s+/).filter((word) => word !== "");
  return words.map((word) => {
    const at = word.indexOf("=");
    if (at > 0) return [word.slice(0, at), word.slice(at + 1)];
    const fix = "Write a setting, = and its values with commas between them, without blanks: hidden=32,64.";
    throw fault("space", "be settings with their values", show(word), { fix });
  });
}

function fieldOf(key: string, fields: SettingFields): Field {
  const names = Object.keys(fields).filter((name) => !fields[name].incomparable);
  if (!Object.hasOwn(fields, key)) {
    const near = nearest(key, names);
    const fix = near === undefined ? "" : `Did you mean ${show(near)}?`;
    const [code, must] = ["unknown-option", `name only these: ${names.join(", ")}`];
    throw new OptionError({
      ...{ code, op: OP, argument: "space", must, value: show(key), fix },
      details: { key, nearest: near },
    });
  }
  if (!fields[key].incomparable) return fields[key];
  const must = "be the same in all trials, which could not be compared otherwise";
  throw fault(key, must, "values to try", { key, fix: LEAVE_OUT });
}

function dimensionOf(key: string, given: unknown, field: Field): Dimension {
  if (typeof given === "string") {
    const range = RANGE.exec(given);
    if (range !== null && field.kind !== "text")
      return between(key, typed(range[1], field), typed(range[2], field), field);
    if (given.trim() === "") throw noValues(key, field);
    return listed(
      key,
      given.split(",").map((word) => typed(word.trim(), field)),
      field,
    );
  }
  if (Array.isArray(given)) return listed(key, given, field);
  if (isObject(given)) {
    const { min, max, ...rest } = given as { min?: unknown; max?: unknown };
    if (min !== undefined && max !== undefined && Object.keys(rest).length === 0) return between(key, min, max, field);
    throw fault(key, "be a list of values, or hold min and max", show(given), { key });
  }
  return listed(key, [given], field);
}

/** A word as its field takes it: what is no number stays a text, for the field to refuse. */
function typed(word: string, { kind }: Field): Value {
  if (kind === "switch") return word === "true" ? true : word === "false" ? false : word;
  if (kind === "text" || word === "" || Number.isNaN(Number(word))) return word;
  return Number(word);
}

function listed(key: string, values: readonly unknown[], field: Field): Listed {
  if (values.length === 0 || values.includes("")) throw noValues(key, field);
  const checked = values.map((value, i) => {
    try {
      return field.check(OP, key, value) as Value;
    } catch (error) {
      if (!(error instanceof OptionError)) throw error;
      const { argument, must, fix, details, code } = error;
      const instead = details.nearest ?? field.example;
      const near = [...new Set(values.map((other, j) => String(j === i ? instead : other)))].join(",");
      throw new OptionError(
        { op: OP, argument, must, value: error.value, fix, code, details: { ...details, key, nearest: near } },
        { cause: error },
      );
    }
  });
  const twice = checked.find((value, i) => checked.indexOf(value) < i);
  if (twice === undefined) return { key, values: checked };
  const others = [...new Set(checked)].join(",");
  throw fault(key, "have different values", `${show(twice)} twice`, { key, nearest: others });
}

function noValues(key: string, { example }: Field): OptionError {
  const must = "have a value between all commas";
  return fault(key, must, "none", { key, nearest: example, fix: `Write for example ${key}=${example}.` });
}

function between(key: string, from: unknown, to: unknown, field: Field): Between {
  if (field.kind === "switch" || field.kind === "text") {
    throw fault(key, "be a list: it has no numbers in between", `${from}..${to}`, { key, nearest: field.example });
  }
  for (const end of [from, to]) {
    if (typeof end === "number" && Number.isFinite(end)) continue;
    const must = `have numbers at the ends of its range, which is written ${key}=${field.example}..${field.example}`;
    throw fault(key, must, show(end), { key, nearest: field.example });
  }
  const [min, max] = [from as number, to as number];
  if (min >= max) {
    const turned = min === max ? String(min) : `${max}..${min}`;
    throw fault(key, "go from a lower number to a higher one", `${min}..${max}`, { key, nearest: turned });
  }
  listed(key, [min, max], field);
  const isWhole = Number.isInteger(min) && Number.isInteger(max) && !takes(field, min + 0.5);
  return { key, min, max, isLog: min > 0 && max > LOG_FROM * min, isWhole };
}

function takes(field: Field, value: number): boolean {
  try {
    field.check(OP, "value", value);
    return true;
  } catch {
    return false;
  }
}

interface Advice {
  key?: string;
  nearest?: string;
  fix?: string;
}

function fault(argument: string, must: string, value: string, { fix, ...details }: Advice): OptionError {
  return new OptionError({ op: OP, argument, must, value, fix, details });
}
