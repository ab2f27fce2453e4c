import { columnDetails, unusedColumns, usesOf } from "./about-data/columns.js";
import { type ClassDetail, type DataDetails, leftOut, type QuantileDetail } from "./about-data/details.js";
import { heldHow } from "./about-data/held-out.js";
import { cutOff, quantiles } from "./about-data/quantiles.js";
import { rareTokens } from "./about-data/unknown.js";
import type { ManyToOneConfig } from "./many-to-one-config.js";
import { type RowPart, unitOfRows } from "./many-to-one-data.js";
import type { Example } from "./many-to-one-model.js";
import type { RowInputs } from "./row-inputs.js";
import { rowsAreSteps } from "./row-sequences.js";
import type { Source } from "./task.js";
import { unitOf } from "./unknown-tokens.js";

/** What a task that tells one thing of each sequence made of its rows. */
export interface ReadRows {
  /** The file to train on. */
  whole: RowPart;
  inputs: RowInputs;
  train: readonly Example[];
  validation: readonly Example[];
  /** Steps of each sequence of that file, also where fewer are read. */
  lengths: readonly number[];
  /** The file to validate on, where there is one. */
  valid: Source | undefined;
  /** How sequences to validate on were drawn: `at random`. */
  drawn: string;
  classes: readonly ClassDetail[];
  values: readonly QuantileDetail[];
}

/** What there is to know of them. */
export function rowDetails(read: ReadRows, config: ManyToOneConfig): DataDetails {
  const { whole, inputs, train, validation, lengths, valid, drawn, classes, values } = read;
  const { table, spans } = whole;
  const { label, group, text, maxLength } = config;
  const kind = inputs.vocabulary?.kind;
  const own = text === null ? { number: inputs.columns } : { text };
  const columns = columnDetails(table, usesOf({ ...own, group, label }));
  const rows = unitOfRows(config);
  const unit = kind === undefined ? (rowsAreSteps(config) ? "rows" : "numbers") : `${unitOf(kind)}s`;
  const missing = valid === undefined ? spans.length - train.length - validation.length : 0;
  const why = config.window > 0 ? "share rows with those to validate on" : "have a label that none to train on has";
  return {
    rows: table.rows.length,
    unit: "rows",
    columns,
    classes,
    lengths: quantiles(text ?? rows, unit, lengths),
    values,
    leftOut: [
      ...cutOff(lengths, maxLength, { rows, unit }),
      ...leftOut(missing, `${rows} ${why}: neither trained nor validated on`),
      ...rareTokens(
        inputs.vocabulary,
        Array.from(train, ({ steps }) => steps),
      ),
      ...unusedColumns(columns),
    ],
    split: { train: train.length, validation: validation.length, unit: rows, how: heldHow(config, valid, drawn) },
  };
}

/** How a part that is drawn by place, by group or by row is called. */
export function drawnText({ window, group }: ManyToOneConfig): string {
  if (window === 0) return "at random";
  return group === null ? "the last windows" : "whole groups at random";
}
