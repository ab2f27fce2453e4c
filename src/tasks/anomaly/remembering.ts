import type { Json } from "../../train/index.js";
import type { Described, JsonSchema, Remembers } from "../commands.js";
import { NUMBER, objectOf, TABLE, TEXT } from "../described.js";
import { type ForecastMeta, firstOrigin, readSeries } from "../forecast/data.js";
import { goOn, NO_SERIES, type SeriesMemory, seriesBytes } from "../forecast/series-memory.js";
import { forecastConfig } from "./forecast-config.js";
import { type Judged, placeOf, seriesScores } from "./scores.js";
import type { AnomalyTypes } from "./types.js";

interface Memory {
  series: SeriesMemory;
  /** Of each series what was judged, and where it goes on. */
  judged: ReadonlyMap<string, Judged & { end: number }>;
}

/** What is read of series, and told of each of their values. */
export function describedValues({ form }: ForecastMeta, score: JsonSchema): Described {
  const time = form === "number" ? NUMBER : TEXT;
  const output = objectOf({ time, value: NUMBER, score, unusual: { type: "boolean" } }, { id: TEXT });
  return { input: TABLE, isTable: true, many: true, output };
}

/** A detector of what is unusual in series that come piece by piece. Lines are judged each by itself: of these there is nothing to keep. */
export const remembers: Remembers<AnomalyTypes, Memory> = {
  fields: {},
  describe: ({ meta: { series } }) => series && describedValues(series, { type: ["number", "null"] }),
  begin: () => ({ series: NO_SERIES, judged: new Map() }),
  read(model, { config, meta: { series: meta } }, memory, row) {
    const settings = forecastConfig(config);
    const { found, ends, memory: next } = goOn(memory.series, row, settings, meta!);
    const judged = new Map(memory.judged);
    const least = firstOrigin(settings);
    const said: Json[] = [];
    for (const series of readSeries(found, settings, meta!)) {
      const { id, from } = series;
      const before = judged.get(id);
      const [begin, end] = [(before?.end ?? 0) - from, ends.get(id)! - from];
      const goesOn = { expected: new Map(before?.expected), unusual: before?.unusual ?? [] };
      for (let step = begin; step < Math.min(least, end); step++) {
        said.push({ ...placeOf({ series, origin: step }, meta!), score: null, unusual: false });
      }
      const windows = Array.from({ length: Math.max(0, end - Math.max(begin, least)) }, (_, i) => {
        return { series, origin: Math.max(begin, least) + i };
      });
      const threshold = model.threshold.item();
      let i = 0;
      for (const { score } of seriesScores(model, windows, meta!, config, threshold, goesOn)) {
        said.push({ ...placeOf(windows[i++], meta!), score, unusual: score > threshold });
      }
      judged.set(id, { ...goesOn, end: end + from });
    }
    memory.series = next;
    memory.judged = judged;
    return said;
  },
  bytes({ series, judged }) {
    let numbers = 0;
    for (const { expected, unusual } of judged.values()) numbers += 2 * expected.size + unusual.length;
    return seriesBytes(series) + 8 * numbers;
  },
};
