import { checkKnownOptions, checkNonNegativeInteger, isObject, refusal } from "../base/check.js";
import { OptionError, show } from "../base/errors.js";
import { Generator, generatorOf } from "../base/random.js";

/** Parts of what is split: the numbers of rows, or the rows themselves where an array was given. */
export interface Parts<T> {
  train: T;
  valid: T;
  test: T;
}

export interface SplitOptions {
  /** Of all rows: a share in [0, 1), or a number of rows from 1 on. Default 0. */
  valid?: number | undefined;
  test?: number | undefined;
}

export interface RandomSplitOptions extends SplitOptions {
  /** Decides the order. Default 0. */
  seed?: number | undefined;
  /** Draws the order, instead of a seed. */
  generator?: Generator | undefined;
}

const RANDOM = ["valid", "test", "seed", "generator"];

/**
 * Rows in a random order, cut in three.
 * @param rows  how many, or an array of what to split
 * @returns numbers of rows, or the array's items
 * @throws OptionError when a part that was asked for, or training, would be empty
 * @example
 * const { train, test } = data.split.random(table.length, { test: 0.2, seed: 1 });
 * const [trainTable, testTable] = [table.take(train), table.take(test)];
 */
export function random(rows: number, options: RandomSplitOptions): Parts<Int32Array>;
export function random<T>(rows: readonly T[], options: RandomSplitOptions): Parts<T[]>;
export function random<T>(rows: number | readonly T[], options: RandomSplitOptions): Parts<Int32Array> | Parts<T[]> {
  const op = "split.random";
  checkKnownOptions(op, options, RANDOM);
  const count = Array.isArray(rows) ? rows.length : checkNonNegativeInteger(op, "rows", rows);
  const sizes = sizesOf(op, count, options);
  const order = generatorFor(op, options).permutation(count);
  const parts = cut(order, sizes);
  if (!Array.isArray(rows)) return parts;
  const items = (at: Int32Array): T[] => Array.from(at, (row) => rows[row]);
  return { train: items(parts.train), valid: items(parts.valid), test: items(parts.test) };
}

/**
 * A random split in which every class has its share of every part.
 * @param labels  the class of each row
 * @throws OptionError naming a class with fewer rows than there are parts
 * @example const { train, valid } = data.split.stratified(table.classes("species").ids, { valid: 0.2 });
 */
export function stratified(labels: ArrayLike<unknown>, options: RandomSplitOptions): Parts<Int32Array> {
  const op = "split.stratified";
  checkKnownOptions(op, options, RANDOM);
  const classes = groupsOf(op, "labels", labels);
  const sizes = sizesOf(op, labels.length, options);
  const needed = 1 + Number(sizes.valid > 0) + Number(sizes.test > 0);
  for (const [label, rows] of classes) checkClass(op, label, rows.length, needed);
  const generator = generatorFor(op, options);
  const shuffled = [...classes.values()].map((rows) => Array.from(generator.permutation(rows.length), (i) => rows[i]));
  const counts = shuffled.map(({ length }) => length);
  const test = shares(counts, sizes.test, needed - 1);
  const rest = counts.map((count, i) => count - test[i]);
  const valid = shares(rest, sizes.valid, 1);
  const part = (from: (i: number) => number, to: (i: number) => number) =>
    mixed(
      generator,
      shuffled.flatMap((rows, i) => rows.slice(from(i), to(i))),
    );
  return {
    train: part(
      (i) => test[i] + valid[i],
      (i) => counts[i],
    ),
    valid: part(
      (i) => test[i],
      (i) => test[i] + valid[i],
    ),
    test: part(
      () => 0,
      (i) => test[i],
    ),
  };
}

/**
 * A random split that keeps groups whole: no speaker, patient or document is in two parts. Parts have about the rows that were asked for.
 * @param groups  of each row
 * @throws OptionError when there are fewer groups than parts
 */
export function byGroup(groups: ArrayLike<unknown>, options: RandomSplitOptions): Parts<Int32Array> {
  const op = "split.byGroup";
  checkKnownOptions(op, options, RANDOM);
  const all = [...groupsOf(op, "groups", groups).values()];
  const sizes = sizesOf(op, groups.length, options);
  const needed = 1 + Number(sizes.valid > 0) + Number(sizes.test > 0);
  if (all.length < needed) {
    throw refusal(op, "groups", `be ${needed} or more, one for each part`, all.length);
  }
  const order = Array.from(generatorFor(op, options).permutation(all.length), (i) => all[i]);
  let at = 0;
  const take = (rows: number, keep: number): Int32Array => {
    const taken: number[] = [];
    // Nearest to what was asked for; one group at least, and one for each part to come.
    while (rows > 0 && at < order.length - keep) {
      const over = taken.length + order[at].length - rows;
      if (taken.length > 0 && over > 0 && over > rows - taken.length) break;
      for (const row of order[at++]) taken.push(row);
      if (taken.length >= rows) break;
    }
    return Int32Array.from(taken);
  };
  const test = take(sizes.test, needed - 1);
  const valid = take(sizes.valid, 1);
  return { train: Int32Array.from(order.slice(at).flat()), valid, test };
}

