import { FormatError, show } from "../../base/errors.js";
import { cellError, classNames, readTable, type Table } from "../../data/readers/index.js";
import { splitRows } from "../../data/split.js";
import { classesText } from "../classes-text.js";
import { fitRowInputs, type RowInputs, rowReader, type Steps } from "../row-inputs.js";
import type { Sources } from "../task.js";
import type { ClassifyConfig } from "./config.js";

/** One row and its class. */
export interface Example {
  steps: Steps;
  label: number;
}

/** What a model has to know of its rows. */
export interface Meaning {
  classes: readonly string[];
  inputs: RowInputs;
}

export interface ClassifyData extends Meaning {
  train: readonly Example[];
  validation: readonly Example[];
}

/** @throws FormatError for a missing column, a cell that does not fit, a single class */
export function readRows({ train, valid }: Sources, config: ClassifyConfig): ClassifyData {
  const table = readTable(train.bytes, train.name);
  const held = valid && readTable(valid.bytes, valid.name);
  const names = classNames(table, config.label);
  const classes = [...new Set(names)].sort();
  if (classes.length < 2) {
    const value = `${show(classes[0])} alone in column ${show(config.label)}`;
    throw new FormatError({ op: "classify", argument: table.source, must: "have two classes or more", value });
  }
  const part = typeof config.valid === "number" && held === undefined ? config.valid : 0;
  const rows = splitRows(names, part, config.seed);
  const meaning = { classes, inputs: fitRowInputs(table, rows.train, config) };
  const examples = examplesOf(table, config, meaning, rows.train);
  const validation = held ? examplesOf(held, config, meaning) : examplesOf(table, config, meaning, rows.validation);
  return { ...meaning, train: examples, validation };
}

/** @throws FormatError for a class that training never saw, an empty text, or a cell that is no number */
export function examplesOf(
  table: Table,
  config: ClassifyConfig,
  { classes, inputs }: Meaning,
  rows: Iterable<number> = table.rows.keys(),
): Example[] {
  const names = classNames(table, config.label);
  const read = rowReader(table, inputs, config);
  return Array.from(rows, (row) => {
    const label = classes.indexOf(names[row]);
    if (label >= 0) return { steps: read(row), label };
    const must = `be a class that was learned (${classesText(classes)})`;
    throw cellError(table, row, table.columns.indexOf(config.label), must);
  });
}
