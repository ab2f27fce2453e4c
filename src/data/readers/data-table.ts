import { checkKnownOptions, checkList, refusal } from "../../base/check.js";
import { checkDType, type DType, typedArray } from "../../base/dtype.js";
import { type FormatError, ShapeError, show } from "../../base/errors.js";
import type { Tensor } from "../../tensor/index.js";
import { fromHost } from "../../tensor/ops/raw.js";
import { adviceFor, type CellValue } from "./cell-value.js";
import type { ColumnType } from "./cells.js";
import { classAt, type TableColumn, valueAt } from "./columns.js";
import { describeTable } from "./describe.js";
import { columnNumberIn } from "./infer.js";
import { badCell, columnOf } from "./table.js";

/** A row by the names of its columns: null where a cell is missing. */
export type Row = Record<string, CellValue>;

export interface TensorColumnsOptions {
  /** Default float32. */
  dtype?: DType | undefined;
  /** What stands for a missing value. Default: it is an error. */
  missing?: number | undefined;
}

const OP = "table";

/**
 * A file's rows by columns, each of one type. It is a data set of rows for a loader, and `tensor` makes inputs of its columns.
 * @example
 * const table = await readCSV("weather.csv");
 * console.log(table.describe());
 * const x = table.tensor(["temp_max", "wind"]); // [rows, 2]
 */
export class DataTable implements Iterable<Row> {
  /** What it was read from, for errors. */
  readonly source: string;
  readonly columns: readonly string[];
  /** Rows. */
  readonly length: number;
  readonly #columns: readonly TableColumn[];
  readonly #places: ReadonlyMap<string, number>;
  /** Of each row, in the file. */
  readonly #lines: ArrayLike<number>;

  /** @internal `readCSV` and `readJSONL` make it. */
  constructor(source: string, columns: readonly TableColumn[], lines: ArrayLike<number>) {
    this.source = source;
    this.columns = columns.map(({ name }) => name);
    this.length = lines.length;
    this.#columns = columns;
    this.#places = new Map(columns.map(({ name }, place) => [name, place]));
    this.#lines = lines;
  }

