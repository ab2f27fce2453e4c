import { FormatError, show } from "../base/errors.js";
import {
  cellError,
  columnRoles,
  isTableName,
  numberAt,
  ownColumn,
  readTable,
  type Table,
} from "../data/readers/index.js";
import { type Tensor, tensor } from "../tensor/index.js";
import { buildVocabulary, type Vocabulary, vocabularyFromJSON } from "../text/index.js";
import type { VocabularyKind } from "../text/vocabulary.js";
import type { Json } from "../train/index.js";
import type { Figure } from "./commands.js";
import type { Inferred } from "./task.js";
import { countUnknown, unknownText } from "./unknown-tokens.js";

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
  const places = [...table.columns.keys()].filter((column) => table.columns[column] !== label);
  const columns = places.map((column) => table.columns[column]);
  if (columns.length === 0) {
    const value = `${show(label)} alone`;
    throw new FormatError({ op: "table", argument: table.source, must: "have a column to learn from", value });
  }
  const numbers = rows.flatMap((row) => places.map((column) => numberAt(table, row, column)));
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

/** Rows of many lengths, padded: steps [L, N] of ids or [L, N, 1] of numbers. */
export function padSteps(rows: readonly Steps[]): { steps: Tensor; lengths: number[] } {
  const lengths = rows.map(({ length }) => length);
  const shape = [Math.max(...lengths), rows.length, ...(rows[0] instanceof Int32Array ? [] : [1])];
  const data = new (rows[0] instanceof Int32Array ? Int32Array : Float32Array)(shape[0] * rows.length);
  for (const [n, steps] of rows.entries()) for (const [t, step] of steps.entries()) data[t * rows.length + n] = step;
  return { steps: tensor(data, { shape }), lengths };
}

/** What a file with columns says of itself: which is the class, and which the text. */
export function inferRows(name: string, bytes: () => Uint8Array, given: object, isAsked = false): Inferred | null {
  if (!(isAsked || isTableName(name))) return null;
  const table = readTable(bytes(), name);
  const roles = columnRoles(table, given);
  if (roles === null) return null;
  const { label, classes, text } = roles;
  const inputs = text === null ? `${table.columns.length - 1} numbers a row` : `text=${text}`;
  return { settings: { label, text } as Inferred["settings"], found: `${inputs}, label=${label} (${classes} classes)` };
}

/** What of these rows' texts the model has never seen; none where it knows all of it. */
export function unknownFigures({ vocabulary }: RowInputs, rows: readonly { steps: Steps }[]): Figure[] {
  if (vocabulary === null) return [];
  const value = rows.reduce((sum, { steps }) => sum + countUnknown(vocabulary, steps), 0);
  const tokens = rows.reduce((sum, { steps }) => sum + steps.length, 0);
  return value === 0 ? [] : [{ name: "unknown", value, unit: unknownText(vocabulary.kind, value / tokens) }];
}
