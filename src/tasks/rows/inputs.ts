import { FormatError, show } from "../../base/errors.js";
import { listed } from "../../base/listed.js";
import { cellError, NO_NUMBER, numberAt, ownColumn, type Table } from "../../data/readers/index.js";
import { type Tensor, tensor } from "../../tensor/index.js";
import { buildVocabulary, type Vocabulary, vocabularyFromJSON } from "../../text/index.js";
import type { VocabularyKind } from "../../text/vocabulary.js";
import type { Json } from "../../train/index.js";
import { spread } from "../stored/spread.js";
import { rowsAreSteps, type SequenceSettings, type Span } from "./sequences.js";

/** How rows of a table become steps of a sequence: a column of text, or columns of numbers. */
export interface RowInputs {
  /** The columns that are read, in this order. */
  columns: readonly string[];
  /** Null for numbers. */
  vocabulary: Vocabulary | null;
  /** What numbers are shifted and scaled by: one for all, or one for each column where rows are steps. */
  mean: readonly number[];
  scale: readonly number[];
}

/** Token ids, or numbers: as many for each step as there are features, one step after the other. */
export type Steps = Int32Array | Float32Array;

export interface RowSettings extends SequenceSettings {
  /** The column of the text; null for numbers. */
  text: string | null;
  label: string;
  /** The columns of the numbers, parted by commas; null: all the others. */
  columns: string | null;
  tokens: VocabularyKind | "bpe";
  minCount: number;
  /** The most tokens that a vocabulary has; null: any number, of bpe 1000. */
  vocabSize: number | null;
  /** Steps that are read of a sequence. */
  maxLength: number;
}

/** Numbers in each step: with rows as steps the columns, else one. @throws FormatError for inputs of other settings */
export function featuresOf(inputs: RowInputs | null, settings: RowSettings): number {
  if (inputs === null || !rowsAreSteps(settings)) return 1;
  const { columns, mean } = inputs;
  if (mean.length === columns.length) return columns.length;
  const must = `hold a mean for each of ${columns.length} columns`;
  throw new FormatError({ op: "rows", argument: "inputs", must, value: String(mean.length) });
}

/** Vocabulary and scales from these sequences alone. @throws FormatError for a missing column or a cell that is no number */
export function fitRowInputs(table: Table, spans: readonly Span[], settings: RowSettings): RowInputs {
  const { text, tokens } = settings;
  if (text !== null) {
    const column = ownColumn(table, "text", text);
    const all = rowsOf(spans, (row) => table.rows[row][column]).join("\n");
    const vocabulary = buildVocabulary(tokens, all, vocabularyOptions(settings));
    return { columns: [text], vocabulary, mean: [0], scale: [1] };
  }
  const columns = numberColumns(table, settings);
  const places = columns.map((name) => ownColumn(table, "columns", name));
  // Each by itself where they are features of a step; together where they are the steps.
  const parts = rowsAreSteps(settings) ? places.map((place) => [place]) : [places];
  const numbersAt = (part: readonly number[]) => (row: number) => part.map((at) => numberIn(table, row, at));
  const fitted = firstFault(
    () => parts.map((part) => spread(rowsOf(spans, numbersAt(part)).flat())),
    () => table.rows.forEach((_, row) => void numbersAt(places)(row)),
  );
  return { columns, vocabulary: null, mean: fitted.map(({ mean }) => mean), scale: fitted.map(({ scale }) => scale) };
}

/**
 * Rows that were drawn are read in any order; of several faults the first of the file is told, lest mending one shows one before it.
 * @param inOrder  reads them in the order of the file
 */
export function firstFault<T>(read: () => T, inOrder: () => void): T {
  try {
    return read();
  } catch (error) {
    inOrder();
    throw error;
  }
}

/** Of the vocabulary of a text column. */
export function vocabularyOptions({ tokens, minCount, vocabSize: maxSize }: RowSettings): object {
  const limits = { minCount, ...(maxSize === null ? {} : { maxSize }) };
  return tokens === "byte" ? {} : tokens === "bpe" ? limits : { ...limits, unknown: true };
}

/** Rows that windows share count once for each. */
function rowsOf<T>(spans: readonly Span[], of: (row: number) => T): T[] {
  return spans.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => of(from + i)));
}

