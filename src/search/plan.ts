import { checkOneOf, checkPositiveInteger } from "../base/check.js";
import { OptionError } from "../base/errors.js";
import { drawnFrom, gridOf } from "./drawing.js";
import { type Dimension, isBetween, type Settings } from "./space.js";

export const SEARCH_KINDS = ["grid", "random", "halving"] as const;
export type SearchKind = (typeof SEARCH_KINDS)[number];

/** Trials of a random search of which nobody said how many. */
export const USUAL_TRIALS = 20;

export interface SearchRequest {
  space: readonly Dimension[];
  /** Default: grid, or random where there is a range or a number of trials. */
  kind?: SearchKind | undefined;
  /** Of random and halving: how many settings are drawn. */
  trials?: number | undefined;
  seed: number;
}

/** What is to be trained: settings each, by number from 1. */
export interface SearchPlan {
  kind: SearchKind;
  trials: readonly Settings[];
}

/** @throws OptionError for what does not go together */
export function planSearch({ space, kind: asked, trials, seed }: SearchRequest): SearchPlan {
  const op = "search";
  if (asked !== undefined) checkOneOf(op, "kind", asked, SEARCH_KINDS);
  if (trials !== undefined) checkPositiveInteger(op, "trials", trials);
  const isOpen = trials !== undefined || space.some(isBetween);
  const kind = asked ?? (isOpen ? "random" : "grid");
  if (kind === "grid" && trials !== undefined) {
    const must = "be left out of a grid, which tries every combination";
    throw new OptionError({
      op,
      argument: "trials",
      must,
      value: String(trials),
      fix: "Leave trials out, or draw at random.",
    });
  }
  const isDrawn = kind === "random" || (kind === "halving" && isOpen);
  const all = isDrawn ? drawnFrom(space, trials ?? USUAL_TRIALS, seed) : gridOf(space);
  if (kind !== "halving" || all.length > 1) return { kind, trials: all };
  const must = "have 2 trials or more to be halved";
  const argument = trials === undefined ? "space" : "trials";
  throw new OptionError({ op, argument, must, value: "1", fix: "Ask for more.", code: "too-few-trials" });
}

/**
 * After how many epochs the better half of the trials goes on, and last all of them: each rung has twice the epochs of the one
 * before, and at least one; there are as many as halve the trials to one.
 * Source: successive halving, Jamieson & Talwalkar 2016, with a factor of 2.
 */
export function rungsOf(trials: number, epochs: number): number[] {
  const rungs = [epochs];
  for (let left = trials; left > 1 && rungs[0] > 1; left = goingOn(left)) rungs.unshift(Math.ceil(rungs[0] / 2));
  return rungs;
}

/** How many of these go on to the next rung. */
export function goingOn(trials: number): number {
  return Math.ceil(trials / 2);
}
