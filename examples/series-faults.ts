/**
 * Faults in a series: an LSTM learns 120 days of hours, with a day and a week in them, and tells of 60 other days which values it would
 * not have expected. Planted there are spikes, level shifts and parts in which the sensor stands still. Beside it what is usual without a
 * network: how far a value is from that of a day before, in standard deviations, with a threshold from the same quantile.
 * `npm run example series-faults`
 *
 * Data: made here, from fixed seeds.
 */
import { Generator } from "unrolled";
import * as tasks from "unrolled/tasks";

const DAY = 24;
const KINDS = ["spike", "shift", "flat"] as const;
type Kind = (typeof KINDS)[number];

/** Hours of a load: higher by day, lower on the last two days of a week, with noise that goes on for a while. */
interface Series {
  values: number[];
  /** What is wrong with each; empty for nothing. */
  faults: (Kind | "")[];
  /** From where to where each fault goes. */
  events: { kind: Kind; from: number; to: number }[];
}

/** @param faultEvery  hours from one fault to the next, about; 0 for none. The first ten days are as they should be. */
export function load(days: number, { seed, faultEvery = 0 }: { seed: number; faultEvery?: number }): Series {
  const generator = new Generator(seed);
  let drift = 0;
  const values = Array.from({ length: days * DAY }, (_, t) => {
    drift = 0.8 * drift + 0.5 * generator.normal();
    const day = Math.sin((2 * Math.PI * (t - 8)) / DAY) + 0.4 * Math.sin((4 * Math.PI * t) / DAY);
    return 50 + (Math.floor(t / DAY) % 7 > 4 ? 5 : 10) * day + drift + 0.5 * generator.normal();
  });
  const faults = values.map((): Kind | "" => "");
  const events: Series["events"] = [];
  for (let at = 10 * DAY, k = 0; faultEvery > 0 && at < values.length - 2 * DAY; k++) {
    const kind = KINDS[k % KINDS.length]!;
    const sign = generator.uniform() < 0.5 ? -1 : 1;
    const length = { spike: 1, shift: 6 + generator.integer(6), flat: 6 + generator.integer(6) }[kind];
    const size = sign * (5 + 5 * generator.uniform());
    for (let t = at; t < at + length; t++) {
      values[t] = kind === "flat" ? values[at - 1]! : values[t]! + size;
      faults[t] = kind;
    }
    events.push({ kind, from: at, to: at + length });
    at += length + Math.floor(faultEvery * (0.5 + generator.uniform()));
  }
  return { values, faults, events };
}

function source({ values, faults }: Series): tasks.Source {
  const time = (t: number) => new Date(Date.UTC(2024, 0, 1, t)).toISOString().slice(0, 16);
  const rows = values.map((value, t) => `${time(t)},${value.toFixed(3)},${faults[t]}`);
  return { name: "load.csv", bytes: new TextEncoder().encode(`time,load,fault\n${rows.join("\n")}\n`) };
}

/** How many of the values that were told are faults, how many of the faulty values were told, and of each kind how many faults at all. */
function judged({ faults, events }: Series, told: ReadonlySet<number>) {
  const right = [...told].filter((t) => faults[t] !== "").length;
  const found = (kind: Kind) => {
    const own = events.filter((event) => event.kind === kind);
    return `${own.filter(({ from, to }) => [...told].some((t) => t >= from && t < to)).length} of ${own.length}`;
  };
  return {
    precision: told.size === 0 ? 0 : right / told.size,
    recall: right / faults.filter((fault) => fault !== "").length,
    events: Object.fromEntries(KINDS.map((kind) => [kind, found(kind)])),
  };
}

const QUANTILE = 0.995;

/** |x_t - x_{t-24}| in its standard deviations on the series to learn from, above the quantile there. */
function naive(train: Series, test: Series): Set<number> {
  const steps = ({ values }: Series) => values.slice(DAY).map((value, i) => value - values[i]!);
  const own = steps(train);
  const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
  const deviation = Math.sqrt(own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / own.length);
  const scores = (series: Series) => steps(series).map((value) => Math.abs(value - mean) / deviation);
  const threshold = scores(train).sort((a, b) => a - b)[Math.floor(QUANTILE * own.length)]!;
  return new Set(scores(test).flatMap((score, i) => (score > threshold ? [i + DAY] : [])));
}

/** A detector that has seen no fault, and the naive one, on a series with faults. */
export async function findFaults({ days = 120, epochs = 12 } = {}) {
  const [train, test] = [load(days, { seed: 1 }), load(60, { seed: 2, faultEvery: 30 })];
  const settings = {
    ...{ task: "anomaly", time: "time", target: "load", label: "fault", quantile: QUANTILE, valid: 0.2 },
    ...{
      hidden: 32,
      context: 48,
      lags: "1,24,168",
      calendar: "hour,day-of-week",
      lr: 0.005,
      schedule: "cosine",
      epochs,
    },
  };
  const { model } = await tasks.train(source(train), settings);
  const scored: boolean[] = [];
  for await (const { unusual } of model.predict([new TextDecoder().decode(source(test).bytes)]))
    scored.push(unusual === true);
  const first = test.values.length - scored.length;
  const told = new Set(scored.flatMap((unusual, i) => (unusual ? [first + i] : [])));
  return { model, first, test, detector: judged(test, told), naive: judged(test, naive(train, test)) };
}

export async function main() {
  const { detector, naive: beside, test } = await findFaults();
  const share = test.faults.filter((fault) => fault !== "").length / test.faults.length;
  console.log(`${test.events.length} faults, ${(100 * share).toFixed(1)} % of the values`);
  for (const [name, { precision, recall, events }] of Object.entries({ detector, "a day before": beside })) {
    const found = Object.entries(events).map(([kind, text]) => `${kind} ${text}`);
    console.log(
      `${name}: precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)} of values; found ${found.join(", ")}`,
    );
  }
}
