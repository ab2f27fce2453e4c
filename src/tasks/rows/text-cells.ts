import { cellError, type Table } from "../../data/readers/index.js";
import type { Vocabulary } from "../../text/index.js";
import { unitOf } from "../tokens/unknown.js";
import { endsOf } from "../tokens/vocabularies.js";

/** More tokens than these are refused where nobody says how many may be. */
export const USUAL_LIMIT = 1000;

/** A column of each row. @throws FormatError for an empty cell */
export function textCells(table: Table, column: number): string[] {
  return table.rows.map((cells, row) => {
    if (cells[column].trim() === "") throw emptyCell(table, row, column);
    return cells[column];
  });
}

function emptyCell(table: Table, row: number, column: number) {
  return cellError(table, row, column, "hold text", "Leave the row out.");
}

/** A text that was typed, as a model that writes until an end reads it. @throws FormatError for an empty one */
export function typedText(op: string, vocabulary: Vocabulary, text: string): Int32Array {
  const table: Table = { source: op, columns: ["text"], rows: [[text]], lines: [1] };
  return textReader(table, 0, vocabulary, USUAL_LIMIT)(0);
}

/**
 * The ids of a row's cell, for a model that writes until an end.
 * @param limit  tokens at most
 * @throws FormatError for a cell that is empty, too long, or holds an end itself
 */
export function textReader(
  table: Table,
  column: number,
  vocabulary: Vocabulary,
  limit: number,
): (row: number) => Int32Array {
  const { end } = endsOf(vocabulary);
  return (row) => {
    const ids = vocabulary.encode(table.rows[row][column]);
    if (ids.length === 0) throw emptyCell(table, row, column);
    if (ids.includes(end)) {
      throw cellError(table, row, column, "be one line, without <eos>", "Put a space where the line breaks.");
    }
    if (ids.length <= limit) return ids;
    const must = `hold at most ${limit} ${unitOf(vocabulary.kind)}s (it has ${ids.length})`;
    throw cellError(table, row, column, must, "Leave the row out, shorten it, or train with a larger maxLength.");
  };
}
