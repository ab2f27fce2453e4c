import { FormatError, show } from "../../base/errors.js";
import { numberOf } from "../../data/readers/cells.js";
import { cellError, numberAt, ownColumn, type Table } from "../../data/readers/index.js";

/** How a column becomes numbers: shifted and scaled, or one number for each of its values. */
export interface Covariate {
  name: string;
  /** What is known ahead, or what holds for a whole series. */
  role: "known" | "static";
  /** Null for numbers. */
  values: readonly string[] | null;
  mean: number;
  scale: number;
}

const MOST_VALUES = 200;

/** From these rows alone. @throws FormatError for a missing column, a cell that is no number, too many values */
export function fitCovariate(table: Table, rows: readonly number[], name: string, role: Covariate["role"]): Covariate {
  const column = ownColumn(table, role, name);
  const filled = table.rows.filter((cells) => cells[column].trim() !== "");
  const isNumber = filled.length > 0 && filled.every((cells) => numberOf(cells[column].trim()) !== null);
  if (!isNumber) {
    const values = [...new Set(rows.map((row) => table.rows[row][column]))].sort();
    if (values.length <= MOST_VALUES) return { name, role, values, mean: 0, scale: 1 };
    const must = `have at most ${MOST_VALUES} values`;
    const argument = `column ${show(name)} of ${table.source}`;
    throw new FormatError({ op: "forecast", argument, must, value: String(values.length) });
  }
  const numbers = rows.map((row) => numberAt(table, row, column));
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  const scale = Math.sqrt(numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / numbers.length) || 1;
  return { name, role, values: null, mean, scale };
}

/** How many numbers a step reads of them. */
export function covariateWidth(covariates: readonly Covariate[]): number {
  return covariates.reduce((sum, { values }) => sum + (values?.length ?? 1), 0);
}

/**
 * How the numbers of a row are read.
 * @throws FormatError for a missing column; from the reader for a cell that is no number, or a value that was not learned
 */
export function covariateReader(table: Table, covariates: readonly Covariate[]): (row: number) => number[] {
  const columns = covariates.map(({ name, role }) => ownColumn(table, role, name));
  return (row) =>
    covariates.flatMap(({ values, mean, scale }, i) => {
      if (values === null) return [(numberAt(table, row, columns[i]) - mean) / scale];
      const cell = table.rows[row][columns[i]];
      if (values.includes(cell)) return values.map((value) => (value === cell ? 1 : 0));
      const learned = `${values.slice(0, 8).map(show).join(", ")}${values.length > 8 ? ", ..." : ""}`;
      throw cellError(table, row, columns[i], `be a value that was learned (${learned})`);
    });
}
