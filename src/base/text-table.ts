import { padText, textWidth } from "./width.js";

/**
 * Rows of equally many cells as lines, columns two blanks apart and as wide as they need to be on a terminal.
 * @param isRight  of a column: whether its cells stand at the right, as numbers do
 */
export function textTable(
  rows: readonly (readonly string[])[],
  isRight: (column: number) => boolean = () => false,
): string[] {
  const widths = rows[0]?.map((_, k) => Math.max(...rows.map((row) => textWidth(row[k])))) ?? [];
  const cellAt = (cell: string, k: number): string => {
    return isRight(k) ? " ".repeat(widths[k] - textWidth(cell)) + cell : padText(cell, widths[k]);
  };
  return rows.map((row) => row.map(cellAt).join("  ").trimEnd());
}
