import { checkArray, checkKnownOptions, checkNumber, checkObject, checkString, refusal } from "../../base/check.js";
import { DIVERGING, divergingLevel } from "./diverging.js";
import { type Drawing, FAINT, heading, LETTER_WIDTH, short, text } from "./elements.js";

export interface HeatMapOptions {
  title: string;
  subtitle?: string | undefined;
  rows: readonly { name: string; values: ArrayLike<number> }[];
  /** What stands above each column: a character, a short word. */
  columns: readonly string[];
  /** The value that gets the full colour, in both directions. Default 1. */
  range?: number | undefined;
  width?: number | undefined;
}

const ROW = 15;
const HEADER = 18;

/** Rows of coloured cells, orange below zero and blue above, wrapped like text when there are many columns. */
export function heatMap(options: HeatMapOptions): Drawing {
  checkKnownOptions(OP, options, ["title", "subtitle", "rows", "columns", "range", "width"]);
  const { title, subtitle = "", rows, columns, range = 1, width = 860 } = options;
  for (const [argument, value] of Object.entries({ title, subtitle })) checkString(OP, argument, value);
  checkNumber(OP, "range", range, { min: 0, openMin: true });
  checkNumber(OP, "width", width, { min: 0 });
  checkArray(OP, "columns", columns);
  for (let i = 0; i < columns.length; i++) checkString(OP, `columns[${i}]`, columns[i]);
  checkArray(OP, "rows", rows);
  for (let i = 0; i < rows.length; i++) checkRow(`rows[${i}]`, rows[i]!, columns.length);
  const left = 10 + LETTER_WIDTH * Math.max(0, ...rows.map(({ name }) => name.length));
  const longest = Math.max(1, ...columns.map((column) => [...column].length));
  const cell = Math.max(9, 4 + 6.4 * longest);
  const perBand = Math.max(1, Math.floor((width - left) / cell));
  const bandHeight = HEADER + rows.length * ROW + 10;
  const bands = Math.max(1, Math.ceil(columns.length / perBand));
  const head = heading(title, subtitle, width);
  const first = head.bottom + 10;
  // One path for all cells of a colour: a tenth of the size of a rectangle each.
  const paths = DIVERGING.map(() => "");
  const labels: string[] = [];
  for (let band = 0; band < bands; band++) {
    const y = first + band * bandHeight;
    const from = band * perBand;
    const count = Math.min(perBand, columns.length - from);
    for (let i = 0; i < count; i++) {
      const label = columns[from + i]!;
      labels.push(text(left + (i + 0.5) * cell, y + HEADER - 5, label, { size: 11, anchor: "middle", mono: true }));
    }
    for (const [r, { name, values }] of rows.entries()) {
      const top = y + HEADER + r * ROW;
      labels.push(text(left - 6, top + ROW - 4, name, { size: 11, anchor: "end", colour: FAINT }));
      for (let i = 0; i < count; i++) {
        const level = divergingLevel(values[from + i]! / range);
        paths[level] += `M${short(left + i * cell)} ${short(top)}h${short(cell)}v${ROW - 1}h-${short(cell)}z`;
      }
    }
  }
  const body = [
    ...head.parts,
    ...legend(width, range),
    ...paths.map((d, level) => (d === "" ? "" : `<path fill="${DIVERGING[level]}" d="${d}"/>`)),
    ...labels,
  ];
  return { width, height: first + bands * bandHeight - 10, body: body.filter(Boolean).join("\n") };
}

const OP = "heatMap";

function checkRow(argument: string, row: HeatMapOptions["rows"][number], columns: number): void {
  checkObject(OP, argument, row, "{ name, values }");
  checkString(OP, `${argument}.name`, row.name);
  const { values } = row;
  if (!Array.isArray(values) && !ArrayBuffer.isView(values)) {
    throw refusal(OP, `${argument}.values`, "be an array of numbers", values);
  }
  for (let i = 0; i < columns; i++) {
    if (typeof values[i] !== "number") throw refusal(OP, `${argument}.values[${i}]`, "be a number", values[i]);
  }
}

function legend(width: number, range: number): string[] {
  const left = width - DIVERGING.length * 12 - 24;
  return [
    text(left - 5, 12, String(-range), { size: 11, anchor: "end", colour: FAINT }),
    ...DIVERGING.map((colour, i) => `<path fill="${colour}" d="M${left + i * 12} 3h12v10h-12z"/>`),
    text(left + DIVERGING.length * 12 + 5, 12, String(range), { size: 11, colour: FAINT }),
  ];
}
