import { FormatError, show } from "../../base/errors.js";
import { passOf } from "../../base/report.js";
import { cellError, classAt, ownColumn, type Table } from "../../data/readers/index.js";
import { stratified } from "../../data/splits.js";
import { classCounts } from "../about-data/class-counts.js";
import type { DataDetails } from "../about-data/details.js";
import { LengthCounts } from "../about-data/length-counts.js";
import { classesText } from "../classes-text.js";
import { examplesOf, type RowPart, readPart, splitPart, takeSpans } from "../many-to-one/data.js";
import { drawnText, rowDetails } from "../many-to-one/details.js";
import type { Examples } from "../many-to-one/model.js";
import { fitRowInputs, type RowInputs } from "../rows/inputs.js";
import { type Sources, validationName } from "../task.js";
import { type HeldOut, heldOutOf } from "../training/held-out.js";
import type { ClassifyConfig } from "./config.js";

/** What a model has to know of its rows. */
export interface Meaning {
  classes: readonly string[];
  inputs: RowInputs;
  /** Whether a row has any number of them. */
  multi: boolean;
}

export interface ClassifyData extends Meaning {
  train: Examples;
  validation: Examples;
  /** Of rows on the disk, which are walked once. */
  fingerprint?: string;
  /** What errors of each class weigh, or the presence of each label; null: all the same. */
  weights: Float32Array | null;
  details: DataDetails;
  /** What is odd about rows on the disk, seen as they were put there. */
  notes?: readonly string[] | undefined;
}

/**
 * @param known  classes and inputs of a model that is trained on; default: those of the table
 * @throws FormatError for a missing column, a cell that does not fit, a single class
 */
export function readRows({ train, valid }: Sources, config: ClassifyConfig, known?: Meaning): ClassifyData {
  const whole = readPart(train, config);
  const held = valid && readPart({ ...valid, name: validationName(valid.name) }, config);
  const parts = split(whole, heldOutOf(config, held !== undefined), config);
  const classes = known?.classes ?? [...new Set(labelsOf(parts.train, config).flat())].sort();
  if (classes.length < (config.multi ? 1 : 2)) throw tooFew(whole.table.source, classes, config);
  const inputs =
    known === undefined ? fitRowInputs(whole.table, parts.train.spans, config) : renamed(known.inputs, config);
  const lengths = new LengthCounts();
  const examples = (part: RowPart) => {
    const onLength = part === held ? undefined : (steps: number) => lengths.add(steps);
    return examplesOf(part, inputs, config, targetsOf(part.table, classes, config), {
      onLength,
      told: passOf(train.report, "encoding"),
    });
  };
  const data = { train: examples(parts.train), validation: examples(held ?? parts.validation) };
  const counts = [classCounts(config.label, labelsOf(whole, config).flat())];
  const drawn = config.split === "stratified" ? "of each class its share at random" : drawnText(config);
  const read = { whole, inputs, ...data, lengths, valid, drawn, classes: counts, values: [] };
  const weights = weightsOf(data.train, classes.length, config);
  return { classes, inputs, multi: config.multi, ...data, weights, details: rowDetails(read, config) };
}

/** More names than these are no classes: they would fill the memory. */
export const MOST_CLASSES = 2 ** 20;

/** What a model knows of its inputs, in a table that calls the text otherwise. */
export function renamed(inputs: RowInputs, { text }: ClassifyConfig): RowInputs {
  return text === null || inputs.vocabulary === null ? inputs : { ...inputs, columns: [text] };
}

export function tooFew(argument: string, classes: readonly string[], { label, multi }: ClassifyConfig): FormatError {
  const value = classes.length === 0 ? "none" : `${show(classes[0])} alone in column ${show(label)}`;
  return new FormatError({
    op: "classify",
    argument,
    must: `have ${multi ? "a label" : "two classes or more"}`,
    value,
    fix: multi ? "Name a label in some row." : "Name the column of the classes (label), or add rows of another class.",
  });
}

/** The labels of each sequence: one class, or several. */
function labelsOf({ table, labelRows }: RowPart, config: ClassifyConfig): string[][] {
  const labelsAt = labelReader(table, config);
  return labelRows.map((row) => labelsAt(row));
}