/**
 * The past to train on, then validation, then test: what a forecast is judged by. Rows of one time stay together.
 * @param times  of each row: numbers, Dates, or dates as text; in any order
 * @returns numbers of rows, from the earliest to the latest
 * @throws OptionError for a time that is none, or when all rows of a part have the time of the part before
 */
export function byTime(times: ArrayLike<number | string | Date>, options: SplitOptions): Parts<Int32Array> {
  const op = "split.byTime";
  checkKnownOptions(op, options, ["valid", "test"]);
  checkLength(op, "times", times);
  const moments = Array.from(times, (time, i) => momentOf(op, time, i));
  const sizes = sizesOf(op, moments.length, options);
  const order = Int32Array.from(moments.keys()).sort((a, b) => moments[a] - moments[b] || a - b);
  // The earliest place from `place` on where a new time begins.
  const cutAt = (place: number): number => {
    let at = place;
    while (at > 0 && at < order.length && moments[order[at]] === moments[order[at - 1]]) at++;
    return at;
  };
  const valid = cutAt(order.length - sizes.test - sizes.valid);
  const test = cutAt(Math.max(valid, order.length - sizes.test));
  const parts = { train: order.slice(0, valid), valid: order.slice(valid, test), test: order.slice(test) };
  for (const name of ["valid", "test"] as const) {
    if (sizes[name] === 0 || parts[name].length > 0) continue;
    const must = `have a time of its own for ${name}`;
    const fix = "Ask for a larger part.";
    throw new OptionError({ op, argument: "times", must, value: "rows of one time", fix });
  }
  return parts;
}

export interface KFoldOptions {
  /** Whether rows are drawn in a random order first. Default false, as in scikit-learn. */
  shuffle?: boolean | undefined;
  /** The class of each row: every fold then has its share of each. */
  stratify?: ArrayLike<unknown> | undefined;
  /** Of each row: every group is then in one fold as a whole. */
  groups?: ArrayLike<unknown> | undefined;
  seed?: number | undefined;
  generator?: Generator | undefined;
}

/** One of k ways to part the rows. */
export interface Fold {
  train: Int32Array;
  valid: Int32Array;
}

/**
 * Each row validates once: k folds, which differ in size by a row at most (whole groups apart).
 * @param n  rows
 * @param k  folds, 2 or more
 * @throws OptionError when there are fewer rows (or groups) than folds, or a class has one row alone
 * @example for (const { train, valid } of data.kFold(table.length, 5, { shuffle: true })) ...
 */
export function kFold(n: number, k: number, options: KFoldOptions = {}): Fold[] {
  const op = "kFold";
  checkKnownOptions(op, options, ["shuffle", "stratify", "groups", "seed", "generator"]);
  checkNonNegativeInteger(op, "n", n);
  if (!Number.isSafeInteger(k) || k < 2) throw refusal(op, "k", "be an integer from 2 on", k);
  const { shuffle = false, stratify, groups } = options;
  if (n < k) {
    const fix = n < 2 ? "" : `Use ${n} folds at most.`;
    throw new OptionError({ op, argument: "n", must: `be at least the number of folds (${k})`, value: String(n), fix });
  }
  if (stratify !== undefined && groups !== undefined) {
    throw refusal(op, "groups", "be left out where classes are stratified", groups);
  }
  for (const [argument, list] of Object.entries({ stratify, groups })) {
    if (list !== undefined && list.length !== n)
      throw refusal(op, argument, `hold a value for each of ${n} rows`, list.length);
  }
  const generator = shuffle ? generatorFor(op, options) : null;
  const order = generator?.permutation(n) ?? Int32Array.from({ length: n }, (_, i) => i);
  const foldOf = new Int32Array(n);
  if (groups !== undefined) groupFolds(op, groups, order, k, foldOf);
  else if (stratify !== undefined) classFolds(op, stratify, order, k, foldOf);
  else for (const [place, row] of order.entries()) foldOf[row] = contiguousFold(place, n, k);
  return Array.from({ length: k }, (_, fold) => ({
    train: order.filter((row) => foldOf[row] !== fold),
    valid: order.filter((row) => foldOf[row] === fold),
  }));
}

/** The first n % k folds have one more. */
function contiguousFold(place: number, n: number, k: number): number {
  const [size, larger] = [Math.floor(n / k), n % k];
  const inLarger = larger * (size + 1);
  return place < inLarger ? Math.floor(place / (size + 1)) : larger + Math.floor((place - inLarger) / size);
}

/** Classes are dealt out one after another, going on where the one before ended. */
function classFolds(op: string, labels: ArrayLike<unknown>, order: Int32Array, k: number, foldOf: Int32Array): void {
  let next = 0;
  for (const [label, places] of groupsOf(
    op,
    "stratify",
    Array.from(order, (row) => labels[row]),
  )) {
    checkClass(op, label, places.length, 2);
    for (const place of places) foldOf[order[place]] = next++ % k;
  }
}

