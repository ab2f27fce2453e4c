import type { ShownToken } from "../../inspection/tokens.js";
import { FEATURES, featureSeries } from "./features.js";

/** One hidden unit over a text. */
export interface UnitTrace {
  unit: number;
  /** What of the unit is shown: h, or in an lstm tanh(c), whichever tells more. */
  of: UnitState["of"];
  /** At each token, in [-1, 1] but for a relu. */
  values: number[];
  /** Standard deviation of the values, once the state has left its zeros. */
  deviation: number;
  /** What of the text it follows most, when it does clearly: |correlation| of at least 0.5. */
  follows: { feature: string; correlation: number } | null;
}

const CLEARLY = 0.5;
/** Units that follow the same thing crowd out others. */
const MOST_ALIKE = 3;

/** The states of a layer over a text, [L, H]. */
export interface UnitState {
  of: "h" | "tanh c";
  values: ArrayLike<number>;
}

/** Tokens in which a state may still be on its way from zero: they say more of the start than of the text. */
const settling = (length: number): number => Math.min(20, Math.floor(length / 4));

/**
 * The units that are worth a look: those that vary most, before all when they follow something a person would name.
 * @param states  of a unit the one that tells more is shown
 */
export function chooseUnits(
  states: readonly UnitState[],
  hiddenSize: number,
  tokens: readonly ShownToken[],
  count: number,
): UnitTrace[] {
  const start = settling(tokens.length);
  const series = FEATURES.map((feature) => ({
    name: feature.name,
    values: featureSeries(feature, tokens).slice(start),
  }));
  const all = Array.from({ length: hiddenSize }, (_, unit) =>
    states
      .map(({ of, values }) => {
        const own = tokens.map((_, t) => values[t * hiddenSize + unit]);
        return scored({ unit, of, values: own, ...settled(own.slice(start), series) });
      })
      .reduce((best, next) => (next.score > best.score ? next : best)),
  );
  all.sort((a, b) => b.score - a.score);
  const alike = new Map<string, number>();
  const [chosen, others]: [typeof all, typeof all] = [[], []];
  for (const unit of all) {
    const name = unit.follows?.feature ?? "";
    const so = alike.get(name) ?? 0;
    alike.set(name, so + 1);
    (name !== "" && so >= MOST_ALIKE ? others : chosen).push(unit);
  }
  return [...chosen, ...others].slice(0, count).map(({ score: _, ...unit }) => unit);
}

/** What a unit does once it has settled. */
function settled(values: readonly number[], series: readonly { name: string; values: readonly number[] }[]) {
  const found = series
    .map(({ name, values: other }) => ({ feature: name, correlation: correlation(values, other) }))
    .reduce((best, next) => (Math.abs(next.correlation) > Math.abs(best.correlation) ? next : best));
  return { deviation: deviation(values), follows: Math.abs(found.correlation) >= CLEARLY ? found : null };
}

function scored(unit: UnitTrace): UnitTrace & { score: number } {
  return { ...unit, score: unit.deviation * (0.25 + Math.abs(unit.follows?.correlation ?? 0)) };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[]): number {
  const mean = average(values);
  return Math.sqrt(average(values.map((value) => (value - mean) ** 2)));
}

/** Pearson's; 0 when either does not vary. */
export function correlation(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [average(a), average(b)];
  const spread = deviation(a) * deviation(b);
  if (!(spread > 1e-12)) return 0;
  return average(a.map((value, i) => (value - meanA) * (b[i] - meanB))) / spread;
}
