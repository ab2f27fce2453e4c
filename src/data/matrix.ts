import { isObject, refusal } from "../base/check.js";
import { dtypeOf, type TypedArray } from "../base/dtype.js";
import { OptionError, ShapeError, show } from "../base/errors.js";
import { nearest } from "../base/nearest.js";
import { misshapen, type Shape, sizeOf } from "../base/shape.js";
import { Tensor } from "../tensor/index.js";
import { checkSamples, isSamples, type Samples } from "./samples.js";

/** Columns of numbers by name, equally long. */
export type NumberColumns = Readonly<Record<string, ArrayLike<number>>>;

/** Numbers in rows and columns: a tensor or samples [.., F], one column as an array, or columns by name. */
export type Numbers = Tensor | Samples | TypedArray | readonly number[] | NumberColumns;

/** Numbers row by row, [rows, features]. */
export interface Matrix {
  data: ArrayLike<number>;
  rows: number;
  features: number;
  /** Of columns that have names. */
  names: readonly string[] | null;
}

/** @throws OptionError for what is none of these, ShapeError for columns that are not equally long */
export function matrixOf(op: string, argument: string, x: unknown): Matrix {
  if (x instanceof Tensor) return shaped(op, argument, x.data(), x.shape);
  if (isSamples(x)) {
    checkSamples(op, argument, x);
    return shaped(op, argument, x.data, x.shape);
  }
  if (dtypeOf(x) !== undefined || isNumbers(x)) {
    const data = x as ArrayLike<number>;
    return { data, rows: data.length, features: 1, names: null };
  }
  if (isColumns(x)) return columnsMatrix(op, argument, x);
  const must = "be a tensor [.., F], an array of numbers, or arrays of numbers by name";
  throw refusal(op, argument, must, x, Array.isArray(x) ? "Write tensor(rows)." : "");
}

function isNumbers(x: unknown): boolean {
  return Array.isArray(x) && x.every((value) => typeof value === "number");
}

export function isColumns(x: unknown): x is NumberColumns {
  if (!isObject(x) || Array.isArray(x) || ArrayBuffer.isView(x) || x instanceof Tensor || isSamples(x)) return false;
  const columns = Object.values(x);
  return columns.length > 0 && columns.every((column) => dtypeOf(column) !== undefined || isNumbers(column));
}

function shaped(op: string, argument: string, data: ArrayLike<number>, shape: Shape): Matrix {
  const features = shape.at(-1) ?? 0;
  if (shape.length > 1 && features > 0) return { data, rows: sizeOf(shape.slice(0, -1)), features, names: null };
  const fix = shape.length === 1 ? "A single column is x.reshape([-1, 1])." : "";
  throw misshapen(op, argument, "have shape [.., F], its columns last", shape, fix);
}

function columnsMatrix(op: string, argument: string, x: NumberColumns): Matrix {
  const names = Object.keys(x);
  const rows = x[names[0]].length;
  const data = new Float64Array(rows * names.length);
  for (const [c, name] of names.entries()) {
    const column = x[name];
    if (column.length !== rows) {
      const must = `have as many rows as ${names[0]} (${rows})`;
      throw new ShapeError({ op, argument: `${argument}.${name}`, must, value: String(column.length) });
    }
    for (let row = 0; row < rows; row++) data[row * names.length + c] = column[row];
  }
  return { data, rows, features: names.length, names };
}

/** What errors call a column: its number from 0, and its name. */
export function columnText(column: number, names: readonly string[] | null): string {
  return names === null ? `column ${column}` : `column ${column} (${show(names[column])})`;
}

/**
 * The places of columns that are told by number or by name.
 * @throws OptionError for one that is not there, with the nearest name
 */
export function columnPlaces(
  op: string,
  argument: string,
  columns: string | number | readonly (string | number)[],
  { features, names }: Pick<Matrix, "features" | "names">,
): number[] {
  const chosen = typeof columns === "string" || typeof columns === "number" ? [columns] : columns;
  if (!Array.isArray(chosen) || chosen.length === 0) {
    throw refusal(op, argument, "be columns: numbers from 0 on, or names", columns);
  }
  return chosen.map((column) => {
    const place = typeof column === "string" ? (names?.indexOf(column) ?? -1) : column;
    if (Number.isInteger(place) && place >= 0 && place < features) return place;
    const near = typeof column === "string" && names !== null ? nearest(column, names) : undefined;
    const must =
      names === null ? `be numbers of columns in [0, ${features - 1}]` : `be among the columns ${names.join(", ")}`;
    const fix = near === undefined ? "" : `Did you mean ${show(near)}?`;
    throw new OptionError({
      op,
      argument,
      must,
      value: show(column),
      fix,
      details: { key: String(column), nearest: near },
    });
  });
}
