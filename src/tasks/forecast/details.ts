import { listed } from "../../base/listed.js";
import { columnDetails, unusedColumns, usesOf } from "../about-data/columns.js";
import { type DataDetails, leftOut } from "../about-data/details.js";
import { heldHow } from "../about-data/held-out.js";
import { quantiles } from "../about-data/quantiles.js";
import type { Source } from "../task.js";
import type { ForecastConfig } from "./config.js";
import type { SeriesTable } from "./series.js";

/** What there is to know of the series of a file. @param windows  how many there are to train and to validate on */
export function seriesDetails(
  { table, series }: SeriesTable,
  windows: { train: number; validation: number },
  config: ForecastConfig,
  valid: Source | undefined,
): DataDetails {
  const { time, target, id } = config;
  const others = { known: listed(config.known), static: listed(config.static) };
  const columns = columnDetails(table, usesOf({ ...others, time, target, id }));
  const values = series.reduce((sum, one) => sum + one.values.length, 0);
  const own = series.reduce((sum, { rows, values: { length } }) => sum + new Set(rows.slice(0, length)).size, 0);
  const steps = series.map((one) => one.values.length);
  const all = Float64Array.from({ length: values });
  let at = 0;
  for (const one of series) {
    all.set(one.values, at);
    at += one.values.length;
  }
  return {
    rows: table.rows.length,
    unit: "rows",
    columns,
    classes: [],
    lengths: quantiles(id ?? "series", "steps", steps),
    values: quantiles(target, "", all),
    leftOut: [
      ...leftOut(values - own, `times are missing: filled, as ${config.fill} says`, "fill"),
      ...leftOut(table.rows.length - own, `rows are after the last ${target}: they are to be forecast`),
      ...unusedColumns(columns),
    ],
    split: { ...windows, unit: "windows", how: heldHow(config, valid, "the end of each series") },
  };
}
