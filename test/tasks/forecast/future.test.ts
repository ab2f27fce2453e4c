import { describe, expect, test } from "vitest";
import { Generator, manualSeed } from "../../../src/base/random.js";
import {
  type EvaluationRange,
  evaluatedWindows,
  type ForecastData,
  seriesFor,
} from "../../../src/tasks/forecast/data.js";
import type { Forecaster } from "../../../src/tasks/forecast/model.js";
import { outputsOf } from "../../../src/tasks/forecast/outputs-of.js";
import { ended, openSeries, windowsToJudge } from "../../../src/tasks/forecast/storing.js";
import { forecast } from "../../../src/tasks/forecast/task.js";
import { timeOf } from "../../../src/tasks/forecast/time-axis.js";
import { streamed } from "../../support/rows.js";

const DAYS = 120;
const day = (t: number) => new Date(Date.UTC(2024, 0, 1 + t)).toISOString().slice(0, 10);

/** Two series that go another way from a day on, with what is known ahead and what holds for each. @param other  where that is */
function table(ids: readonly string[], other = DAYS, seed = 2): string {
  const draw = new Generator(seed);
  const rows = Array.from({ length: DAYS * ids.length }, (_, i) => {
    const [t, s] = [Math.floor(i / ids.length), i % ids.length];
    const value = Math.round(40 + 20 * s + 9 * Math.sin(t) + 5 * draw.normal());
    return `${day(t)},${ids[s]},${t % 6 === 0 ? 1 : 0},${["a", "b"][s]},${t < other ? value : 7 * value + 1000}`;
  });
  return `day,site,promo,kind,load\n${rows.join("\n")}\n`;
}

const SETTINGS = {
  time: "day",
  target: "load",
  id: "site",
  known: "promo",
  static: "kind",
  horizon: 5,
  context: 8,
  hidden: 4,
  paths: 7,
};

describe.each([
  ["gaussian", "direct", "series"],
  ["student-t", "recursive", "last"],
  ["negative-binomial", "recursive", "series"],
  ["quantiles", "direct", "last"],
  ["point", "recursive", "series"],
] as const)("%s, %s, counted from %s", (output, decoding, centre) => {
  const source = (text: string) => ({ name: "d.csv", bytes: new TextEncoder().encode(text) });
  const settings = { ...SETTINGS, output, decoding, centre };
  const { data, config } = forecast.read({ train: source(table(["north", "south"])) }, settings, { op: "train" });
  const model = (): Forecaster => {
    manualSeed(4);
    return forecast.build(config, forecast.about(data, config).meta).eval();
  };

  /** What is forecast from the first window of each series on. */
  async function predicted(text: string, range: EvaluationRange, isStored: boolean): Promise<number[][]> {
    const meta = data as ForecastData;
    const opened = isStored ? await ended(openSeries(streamed(text), config, meta, { judged: range })) : null;
    const windows = opened
      ? [...windowsToJudge(opened, config, meta, range)]
      : evaluatedWindows(seriesFor(text, "d.csv", config, meta, range), config, meta.axis, range);
    opened?.close();
    const first = windows.filter(({ series: { id } }, i) => i === windows.findIndex((one) => one.series.id === id));
    return first.map((window) => [...outputsOf(model(), [window], { config, meta })].flatMap((one) => [...one.quantiles]));
  }

  test.each([
    ["that were learned", ["north", "south"], { from: timeOf(day(110))!.time }, 110],
    ["that were learned, where nobody says from when", ["north", "south"], {}, 108],
    ["that are new", ["east", "west"], { from: timeOf(day(80))!.time }, 80],
    ["that are new, where nobody says from when", ["east", "west"], {}, 60],
  ])("what comes changes nothing of forecasts of series %s", async (_, ids, range, from) => {
    for (const isStored of [false, true]) {
      const usual = await predicted(table(ids), range, isStored);
      expect(usual).toHaveLength(2);
      expect(await predicted(table(ids, from), range, isStored)).toEqual(usual);
      expect(await predicted(table(ids, from - 1), range, isStored), "what was does").not.toEqual(usual);
    }
  });

  test("what comes changes nothing that is learned of the training part", () => {
    const other = forecast.read({ train: source(table(["north", "south"], 108)) }, settings, { op: "train" });
    expect(forecast.describeMeta(other.data)).toEqual(forecast.describeMeta(data));
    expect(other.config).toEqual(config);
    const batches = [data, other.data].map((of) => {
      const all = forecast.batches(of, config);
      return Array.from({ length: all.steps }, () => all.next()).map(({ x, values }) => [[...x.data()], [...values.data()]]);
    });
    expect(batches[1]).toEqual(batches[0]);
  });
}); // biome-ignore format: a table
