import { OptionError, show } from "../../base/errors.js";
import { nearest } from "../../base/nearest.js";
import { numberOf } from "../../data/readers/cells.js";
import { classNames, ownColumn, type Table } from "../../data/readers/index.js";
import { classesText } from "../classes-text.js";
import { codeOf, fitNumbers, fitValues, type NumberColumn } from "../rows/number-columns.js";
import { conditionNames, type GenerateConfig } from "./config.js";

/** What a text is written of: for each column the place of a class, or a number, shifted and scaled. */
export type Condition = readonly number[];

/** What the condition is called where it is a class alone, whatever its column is called. */
export const CLASS = "label";

/** Of the cells that are numbers: above it, one that is none is a mistake. */
export const MOST = 0.5;

/**
 * From these rows alone. The label is one of names, whatever they look like, and has any number of them.
 * @throws FormatError for a missing column, a cell that is no number or empty, too many values
 */
export function fitConditions(table: Table, rows: readonly number[], config: GenerateConfig): NumberColumn[] {
  return conditionNames(config).map((name) => {
    const isLabel = name === config.label;
    const column = ownColumn(table, isLabel ? "label" : "condition", name);
    const numbers = rows.filter((row) => numberOf(table.rows[row][column].trim()) !== null).length;
    if (!isLabel && numbers > MOST * rows.length) return fitNumbers(table, rows, column);
    const classes = classNames(table, name, rows);
    if (!isLabel) return fitValues("generate", table, rows, column);
    const values = [...new Set(classes)].sort();
    return { name: config.condition === null ? CLASS : name, values, mean: 0, scale: 1 };
  });
}

/** Where the columns are. @throws FormatError for a missing one */
export function conditionColumns(table: Table, config: GenerateConfig): number[] {
  return conditionNames(config).map((name) => ownColumn(table, name === config.label ? "label" : "condition", name));
}

/** How the condition of a row is read. @throws FormatError for a missing column, a cell that does not fit */
export function conditionReader(
  table: Table,
  conditions: readonly NumberColumn[],
  config: GenerateConfig,
): (row: number) => Condition {
  const columns = conditionColumns(table, config);
  return (row) => conditions.map((condition, i) => codeOf(table, row, columns[i], condition));
}

/** `flower`, or where there is more `kind=flower,size=2`, as `writtenConditions` reads it. */
export function conditionText(conditions: readonly NumberColumn[], condition: Condition): string {
  const told = conditions.map(({ values, mean, scale }, i) => {
    return values === null ? String(Number((condition[i] * scale + mean).toPrecision(6))) : values[condition[i]];
  });
  if (told.length === 1 && conditions[0].values !== null) return told[0];
  return told.map((text, i) => `${conditions[i].name}=${text}`).join(",");
}

/** How a person writes a condition. */
export interface WrittenCondition {
  /** The class. */
  label: string | null;
  /** `kind=flower,size=2` */
  condition: string | null;
}

/**
 * Conditions that were written. Of what is left open, numbers are as they are on average, the first column of classes has each of its
 * classes in turn, and others their first.
 * @throws OptionError for a column or a class that was not learned, naming the nearest, and for what is no number
 */
export function writtenConditions(
  conditions: readonly NumberColumn[],
  { label, condition }: WrittenCondition,
  op: string,
): Condition[] {
  const given = new Map<number, number>();
  if (label !== null) {
    const at = labelAt(conditions, label, op);
    given.set(at, placeOf(conditions[at], label, "label", op));
  }
  for (const part of condition === null ? [] : condition.split(",")) {
    const cut = part.indexOf("=");
    const name = (cut < 0 ? part : part.slice(0, cut)).trim();
    const at = cut < 0 ? -1 : conditions.findIndex((column) => column.name === name);
    if (at < 0) throw unknownColumn(conditions, name, op);
    given.set(at, placeOf(conditions[at], part.slice(cut + 1).trim(), "condition", op));
  }
  const open = conditions.findIndex(({ values }, i) => values !== null && !given.has(i));
  const count = open < 0 ? 1 : conditions[open].values!.length;
  return Array.from({ length: count }, (_, k) => conditions.map((_, i) => given.get(i) ?? (i === open ? k : 0)));
}

/** The label stands first; without one it is the first of classes, and numbers alone have none. */
function labelAt(conditions: readonly NumberColumn[], label: string, op: string): number {
  const at = conditions.findIndex(({ values }) => values !== null);
  if (at >= 0) return at;
  const must = "be left out: this model writes of numbers alone";
  const details = { settings: { label: null } };
  throw new OptionError({ op, argument: "label", must, value: show(label), fix: "Leave label out.", details });
}

function exampleOf({ name, values, mean }: NumberColumn): string {
  return `${name}=${values?.[0] ?? mean.toPrecision(3)}`;
}

function placeOf(column: NumberColumn, text: string, argument: string, op: string): number {
  const { name, values, mean, scale } = column;
  if (values === null) {
    const number = numberOf(text);
    if (number !== null) return (number - mean) / scale;
    const must = `hold a finite number for ${show(name)}`;
    throw new OptionError({ op, argument, must, value: show(text), fix: `Write for example ${exampleOf(column)}.` });
  }
  const at = values.indexOf(text);
  if (at >= 0) return at;
  const near = nearest(text, values);
  const must = `be a class that was learned (${classesText(values)})`;
  const fix = near === undefined ? "" : `Did you mean ${show(near)}?`;
  throw new OptionError({ op, argument, must, value: show(text), fix, details: { nearest: near } });
}

function unknownColumn(conditions: readonly NumberColumn[], name: string, op: string): OptionError {
  const names = conditions.map((column) => column.name);
  const must = `be column=value with commas between, of the columns ${classesText(names)}`;
  const fix = `Write for example ${exampleOf(conditions[0])}.`;
  return new OptionError({ op, argument: "condition", must, value: show(name), fix });
}
