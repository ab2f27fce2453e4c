import { noGrad } from "../../autograd/index.js";
import { FormatError, show } from "../../base/errors.js";
import type { Generator } from "../../base/random.js";
import { ownColumn, type Table, tableParts } from "../../data/readers/index.js";
import type { Tensor } from "../../tensor/index.js";
import { UNKNOWN } from "../../text/vocabulary.js";
import type { Described, JsonSchema, PredictedPart, Prediction, RowStream, Together } from "../commands.js";
import { listOf, NUMBER, objectOf, PROBABILITY, TEXT } from "../described.js";
import { type RowInputs, type RowSettings, rowReader } from "../rows/inputs.js";
import { badPrediction } from "../rows/predicted-parts.js";
import { rowsAreSteps, Sequencer, type SequenceSettings, type Span } from "../rows/sequences.js";
import type { Source, TaskTypes } from "../task.js";
import { countOf } from "../tokens/unknown.js";
import { type Example, pieces, type RowBatch, type RowModel } from "./model.js";

/** A sequence of a file that is read in parts: what of it the model reads, or why it cannot. */
export interface StreamedRow {
  line: number;
  /** Of its first row, under the columns of the file. */
  cells: readonly string[];
  example: Example | null;
  /** Steps that are not read: there are more of them than `maxLength`. */
  cut: number;
  error?: FormatError;
}

/** Sequences that came together. */
export interface StreamedPart {
  columns: readonly string[];
  rows: readonly StreamedRow[];
  /** Whether each line of the file was read as a text. */
  ofLines: boolean;
}

/** What is to be told of the sequences of a table: without it nothing is. */
type Targets = (table: Table, spans: readonly Span[]) => (i: number) => readonly number[];

/**
 * The sequences of a file in parts and in order, in the memory of one part.
 * @throws FormatError for a row that does not fit, unless bad rows are kept
 */
export async function* streamedRows(
  { name, pieces: bytes }: RowStream,
  inputs: RowInputs,
  settings: RowSettings,
  keepBad: boolean,
  targets: Targets = () => () => [],
): AsyncGenerator<StreamedPart> {
  const sequencer = new Sequencer(settings);
  const column = settings.text ?? undefined;
  let waiting: Table | null = null;
  const partOf = (table: Table, final: boolean): [StreamedRow[], Table] => {
    const { spans, rest } = sequencer.take(table, final);
    let steps = 0;
    const read = rowReader(table, inputs, settings, (length) => {
      steps = length;
    });
    const targetOf = targets(table, spans);
    const rows = spans.map((span, i): StreamedRow => {
      const [line, cells] = [table.lines[span.from], table.rows[span.from]];
      try {
        const target = targetOf(i);
        const example = { steps: read(span), target };
        return { line, cells, example, cut: Math.max(0, steps - settings.maxLength) };
      } catch (error) {
        if (!keepBad || !(error instanceof FormatError)) throw error;
        return { line, cells, example: null, cut: 0, error };
      }
    });
    return [rows, { ...table, rows: table.rows.slice(rest), lines: table.lines.slice(rest) }];
  };
  for await (const { table, bad, ofLines } of tableParts(name, bytes(), { keepBad, column })) {
    for (const needed of inputs.columns) ownColumn(table, settings.text === null ? null : "text", needed);
    const [rows, rest] = partOf(waiting === null ? table : behind(waiting, table), false);
    waiting = rest;
    const missing = bad.map(({ line, error }): StreamedRow => ({ line, cells: [], example: null, cut: 0, error }));
    const all = missing.length === 0 ? rows : [...rows, ...missing].sort((a, b) => a.line - b.line);
    if (all.length > 0) yield { columns: table.columns, rows: all, ofLines };
  }
  if (waiting === null || waiting.rows.length === 0) return;
  yield { columns: waiting.columns, rows: partOf(waiting, true)[0], ofLines: false };
}

function behind(first: Table, second: Table): Table {
  if (first.rows.length === 0) return second;
  return { ...second, rows: [...first.rows, ...second.rows], lines: [...first.lines, ...second.lines] };
}

