import type { FormatError } from "../../base/errors.js";
import type { Told } from "../../base/report.js";
import { numberAt } from "../../data/readers/index.js";
import { cellError } from "../../data/readers/table.js";
import { NumberRows } from "../../io/number-rows.js";
import type { SeenColumns } from "../about-data/seen-columns.js";
import { OneRow } from "../rows/one-row.js";
import type { SeriesSettings } from "./config.js";
import { AT, type CellColumn, type RawSeries } from "./raw-series.js";
import type { SeriesValues } from "./scale.js";
import { axisIn, checkForm, valueAt } from "./series.js";
import { StepFiller } from "./step-filler.js";
import { checkMostThere, stepAfter, type TimeRules } from "./steps.js";
import { type TimeAxis, type TimeForm, timeText } from "./time-axis.js";

/** A series of which a value lies on the disk for each of its steps, gaps filled. */
export interface StoredSeries {
  id: string;
  /** The time of its first value. */
  first: number;
  /** Its first row, and its last one. */
  line: number;
  lastLine: number;
  /** Among the steps of all series, its first. */
  at: number;
  /** Values, and steps: those without a value come last. */
  length: number;
  steps: number;
}

/** Series on the disk, step by step. */
export interface SeriesStore {
  source: string;
  columns: readonly string[];
  axis: TimeAxis;
  form: TimeForm;
  series: readonly StoredSeries[];
  /** A value a step; of steps to come NaN. */
  values: NumberRows;
  /** What covariates hold at each step, and whether its row is marked; null where there is nothing of it. */
  cells: NumberRows | null;
  /** Covariates whose meaning is not known. */
  covariates: readonly CellColumn[];
  /** Of each of these: in which order its texts come, and where each comes first. */
  seen: readonly ReadonlyMap<number, Seen>[];
  /** What all columns hold; null for a model that knows its covariates. */
  seenColumns: SeenColumns | null;
  /** Rows up to the last value of their series. */
  rowsWithin: number;
  close(): void;
}

/** Where a text was seen first. */
export interface Seen {
  step: number;
  line: number;
}

/** Values of a stored series. @param told  of how many are read */
export function valuesOf(
  { values }: SeriesStore,
  { at, length }: StoredSeries,
  told?: (count: number) => void,
): SeriesValues {
  return {
    length,
    read(from, to) {
      told?.(to - from);
      return values.read(at + from, to - from);
    },
  };
}

/**
 * The steps of series whose rows were put aside, as `seriesOf` has them of a table in memory; afterwards those can be closed.
 * @param axis  how times must follow one another; null: as most of them do
 * @throws FormatError as `seriesOf` does
 */
export function storeSteps(raw: RawSeries, settings: SeriesSettings, axis: TimeAxis | null, told?: Told): SeriesStore {
  const { source, form, rows, counts, ids } = raw;
  checkForm(source, axis, form);
  const each = (told: (time: number, isFirst: boolean) => void) => {
    let before = -1;
    for (const block of rows.blocks()) {
      for (let at = 0; at < block.length; at += rows.width) {
        told(block[at + AT.time], block[at] !== before);
        before = block[at];
      }
    }
  };
  const found = axis ?? axisIn(each, { source, form, hasId: settings.id !== null });
  const writer = new StepWriter(raw, settings, found);
  try {
    let from = 0;
    for (const [i, id] of ids.entries()) {
      writer.begin(id);
      for (const block of rows.blocks(from, from + counts[i])) {
        told?.(from, rows.length);
        for (let at = 0; at < block.length; at += rows.width) writer.row(block, at);
      }
      writer.end();
      from += counts[i];
    }
    told?.(rows.length, rows.length);
    const { columns, covariates, seenColumns } = raw;
    return { source, columns, covariates, seenColumns, axis: found, form, ...writer.stored() };
  } catch (error) {
    writer.close();
    throw error;
  }
}

