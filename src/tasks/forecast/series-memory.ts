import { listed } from "../../base/listed.js";
import { numberOf } from "../../data/readers/cells.js";
import { cellError, ownColumn, type Table } from "../../data/readers/index.js";
import type { ForecastConfig } from "./config.js";
import { type ForecastMeta, firstOrigin } from "./data.js";
import { typedTable } from "./predictions.js";
import { type Series, type SeriesTable, seriesOf } from "./series.js";
import type { Before } from "./steps.js";
import { timeOf } from "./time-axis.js";

/** The last rows of a series that comes piece by piece: as many as are read before its next value, and those of times to come. */
interface Kept extends Before {
  rows: readonly (readonly string[])[];
}

/** What is kept of series that come piece by piece. */
export interface SeriesMemory {
  kept: ReadonlyMap<string, Kept>;
  /** Values that came as numbers: the times of the next ones follow. */
  numbers: number;
}

/** Series with the piece that came last, from where what is kept of them begins. */
export interface GoneOn {
  found: SeriesTable;
  /** Of each series the steps up to the last value that came, counted from its very first. */
  ends: ReadonlyMap<string, number>;
  memory: SeriesMemory;
}

export const NO_SERIES: SeriesMemory = { kept: new Map(), numbers: 0 };

/** @throws FormatError for what does not go on with what came before, and for a series that the model has not learned */
export function goOn(
  { kept, numbers }: SeriesMemory,
  row: string | readonly number[],
  config: ForecastConfig,
  meta: ForecastMeta,
): GoneOn {
  const piece = readPiece(typedTable(row, config, meta, numbers), config, meta);
  const groups = new Map([...kept].map(([id, { rows }]) => [id, { old: rows, own: [] as number[] }]));
  const column = config.id === null ? -1 : piece.columns.indexOf(config.id);
  for (const [i, cells] of piece.rows.entries()) {
    const id = cells[column] ?? "";
    const group = groups.get(id);
    if (group === undefined) groups.set(id, { old: [], own: [i] });
    else group.own.push(i);
  }
  const [rows, lines]: [(readonly string[])[], number[]] = [[], []];
  for (const { old, own } of groups.values()) {
    const add = (some: readonly (readonly string[])[]) => {
      rows.push(...some);
      lines.push(...some.map(() => 0));
    };
    const [first, last] = [own[0], own.at(-1)!].map((i) => (i === undefined ? Number.NaN : timeIn(piece.rows[i])));
    // What was told of a time to come is told anew.
    add(old.filter((cells) => isValue(cells) || !(timeIn(cells) >= first)));
    for (const i of own) {
      rows.push(piece.rows[i]);
      lines.push(piece.lines[i]);
    }
    add(old.filter((cells) => !isValue(cells) && timeIn(cells) > last));
  }
  const table: Table = { ...piece, rows: rows as string[][], lines };
  const found = seriesOf(table, config, meta.axis, kept);
  const counted = found.series.map((one) => [one, kept.get(one.id)?.count ?? 0, lastValue(table, one)] as const);
  return {
    found,
    ends: new Map(counted.map(([one, , last]) => [one.id, one.from + last + 1])),
    memory: {
      kept: new Map(
        counted.map(([one, count, last]) => [one.id, cut(table, one, count, last + 1 - firstOrigin(config))]),
      ),
      numbers: numbers + (typeof row === "string" ? 0 : row.length),
    },
  };
}

/** The columns that are read, time and target first. */
function readPiece(table: Table, config: ForecastConfig, meta: ForecastMeta): Table {
  const { time, target, id } = config;
  const others = (["known", "static"] as const).flatMap((key) =>
    listed(config[key]).map((name) => [key, name] as const),
  );
  const roles = new Map<string, string>(
    [...others, ...(id === null ? [] : [["id", id] as const])].map(([key, name]) => [name, key]),
  );
  const columns = [...new Set([time, target, ...roles.keys()])];
  const places = columns.map((name) => ownColumn(table, name === time ? "time" : (roles.get(name) ?? "target"), name));
  for (const row of id === null ? [] : table.rows.keys()) {
    const column = places[columns.indexOf(id!)];
    if (meta.scales.has(table.rows[row][column])) continue;
    const must = "name a series that the model has learned: the scale of another is that of all its values";
    throw cellError(table, row, column, must, "Leave it out, or ask predict with all of its values.");
  }
  return { ...table, columns, rows: table.rows.map((cells) => places.map((at) => cells[at])) };
}

function timeIn([time]: readonly string[]): number {
  return timeOf(time)?.time ?? Number.NaN;
}

function isValue([, target]: readonly string[]): boolean {
  return numberOf(target.trim()) !== null;
}

/** The step of the last row with a value; -1 where there is none. */
function lastValue({ rows }: Table, series: Series): number {
  return series.rows.findLastIndex((row, step) => row !== series.rows[step - 1] && isValue(rows[row]));
}

/**
 * Of a series the rows from the last value at `most` or before: nothing that is filled in behind it depends on what comes before it.
 * @param count  rows that were let go before
 */
function cut({ rows }: Table, { first, from, rows: places }: Series, count: number, most: number): Kept {
  const isOwn = (step: number) => places[step] !== places[step - 1];
  let step = Math.max(0, most);
  while (step > 0 && !(isOwn(step) && isValue(rows[places[step]]))) step--;
  const own = places.filter((_, at) => isOwn(at) && at >= step);
  const gone = places.filter((_, at) => isOwn(at) && at < step).length;
  return { first, from: from + step, count: count + gone, rows: own.map((row) => rows[row]) };
}

/** Memory that it takes, in bytes. */
export function seriesBytes({ kept }: SeriesMemory): number {
  let characters = 0;
  for (const { rows } of kept.values()) {
    for (const cells of rows) characters += cells.reduce((sum, cell) => sum + cell.length, 0);
  }
  return 2 * characters;
}