/** What the outputs of a model mean. */
export interface Answers {
  /** What they become first, such as probabilities. Default: as they are. */
  as?(outputs: Tensor): Tensor;
  /** @param outputs  those of some rows, this one's from `at` on */
  answer(outputs: Float32Array, at: number): Pick<Prediction, "text" | "values">;
}

/** Rows that are answered at once: larger parts of a file are no faster. */
const ANSWERED = 256;

/** What a model says of each sequence of a part, in their order. */
export function answersTo(
  model: RowModel,
  { vocabulary }: Pick<RowInputs, "vocabulary">,
  rows: readonly StreamedRow[],
  { answer, as }: Answers,
): Prediction[] {
  const said = new Array<Prediction>(rows.length);
  const order: number[] = [];
  for (const [i, { line, cells, error, example }] of rows.entries()) {
    if (example !== null) order.push(i);
    else said[i] = badPrediction({ line, error: error! }, cells);
  }
  // Of like lengths together, so that little is padded.
  order.sort((a, b) => rows[a].example!.steps.length - rows[b].example!.steps.length);
  const examples = order.map((i) => rows[i].example!);
  const unknownId = vocabulary?.idOf(UNKNOWN);
  let at = 0;
  for (const batch of pieces(examples, model.features, ANSWERED)) {
    const outputs = outputsOf(model, batch, as);
    const width = outputs.length / batch.lengths.length;
    for (let n = 0; n < batch.lengths.length; n++, at++) {
      const { steps } = examples[at];
      const { line, cells, cut } = rows[order[at]];
      const { text, values } = answer(outputs, n * width);
      if (vocabulary === null) {
        said[order[at]] = { text, values, line, cells, ...(cut > 0 && { cut }) };
        continue;
      }
      const unknown = unknownId === undefined ? 0 : countOf(steps, unknownId);
      const all = unknown > 0 ? { ...values, unknown: unknown / steps.length } : values;
      said[order[at]] = { text, values: all, line, cells, tokens: steps.length, unknown, ...(cut > 0 && { cut }) };
    }
  }
  return said;
}

/** [N, outputs] @param as  what they become first, such as probabilities */
export function outputsOf(
  model: RowModel,
  batch: RowBatch,
  as: (outputs: Tensor) => Tensor = (outputs) => outputs,
): Float32Array {
  return noGrad(() => as(model.forward(batch)).data() as Float32Array);
}

/** `predict` of a task whose models say one thing of each sequence. */
export function rowPredictions<Model extends RowModel, M extends { inputs: RowInputs }>(
  op: string,
  answersOf: (meta: M, model: Model) => Answers,
) {
  type Of = { meta: M };
  async function* stream(
    model: Model,
    { meta }: Of,
    source: RowStream,
    keepBad: boolean,
  ): AsyncGenerator<PredictedPart> {
    for await (const part of streamedRows(source, meta.inputs, model.config, keepBad)) {
      const { columns, rows, ofLines } = part;
      yield { columns, rows: answersTo(model, meta.inputs, rows, answersOf(meta, model)), ofLines };
    }
  }
  async function* run(model: Model, known: Of, source: Source): AsyncGenerator<Prediction> {
    for await (const { rows } of stream(model, known, streamOf(source), false)) yield* rows;
  }
  async function* typed(model: Model, { meta }: Of, row: string | readonly number[]): AsyncGenerator<Prediction> {
    yield* answersTo(model, meta.inputs, [typedRow(op, model, meta.inputs, row)], answersOf(meta, model));
  }
  const together: Together<{ model: Model; meta: M } & TaskTypes, TypedRow> = {
    read: (model, { meta }, row) => typedRow(op, model, meta.inputs, row),
    steps: ({ example }) => example.steps.length,
    drawn: (model, { meta }, steps, generator) => drawnRow(model, meta.inputs, steps, generator),
    answer: (model, { meta }, rows) => answersTo(model, meta.inputs, rows, answersOf(meta, model)),
  };
  return { run, typed, stream, together: together as Together<TaskTypes> };
}

