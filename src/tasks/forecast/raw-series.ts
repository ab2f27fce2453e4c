import { FormatError } from "../../base/errors.js";
import { listed } from "../../base/listed.js";
import type { Told } from "../../base/report.js";
import { numberOf } from "../../data/readers/cells.js";
import { ownColumn, type Table, tableParts } from "../../data/readers/index.js";
import { type BadRow, emptyFile } from "../../data/readers/table.js";
import { groupedRows } from "../../io/grouped-rows.js";
import { NumberRows } from "../../io/number-rows.js";
import { RecordFile } from "../../io/record-file.js";
import { copyOf } from "../../text/token-counter.js";
import { SeenColumns } from "../about-data/seen-columns.js";
import { codeOf, tooManyValues } from "../rows/number-columns.js";
import { OneRow } from "../rows/one-row.js";
import type { RowStream } from "../task.js";
import type { SeriesSettings } from "./config.js";
import type { Covariate } from "./covariates.js";
import { changedStatic } from "./data.js";
import { isMissing, marksMissing, seriesAt, TimeReader, valueAt } from "./series.js";
import { ColumnsApart } from "./steps.js";
import type { TimeForm } from "./time-axis.js";

/** What stands where in a row that was put aside; behind it the cells of covariates, and whether it is marked. */
export const AT = { series: 0, time: 1, line: 2, value: 3, text: 4, cells: 5 } as const;

/** Rows that are told apart by what stands in a column. */
export interface Mark {
  /** The setting that names the column. */
  key: string;
  name: string;
  isMarked(cell: string): boolean;
}

export interface RawOptions {
  /** Covariates of a model that knows them. Default: what their cells hold is found out. */
  known?: readonly Covariate[] | undefined;
  mark?: Mark | undefined;
  /** A row that cannot be read is told and left out; else the first one is refused. Default false. */
  keepBad?: boolean | undefined;
  /** Told of putting rows in order. */
  told?: Told | undefined;
}

/** Rows of series as numbers, series after series, on the disk. */
export interface RawSeries {
  source: string;
  columns: readonly string[];
  form: TimeForm;
  ids: readonly string[];
  /** Rows of each series. */
  counts: readonly number[];
  rows: NumberRows;
  /** Texts in the column of the target where it holds no number. */
  targets: readonly string[];
  /** What covariates hold where nobody knew it before. */
  covariates: readonly CellColumn[];
  hasMark: boolean;
  /** What all columns hold; null for a model that knows its covariates. */
  seenColumns: SeenColumns | null;
  /** The column that tells series apart where nobody named one. */
  apart(): string | undefined;
  /** How the time of a row is written: of rows about which there may be something to say. */
  timeOf(line: number): string | undefined;
  close(): void;
}

/** Of more texts in a column, numbers are kept as numbers alone. */
const MOST_TEXTS = 2 ** 16;

/** What the cells of a column hold: all numbers, or texts that are told by their places. */
export class CellColumn {
  readonly name: string;
  readonly role: Covariate["role"];
  readonly texts: string[] = [];
  readonly #places = new Map<string, number>();
  readonly #textsAlone: boolean;
  #hasNumbers = false;
  #hasTexts = false;

