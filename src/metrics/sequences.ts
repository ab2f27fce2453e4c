import { ShapeError } from "../base/errors.js";
import { percent } from "../base/number-text.js";
import { checkRoom } from "../base/room.js";
import { checkList } from "./labels.js";
import { Sums } from "./metric.js";

/** What was written for each of several inputs, and what is right: lists of tokens. */
export interface TokenSequences<T = string | number> {
  predicted: readonly (readonly T[])[];
  targets: readonly (readonly T[])[];
}

/**
 * The fewest insertions, deletions and substitutions that make `b` of `a`. Source: Levenshtein 1966; Wagner & Fischer 1974.
 */
export function editDistance<T>(a: ArrayLike<T>, b: ArrayLike<T>): number {
  for (const [argument, list] of Object.entries({ a, b }))
    if (typeof list !== "string") checkList("editDistance", argument, list);
  checkRoom(8 * (b.length + 1));
  let above = Uint32Array.from({ length: b.length + 1 }, (_, j) => j);
  let row = new Uint32Array(b.length + 1);
  for (let i = 1; i <= a.length; i++) {
    row[0] = i;
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(replaced, above[j] + 1, row[j - 1] + 1);
    }
    [above, row] = [row, above];
  }
  return above[b.length];
}

/** Edits over tokens that are right: word, character or phoneme error rate, by what the tokens are. */
export function tokenErrorRate(name = "token error rate"): Sums<TokenSequences> {
  return overSequences(name, "lower", (predicted, target) => [editDistance(predicted, target), target.length]);
}

/** How many edits a sequence needs to be right, on average. */
export function meanEditDistance(): Sums<TokenSequences> {
  return new Sums({
    name: "edit distance",
    better: "lower",
    size: 2,
    add(sums, { predicted, targets }) {
      checkPairs("meanEditDistance", predicted, targets);
      for (const [i, own] of predicted.entries()) sums[0] += editDistance(own, targets[i]);
      sums[1] += predicted.length;
    },
    value: ([edits, all]) => edits / all,
  });
}

/** The share of sequences that have an error. */
export function sequenceErrorRate(name = "sequence error rate"): Sums<TokenSequences> {
  return overSequences(name, "lower", (predicted, target) => [isSame(predicted, target) ? 0 : 1, 1]);
}

/** The share of sequences that are right to the last token. */
export function exactMatch(): Sums<TokenSequences> {
  return overSequences("exact match", "higher", (predicted, target) => [isSame(predicted, target) ? 1 : 0, 1]);
}

function isSame<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((token, i) => token === b[i]);
}

type Tokens = readonly (string | number)[];

function overSequences(
  name: string,
  better: "lower" | "higher",
  terms: (predicted: Tokens, target: Tokens) => [number, number],
): Sums<TokenSequences> {
  return new Sums({
    name,
    unit: "%",
    better,
    format: percent,
    size: 2,
    add(sums, output) {
      checkPairs(name, output.predicted, output.targets);
      for (const [i, predicted] of output.predicted.entries()) {
        const [part, whole] = terms(predicted, output.targets[i]);
        sums[0] += part;
        sums[1] += whole;
      }
    },
    value: ([part, whole]) => part / whole,
  });
}

export function checkPairs(op: string, predicted: ArrayLike<unknown>, targets: ArrayLike<unknown>): void {
  checkList(op, "predicted", predicted);
  checkList(op, "targets", targets);
  for (const [argument, lists] of [
    ["predicted", predicted],
    ["targets", targets],
  ] as const) {
    for (let i = 0; i < lists.length; i++)
      if (typeof lists[i] !== "string") checkList(op, `${argument}[${i}]`, lists[i]);
  }
  if (predicted.length === targets.length) return;
  const must = `hold a sequence for each of the ${targets.length} targets`;
  throw new ShapeError({ op, argument: "predicted", must, value: String(predicted.length) });
}