/** A row of so many tokens, or numbers, as a network reads it. */
function drawnRow({ features }: RowModel, { vocabulary }: RowInputs, length: number, generator: Generator): TypedRow {
  const steps =
    vocabulary === null
      ? Float32Array.from({ length: Math.max(features, length - (length % features)) }, () => generator.normal())
      : Int32Array.from({ length }, () => Math.floor(generator.uniform() * vocabulary.size));
  return { line: 1, cells: [], example: { steps, target: [] }, cut: 0 };
}

/** What a model that says one thing of each sequence reads, for programs. */
export function describedRows(
  { columns, vocabulary }: RowInputs,
  config: SequenceSettings,
): Pick<Described, "input" | "columns"> {
  const numbers = listOf(NUMBER);
  if (vocabulary !== null) {
    return { columns, input: { anyOf: [TEXT, rowSchema(columns, TEXT)] } };
  }
  const row = rowSchema(columns, NUMBER);
  const { length } = columns;
  if (!rowsAreSteps(config)) {
    return { columns, input: { anyOf: [{ ...numbers, minItems: length, maxItems: length }, row] } };
  }
  const step = { ...numbers, minItems: length, maxItems: length };
  return {
    columns,
    input: {
      anyOf: [{ ...numbers, minItems: length }, listOf(step), listOf(row)],
    },
  };
}

/** What is said of a row, and how much of a text the model has never seen. */
export function rowOutput({ vocabulary }: RowInputs, own: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return objectOf(own, vocabulary === null ? {} : { unknown: PROBABILITY });
}

function rowSchema(columns: readonly string[], cell: JsonSchema): JsonSchema {
  return objectOf(Object.fromEntries(columns.map((name) => [name, cell])));
}

/** A file that lies in memory, as one that comes. */
export function streamOf({ name, bytes }: Source): RowStream {
  return {
    name,
    pieces: async function* () {
      yield bytes;
    },
  };
}

/** A row that can be answered. */
type TypedRow = StreamedRow & { example: Example };

/** One text, or the numbers of one row, as a model reads it. @throws FormatError when it reads the other, or another number of them */
export function typedRow(
  op: string,
  model: Pick<RowModel, "config">,
  inputs: RowInputs,
  row: string | readonly number[],
): TypedRow {
  const { columns, vocabulary } = inputs;
  const isText = typeof row === "string";
  if (!isText && !Array.isArray(row) && !ArrayBuffer.isView(row)) {
    const must = vocabulary === null ? "be a list of numbers" : "be a text";
    throw new FormatError({ op, argument: "row", must, value: show(row) });
  }
  const cells = isText ? [row] : Array.from(row, String);
  const rows = Math.floor(cells.length / columns.length);
  const fits = rowsAreSteps(model.config) ? rows > 0 && cells.length % columns.length === 0 : rows === 1;
  if (isText !== (vocabulary !== null) || !fits || (rows > 1 && cells.length !== rows * columns.length)) {
    const each = rowsAreSteps(model.config)
      ? `${columns.length} numbers for each step`
      : `${columns.length} numbers a row`;
    const must = vocabulary === null ? `be a table of ${each}` : "be a text";
    const value = isText ? "a text" : `${cells.length} numbers`;
    const fix = isText ? "Name a file with such rows." : "";
    throw new FormatError({ op, argument: isText ? "text" : "row", must, value, fix });
  }
  const table: Table = {
    source: op,
    columns,
    rows: Array.from({ length: rows }, (_, i) => cells.slice(i * columns.length, (i + 1) * columns.length)),
    lines: Array.from({ length: rows }, (_, i) => i + 1),
  };
  let length = 0;
  const read = rowReader(table, inputs, model.config, (steps) => {
    length = steps;
  });
  const example = { steps: read({ from: 0, to: rows }), target: [] };
  return { line: 1, cells: table.rows[0], example, cut: Math.max(0, length - model.config.maxLength) };
}
