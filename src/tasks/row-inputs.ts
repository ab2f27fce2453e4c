import { FormatError, show } from "../base/errors.js";
import { cellError, numberAt, ownColumn, type Table } from "../data/readers/index.js";
import { buildVocabulary, type Vocabulary, vocabularyFromJSON } from "../text/index.js";
import type { VocabularyKind } from "../text/vocabulary.js";
import type { Json } from "../train/index.js";

/** How rows of a table become steps of a sequence: a column of text, or columns of numbers. */
export interface RowInputs {
  /** The columns that are read, in this order. */
  columns: readonly string[];
  /** Null for numbers. */
  vocabulary: Vocabulary | null;
  /** What numbers are shifted and scaled by. */
  mean: number;
  scale: number;
}

/** Token ids, or numbers. */
export type Steps = Int32Array | Float32Array;

export interface RowSettings {
  /** The column of the text; null for numbers. */
  text: string | null;
  label: string;
  tokens: VocabularyKind;
  minCount: number;
  /** Steps that are read of a row. */
  maxLength: number;
}

/** Vocabulary and scale from these rows alone. @throws FormatError for a missing column or a cell that is no number */
export function fitRowInputs(table: Table, rows: readonly number[], settings: RowSettings): RowInputs {
  const { text, tokens, minCount, label } = settings;
  if (text !== null) {
    const column = ownColumn(table, "text", text);
    const all = rows.map((row) => table.rows[row][column]).join("\n");
    const vocabulary = buildVocabulary(tokens, all, tokens === "byte" ? {} : { minCount, unknown: true });
    return { columns: [text], vocabulary, mean: 0, scale: 1 };
  }
  const columns = table.columns.filter((name) => name !== label);
  if (columns.length === 0) {
    const value = `${show(label)} alone`;
    throw new FormatError({ op: "table", argument: table.source, must: "have a column to learn from", value });
  }
  const numbers = rows.flatMap((row) => columns.map((name) => numberAt(table, row, table.columns.indexOf(name))));
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  const scale = Math.sqrt(numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / numbers.length) || 1;
  return { columns, vocabulary: null, mean, scale };
}

/** How a model reads a row. @throws FormatError for a missing column; from the reader for an empty text or a cell that is no number */
export function rowReader(table: Table, inputs: RowInputs, { text, maxLength }: RowSettings): (row: number) => Steps {
  const { vocabulary, mean, scale } = inputs;
  const columns = inputs.columns.map((name) => ownColumn(table, text === null ? null : "text", name));
  return (row) => {
    if (vocabulary === null) {
      const numbers = columns.slice(0, maxLength).map((column) => numberAt(table, row, column));
      return Float32Array.from(numbers, (value) => (value - mean) / scale);
    }
    const ids = vocabulary.encode(table.rows[row][columns[0]]);
    if (ids.length === 0) throw cellError(table, row, columns[0], "hold text");
    return ids.slice(0, maxLength);
  };
}

export function rowInputsToJson({ columns, vocabulary, mean, scale }: RowInputs): Json {
  return { columns, vocabulary: vocabulary?.toJSON() ?? null, mean, scale } as unknown as Json;
}

/** @throws FormatError for what `rowInputsToJson` does not give */
export function rowInputsFromJson(json: Json | undefined): RowInputs {
  const { columns, vocabulary = null, mean, scale } = (json ?? {}) as Partial<Record<keyof RowInputs, Json>>;
  const isNames = Array.isArray(columns) && columns.length > 0 && columns.every((name) => typeof name === "string");
  if (!isNames || !Number.isFinite(mean) || typeof scale !== "number" || !(scale > 0)) {
    throw new FormatError({ op: "rows", argument: "json", must: "hold columns, mean and scale", value: show(json) });
  }
  const known = vocabulary === null ? null : vocabularyFromJSON(vocabulary);
  return { columns: columns as string[], vocabulary: known, mean: mean as number, scale };
}

/** Rows of many lengths as one array, step by step: [L, N], zero beyond a row's end. */
export function padSteps(rows: readonly Steps[]): { data: Steps; longest: number; lengths: number[] } {
  const lengths = rows.map(({ length }) => length);
  const longest = Math.max(...lengths);
  const data = new (rows[0] instanceof Int32Array ? Int32Array : Float32Array)(longest * rows.length);
  for (const [n, steps] of rows.entries()) for (const [t, step] of steps.entries()) data[t * rows.length + n] = step;
  return { data, longest, lengths };
}
