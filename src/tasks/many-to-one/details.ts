import { columnDetails, unusedColumns, usesOf } from "../about-data/columns.js";
import {
  type ClassDetail,
  type ColumnDetail,
  type DataDetails,
  type LeftOut,
  leftOut,
  type QuantileDetail,
} from "../about-data/details.js";
import { heldHow } from "../about-data/held-out.js";
import type { LengthCounts } from "../about-data/length-counts.js";
import { endsCut } from "../about-data/quantiles.js";
import { rareTokens } from "../about-data/unknown.js";
import type { RowInputs } from "../rows/inputs.js";
import { rowsAreSteps } from "../rows/sequences.js";
import type { Source } from "../task.js";
import { unitOf } from "../tokens/unknown.js";
import type { ManyToOneConfig } from "./config.js";
import { type RowPart, unitOfRows } from "./data.js";
import type { Example } from "./model.js";

/** What a task that tells one thing of each sequence made of its rows, wherever these lie. */
interface Told {
  inputs: RowInputs;
  /** Steps of each sequence of the file to train on, also where fewer are read. */
  lengths: LengthCounts;
  /** The file to validate on, where there is one. */
  valid: Pick<Source, "name"> | undefined;
  /** How sequences to validate on were drawn: `at random`. */
  drawn: string;
  classes: readonly ClassDetail[];
  values: readonly QuantileDetail[];
}

export interface ReadRows extends Told {
  /** The file to train on. */
  whole: RowPart;
  train: readonly Example[];
  validation: readonly Example[];
}

export interface CountedRows extends Told {
  /** Of the file to train on. */
  rows: number;
  columns: readonly ColumnDetail[];
  /** Sequences that are neither trained nor validated on, and tokens that are too rare. */
  missing: readonly LeftOut[];
  train: number;
  validation: number;
}

/** What there is to know of rows in memory. */
export function rowDetails(read: ReadRows, config: ManyToOneConfig): DataDetails {
  const { whole, inputs, train, validation, valid } = read;
  const { table, spans } = whole;
  const missing = valid === undefined ? spans.length - train.length - validation.length : 0;
  const why = config.window > 0 ? "share rows with those to validate on" : "have a label that none to train on has";
  const steps = Array.from(train, (one) => one.steps);
  const counted = {
    ...read,
    rows: table.rows.length,
    columns: columnDetails(table, usesOfRows(inputs, config)),
    missing: [...sequencesLeftOut(missing, why, config), ...rareTokens(inputs.vocabulary, steps)],
    train: train.length,
    validation: validation.length,
  };
  return countedDetails(counted, config);
}

/** What columns are to a model of rows. */
export function usesOfRows({ columns }: RowInputs, { label, group, text }: ManyToOneConfig): Record<string, string> {
  return usesOf({ ...(text === null ? { number: columns } : { text }), group, label });
}

/** Sequences of no part. @param why  `have a label that none to train on has` */
export function sequencesLeftOut(count: number, why: string, config: ManyToOneConfig): LeftOut[] {
  return leftOut(count, `${unitOfRows(config)} ${why}: neither trained nor validated on`);
}

export function countedDetails(counted: CountedRows, config: ManyToOneConfig): DataDetails {
  const { rows, columns, inputs, train, validation, lengths, missing, valid, drawn, classes, values } = counted;
  const { text, maxLength } = config;
  const kind = inputs.vocabulary?.kind;
  const what = unitOfRows(config);
  const unit = kind === undefined ? (rowsAreSteps(config) ? "rows" : "numbers") : `${unitOf(kind)}s`;
  return {
    rows,
    unit: "rows",
    columns,
    classes,
    lengths: lengths.quantiles(text ?? what, unit),
    values,
    leftOut: [
      ...endsCut(lengths.above(maxLength), maxLength, { rows: what, unit }),
      ...missing,
      ...unusedColumns(columns),
    ],
    split: { train, validation, unit: what, how: heldHow(config, valid, drawn) },
  };
}

/** How a part that is drawn by place, by group or by row is called. */
export function drawnText({ window, group }: ManyToOneConfig): string {
  if (window === 0) return "at random";
  return group === null ? "the last windows" : "whole groups at random";
}
