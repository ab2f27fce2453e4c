import type { ForecastMeta } from "../forecast/data.js";
import { typedTable } from "../forecast/predictions.js";
import type { Source } from "../task.js";
import type { AnomalyConfig } from "./config.js";
import { forecastConfig } from "./forecast-config.js";

/** A series that was typed, or given as numbers, as a file. @throws FormatError */
export function typedSource(row: string | readonly number[], config: AnomalyConfig, meta: ForecastMeta): Source {
  const { columns, rows } = typedTable(row, forecastConfig(config), meta);
  const lines = rows.map((cells) => JSON.stringify(Object.fromEntries(cells.map((cell, i) => [columns[i], cell]))));
  return { name: "anomaly.jsonl", bytes: new TextEncoder().encode(lines.join("\n")) };
}
