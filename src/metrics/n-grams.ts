import { checkKnownOptions, checkNonNegativeInteger, checkNumber, checkPositiveInteger } from "../base/check.js";
import { OptionError } from "../base/errors.js";
import { percent } from "../base/number-text.js";
import { Sums } from "./metric.js";
import { checkPairs } from "./sequences.js";

/** Texts that were written, and for each one or more that are right. */
export interface References<T> {
  predicted: readonly T[];
  references: readonly (readonly T[])[];
}

function checkReferences(op: string, predicted: ArrayLike<unknown>, references: readonly ArrayLike<unknown>[]): void {
  checkPairs(op, predicted, references);
  const bare = references.findIndex((own) => typeof own === "string" || own.length === 0);
  if (bare < 0) return;
  const value = typeof references[bare] === "string" ? "a text" : "none";
  const fix = "Each prediction has a list of its own, also where it holds one reference.";
  throw new OptionError({ op, argument: `references[${bare}]`, must: "hold a reference or more", value, fix });
}

const SEPARATOR = "\u0001";

/** How often each run of n tokens comes. */
function grams(tokens: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= tokens.length; i++) {
    const gram = tokens.slice(i, i + n).join(SEPARATOR);
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

/**
 * BLEU of a corpus of token lists: the geometric mean of the shares of 1- to n-grams that stand in a reference, times a penalty for
 * being shorter than the references. 0 as soon as one of the shares is. Source: Papineni et al. 2002.
 * @param maxN  n, default 4
 */
export function bleu(options: { maxN?: number | undefined } = {}): Sums<References<readonly string[]>> {
  checkKnownOptions("bleu", options, ["maxN"]);
  const { maxN = 4 } = options;
  checkPositiveInteger("bleu", "maxN", maxN);
  checkNumber("bleu", "maxN", maxN, { max: 100 });
  return new Sums({
    name: "BLEU",
    unit: "%",
    better: "higher",
    format: percent,
    size: 2 + 2 * maxN,
    add(sums, { predicted, references }) {
      checkReferences("bleu", predicted, references);
      for (const [i, tokens] of predicted.entries()) addBleu(sums, tokens, references[i], maxN);
    },
    value(sums) {
      const [written, wanted] = sums as unknown as [number, number];
      if (written === 0) return wanted === 0 ? Number.NaN : 0;
      let logs = 0;
      for (let n = 0; n < maxN; n++) logs += Math.log(sums[2 + 2 * n] / sums[3 + 2 * n]) / maxN;
      const penalty = written >= wanted ? 1 : Math.exp(1 - wanted / written);
      return Number.isNaN(logs) ? 0 : penalty * Math.exp(logs);
    },
  });
}

function addBleu(
  sums: Float64Array,
  tokens: readonly string[],
  references: readonly (readonly string[])[],
  maxN: number,
) {
  // Of equally near lengths the shorter one, as in the paper's script.
  const nearest = references.reduce((best, { length }) => {
    const [off, bestOff] = [Math.abs(length - tokens.length), Math.abs(best - tokens.length)];
    return off < bestOff || (off === bestOff && length < best) ? length : best;
  }, Infinity);
  sums[0] += tokens.length;
  sums[1] += nearest;
  for (let n = 1; n <= maxN; n++) {
    const known = references.map((reference) => grams(reference, n));
    for (const [gram, count] of grams(tokens, n)) {
      sums[2 * n] += Math.min(count, Math.max(...known.map((counts) => counts.get(gram) ?? 0)));
      sums[2 * n + 1] += count;
    }
  }
}

export interface ChrfOptions {
  /** Longest run of characters. Default 6. */
  charOrder?: number | undefined;
  /** Longest run of words; 2 is chrF++. Default 0. */
  wordOrder?: number | undefined;
  /** How much more recall counts than precision. Default 2. */
  beta?: number | undefined;
}

/**
 * chrF of a corpus: the F-score of runs of characters (white space left out), and with `wordOrder` of words, each length counting
 * alike. Of several references the one that gives the sentence the best score. Source: Popović 2015, 2017.
 */
export function chrf(options: ChrfOptions = {}): Sums<References<string>> {
  checkKnownOptions("chrf", options, ["charOrder", "wordOrder", "beta"]);
  const { charOrder = 6, wordOrder = 0, beta = 2 } = options;
  checkPositiveInteger("chrf", "charOrder", charOrder);
  checkNonNegativeInteger("chrf", "wordOrder", wordOrder);
  checkNumber("chrf", "charOrder + wordOrder", charOrder + wordOrder, { max: 100 });
  checkNumber("chrf", "beta", beta, { min: 0, openMin: true });
  const orders = charOrder + wordOrder;
  const runs = (text: string): Map<string, number>[] => {
    const characters = [...text.replace(/\s/gu, "")];
    const words = text.trim().split(/\s+/u).flatMap(apart);
    return Array.from({ length: orders }, (_, k) =>
      k < charOrder ? grams(characters, k + 1) : grams(words, k - charOrder + 1),
    );
  };
  const count = (predicted: Map<string, number>[], reference: Map<string, number>[]): number[] =>
    predicted.flatMap((own, k) => {
      let shared = 0;
      for (const [gram, times] of own) shared += Math.min(times, reference[k].get(gram) ?? 0);
      return [shared, total(own), total(reference[k])];
    });
  return new Sums({
    name: wordOrder === 0 ? "chrF" : `chrF${"+".repeat(wordOrder)}`,
    unit: "%",
    better: "higher",
    format: percent,
    size: 3 * orders,
    add(sums, { predicted, references }) {
      checkReferences("chrf", predicted, references);
      for (const [i, text] of predicted.entries()) {
        const own = runs(text);
        const counted = references[i].map((reference) => count(own, runs(reference)));
        const best = counted.reduce((a, b) => (fScore(b, beta) > fScore(a, beta) ? b : a));
        for (const [k, value] of best.entries()) sums[k] += value;
      }
    },
    value: (sums) => (sums.every((sum) => sum === 0) ? Number.NaN : fScore(sums, beta)),
  });
}

const total = (counts: Map<string, number>): number => [...counts.values()].reduce((sum, times) => sum + times, 0);

/** The mean of the F-scores of all orders that the texts are long enough for. */
function fScore(counts: ArrayLike<number>, beta: number): number {
  let [sum, orders] = [0, 0];
  for (let k = 0; k < counts.length; k += 3) {
    const [shared, own, wanted] = [counts[k], counts[k + 1], counts[k + 2]];
    if (own === 0 && wanted === 0) continue;
    orders++;
    const [precision, recall] = [own === 0 ? 0 : shared / own, wanted === 0 ? 0 : shared / wanted];
    const weighted = beta ** 2 * precision + recall;
    if (weighted > 0) sum += ((1 + beta ** 2) * precision * recall) / weighted;
  }
  return orders === 0 ? 0 : sum / orders;
}

/** A word and the punctuation mark at its end or beginning as two, as in the paper's script. */
function apart(word: string): string[] {
  if (word.length < 2) return [word];
  if (/[\p{P}\p{S}]$/u.test(word)) return [word.slice(0, -1), word.slice(-1)];
  return /^[\p{P}\p{S}]/u.test(word) ? [word[0], word.slice(1)] : [word];
}
