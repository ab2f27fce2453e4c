import { isObject, refusal } from "../../base/check.js";
import { cellOf, checkKeys } from "../../data/readers/json-lines.js";
import { type Table, tableOf } from "../../data/readers/table.js";
import type { ForecastConfig } from "../forecast/config.js";
import type { ForecastMeta } from "../forecast/data.js";
import { numbersTable } from "../forecast/predictions.js";

/** What is known of a series: its values, or rows with the columns that the model learned from. */
export type History = readonly number[] | readonly Readonly<Record<string, string | number | boolean | Date | null>>[];

/** Rows as a table; numbers have the times 0, 1, 2, ... @throws FormatError, OptionError */
export function tableOfHistory(op: string, history: History, config: ForecastConfig, { form }: ForecastMeta): Table {
  const fix = 'Pass for example [{ "time": "2024-02-29", "value": 3 }, ...].';
  if (!Array.isArray(history) || history.length === 0) {
    throw refusal(op, "history", "be a list of numbers, or of rows", history, fix);
  }
  if (history.every((value) => typeof value === "number")) return numbersTable(history, config, form);
  const wrong = history.findIndex((row) => !isObject(row) || Array.isArray(row));
  if (wrong >= 0) throw refusal(op, `history[${wrong}]`, "be a row, as the others are", history[wrong], fix);
  // Dates become text, and what is undefined is not there.
  const rows = (JSON.parse(JSON.stringify(history)) as object[]).map((row, i) => {
    return { values: new Map<string, unknown>(Object.entries(row)), line: i + 1 };
  });
  const columns = [...rows[0].values.keys()];
  for (const row of rows) checkKeys(op, columns, row);
  return tableOf(
    op,
    columns,
    rows.map(({ values, line }) => ({ cells: columns.map((name) => cellOf(values.get(name))), line })),
  );
}
