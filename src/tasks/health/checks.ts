import { percent } from "../../base/number-text.js";
import { advised, anyOf } from "./advised.js";
import { meanOf } from "./judge.js";
import type { Interval, Measured } from "./measured.js";

/** Numbers and names that a warning is made of, and settings that may help. */
export type Values = Readonly<Record<string, string | number>>;

/** One thing that can be wrong. */
export interface Check {
  /** @returns what the sentences are made of; null where nothing is wrong, or nothing is known */
  find(measured: Measured): Values | null;
  /** What is wrong, a sentence without its full stop. */
  found(values: Values): string;
  /** What to do about it, in sentences. */
  todo(values: Values): string;
}

// From here on a share, a count, a factor is named.
/** Root of the mean square of weights; those of trained networks are below 3. */
const SIZE = 10;
/** Of a gate's values, at its ends. */
const STUCK = 0.9;
/** Of a layer's units, that never move, over so many steps. */
const CONSTANT = 0.5;
const STEPS = 6;
/** A sequence of so many steps, of which the gradient sees no more than so many. */
const LONG = 20;
const SHORT = 2;
/** What a gradient grows by, in so many steps in a row. */
const GROWTH = 1000;
const GROWING = 8;
/** Answers that say something; a model with less of a guess's error has learned. */
const ANSWERS = 20;
const LEARNED = 0.75;
/** What the probabilities say above what is right. */
const SURE = 0.2;
/** Of the tokens, unknown. */
const UNKNOWN = 0.2;
/** Standard deviations, and the share of the numbers beyond them. */
const FAR = 6;
const BEYOND = 0.1;
/** Of what could be looked at evenly; of what is at one place. */
const EVEN = 0.995;
const PLACE = 0.9;
/** Width beside the scale of the series: less is none. */
const FLAT = 0.01;
/** Of what came, inside of intervals that should hold 80 %. */
const HELD = 0.4;
/** Beside what should be unusual. */
const FLAGGED = 0.3;

/** What trained networks do too: only of one that has not learned is it why. */
const hasLearned = ({ judged }: Measured): boolean => judged !== undefined && judged.ratio < LEARNED;
const enough = (measured: Measured) => ((measured.judged?.count ?? 0) >= ANSWERS ? measured.judged : undefined);

const trainAnew = ({ settings }: Values): string => `Train anew with ${settings}.`;
const isFlat = ({ low, high, scale }: Interval): boolean => high - low < FLAT * scale;

