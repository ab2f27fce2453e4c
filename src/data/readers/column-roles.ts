import { listed } from "../../base/listed.js";
import { ColumnKinds } from "./column-kinds.js";
import { ownColumn } from "./own-column.js";
import type { Table } from "./table.js";

const USUAL = /^(label|class|category|target|y|sentiment|stars|kind)$/i;

/** Of several columns with a usual name the plainest is meant: `kind,text,label` is labelled, and so is `x,y,label`. */
const PLAINEST = [/^(label|class|target)$/i, /^[^y]/i, /y/i];

const LIKELY =
  /^(rating|score|grade|emotion|intent|topic|lang(uage)?|species|outcome|priority|genre|churn|(is_?)?spam)$/i;

/** Whether a column has a name that classes usually have. */
export const isClassName = (name: string): boolean => USUAL.test(name) || LIKELY.test(name);

/** More values that are numbers or long texts are no classes, unless the name of the column says so. */
const FEW = 20;

/** Which columns of a table are what: what is to be told of each row, and a text; null for what it does not have. */
export interface ColumnRoles {
  label: string;
  /** How many values the label has. */
  classes: number;
  /** Whether they are numbers of which there are too many to be classes. */
  isReal: boolean;
  text: string | null;
  /** Of numbers: the column that tells sequences apart, where nobody named one. */
  group: string | null;
  /** The columns of numbers that are measured, where others stand beside them: what tells rows apart, dates, texts. */
  numbers: readonly string[] | null;
}

/** What is decided already, by the settings' names. */
export interface GivenRoles {
  label?: unknown;
  text?: unknown;
  group?: unknown;
  window?: unknown;
  columns?: unknown;
  multi?: unknown;
}

/**
 * What a table seems to be about: a column with a usual name for a class, else one of few values; and the longest text. Where
 * rows are grouped or columns are named, numbers are read. What only tells rows apart is neither.
 * @param wanted  `number`: the label is to be a number
 * @returns null where no column may be the label
 */
export function columnRoles(table: Table, given: GivenRoles, wanted: "class" | "number" = "class"): ColumnRoles | null {
  const { columns, rows } = table;
  const kinds = new ColumnKinds(table);
  const distinct = columns.map((_, column) => kinds.distinct(column));
  const most = Math.min(100, rows.length / 2);
  const own = typeof given.label === "string" ? ownColumn(table, "label", given.label) : -1;
  const [group] = [given.group].map((name) => columns.indexOf(String(name)));
  // What is read is not what is told.
  const read = typeof given.columns === "string" ? listed(given.columns) : [];
  if (typeof given.text === "string") read.push(given.text);
  const may = (column: number) =>
    column !== group && !read.includes(columns[column]) && (wanted === "class" || kinds.isNumber(column));
  const plainest = plainestOf(columns.map((name, column) => (USUAL.test(name) && may(column) ? name : "")));
  // Numbers of many values are measured; of few, a file that ends or begins with them says that they are what is to be told.
  const mayBeClass = (column: number) =>
    kinds.isNumber(column)
      ? distinct[column] <= FEW && [0, columns.length - 1].includes(column)
      : distinct[column] <= FEW || kinds.words(column) < 2;
  const isFew = (column: number) => distinct[column] >= 2 && distinct[column] <= most;
  const likely = columns.findIndex((name, column) => LIKELY.test(name) && may(column) && isFew(column));
  const last = columns.findLastIndex(
    (_, column) => may(column) && !kinds.isId(column) && (wanted === "number" || (isFew(column) && mayBeClass(column))),
  );
  const other = wanted === "class" && likely >= 0 ? likely : last;
  // `x,y,z,activity` has places in it: y is to be told where nothing else can be.
  const isPlace = plainest >= 0 && isCoordinate(table, kinds, plainest);
  const usual = isPlace && other >= 0 && !kinds.isNumber(other) ? other : plainest;
  const label = own >= 0 ? own : usual >= 0 ? usual : other;
  if (label < 0) return null;
  const hasFraction = () => rows.some((row) => !Number.isInteger(Number(row[label])));
  const isReal = distinct[label] > most && kinds.isNumber(label) && (distinct[label] > FEW || hasFraction());
  const length = (column: number) => rows.reduce((sum, row) => sum + row[column].length, 0);
  const others = [...columns.keys()].filter((column) => column !== label && column !== group);
  const numbers = others.filter((column) => kinds.isMostlyNumbers(column) && !kinds.isDate(column));
  const measured = numbers.filter((column) => !kinds.isId(column) && !kinds.numbersRows(column));
  const texts = others
    .filter((column) => !numbers.includes(column) && !kinds.isDate(column))
    .sort((a, b) => length(b) - length(a));
  // Beside numbers, few values of a word or two are no text to learn from.
  const isCategory = (column: number) => kinds.words(column) < 2.5 && 10 * distinct[column] <= rows.length;
  const isWorthReading = (column: number) => !kinds.isId(column) && !(measured.length > 0 && isCategory(column));
  const best = texts.find(isWorthReading) ?? (measured.length > 0 ? undefined : texts[0]);
  const ofNumbers = group >= 0 || typeof given.columns === "string" || best === undefined;
  const text = typeof given.text === "string" ? given.text : ofNumbers ? null : columns[best];
  const roles = { label: columns[label], classes: distinct[label], isReal, text };
  if (text !== null || typeof given.columns === "string") return { ...roles, group: null, numbers: null };
  const id = group >= 0 ? -1 : columns.findIndex((_, column) => kinds.isGroup(column, label));
  const isAll = measured.length === others.length - (id < 0 ? 0 : 1);
  const named = measured.map((column) => columns[column]);
  const canList = named.length > 0 && !named.some((name) => name.includes(",") || name.trim() !== name);
  return { ...roles, group: id < 0 ? null : columns[id], numbers: isAll || !canList ? null : named };
}

/** The place of the plainest of usual names; -1 for none. @param names  empty for the others */
function plainestOf(names: readonly string[]): number {
  return PLAINEST.map((kind) => names.findIndex((name) => kind.test(name))).find((column) => column >= 0) ?? -1;
}

/** Whether a column of numbers is called y, and one beside it x. */
function isCoordinate({ columns }: Table, kinds: ColumnKinds, column: number): boolean {
  return /^y$/i.test(columns[column]) && kinds.isNumber(column) && columns.some((name) => /^x$/i.test(name));
}
