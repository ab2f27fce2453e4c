import { numberOf } from "../../data/readers/cells.js";
import { ownColumn, type Table } from "../../data/readers/index.js";
import { codeOf, columnsWidth, fitNumbers, fitValues, type NumberColumn, numbersOf } from "../rows/number-columns.js";

/** A column that is known ahead, or that holds for a whole series, as numbers. */
export interface Covariate extends NumberColumn {
  role: "known" | "static";
}

/** From these rows alone. @throws FormatError for a missing column, a cell that is no number, too many values */
export function fitCovariate(table: Table, rows: readonly number[], name: string, role: Covariate["role"]): Covariate {
  const column = ownColumn(table, role, name);
  const filled = table.rows.filter((cells) => cells[column].trim() !== "");
  const isNumber = filled.length > 0 && filled.every((cells) => numberOf(cells[column].trim()) !== null);
  const { values, mean, scale } = isNumber
    ? fitNumbers(table, rows, column)
    : fitValues("forecast", table, rows, column);
  return { name, role, values, mean, scale };
}

/** How many numbers a step reads of them. */
export function covariateWidth(covariates: readonly Covariate[]): number {
  return columnsWidth(covariates);
}

/**
 * How the numbers of a row are read.
 * @throws FormatError for a missing column; from the reader for a cell that is no number, or a value that was not learned
 */
export function covariateReader(table: Table, covariates: readonly Covariate[]): (row: number) => number[] {
  const columns = covariates.map(({ name, role }) => ownColumn(table, role, name));
  return (row) =>
    numbersOf(
      covariates,
      covariates.map((covariate, i) => codeOf(table, row, columns[i], covariate)),
    );
}