/** Everything that is looked for, gravest first. A new one is a row here, and its words of other languages in the studio's strings. */
export const CHECKS = {
  "not-finite": {
    find({ weights, layers, growth, settings }) {
      const what =
        weights.find(({ isSound }) => !isSound)?.name ??
        layers.find(({ isSound }) => !isSound)?.name ??
        (growth?.factor === Infinity ? growth.layer : undefined);
      return what === undefined ? null : { what, settings: anyOf(advised(settings, ["lower", "clip"])) };
    },
    found: ({ what }) => `There are numbers in ${what} that are no numbers, or not finite`,
    todo: ({ settings }) => `Go back to a checkpoint from before, and train on with ${settings}.`,
  },
  "large-weights": {
    find({ weights, settings }) {
      const most = weights.reduce((a, b) => (b.size > a.size ? b : a));
      if (!(most.size > SIZE) || weights.some(({ isSound }) => !isSound)) return null;
      return {
        name: most.name,
        size: most.size.toPrecision(2),
        settings: anyOf(advised(settings, ["lower", "decay", "clip"])),
      };
    },
    found: ({ name, size }) =>
      `The weights of ${name} are ${size} in size, many times those of a network that learns well`,
    todo: trainAnew,
  },
  exploding: {
    find({ growth, settings }) {
      if (growth === null || growth.factor < GROWTH || growth.steps < GROWING) return null;
      if (growth.factor === Infinity) return null;
      const { layer, factor, steps } = growth;
      return { layer, factor: factor.toExponential(0), steps, settings: anyOf(advised(settings, ["clip", "lower"])) };
    },
    found: ({ layer, factor, steps }) =>
      `The gradient explodes: in ${layer} it grows ${factor} times over ${steps} steps back`,
    todo: trainAnew,
  },
  guess: {
    find(measured) {
      const judged = enough(measured);
      if (judged === undefined || judged.ratio < 1 || judged.only !== undefined) return null;
      const { guess, count, unit } = judged;
      return { guess, count, unit, settings: anyOf(advised(measured.settings, ["longer", "other-lr"])) };
    },
    found: ({ guess, count, unit }) => `On ${count} ${unit} it is no better than ${guess}`,
    todo: ({ settings }) => `Train it longer (${settings}), or let it read data of the kind that it learned from.`,
  },
  "one-answer": {
    find(measured) {
      const judged = enough(measured);
      if (judged?.only === undefined || judged.ratio < LEARNED) return null;
      const { only, count, unit } = judged;
      return { only, count, unit, settings: anyOf(advised(measured.settings, ["weights", "longer", "other-lr"])) };
    },
    found: ({ only, count, unit }) => `It says ${only} of all ${count} ${unit}, whatever they hold`,
    todo: ({ settings }) =>
      `Train anew with ${settings}, and look whether the rows to learn from hold enough of the others.`,
  },
  overconfident: {
    find(measured) {
      const sure = enough(measured)?.confidence;
      if (sure === undefined || sure.mean - sure.right < SURE) return null;
      const settings = anyOf(advised(measured.settings, ["patience", "dropout", "decay"]));
      return { mean: percent(sure.mean), right: percent(sure.right), settings };
    },
    found: ({ mean, right }) => `It is surer than it should be: ${mean} % on average, and right in ${right} %`,
    todo: ({ settings }) => `It knows its training data by heart: train anew with ${settings}, or with more data.`,
  },
  vanishing: {
    find(measured) {
      const long = measured.reaches.filter(({ steps }) => steps >= LONG);
      if (hasLearned(measured) || long.length === 0 || long.some(({ horizon }) => horizon > SHORT)) return null;
      const [{ horizon, steps }] = long;
      return { horizon, steps, settings: anyOf(advised(measured.settings, ["cell", "pooling", "longer"])) };
    },
    found: ({ horizon, steps }) => `The gradient vanishes: of ${steps} steps it reaches ${horizon} back`,
    todo: trainAnew,
  },
  saturated: {
    find(measured) {
      if (hasLearned(measured)) return null;
      const all = measured.layers.flatMap(({ name, gates }) => gates.map((gate) => ({ layer: name, ...gate })));
      const most = all.reduce((a, b) => (b.stuck > a.stuck ? b : a), { layer: "", name: "", stuck: 0 });
      if (most.stuck < STUCK) return null;
      const settings = anyOf(advised(measured.settings, ["lower", "decay"]));
      return { layer: most.layer, gate: most.name, share: Math.round(100 * most.stuck), settings };
    },
    found: ({ layer, gate, share }) =>
      `${share} % of the ${gate} of ${layer} is at its ends, where no gradient gets through`,
    todo: ({ settings }) => `Train anew with ${settings}: units that are flat learn hardly any more.`,
  },
  dead: {
    find({ layers, settings }) {
      const dead = layers.find(({ units, steps, constant }) => steps >= STEPS && constant >= CONSTANT * units);
      if (dead === undefined) return null;
      const { name, units, constant } = dead;
      const size = Math.max(1, units - constant);
      return { layer: name, units, constant, settings: anyOf(advised(settings, ["lower", "cell"], { hidden: size })) };
    },
    found: ({ layer, units, constant }) => `${constant} of the ${units} units of ${layer} never move, whatever is read`,
    todo: trainAnew,
  },
  "attention-even": {
    find({ attention = [], settings }) {
      const rows = attention.flat().filter(({ length }) => length >= 4);
      if (rows.length < 3 || rows.some((row) => evenness(row) < EVEN)) return null;
      return { settings: anyOf(advised(settings, ["longer", "other-lr", "attention", "mean"])) };
    },
    found: () => "Attention looks at all steps alike, and so at none",
    todo: trainAnew,
  },
  "attention-stuck": {
    find({ attention = [], settings }) {
      const maps = attention.filter((map) => map.length >= 4 && map[0].length >= 4);
      const places = maps.map(placeOf);
      if (places.length === 0 || places.includes(-1)) return null;
      return { place: places[0] + 1, settings: anyOf(advised(settings, ["attention", "longer", "lower"])) };
    },
    found: ({ place }) => `Attention stays at one place (token ${place}), whatever is written`,
    todo: trainAnew,
  },
  endless: {
    find({ written, settings }) {
      if (written === undefined || written.count === 0 || written.endless < written.count) return null;
      const { count, limit } = written;
      return { count, limit, settings: anyOf(advised(settings, ["longer", "other-lr"])) };
    },
    found: ({ limit }) => `It never writes an end: only the limit of ${limit} tokens stops it`,
    todo: ({ settings }) => `Train it longer (${settings}).`,
  },
  unknown: {
    find({ unknown, settings }) {
      if (unknown === undefined || unknown.share < UNKNOWN || unknown.count < 3) return null;
      const { share, unit, count } = unknown;
      const others = advised(settings, ["all-tokens", "characters"]);
      return { share: percent(share), unit, count, settings: others.length === 0 ? "" : `, with ${anyOf(others)}` };
    },
    found: ({ share, unit }) => `${share} % of the ${unit}s it has never seen, and cannot tell from each other`,
    todo: ({ settings }) => `Train it on texts like this one${settings}.`,
  },
  outside: {
    find({ scaled = [] }) {
      for (const { name, values } of scaled) {
        const all = Array.from(values, Math.abs);
        const far = all.filter((value) => value > FAR).length;
        if (far === 0 || far < BEYOND * all.length) continue;
        return { name, most: Math.round(all.reduce((a, b) => Math.max(a, b))), share: percent(far / all.length) };
      }
      return null;
    },
    found: ({ name, most, share }) =>
      `${share} % of the numbers of ${name} lie far outside what training saw, up to ${most} standard deviations away`,
    todo: ({ name }) =>
      `See whether the units and decimal points of ${name} are those of training; else train on data that reach as far.`,
  },
  "no-width": {
    find({ intervals = [], settings }) {
      if (intervals.length === 0 || !intervals.every(isFlat)) return null;
      return { settings: anyOf(advised(settings, ["distribution", "calibrate"])) };
    },
    found: () => "Its intervals have no width: it takes every forecast for certain",
    todo: trainAnew,
  },
  narrow: {
    find({ intervals = [], settings }) {
      const known = intervals.filter(({ came }) => Number.isFinite(came));
      if (known.length < ANSWERS) return null;
      const held = meanOf(known.map(({ low, high, came }) => Number(came >= low && came <= high)));
      if (held >= HELD || intervals.every(isFlat)) return null;
      return {
        held: percent(held),
        count: known.length,
        settings: anyOf(advised(settings, ["calibrate", "distribution"])),
      };
    },
    found: ({ held, count }) => `Its intervals of 80 % hold ${held} % of the last ${count} values`,
    todo: trainAnew,
  },
  flagged: {
    find({ flagged, settings }) {
      if (flagged === undefined || flagged.count < ANSWERS) return null;
      if (flagged.share < Math.max(FLAGGED, 5 * flagged.expected)) return null;
      const rarer = 1 - flagged.expected / 10;
      const own = anyOf(advised(settings, [], { quantile: Number(rarer.toPrecision(6)) }));
      return { share: percent(flagged.share), expected: percent(flagged.expected), settings: own };
    },
    found: ({ share, expected }) => `It calls ${share} % of this unusual, where it should be about ${expected} %`,
    todo: ({ settings }) => `Train it on data like these, or with a threshold that is higher (${settings}).`,
  },
} as const satisfies Record<string, Check>;

export type CheckName = keyof typeof CHECKS;

/** 1 where all shares are equal, 0 where one is all: the entropy, beside the most that it can be. */
function evenness(row: readonly number[]): number {
  const entropy = row.reduce((sum, share) => (share > 0 ? sum - share * Math.log(share) : sum), 0);
  return entropy / Math.log(row.length);
}

/** The column that is looked at by all rows, or by all but a few; -1 where there is none. */
function placeOf(map: readonly (readonly number[])[]): number {
  return map[0].findIndex((_, column) => meanOf(map.map((row) => row[column])) >= PLACE);
}