/** The columns of numbers, where there is no text. @throws FormatError where none is left */
export function numberColumns(table: Table, { label, group, columns }: RowSettings): string[] {
  if (columns !== null) return listed(columns);
  const found = table.columns.filter((name) => name !== label && name !== group);
  if (found.length > 0) return found;
  const value = `${show(label)} alone`;
  throw new FormatError({ op: "table", argument: table.source, must: "have a column to learn from", value });
}

/** A number to learn from: a cell that is none may stand in a column that is not meant. */
export function numberIn(table: Table, row: number, column: number): number {
  try {
    return numberAt(table, row, column);
  } catch (cause) {
    if (!(cause instanceof FormatError) || cause.fix !== NO_NUMBER) throw cause;
    throw cellError(table, row, column, cause.must, "Mend it, or name the columns of numbers (columns).");
  }
}

/**
 * How a model reads a sequence.
 * @param onLength  told of all the steps of each, of which `maxLength` are read
 * @throws FormatError for a missing column; from the reader for an empty text or a cell that is no number
 */
export function rowReader(
  table: Table,
  inputs: RowInputs,
  settings: RowSettings,
  onLength?: (steps: number) => void,
): (span: Span) => Steps {
  const { vocabulary, mean, scale } = inputs;
  const { text, maxLength } = settings;
  const columns = inputs.columns.map((name) => ownColumn(table, text === null ? null : "text", name));
  if (vocabulary !== null) {
    return ({ from }) => {
      const ids = vocabulary.encode(table.rows[from][columns[0]]);
      if (ids.length === 0) throw cellError(table, from, columns[0], "hold text", "Write one, or leave the row out.");
      onLength?.(ids.length);
      return ids.length > maxLength ? ids.slice(0, maxLength) : ids;
    };
  }
  if (!rowsAreSteps(settings)) {
    const read = columns.slice(0, maxLength);
    return ({ from }) => {
      onLength?.(columns.length);
      return Float32Array.from(read, (at) => (numberAt(table, from, at) - mean[0]) / scale[0]);
    };
  }
  return ({ from, to }) => {
    onLength?.(to - from);
    const rows = Math.min(to - from, maxLength);
    const steps = new Float32Array(rows * columns.length);
    for (let i = 0; i < steps.length; i++) {
      const feature = i % columns.length;
      const value = numberAt(table, from + Math.floor(i / columns.length), columns[feature]);
      steps[i] = (value - mean[feature]) / scale[feature];
    }
    return steps;
  };
}

export function rowInputsToJson({ columns, vocabulary, mean, scale }: RowInputs): Json {
  const one = (list: readonly number[]) => (list.length === 1 ? list[0] : list);
  return { columns, vocabulary: vocabulary?.toJSON() ?? null, mean: one(mean), scale: one(scale) } as unknown as Json;
}

/** @throws FormatError for what `rowInputsToJson` does not give */
export function rowInputsFromJson(json: Json | undefined): RowInputs {
  const { columns, vocabulary = null, mean, scale } = (json ?? {}) as Partial<Record<keyof RowInputs, Json>>;
  const isNames = Array.isArray(columns) && columns.length > 0 && columns.every((name) => typeof name === "string");
  const [means, scales] = [mean, scale].map((value) => (Array.isArray(value) ? value : [value]) as number[]);
  const isScaled =
    means.every(Number.isFinite) &&
    scales.every((value) => Number.isFinite(value) && value > 0) &&
    means.length === scales.length;
  if (!isNames || !isScaled || (means.length !== 1 && means.length !== columns.length)) {
    throw new FormatError({ op: "rows", argument: "json", must: "hold columns, mean and scale", value: show(json) });
  }
  const known = vocabulary === null ? null : vocabularyFromJSON(vocabulary);
  return { columns: columns as string[], vocabulary: known, mean: means, scale: scales };
}

/** Sequences of many lengths, padded: steps [L, N] of ids or [L, N, F] of numbers. */
export function padSteps(rows: readonly Steps[], features = 1): { steps: Tensor; lengths: number[] } {
  const lengths = rows.map(({ length }) => length / features);
  const [longest, batch] = [Math.max(...lengths), rows.length];
  const isText = rows[0] instanceof Int32Array;
  const data = new (isText ? Int32Array : Float32Array)(longest * batch * features);
  for (const [n, steps] of rows.entries()) {
    for (let i = 0; i < steps.length; i++) {
      const t = Math.floor(i / features);
      data[(t * batch + n) * features + (i - t * features)] = steps[i];
    }
  }
  return { steps: tensor(data, { shape: isText ? [longest, batch] : [longest, batch, features] }), lengths };
}
