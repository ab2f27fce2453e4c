import { textWidth } from "../base/width.js";
import type { HeatMapOptions } from "./chart-options.js";
import { checkHeatMap } from "./checks.js";
import { type Drawing, heading, LETTER_WIDTH, short, text } from "./elements.js";
import { DIVERGING, divergingLevel, PALETTE, textOn } from "./palette.js";

interface Layout {
  left: number;
  cell: number;
  row: number;
  perBand: number;
  bandHeight: number;
  first: number;
}

const HEADER = 18;

/** Rows of coloured cells, orange below zero and blue above, wrapped like text when there are many columns. */
export function heatMap(options: HeatMapOptions): Drawing {
  checkHeatMap(options);
  const { title, subtitle = "", rows, columns, range = 1, digits, width = 860 } = options;
  const head = heading(title, subtitle, width);
  const layout = layoutOf(options, width, head.bottom + 10);
  const { left, cell, row, first, bandHeight } = layout;
  // One path for all cells of a colour: a tenth of the size of a rectangle each.
  const paths = DIVERGING.map(() => "");
  const labels: string[] = [];
  const bands = bandsOf(columns.length, layout.perBand);
  for (const [band, { from, count }] of bands.entries()) {
    const y = first + band * bandHeight;
    for (let i = 0; i < count; i++) {
      const label = columns[from + i];
      labels.push(text(left + (i + 0.5) * cell, y + HEADER - 5, label, { size: 11, anchor: "middle", mono: true }));
    }
    for (const [r, { name, values }] of rows.entries()) {
      const top = y + HEADER + r * row;
      const middle = top + row / 2 + 3.5;
      labels.push(text(left - 6, middle, name, { size: 11, anchor: "end", colour: PALETTE.faint }));
      for (let i = 0; i < count; i++) {
        const value = values[from + i];
        const level = divergingLevel(value / range);
        paths[level] += `M${short(left + i * cell)} ${short(top)}h${short(cell)}v${row - 1}h-${short(cell)}z`;
        if (digits === undefined) continue;
        const style = { size: 11, anchor: "middle", colour: textOn(level) } as const;
        labels.push(text(left + (i + 0.5) * cell, middle, rounded(value, digits), style));
      }
    }
  }
  const body = [
    ...head.parts,
    ...legend(width, range),
    ...paths.map((d, level) => (d === "" ? "" : `<path fill="${DIVERGING[level]}" d="${d}"/>`)),
    ...labels,
  ];
  return { width, height: first + bands.length * bandHeight - 10, body: body.filter(Boolean).join("\n") };
}

/** Cells are as small as their labels and numbers allow; few of them share the width, up to three times as large. */
function layoutOf({ rows, columns, digits }: HeatMapOptions, width: number, first: number): Layout {
  const left = 10 + LETTER_WIDTH * Math.max(0, ...rows.map(({ name }) => textWidth(name)));
  const longest = Math.max(1, ...columns.map((column) => textWidth(column)));
  const least = Math.max(digits === undefined ? 9 : 24 + 6.4 * digits, 4 + 6.4 * longest);
  const room = Math.max(least, width - left);
  const perBand = Math.min(Math.max(1, Math.floor(room / least)), Math.max(1, columns.length));
  const cell = columns.length > perBand ? least : Math.min(room / perBand, 3 * least);
  const row = digits === undefined ? 15 : 23;
  return { left, cell, row, perBand, bandHeight: HEADER + rows.length * row + 10, first };
}

function bandsOf(columns: number, perBand: number): { from: number; count: number }[] {
  return Array.from({ length: Math.max(1, Math.ceil(columns / perBand)) }, (_, band) => {
    const from = band * perBand;
    return { from, count: Math.min(perBand, columns - from) };
  });
}

/** Never -0.00. */
function rounded(value: number, digits: number): string {
  return Math.abs(value) < 0.5 * 10 ** -digits ? "0" : value.toFixed(digits);
}

function legend(width: number, range: number): string[] {
  const left = width - DIVERGING.length * 12 - 24;
  const style = { size: 11, colour: PALETTE.faint } as const;
  return [
    text(left - 5, 12, String(-range), { ...style, anchor: "end" }),
    ...DIVERGING.map((colour, i) => `<path fill="${colour}" d="M${left + i * 12} 3h12v10h-12z"/>`),
    text(left + DIVERGING.length * 12 + 5, 12, String(range), style),
  ];
}
