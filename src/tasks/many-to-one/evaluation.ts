import type { Listed, Told } from "../../base/report.js";
import type { Table } from "../../data/readers/index.js";
import type { Metric } from "../../metrics/index.js";
import { WHOLE } from "../../train/collective/share.js";
import type { Figure, RowStream, StreamOptions } from "../commands.js";
import { cutFigures } from "../cut.js";
import type { RowInputs } from "../rows/inputs.js";
import { rowPieces } from "../rows/pieces.js";
import { countUnknown, unknownText } from "../tokens/unknown.js";
import { labelRowsOf, unitOfRows } from "./data.js";
import { type Example, PIECE, pieces, type RowBatch, type RowModel } from "./model.js";
import { outputsOf, type StreamedPart, streamedRows } from "./stream.js";

/** What the outputs of a model are to metrics. */
export type OutputOf<Output> = (outputs: Float32Array, batch: RowBatch) => Output;

/** A model's outputs on examples, piece by piece. */
export function* outputsOn<Output>(
  model: RowModel,
  examples: Listed<Example>,
  of: OutputOf<Output>,
  told?: Told,
  { takes } = WHOLE,
): Generator<Output> {
  for (const batch of pieces(examples, model.features, undefined, told, takes)) {
    yield of(outputsOf(model, batch), batch);
  }
}

/** Rows whose examples could be made, and why the others could not. */
async function* readParts(parts: AsyncIterable<StreamedPart>) {
  for await (const { rows } of parts) {
    yield {
      rows: rows.map(({ example, cut, line, error }) => ({ row: example && { example, cut }, line, error })),
    };
  }
}

/**
 * Adds the rows of a file to metrics.
 * @param targetsOf  what is to be told of the sequences whose labels stand in these rows
 * @returns figures of the file itself: how many rows it has, and what of it the model has never seen
 */
export async function measureRows<Output>(
  model: RowModel,
  inputs: RowInputs,
  source: RowStream,
  { onBad }: StreamOptions,
  task: {
    targetsOf(table: Table): (row: number) => readonly number[];
    outputOf: OutputOf<Output>;
    metrics: readonly Pick<Metric<Output>, "add">[];
  },
): Promise<Figure[]> {
  let [count, tokens, unknown, long] = [0, 0, 0, 0];
  const { vocabulary } = inputs;
  const targets: Parameters<typeof streamedRows>[4] = (table, spans) => {
    const of = task.targetsOf(table);
    return (i) => of(labelRowsOf(table, [spans[i]], model.config)[0]);
  };
  const parts = streamedRows(source, inputs, model.config, onBad !== undefined, targets);
  for await (const some of rowPieces(readParts(parts), PIECE, onBad)) {
    const examples = some.map(({ example }) => example);
    long += some.filter(({ cut }) => cut > 0).length;
    for (const output of outputsOn(model, examples, task.outputOf))
      for (const metric of task.metrics) metric.add(output);
    count += examples.length;
    for (const { steps } of examples) {
      tokens += steps.length;
      unknown += countUnknown(vocabulary, steps);
    }
  }
  const rows = { name: "rows", value: count, unit: "" };
  const cut = cutFigures(long, unitOfRows(model.config), model.config);
  if (unknown === 0) return [rows, ...cut];
  return [rows, ...cut, { name: "unknown", value: unknown, unit: unknownText(vocabulary!.kind, unknown / tokens) }];
}
