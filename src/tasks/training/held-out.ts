import { checkNonNegativeInteger } from "../../base/check.js";
import { OptionError, show } from "../../base/errors.js";
import { type Fields, natural } from "../../base/fields.js";
import { Generator } from "../../base/random.js";
import { splitRows } from "../../data/split.js";
import { kFold } from "../../data/splits.js";

/** Which part is held out to validate on, beside `valid`. A task that has these fields deals its data out into folds. */
export interface HeldOutSettings {
  /** `2/5`: the second of five parts is held out, in place of `valid`. */
  fold: string | null;
  /** null: as seed. */
  splitSeed: number | null;
}

const few = { seldom: true, younger: true, fixed: true, incomparable: true };

export const HELD_OUT_FIELDS: Fields<HeldOutSettings> = {
  fold: {
    ...few,
    default: null,
    kind: "text",
    placeholder: "i/k",
    example: "1/5",
    help: "hold out this one of k parts of the data to validate on, in place of --valid: 2/5 is the second of 5",
    check(op, argument, value) {
      if (value === null || partsOf(value) !== null) return value as string | null;
      const must = "be one of two parts or more, as in 2/5";
      throw new OptionError({ op, argument, must, value: show(value), fix: "Use for example 1/5." });
    },
  },
  splitSeed: {
    ...natural(0, { ...few, help: "draws what is held out to validate on (default: as --seed)" }),
    default: null,
    check: (op, argument, value) => (value === null ? null : checkNonNegativeInteger(op, argument, value)),
  },
};

interface Fold {
  /** From 1 on. */
  fold: number;
  of: number;
}

function partsOf(value: unknown): Fold | null {
  const [, fold, of] = (typeof value === "string" && /^([1-9]\d{0,8})\/([1-9]\d{0,8})$/.exec(value)) || [];
  const parts = { fold: Number(fold), of: Number(of) };
  return parts.of >= 2 && parts.fold <= parts.of ? parts : null;
}

/** How what is validated on is taken. */
export interface HeldOut {
  /** Of all, drawn by the seed; 0 where nothing is, or a fold. */
  share: number;
  fold: Fold | null;
  seed: number;
}

/** @param hasFile  a file of its own is validated on. @throws OptionError for that and a fold */
export function heldOutOf(
  { fold, splitSeed, seed, valid }: HeldOutSettings & { seed: number; valid: number | string },
  hasFile: boolean,
): HeldOut {
  const parts = partsOf(fold);
  if (parts !== null && hasFile) {
    const [must, fix] = ["be left out with a file to validate on", "Leave fold out, or name no file."];
    throw new OptionError({ op: "fold", argument: "fold", must, value: show(fold), fix, code: "fold-and-file" });
  }
  const share = typeof valid === "number" && !hasFile && parts === null ? valid : 0;
  return { share, fold: parts, seed: splitSeed ?? seed };
}

/** Draws what is held out of what comes one after another: nobody knows how much there will be. */
export class HeldOutDraw {
  readonly #generator: Generator;
  readonly #held: HeldOut;

  constructor(held: HeldOut) {
    this.#generator = new Generator(held.seed);
    this.#held = held;
  }

  next(): boolean {
    const { share, fold } = this.#held;
    return fold === null ? this.#generator.uniform() < share : this.#generator.integer(fold.of) === fold.fold - 1;
  }
}

/** What of what comes one after another is held out by its name: all of one name is in one part, and of the first name nothing is held out. */
export function heldOutByName({ share, fold, seed }: HeldOut): (name: string) => boolean {
  let first: string | null = null;
  return (name) => {
    first ??= name;
    if (name === first) return false;
    const place = hashOf(name, seed) / 2 ** 32;
    return fold === null ? place < share : Math.floor(place * fold.of) === fold.fold - 1;
  };
}

/** FNV-1a of 32 bits, mixed so that all of its bits depend on all of the text. Source: MurmurHash3's finaliser. */
function hashOf(text: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Numbers of what is to be trained on, and of what is held out. */
export interface HeldOutNumbers {
  train: number[];
  validation: number[];
}

/**
 * Rows in a random order: the last to validate on, but for those of a class that the others lack; or a fold, which has its share of
 * each class.
 * @param classes  of each row
 * @throws OptionError for fewer rows of a class than folds
 */
export function holdOutRows(classes: readonly string[], { share, fold, seed }: HeldOut): HeldOutNumbers {
  if (fold === null) return splitRows(classes, share, seed);
  const rows = new Map<string, number>();
  for (const name of classes) rows.set(name, (rows.get(name) ?? 0) + 1);
  const [name, count] = [...rows].reduce((least, one) => (one[1] < least[1] ? one : least), ["", classes.length]);
  if (count < fold.of) throw tooMany(fold, count, name === "" ? "rows" : `rows of class ${show(name)}`);
  return numbersOf(kFold(classes.length, fold.of, { shuffle: true, stratify: classes, seed }), fold);
}

/** A fold of whole groups. @param groups  of each row. @throws OptionError for fewer of them than folds */
export function foldOfGroups(groups: readonly string[], fold: Fold, seed: number, name = "groups"): HeldOutNumbers {
  const { size } = new Set(groups);
  if (size < fold.of) throw tooMany(fold, size, name);
  return numbersOf(kFold(groups.length, fold.of, { shuffle: true, groups, seed }), fold);
}

function numbersOf(folds: ReturnType<typeof kFold>, { fold }: Fold): HeldOutNumbers {
  const { train, valid } = folds[fold - 1];
  return { train: [...train], validation: [...valid] };
}

/** Where a fold of so many in a row begins and ends: each has as many, or one more. */
export function blockOf(length: number, { fold, of }: Fold): [from: number, to: number] {
  const at = (i: number) => Math.floor((length * i) / of);
  return [at(fold - 1), at(fold)];
}

/**
 * A fold in time: it learns from all before, and is validated on what follows; the last one ends at the end. All have as many values
 * to validate on, and the first one as many to learn from.
 * @param least  values to validate on
 * @returns the first value to validate on, and the first one after
 * @throws OptionError for a series that is too short
 */
export function foldInTime(length: number, { fold, of }: Fold, least: number): [from: number, to: number] {
  const each = Math.max(least, Math.floor(length / (of + 1)));
  const to = length - (of - fold) * each;
  if (length < (of + 1) * least) {
    throw tooMany({ fold, of }, Math.max(0, Math.floor(length / least) - 1), "stretches of a series, after the first");
  }
  return [to - each, to];
}

/** @throws OptionError for fewer things than folds */
export function tooMany({ of }: Fold, most: number, what: string): OptionError {
  const fix = most < 2 ? "Leave them out, or train without folds." : `Use ${most} folds.`;
  const details = { settings: most < 2 ? {} : { folds: most } };
  const [code, must] = ["too-many-folds", `be at most the number of ${what} (${most.toLocaleString("en")})`];
  return new OptionError({ code, op: "folds", argument: "folds", must, value: String(of), fix, details });
}