  /** @param textsAlone  whether nobody asks for the text of a number */
  constructor(name: string, role: Covariate["role"], textsAlone = false) {
    [this.name, this.role, this.#textsAlone] = [name, role, textsAlone];
  }

  get isNumber(): boolean {
    return this.#hasNumbers && !this.#hasTexts;
  }

  /** A number, or NaN, and the place of its text, or -1. @throws FormatError for too many texts */
  put(source: string, cell: string, into: Float64Array, at: number): void {
    const [number, isEmpty] = [numberOf(cell.trim()), cell.trim() === ""];
    into[at] = number ?? Number.NaN;
    into[at + 1] = -1;
    if (number !== null) this.#hasNumbers = true;
    else if (!isEmpty) this.#hasTexts = true;
    if (number !== null && this.#textsAlone) return;
    let place = this.#places.get(cell);
    if (place === undefined) {
      const isFull = this.texts.length >= MOST_TEXTS;
      if (isFull && this.#hasTexts) throw tooManyValues("forecast", source, this.name, "more");
      if (isFull && !isEmpty) return;
      place = this.texts.push(copyOf(cell)) - 1;
      this.#places.set(this.texts[place], place);
    }
    into[at + 1] = place;
  }
}

/** Reads all rows of a file once, in the memory of a part; bad ones are given as they come. @throws FormatError; FileError where the disk is full */
export async function* readRaw(
  file: RowStream,
  settings: SeriesSettings,
  options: RawOptions = {},
): AsyncGenerator<readonly BadRow[], RawSeries, undefined> {
  const { keepBad = false } = options;
  const reader = new RawReader(file.name, settings, options);
  try {
    for await (const { table, bad } of tableParts(file.name, file.pieces(), { keepBad })) {
      const all = [...bad, ...reader.take(table)];
      if (all.length > 0) yield all.sort((a, b) => a.line - b.line);
    }
    return reader.end();
  } catch (error) {
    reader.close();
    throw error;
  }
}

/** Where what stands in a table. */
interface Places {
  time: number;
  target: number;
  id: number | null;
  covariates: readonly number[];
  /** Covariates that hold for a whole series. */
  fixed: readonly number[];
  mark: number | null;
}

class RawReader {
  readonly #source: string;
  readonly #settings: SeriesSettings;
  readonly #options: RawOptions;
  readonly #times = new TimeReader();
  /** The first time. */
  #began: { line: number; cell: string } | null = null;
  readonly #numbers = new Map<string, number>();
  readonly #ids: string[] = [];
  readonly #counts: number[] = [];
  /** Of each series: the time of the row before, how long that was after the one before it, its first line and what holds for it. */
  readonly #last: number[] = [];
  readonly #steps: number[] = [];
  readonly #begins: { line: number; fixed: readonly string[] }[] = [];
  readonly #target = new CellColumn("", "known", true);
  readonly #covariates: readonly { name: string; role: Covariate["role"] }[];
  readonly #columns: readonly CellColumn[];
  readonly #row: Float64Array;
  readonly #rows: NumberRows;
  readonly #texts = new RecordFile();
  readonly #encoder = new TextEncoder();
  #apart: ColumnsApart | null = null;
  #seenColumns: SeenColumns | null = null;
  #header: readonly string[] = [];
  #places: Places | null = null;
  /** Whether the rows of each series follow one another. */
  #isGrouped = true;
  #before = -1;

  constructor(source: string, settings: SeriesSettings, options: RawOptions) {
    const fit = (role: Covariate["role"]) => listed(settings[role]).map((name) => new CellColumn(name, role));
    this.#columns = options.known === undefined ? [...fit("known"), ...fit("static")] : [];
    this.#covariates = options.known ?? this.#columns;
    [this.#source, this.#settings, this.#options] = [source, settings, options];
    const cells = options.known?.length ?? 2 * this.#columns.length;
    this.#row = new Float64Array(AT.cells + cells + (options.mark === undefined ? 0 : 1));
    this.#rows = new NumberRows(this.#row.length);
  }

  /** @returns rows that cannot be read, where they are to be told */
  take(table: Table): BadRow[] {
    this.#locate(table);
    const bad: BadRow[] = [];
    for (const [row, line] of table.lines.entries()) {
      try {
        this.#take(table, row);
      } catch (error) {
        if (this.#options.keepBad !== true || !(error instanceof FormatError)) throw error;
        bad.push({ line, error });
      }
    }
    return bad;
  }

  #locate(table: Table): void {
    if (this.#places !== null && this.#header === table.columns) return;
    const { time, target, id } = this.#settings;
    const { mark } = this.#options;
    this.#header = table.columns;
    const own = {
      time: ownColumn(table, "time", time),
      id: id === null ? null : ownColumn(table, "id", id),
      target: ownColumn(table, "target", target),
    };
    const covariates = this.#covariates.map(({ name, role }) => ownColumn(table, role, name));
    const fixed = covariates.filter((_, i) => this.#covariates[i].role === "static");
    this.#places = {
      ...own,
      covariates,
      fixed,
      mark: mark === undefined ? null : ownColumn(table, mark.key, mark.name),
    };
    if (this.#options.known === undefined) this.#seenColumns ??= new SeenColumns(table.columns);
    if (id === null) this.#apart ??= new ColumnsApart(table.columns, [time, target], copyOf);
  }

  #take(table: Table, row: number): void {
    const places = this.#places!;
    const own = this.#row;
    const cells = table.rows[row];
    const line = table.lines[row];
    const time = this.#times.read(table, row, places.time);
    this.#began ??= { line, cell: copyOf(cells[places.time]) };
    const id = places.id === null ? "" : seriesAt(table, row, places.id);
    this.#putCells(table, row);
    own[AT.time] = time;
    own[AT.line] = line;
    const target = cells[places.target];
    // What is neither a number nor a way to say that there is none is wrong wherever it stands.
    if (numberOf(target.trim()) === null && !isMissing(target)) valueAt(table, row, places.target, "zero");
    this.#target.put(this.#source, target, own, AT.value);
    const series = this.#seriesOf(id, table, row);
    own[AT.series] = series;
    this.#keepTime(series, time, line, cells[places.time]);
    this.#apart?.see(cells, time);
    this.#seenColumns?.see(cells);
    if (series !== this.#before) {
      this.#isGrouped &&= this.#counts[series] === 0;
      this.#before = series;
    }
    this.#counts[series]++;
    this.#rows.append(own);
  }

  #putCells(table: Table, row: number): void {
    const { covariates, mark } = this.#places!;
    const { known, mark: of } = this.#options;
    const own = this.#row;
    for (const [i, column] of covariates.entries()) {
      if (known !== undefined) own[AT.cells + i] = codeOf(table, row, column, known[i]);
      else this.#columns[i].put(this.#source, table.rows[row][column], own, AT.cells + 2 * i);
    }
    if (mark !== null) own[own.length - 1] = of!.isMarked(table.rows[row][mark]) ? 1 : 0;
  }

  /** The number of a series. @throws FormatError for a cell that is to hold for all of it, and does not */
  #seriesOf(id: string, { rows, lines, source, columns }: Table, row: number): number {
    const { fixed } = this.#places!;
    const found = this.#numbers.get(id);
    if (found === undefined) {
      const own = copyOf(id);
      const number = this.#ids.push(own) - 1;
      this.#numbers.set(own, number);
      this.#counts.push(0);
      this.#last.push(Number.NaN);
      this.#steps.push(Number.NaN);
      this.#begins.push({ line: lines[row], fixed: fixed.map((column) => copyOf(rows[row][column])) });
      return number;
    }
    const { line, fixed: first } = this.#begins[found];
    const other = fixed.findIndex((column, i) => rows[row][column] !== first[i]);
    if (other < 0) return found;
    const column = fixed[other];
    throw changedStatic({ file: source, line: lines[row], name: columns[column], column }, rows[row][column], line);
  }

  /** As it is written, where it does not follow as the one before it did: only then can there be something to say of it. */
  #keepTime(series: number, time: number, line: number, cell: string): void {
    const step = time - this.#last[series];
    if (this.#counts[series] > 0 && step !== this.#steps[series]) {
      this.#texts.append([line], this.#encoder.encode(cell));
      this.#steps[series] = step;
    }
    this.#last[series] = time;
  }

  end(): RawSeries {
    // All that there is cannot be read: a file of no rows is refused before.
    if (this.#ids.length === 0) throw emptyFile(this.#source, this.#header);
    if (this.#times.lacksMarks) throw this.#marksMissing();
    const [counts, texts] = [this.#counts, this.#texts];
    this.#rows.flush();
    texts.flush();
    const rows = this.#isGrouped ? this.#rows : groupedRows(this.#rows, counts, { told: this.#options.told });
    return {
      source: this.#source,
      columns: this.#header,
      form: this.#times.form!,
      ids: this.#ids,
      counts,
      rows,
      targets: this.#target.texts,
      covariates: this.#columns,
      hasMark: this.#options.mark !== undefined,
      seenColumns: this.#seenColumns,
      apart: () => this.#apart?.name,
      timeOf(line) {
        const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
        for (const { numbers, bytes } of texts) if (numbers[0] === line) return decoder.decode(bytes);
        return undefined;
      },
      close() {
        rows.close();
        texts.close();
      },
    };
  }

  #marksMissing(): FormatError {
    const [one, { time }] = [new OneRow(this.#source, this.#header), this.#places!];
    one.set(this.#began!.line, [time], [this.#began!.cell]);
    return marksMissing(one, 0, time);
  }

  close(): void {
    this.#rows.close();
    this.#texts.close();
  }
}