/** Writes the steps of one series after another. */
class StepWriter {
  readonly #raw: RawSeries;
  readonly #settings: SeriesSettings;
  readonly #rules: TimeRules;
  readonly #places: { time: number; target: number };
  readonly #one: OneRow;
  readonly #values = new NumberRows(1);
  readonly #value = new Float64Array(1);
  readonly #putValue = (value: number): void => {
    this.#value[0] = value;
    this.#values.append(this.#value);
  };
  readonly #cells: NumberRows | null;
  readonly #own: Float64Array;
  readonly #seen: readonly Map<number, Seen>[];
  readonly #series: StoredSeries[] = [];
  readonly #fitted: boolean;
  #filler: StepFiller;
  #id = "";
  #first = 0;
  #line = 0;
  #rows = 0;
  /** Rows of this series, and of all before it, up to the last value. */
  #rowsWithin = 0;
  #within = 0;
  #before = { time: 0, line: 0, step: 0 };
  #steps = 0;
  /** The first row without a value that no later one has followed yet. */
  #empty: { line: number; text: string } | null = null;

  constructor(raw: RawSeries, settings: SeriesSettings, axis: TimeAxis) {
    const { columns, covariates, form, rows } = raw;
    [this.#raw, this.#settings] = [raw, settings];
    this.#rules = { axis, form, fill: settings.fill };
    this.#places = { time: columns.indexOf(settings.time), target: columns.indexOf(settings.target) };
    this.#one = new OneRow(raw.source, columns);
    this.#fitted = covariates.length > 0;
    const behind = rows.width - AT.cells;
    const width = this.#fitted ? covariates.length + (raw.hasMark ? 1 : 0) : behind;
    this.#own = new Float64Array(width);
    this.#cells = width === 0 ? null : new NumberRows(width);
    this.#seen = covariates.map(() => new Map());
    this.#filler = new StepFiller(this.#putValue, settings.fill);
  }

  begin(id: string): void {
    this.#id = id;
    [this.#rows, this.#rowsWithin, this.#steps, this.#empty] = [0, 0, 0, null];
    this.#filler = new StepFiller(this.#putValue, this.#settings.fill);
  }

  /** @param at  where the row begins */
  row(block: Float64Array, at: number): void {
    const [time, line] = [block[at + AT.time], block[at + AT.line]];
    let step = 0;
    if (this.#rows === 0) [this.#first, this.#line] = [time, line];
    else step = this.#stepOf(time, line);
    if (step > this.#steps) this.#repeat(step);
    this.#readCells(block, at, line);
    this.#cells?.append(this.#own);
    this.#steps = step + 1;
    this.#rows++;
    this.#before = { time, line, step };
    this.#readValue(block[at + AT.value], block[at + AT.text], step, line);
  }

  #stepOf(time: number, line: number): number {
    const next = { first: this.#first, before: this.#before, time };
    const { time: lastTime, line: lastLine } = this.#before;
    const text = () => this.#raw.timeOf(line) ?? timeText(time, this.#rules.form);
    return stepAfter(this.#rules, next, () => ({
      refuse: (must, fix) => this.#refuse(line, this.#places.time, text(), must, fix),
      cells: () => [text(), this.#raw.timeOf(lastLine) ?? timeText(lastTime, this.#rules.form)],
      apart: this.#raw.apart,
    }));
  }

  #refuse(line: number, column: number, text: string, must: string, fix: string): FormatError {
    this.#one.set(line, [column], [text]);
    return cellError(this.#one, 0, column, must, fix);
  }

  /** A time that is missing has the row before it. */
  #repeat(step: number): void {
    for (let i = this.#steps; i < step; i++) this.#cells?.append(this.#own);
  }

  #readCells(block: Float64Array, at: number, line: number): void {
    const { covariates, hasMark, rows } = this.#raw;
    const own = this.#own;
    if (!this.#fitted) {
      for (let i = 0; i < own.length; i++) own[i] = block[at + AT.cells + i];
      return;
    }
    for (const [i, column] of covariates.entries()) {
      const [number, place] = [block[at + AT.cells + 2 * i], block[at + AT.cells + 2 * i + 1]];
      if (column.isNumber && Number.isNaN(number)) this.#noNumber(line, column.name, column.texts[place]);
      own[i] = column.isNumber ? number : place;
      const seen = this.#seen[i];
      if (!column.isNumber && !seen.has(place)) seen.set(place, { step: this.#cells!.length, line });
    }
    if (hasMark) own[own.length - 1] = block[at + rows.width - 1];
  }

  #noNumber(line: number, name: string, text: string): never {
    const column = this.#raw.columns.indexOf(name);
    this.#one.set(line, [column], [text]);
    numberAt(this.#one, 0, column);
    throw new Error("a number is no fault");
  }

  #readValue(number: number, place: number, step: number, line: number): void {
    const { fill } = this.#settings;
    const text = place < 0 ? "" : this.#raw.targets[place];
    if (place >= 0 && text.trim() === "") {
      this.#empty ??= { line, text };
      return;
    }
    // A row without a value that others follow is no time to come.
    if (this.#empty !== null && fill === "none") this.#noValue(this.#empty.line, this.#empty.text);
    if (place >= 0 && fill === "none") this.#noValue(line, text);
    this.#empty = null;
    this.#rowsWithin = this.#rows;
    this.#filler.take(step, place < 0 ? number : null);
  }

  #noValue(line: number, text: string): void {
    const { target } = this.#places;
    this.#one.set(line, [target], [text]);
    valueAt(this.#one, 0, target, this.#settings.fill);
  }

  end(): void {
    checkMostThere(this.#raw.source, this.#line, this.#rows, this.#before.step);
    const steps = this.#steps;
    const length = this.#filler.end(steps);
    this.#within += this.#rowsWithin;
    const [first, line, lastLine] = [this.#first, this.#line, this.#before.line];
    this.#series.push({ id: this.#id, first, line, lastLine, at: this.#values.length - steps, length, steps });
  }

  stored(): Pick<SeriesStore, "series" | "values" | "cells" | "seen" | "rowsWithin" | "close"> {
    const [values, cells] = [this.#values, this.#cells];
    values.flush();
    cells?.flush();
    return {
      series: this.#series,
      values,
      cells,
      seen: this.#seen,
      rowsWithin: this.#within,
      close: () => this.close(),
    };
  }

  close(): void {
    this.#values.close();
    this.#cells?.close();
  }
}
