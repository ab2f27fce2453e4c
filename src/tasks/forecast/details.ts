import { listed } from "../../base/listed.js";
import { columnDetails, unusedColumns, usesOf } from "../about-data/columns.js";
import { type ColumnDetail, type DataDetails, leftOut, type QuantileDetail } from "../about-data/details.js";
import { heldHow } from "../about-data/held-out.js";
import { quantiles } from "../about-data/quantiles.js";
import type { Source } from "../task.js";
import type { ForecastConfig } from "./config.js";
import type { SeriesTable } from "./series.js";

/** How many windows there are to train and to validate on. */
export interface WindowCounts {
  train: number;
  validation: number;
}

/** What was counted of series, in memory or on the disk. */
export interface SeriesCounts {
  rows: number;
  columns: readonly ColumnDetail[];
  /** Values of each series. */
  lengths: readonly number[];
  /** Rows up to the last value of their series: those after it are to be forecast. */
  rowsWithin: number;
  values: readonly QuantileDetail[];
}

/** What there is to know of the series of a file. */
export function countedDetails(
  { rows, columns, lengths, rowsWithin, values }: SeriesCounts,
  windows: WindowCounts,
  config: ForecastConfig,
  valid: Pick<Source, "name"> | undefined,
): DataDetails {
  const { target, id, fill } = config;
  const steps = lengths.reduce((sum, length) => sum + length, 0);
  return {
    rows,
    unit: "rows",
    columns,
    classes: [],
    lengths: quantiles(id ?? "series", "steps", lengths),
    values,
    leftOut: [
      ...leftOut(steps - rowsWithin, `times are missing: filled, as ${fill} says`, "fill"),
      ...leftOut(rows - rowsWithin, `rows are after the last ${target}: they are to be forecast`),
      ...unusedColumns(columns),
    ],
    split: { ...windows, unit: "windows", how: heldHow(config, valid, "the end of each series") },
  };
}

/** What columns are to a forecaster. */
export function usesOfSeries({ time, target, id, ...beside }: ForecastConfig): Record<string, string> {
  return usesOf({ known: listed(beside.known), static: listed(beside.static), time, target, id });
}

/** Of series in memory. */
export function seriesDetails(
  { table, series }: SeriesTable,
  windows: WindowCounts,
  config: ForecastConfig,
  valid: Source | undefined,
): DataDetails {
  const lengths = series.map((one) => one.values.length);
  const all = new Float64Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const one of series) {
    all.set(one.values, at);
    at += one.values.length;
  }
  const counts = {
    rows: table.rows.length,
    columns: columnDetails(table, usesOfSeries(config)),
    lengths,
    rowsWithin: series.reduce((sum, { rows, values: { length } }) => sum + new Set(rows.slice(0, length)).size, 0),
    values: quantiles(config.target, "", all),
  };
  return countedDetails(counts, windows, config, valid);
}
