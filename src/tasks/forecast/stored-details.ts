import type { DataDetails } from "../about-data/details.js";
import { storedQuantiles } from "../about-data/stored-quantiles.js";
import type { RowStream } from "../task.js";
import type { ForecastConfig } from "./config.js";
import { countedDetails, usesOfSeries, type WindowCounts } from "./details.js";
import type { SeriesStore } from "./stored-series.js";

/** As `seriesDetails`, of series on the disk. @param told  of values that were read */
export function storedDetails(
  { seenColumns, series, values, rowsWithin }: SeriesStore,
  windows: WindowCounts,
  config: ForecastConfig,
  { valid, told }: { valid: Pick<RowStream, "name"> | undefined; told: (count: number) => void },
): DataDetails {
  const lengths = series.map(({ length }) => length);
  const each = (take: (block: Float64Array) => void) => {
    for (const { at, length } of series) {
      for (const block of values.blocks(at, at + length)) {
        take(block);
        told(block.length);
      }
    }
  };
  const count = lengths.reduce((sum, length) => sum + length, 0);
  const spread = storedQuantiles(config.target, "", count, each);
  const { rows } = seenColumns!;
  const counts = { rows, columns: seenColumns!.details(usesOfSeries(config)), lengths, rowsWithin, values: spread };
  return countedDetails(counts, windows, config, valid);
}
