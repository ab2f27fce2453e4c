import { OptionError } from "../base/errors.js";
import { Generator } from "../base/random.js";
import { type Between, type Dimension, isBetween, type Settings, type Value } from "./space.js";

/** More trials than anyone waits for. */
const MOST = 10_000;
/** Draws in a row that were there before: then little is left. */
const REPEATS = 200;

/** How many settings a space of lists has; Infinity with a range. */
export function sizeOf(space: readonly Dimension[]): number {
  return space.reduce((size, one) => size * (isBetween(one) ? Infinity : one.values.length), 1);
}

/** Every combination; the last setting changes first. @throws OptionError for a range, or more than 10,000 */
export function gridOf(space: readonly Dimension[]): Settings[] {
  const range = space.find(isBetween);
  const size = sizeOf(space);
  if (range !== undefined || size > MOST) {
    const [argument, value] =
      range === undefined
        ? ["space", `${size.toLocaleString("en")} of them`]
        : [range.key, `${range.min}..${range.max}`];
    const must =
      range === undefined ? `have ${MOST} combinations at most for a grid` : "be a list of values for a grid";
    throw new OptionError({
      op: "search",
      argument,
      must,
      value,
      fix: "Draw them at random: kind random.",
      code: "no-grid",
    });
  }
  let found: Settings[] = [{}];
  for (const one of space) {
    const { key, values } = one as { key: string; values: readonly Value[] };
    found = found.flatMap((settings) => values.map((value) => ({ ...settings, [key]: value })));
  }
  return found;
}

/** Different settings, drawn from a seed: a longer list begins as a shorter one. Fewer where there are no more. */
export function drawnFrom(space: readonly Dimension[], trials: number, seed: number): Settings[] {
  const generator = new Generator(seed);
  const found: Settings[] = [];
  const seen = new Set<string>();
  for (let repeats = 0; found.length < trials && repeats < REPEATS && seen.size < sizeOf(space); ) {
    const settings = Object.fromEntries(space.map((one) => [one.key, valueIn(one, generator)]));
    const known = JSON.stringify(settings);
    repeats = seen.has(known) ? repeats + 1 : 0;
    if (repeats === 0) found.push(settings);
    seen.add(known);
  }
  return found;
}

function valueIn(dimension: Dimension, generator: Generator): Value {
  if (!isBetween(dimension)) return dimension.values[generator.integer(dimension.values.length)];
  const { min, max, isWhole } = dimension;
  const value = drawn(dimension, generator.uniform());
  // As short as a person would write it, and not beyond the ends.
  const short = isWhole ? Math.floor(value) : Number(value.toPrecision(4));
  return Math.min(max, Math.max(min, short));
}

/** @param share  in [0, 1) */
function drawn({ min, max, isLog, isWhole }: Between, share: number): number {
  const end = isWhole ? max + 1 : max;
  return isLog ? min * (end / min) ** share : min + (end - min) * share;
}