/** How the labels of a row are read. @throws FormatError for a missing column, a cell without a class */
export function labelReader(table: Table, { label, multi, separator }: ClassifyConfig): (row: number) => string[] {
  const column = ownColumn(table, "label", label);
  if (!multi) return (row) => [classAt(table, row, column)];
  return (row) => labelsIn(table.rows[row][column], separator);
}

/** Those of a cell: parted by the separator, or a list in JSON. */
function labelsIn(cell: string, separator: string): string[] {
  const list = cell.startsWith("[") ? listIn(cell) : null;
  return (list ?? cell.split(separator)).map((label) => label.trim()).filter((label) => label !== "");
}

function listIn(cell: string): string[] | null {
  try {
    const list: unknown = JSON.parse(cell);
    return Array.isArray(list) ? list.map(String) : null;
  } catch {
    return null;
  }
}

function split(whole: RowPart, part: HeldOut, config: ClassifyConfig): { train: RowPart; validation: RowPart } {
  const names = labelsOf(whole, config).map((labels) => labels.join(config.separator));
  const held = Math.floor(names.length * part.share);
  if (config.split === "random" || config.multi || config.window > 0 || held === 0) {
    return config.multi ? withAllLabels(whole, part, config) : splitPart(whole, names, part, config);
  }
  const count = new Map<string, number>();
  for (const name of names) count.set(name, (count.get(name) ?? 0) + 1);
  const alone = names.findIndex((name) => count.get(name) === 1);
  if (alone >= 0) {
    const { table, labelRows } = whole;
    const must = "be the class of two rows or more, one to train on and one to validate on";
    const fix = "Write a second row of it, leave the row out, or leave out split stratified.";
    throw cellError(table, labelRows[alone], ownColumn(table, "label", config.label), must, fix);
  }
  const { train, valid } = stratified(names, { valid: held, seed: part.seed });
  return { train: takeSpans(whole, train), validation: takeSpans(whole, valid) };
}

/** Rows with a label that no row to train on has are not validated on. */
function withAllLabels(whole: RowPart, part: HeldOut, config: ClassifyConfig): { train: RowPart; validation: RowPart } {
  const { train, validation } = splitPart(
    whole,
    whole.spans.map(() => ""),
    part,
    config,
  );
  const known = new Set(labelsOf(train, config).flat());
  const labels = labelsOf(validation, config);
  const held = [...labels.keys()].filter((i) => labels[i].every((label) => known.has(label)));
  return { train, validation: takeSpans(validation, held) };
}

/** The index of the class, or a 0 or 1 for each label. @throws FormatError for one that training never saw */
export function targetsOf(
  table: Table,
  classes: readonly string[],
  config: ClassifyConfig,
): (row: number) => readonly number[] {
  const labelsAt = labelReader(table, config);
  const places = new Map(classes.map((name, i) => [name, i]));
  return (row) => {
    const found = labelsAt(row).map((label) => places.get(label));
    if (found.includes(undefined)) throw unknownClass(table, row, classes, config);
    return config.multi ? classes.map((_, i) => Number(found.includes(i))) : [found[0]!];
  };
}

/** @param classes  those that were learned; null while they are */
export function unknownClass(table: Table, row: number, classes: readonly string[] | null, config: ClassifyConfig) {
  const column = ownColumn(table, "label", config.label);
  if (classes === null) {
    const fix = "Name the column of the class.";
    return cellError(table, row, column, `be one of at most ${MOST_CLASSES.toLocaleString("en")} classes`, fix);
  }
  const learned = classesText(classes);
  const must = config.multi ? `hold labels that were learned (${learned})` : `be a class that was learned (${learned})`;
  return cellError(table, row, column, must);
}

/** Balanced: n / (C · n_c) of each class, as scikit-learn; of labels, how many rows lack one for each that has it. */
export function weightsOf(train: Examples, classes: number, config: ClassifyConfig): Float32Array | null {
  if (config.classWeights === "none") return null;
  const counts = new Float64Array(classes);
  for (const { target } of train) {
    if (config.multi) for (const [c, has] of target.entries()) counts[c] += has;
    else counts[target[0]]++;
  }
  // A model that is trained on may know classes that these rows lack.
  const least = counts.map((n) => Math.max(1, n));
  return Float32Array.from(least, (n) => (config.multi ? (train.length - n) / n : train.length / (classes * n)));
}