/** The largest groups first, each into the fold that has least. */
function groupFolds(op: string, groups: ArrayLike<unknown>, order: Int32Array, k: number, foldOf: Int32Array): void {
  const all = [
    ...groupsOf(
      op,
      "groups",
      Array.from(order, (row) => groups[row]),
    ).values(),
  ];
  if (all.length < k) throw refusal(op, "groups", `be at least the number of folds (${k})`, all.length);
  const sizes = new Array<number>(k).fill(0);
  for (const places of all.sort((a, b) => b.length - a.length)) {
    const fold = sizes.indexOf(Math.min(...sizes));
    sizes[fold] += places.length;
    for (const place of places) foldOf[order[place]] = fold;
  }
}

function generatorFor(op: string, { seed, generator }: RandomSplitOptions): Generator {
  if (generator === undefined) return new Generator(seed ?? 0);
  if (seed !== undefined) throw refusal(op, "generator", "be left out where there is a seed", generator);
  return generatorOf(op, generator);
}

function mixed(generator: Generator, rows: readonly number[]): Int32Array {
  return generator.permutation(rows.length).map((i) => rows[i]);
}

function cut(order: Int32Array, { valid, test }: { valid: number; test: number }): Parts<Int32Array> {
  return { test: order.slice(0, test), valid: order.slice(test, test + valid), train: order.slice(test + valid) };
}

/** Rows of the parts. @throws OptionError for what is no share, or leaves a part empty */
function sizesOf(op: string, count: number, { valid = 0, test = 0 }: SplitOptions): { valid: number; test: number } {
  const sizeOf = (argument: string, part: unknown): number => {
    const isShare = typeof part === "number" && part >= 0 && part < 1;
    if (!isShare && !(Number.isSafeInteger(part) && (part as number) >= 1)) {
      throw refusal(op, argument, "be a share in [0, 1), or a number of rows", part);
    }
    const size = isShare ? Math.round(count * part) : (part as number);
    if (size > 0 || part === 0) return size;
    const must = `be at least one row of the ${count}`;
    throw new OptionError({
      op,
      argument,
      must,
      value: show(part),
      fix: "Ask for a larger share, or a number of rows.",
    });
  };
  const sizes = { valid: sizeOf("valid", valid), test: sizeOf("test", test) };
  if (sizes.valid + sizes.test === 0) {
    throw refusal(op, "valid", "be given, or test", undefined, "Write { valid: 0.1 }.");
  }
  if (sizes.valid + sizes.test >= count) {
    const value = `${sizes.valid + sizes.test} of ${count} rows`;
    throw new OptionError({ op, argument: "valid and test", must: "leave rows to train on", value });
  }
  return sizes;
}

/**
 * `whole` dealt out in proportion to the counts (largest remainder); each gets one at least, and keeps `keep` at least for others.
 */
function shares(counts: readonly number[], whole: number, keep: number): number[] {
  if (whole === 0) return counts.map(() => 0);
  const all = counts.reduce((sum, count) => sum + count, 0);
  const exact = counts.map((count) => (whole * count) / all);
  const parts = exact.map((share, i) => Math.min(Math.max(1, Math.floor(share)), counts[i] - keep));
  const byRemainder = [...counts.keys()].sort((a, b) => (exact[b] % 1) - (exact[a] % 1) || a - b);
  let left = whole - parts.reduce((sum, part) => sum + part, 0);
  for (const i of byRemainder) {
    if (left <= 0) break;
    if (parts[i] >= counts[i] - keep || parts[i] > exact[i]) continue;
    parts[i]++;
    left--;
  }
  return parts;
}

function checkLength(op: string, argument: string, list: unknown): void {
  if ((isObject(list) || typeof list === "string") && typeof (list as { length?: unknown }).length === "number") return;
  throw refusal(op, argument, "be an array, one value a row", list);
}

function groupsOf(op: string, argument: string, values: ArrayLike<unknown>): Map<unknown, number[]> {
  checkLength(op, argument, values);
  const groups = new Map<unknown, number[]>();
  for (let row = 0; row < values.length; row++) {
    const own = groups.get(values[row]);
    if (own === undefined) groups.set(values[row], [row]);
    else own.push(row);
  }
  return groups;
}

function checkClass(op: string, label: unknown, rows: number, needed: number): void {
  if (rows >= needed) return;
  const must = `have ${needed} rows or more, one for each part`;
  const fix = "Leave the class out, join it to another, or split at random.";
  throw new OptionError({ op, argument: `class ${show(label)}`, must, value: String(rows), fix });
}

function momentOf(op: string, time: unknown, row: number): number {
  const moment = time instanceof Date ? time.getTime() : typeof time === "string" ? Date.parse(time) : time;
  if (typeof moment === "number" && Number.isFinite(moment)) return moment;
  const details = { index: row };
  const must = "be a number, a Date or a date as text";
  throw new OptionError({ op, argument: `time of row ${row}`, must, value: show(time), details });
}
