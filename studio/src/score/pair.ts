import type { PairMap, ScoreData } from "../../../src/tasks/score/score-data.js";
import { type Colours, css } from "./colours.js";
import type { Mark } from "./marks.js";
import { cellFor } from "./sequence.js";
import { fading } from "./tracks/gradient.js";
import { LETTER } from "./tracks/next.js";
import { exact } from "./tracks/track-kind.js";

/** Where the cells of a pair lie: what was read goes across, what was made of it down. */
export interface PairLayout {
  /** Of the first cell. */
  left: number;
  top: number;
  cell: { width: number; height: number };
  rows: number;
  columns: number;
  /** From this column on the steps are the score's own, a little apart; as many as there are where none is. */
  own: number;
  width: number;
  height: number;
}

export interface PairPlace {
  row: number;
  column: number;
}

/** Between the steps of the pair and the score's own. */
const GAP = 12;
const TOP = 24;
/** Pixels across that a cell has where there is room. */
const LEAST = 22;
/** A picture is at most this high, and so many times as wide as there is room. */
const [TALL, WIDE] = [640, 3];

export function layoutOf(
  data: ScoreData,
  { steps }: { steps: ScoreData["steps"] },
  map: PairMap,
  room: number,
): PairLayout {
  const rows = data.steps.length;
  const isBoth = map.across === "both";
  const columns = steps.length + (isBoth ? rows : 0);
  const wanted = Math.max(LEAST, cellFor({ ...data, steps }), isBoth ? cellFor(data) : 0);
  const left = Math.min(cellFor({ ...data, steps: data.steps }) + 12, 110);
  const most = Math.floor((WIDE * room - left) / Math.max(1, columns));
  const cell = {
    width: Math.max(3, Math.min(wanted, most)),
    height: Math.max(3, Math.min(20, Math.floor(TALL / Math.max(1, rows)))),
  };
  const width = left + columns * cell.width + (isBoth ? GAP : 0) + 1;
  return { ...{ left, top: TOP, cell, rows, columns, own: steps.length, width }, height: TOP + rows * cell.height + 1 };
}

/** Where a column begins. */
const xOf = ({ left, cell, own }: PairLayout, column: number): number =>
  left + column * cell.width + (column >= own ? GAP : 0);

/** The cell at a place; null beside them. */
export function placeAt(layout: PairLayout, x: number, y: number): PairPlace | null {
  const row = Math.floor((y - layout.top) / layout.cell.height);
  const first = Math.floor((x - layout.left) / layout.cell.width);
  const column = first < layout.own ? first : Math.floor((x - layout.left - GAP) / layout.cell.width);
  const isInside = row >= 0 && row < layout.rows && column >= 0 && column < layout.columns;
  return isInside && !(first >= layout.own && column < layout.own) ? { row, column } : null;
}

/** How dark a cell is, 0 to 127: a share as it is, a gradient by its logarithm within its row. */
function levelsOf(map: PairMap, row: number, columns: number): number[] {
  const own = map.values.subarray(row * columns, (row + 1) * columns);
  if (map.across === "pair") return Array.from(own, (value) => Math.round(127 * Math.min(1, Math.max(0, value))));
  const most = own.reduce((a, b) => Math.max(a, b), 0);
  return Array.from(own, (value) => fading(value, most));
}

/** What is pointed at. */
interface At {
  row: number | null;
  column: number | null;
}

export function cellMarks(map: PairMap, layout: PairLayout, colours: Colours): Mark[] {
  const { top, cell, rows, columns, own } = layout;
  const marks: Mark[] = [];
  const gap = (size: number): number => (size > 6 ? 1 : 0);
  for (let row = 0; row < rows; row++) {
    for (const [column, level] of levelsOf(map, row, columns).entries()) {
      // What was written after it does nothing to a token.
      if (column >= own + row && map.across === "both") break;
      const size = { width: cell.width - gap(cell.width), height: cell.height - gap(cell.height) };
      const place = { x: xOf(layout, column), y: top + row * cell.height };
      marks.push({ kind: "rect", ...place, ...size, colour: css(colours.sizes[128 + level]!) });
    }
  }
  return marks;
}

/** The names of both axes, and a cross through what is pointed at. */
export function frameMarks(data: ScoreData, map: PairMap, layout: PairLayout, colours: Colours, at: At): Mark[] {
  const { left, top, cell } = layout;
  const across = [...(data.pair?.steps ?? []), ...(map.across === "both" ? data.steps : [])];
  const marks: Mark[] = [];
  const name = (text: string, x: number, y: number, most: number, isHere: boolean): Mark => {
    const anchor = most === left ? "end" : "middle";
    const colour = isHere ? colours.ink : colours.faint;
    return { kind: "text", x, y, text: short(text, most), colour, anchor, most: most - 2, size: 12 };
  };
  if (cell.width >= LETTER)
    for (const [column, { label }] of across.entries())
      marks.push(name(label, xOf(layout, column) + cell.width / 2, top - 8, cell.width, column === at.column));
  if (cell.height >= 11)
    for (const [row, { label }] of data.steps.entries())
      marks.push(name(label, left - 6, top + (row + 0.5) * cell.height + 4, left, row === at.row));
  return [...marks, ...cross(layout, at, colours)];
}

/** As many letters as have room. */
function short(text: string, width: number): string {
  const room = Math.max(1, Math.floor((width - 2) / 7.4));
  const points = [...text];
  return points.length > room ? `${points.slice(0, Math.max(1, room - 1)).join("")}${room > 1 ? "…" : ""}` : text;
}

function cross(layout: PairLayout, { row, column }: At, colours: Colours): Mark[] {
  const { left, top, cell, width, height } = layout;
  const lines: number[][] = [];
  if (row !== null && row < layout.rows)
    for (const y of [top + row * cell.height - 0.5, top + (row + 1) * cell.height - 0.5])
      lines.push([left, y, width, y]);
  if (column !== null && column < layout.columns)
    for (const x of [xOf(layout, column) - 0.5, xOf(layout, column) + cell.width - 0.5])
      lines.push([x, top, x, height]);
  return lines.map((points): Mark => ({ kind: "line", points, colour: colours.accent, width: 1.25 }));
}

/** The value of a cell, and whether the map knows it. */
export function cellOf(map: PairMap, columns: number, { row, column }: PairPlace): number | null {
  return map.values[row * columns + column] ?? null;
}

/** As a table: a row a step, a column a step of the other sequence. */
export function pairRows(data: ScoreData, map: PairMap): (string | number)[][] {
  const across = [...(data.pair?.steps ?? []), ...(map.across === "both" ? data.steps : [])].map(({ label }) => label);
  return [
    ["", ...across],
    ...data.steps.map(({ label }, row) => [
      label,
      ...across.map((_, column) => exact(map.values[row * across.length + column] ?? Number.NaN)),
    ]),
  ];
}