  /** What each column holds: `{ date: "date", wind: "number" }`. */
  get types(): Record<string, ColumnType> {
    return Object.fromEntries(this.#columns.map(({ name, type }) => [name, type]));
  }

  /** A table of text for people: each column's name, type and range, and how many of its values are missing. */
  describe(): string {
    return describeTable(this.source, this.length, this.#columns);
  }

  /** @throws OptionError for a row that there is not */
  get(index: number): Row {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) {
      throw refusal(`${OP}.get`, "index", `be an integer in [0, ${this.length - 1}]`, index);
    }
    return Object.fromEntries(this.#columns.map((column) => [column.name, valueAt(column, index)]));
  }

  *[Symbol.iterator](): Iterator<Row> {
    for (let i = 0; i < this.length; i++) yield this.get(i);
  }

  /**
   * The values of a column.
   * @returns numbers as a Float64Array, NaN where missing; dates, booleans and texts as an array, null where missing
   * @throws FormatError for a column that is not there, with the nearest name
   */
  column(name: string): Float64Array | CellValue[] {
    const column = this.#find(name);
    const { type, values } = column;
    if (values instanceof Float64Array && type !== "boolean" && type !== "date") return values.slice();
    return Array.from({ length: this.length }, (_, i) => valueAt(column, i));
  }

  /**
   * Columns of numbers, integers and booleans (1 and 0) as a tensor.
   * @param names  default: all columns
   * @returns [rows, columns]; for a single name as a string [rows]
   * @throws FormatError with the line of a missing value or of what is no number
   */
  tensor(names: string | readonly string[] = this.columns, options: TensorColumnsOptions = {}): Tensor {
    const op = `${OP}.tensor`;
    checkKnownOptions(op, options, ["dtype", "missing"]);
    const dtype = checkDType(op, options.dtype ?? "float32");
    const chosen = typeof names === "string" ? [names] : checkList(op, "names", names);
    const columns = chosen.map((name) => this.#numbers(name, options.missing));
    const data = typedArray(dtype, this.length * columns.length);
    for (const [c, values] of columns.entries()) {
      const broken = dtype === "int32" ? values.findIndex((value) => (value | 0) !== value) : -1;
      if (broken >= 0) {
        const fix = "Leave the dtype out for float32.";
        const must = "be an integer of 32 bits for dtype int32";
        throw this.#bad(this.#find(chosen[c]), broken, String(values[broken]), must, fix);
      }
      for (let row = 0; row < this.length; row++) data[row * columns.length + c] = values[row];
    }
    return fromHost(data, typeof names === "string" ? [this.length] : [this.length, columns.length]);
  }

  /**
   * Columns of numbers by name, for scalers and windows that call them by it.
   * @throws FormatError as `tensor` does
   */
  numbers(
    names: readonly string[] = this.columns,
    options: Pick<TensorColumnsOptions, "missing"> = {},
  ): Record<string, Float64Array> {
    checkKnownOptions(`${OP}.numbers`, options, ["missing"]);
    const chosen = checkList(`${OP}.numbers`, "names", names);
    return Object.fromEntries(chosen.map((name) => [name, this.#numbers(name, options.missing).slice()]));
  }

  /**
   * A column as classes.
   * @param names  the classes in their order, such as those of the training table. Default: the column's own, sorted
   * @returns ids int32 [rows], each the place of its value among `names`
   * @throws FormatError with the line of a missing value, or one that is no class
   */
  classes(column: string, names?: readonly string[]): { ids: Int32Array; names: string[] } {
    const found = this.#find(column);
    const values = Array.from({ length: this.length }, (_, row) => classAt(found, row));
    const known = names ?? [...new Set(values.filter((value) => value !== null))].sort();
    const places = new Map(known.map((name, i) => [name, i]));
    const ids = Int32Array.from(values, (value, row) => {
      const id = value === null ? undefined : places.get(value);
      if (id !== undefined) return id;
      const must = value === null ? "name a class" : `be one of ${known.slice(0, 8).map(show).join(", ")}`;
      throw this.#bad(found, row, value === null ? "a missing value" : show(value), must, "");
    });
    return { ids, names: [...known] };
  }

  /** A table of some rows, in this order, such as a part of `split.random(table.length)`. */
  take(rows: ArrayLike<number>): DataTable {
    const places = Array.from(rows);
    for (const row of places) {
      if (Number.isInteger(row) && row >= 0 && row < this.length) continue;
      const must = `hold integers in [0, ${this.length - 1}] (${this.length} rows)`;
      throw new ShapeError({ op: `${OP}.take`, argument: "rows", must, value: show(row) });
    }
    const columns = this.#columns.map((column) => {
      const { values } = column;
      const taken = places.map((row) => values[row]);
      return {
        ...column,
        values: values instanceof Float64Array ? Float64Array.from(taken as number[]) : (taken as string[]),
      };
    });
    return new DataTable(
      this.source,
      columns,
      places.map((row) => this.#lines[row]),
    );
  }

  /** A table of the rows that miss none of these columns. @param names  default: all */
  dropMissing(names: readonly string[] = this.columns): DataTable {
    const columns = checkList(`${OP}.dropMissing`, "names", names).map((name) => this.#find(name));
    const rows = Array.from({ length: this.length }, (_, row) => row);
    return this.take(rows.filter((row) => columns.every((column) => valueAt(column, row) !== null)));
  }

  #find(name: string): TableColumn {
    return this.#columns[this.#places.get(name) ?? columnOf(this, name)];
  }

  #bad({ name }: TableColumn, row: number, value: string, must: string, fix: string): FormatError {
    const place = { source: this.source, line: this.#lines[row], name, column: this.columns.indexOf(name) };
    return badCell(place, value, must, fix);
  }

  #numbers(name: string, missing: number | undefined): Float64Array {
    const column = this.#find(name);
    const { type, values } = column;
    const must = "be a finite number";
    if (!(values instanceof Float64Array) || type === "date") {
      const format = { missing: new Set<string>(), decimal: column.decimal ?? "." };
      // The first cell that makes it so.
      const row = Array.isArray(values)
        ? values.findIndex((value) => value !== null && columnNumberIn(value, format) === null)
        : 0;
      const cell = row < 0 ? null : values[row];
      if (typeof cell !== "string")
        throw this.#bad(column, 0, `a column of type ${type}`, "hold numbers", "Choose the columns: tensor([names]).");
      throw this.#bad(
        column,
        row,
        `${show(cell)} (the column is text)`,
        must,
        adviceFor(cell, "number", format, name).replace(
          /Mend it, or.*/,
          "Mend it, or choose other columns: tensor([names]).",
        ),
      );
    }
    const gap = values.findIndex(Number.isNaN);
    if (gap < 0) return values;
    if (missing !== undefined) return values.map((value) => (Number.isNaN(value) ? missing : value));
    const fix = "Leave such rows out with dropMissing(), or say what stands for it: { missing: 0 }.";
    throw this.#bad(column, gap, "a missing value", must, fix);
  }
}
