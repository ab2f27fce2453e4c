import type { Remembers } from "../commands.js";
import { firstOrigin } from "./data.js";
import { describedSeries, predictedAhead, windowsAfter } from "./predictions.js";
import { goOn, NO_SERIES, type SeriesMemory, seriesBytes } from "./series-memory.js";
import type { ForecastTypes } from "./types.js";

/** A forecaster of series that come piece by piece: after each it says what it would say of all rows until then. */
export const remembers: Remembers<ForecastTypes, { series: SeriesMemory }> = {
  fields: {},
  describe: describedSeries,
  begin: () => ({ series: NO_SERIES }),
  read(model, { config, meta }, memory, row) {
    const { found, memory: next } = goOn(memory.series, row, config, meta);
    const least = firstOrigin(config);
    const series = found.series.filter(({ values }) => values.length >= least);
    const windows = windowsAfter({ ...found, series }, config, meta);
    const said = [...predictedAhead(model, { config, meta }, windows)].flat().map(({ values }) => values);
    memory.series = next;
    return said;
  },
  bytes: ({ series }) => seriesBytes(series),
};
