import { numberText } from "../../base/number-text.js";
import { rangeOf } from "../../base/range.js";
import { textTable } from "../../base/text-table.js";
import { cutText, flow, padText, textWidth } from "../../base/width.js";
import type { Line } from "../commands.js";
import type { Warning } from "../health/warnings.js";
import type { Bars, Block, Curves, MapBlock, TableBlock, Weighed } from "./blocks.js";

const bold = (text: string): Line => ({ text, style: "bold" });
const BLOCKS = "▁▂▃▄▅▆▇█";
/** What stands beside a plot. */
const NOTE_WIDTH = 20;
/** Columns of steps on a line, however narrow the terminal: with none of them there would be lines without an end. */
const LEAST_ROOM = 4;
/** A name before a plot is cut where it is longer. */
const NAME_WIDTH = 28;

/** Words, on as many lines as the width needs. */
export function wrapped(text: string, width: number): string[] {
  return flow(text.split(" "), " ", width);
}

/** What is wrong, and what to do; no line where all is well. */
export function warningLines(warnings: readonly Warning[], width: number): Line[] {
  return warnings.flatMap(({ found, fix }) => ["", ...wrapped(`warning: ${found}. ${fix}`, width)]);
}

/** What a terminal shows of blocks, no line wider than `width`. */
export function blockLines(blocks: readonly Block[], width: number): Line[] {
  return blocks.flatMap((block) => linesOf(block, width));
}

function linesOf(block: Block, width: number): Line[] {
  switch (block.kind) {
    case "heading":
      return ["", bold(cutText(block.text, width))];
    case "text":
      return wrapped(block.text, width);
    case "table":
      return ["", bold(cutText(block.title, width)), ...tableLines(block, width)];
    case "weighed":
      return ["", ...titled(block, width), ...weighedLines(block, width)];
    case "map":
      return ["", ...titled(block, width), ...mapLines(block, width)];
    case "curves":
      return ["", bold(cutText(block.title, width)), ...curveLines(block, width)];
    case "bars":
      return ["", bold(cutText(block.title, width)), ...barLines(block, width)];
  }
}

function titled({ title, about }: { title: string; about: string }, width: number): Line[] {
  return [bold(cutText(title, width)), ...wrapped(about, width).map((text): Line => ({ text, style: "dim" }))];
}

function tableLines({ rows, isRight }: TableBlock, width: number): Line[] {
  const lines = textTable(rows, isRight);
  return lines.map((line) => cutText(line, width));
}

/** The steps that weigh most, largest first. */
function heaviest({ steps, weights, unit }: Pick<Weighed, "steps" | "weights" | "unit">, most: number): string[] {
  const order = [...weights.keys()].sort((a, b) => Math.abs(weights[b]) - Math.abs(weights[a]));
  // Where a label stands more than once, its place tells which is meant.
  const isAlone = new Set(steps.map(({ label }) => label)).size === steps.length;
  return order.slice(0, most).map((t) => {
    const place = isAlone ? "" : ` (${t + 1})`;
    const number = unit === undefined ? signed(weights[t]) : numberText(weights[t]);
    return `${cutText(steps[t].label, 30)}${place} ${number}`;
  });
}

export function signed(value: number): string {
  return `${value > 0 ? "+" : ""}${numberText(value)}`;
}

/** Where a step is a character, what each is for and against above and below the text; and the heaviest of them. */
function weighedLines(block: Weighed, width: number): Line[] {
  const { steps, weights, unit = "for" } = block;
  const words = flow(heaviest(block, 5), ", ", width);
  if (steps.some(({ label }) => textWidth(label) !== 1)) return words;
  const room = Math.max(LEAST_ROOM, width - 8);
  const most = Math.max(...weights.map(Math.abs));
  const bars = (values: readonly number[]) => values.map((value) => barOf(value, most)).join("");
  const lines: string[] = [];
  for (let at = 0; at < steps.length; at += room) {
    const part = weights.slice(at, at + room);
    lines.push(`${unit.padEnd(8)}${bars(part)}`.trimEnd());
    lines.push(
      `        ${steps
        .slice(at, at + room)
        .map(({ label }) => label)
        .join("")}`,
    );
    lines.push(`against ${bars(part.map((value) => -value))}`.trimEnd());
  }
  return [...lines.filter((line) => line !== unit && line !== "against"), ...words];
}

/** A blank for what is nothing beside the largest. */
function barOf(value: number, most: number): string {
  const share = most > 0 ? value / most : 0;
  return share < 1 / 16 ? " " : BLOCKS[Math.min(BLOCKS.length - 1, Math.floor(share * BLOCKS.length))];
}

const SHADES = " ·░▒▓█";

/** With a character for each column a map; else of each row the columns that weigh most. */
function mapLines({ rows, columns, values }: MapBlock, width: number): Line[] {
  const isPositive = values.every((row) => row.every((value) => value >= 0));
  const nameWidth = Math.min(20, Math.max(...rows.map(textWidth)));
  const name = (text: string) => padText(cutText(text, nameWidth), nameWidth);
  if (!isPositive || columns.some((column) => textWidth(column) !== 1)) {
    return rows.flatMap((row, r) => {
      const steps = columns.map((label) => ({ label }));
      const found = heaviest({ steps, weights: values[r], ...(isPositive && { unit: "" }) }, 3);
      return flow([`${name(row)} ← ${found[0] ?? ""}`, ...found.slice(1)], ", ", width, " ".repeat(nameWidth + 3));
    });
  }
  const room = Math.max(LEAST_ROOM, width - nameWidth - 1);
  const lines: string[] = [];
  for (let at = 0; at < columns.length; at += room) {
    lines.push(`${" ".repeat(nameWidth)} ${columns.slice(at, at + room).join("")}`);
    for (const [r, row] of rows.entries()) {
      lines.push(
        `${name(row)} ${values[r]
          .slice(at, at + room)
          .map(shade)
          .join("")}`.trimEnd(),
      );
    }
  }
  return lines;
}

function shade(value: number): string {
  return SHADES[Math.min(SHADES.length - 1, Math.max(0, Math.round(value * (SHADES.length - 1))))];
}

/** A step a column, or the mean of a few. */
function curveLines({ series, log, yRange, shared = false }: Curves, width: number): Line[] {
  const nameWidth = Math.min(NAME_WIDTH, Math.max(...series.map(({ name }) => textWidth(name))));
  const most = Math.max(10, width - nameWidth - 2 - NOTE_WIDTH);
  const all = shared ? series.flatMap(({ values }) => values) : [];
  const [low, high] = yRange ?? (shared ? rangeOf(all) : []);
  const last = Math.max(...series.map(({ values, from = 0 }) => from + values.length));
  const columns = Math.min(last, most);
  return series.map(({ name, values, from = 0, beside = "" }) => {
    const placed = [...new Array<number>(from).fill(Number.NaN), ...values];
    const drawn = blocks(binned(placed, columns, last), { log, low, high });
    return `${padText(cutText(name, nameWidth), nameWidth)} ${drawn} ${cutText(beside, NOTE_WIDTH)}`.trimEnd();
  });
}

function binned(values: readonly number[], columns: number, last: number): number[] {
  return Array.from({ length: columns }, (_, k) => {
    const [from, to] = [k, k + 1].map((edge) => Math.floor((edge * last) / columns));
    const part = values.slice(from, to);
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
}

export interface Scale {
  log?: boolean | undefined;
  low?: number | undefined;
  high?: number | undefined;
}

/** One character a value, from ▁ to █; a blank for what is not positive on a logarithmic scale, or no number. */
export function blocks(values: readonly number[], { log = false, low, high }: Scale = {}): string {
  const scale = (value: number): number => (log ? Math.log(value) : value);
  const shown = values.filter((value) => Number.isFinite(scale(value)));
  const [least, most] = rangeOf(shown);
  const [from, to] = [scale(low ?? least), scale(high ?? most)];
  const place = (value: number): string => {
    if (!Number.isFinite(scale(value))) return " ";
    const share = to > from ? (scale(value) - from) / (to - from) : 0.5;
    return BLOCKS[Math.min(BLOCKS.length - 1, Math.max(0, Math.floor(share * BLOCKS.length)))]!;
  };
  return values.map(place).join("");
}

/** Bars of one scale, negative ones marked by their number. */
function barLines({ bars }: Bars, width: number): Line[] {
  const nameWidth = Math.min(NAME_WIDTH, Math.max(0, ...bars.map(({ name }) => textWidth(name))));
  const numberWidth = Math.max(0, ...bars.map(({ text }) => textWidth(text)));
  const room = Math.max(5, Math.min(40, width - nameWidth - numberWidth - 2));
  const most = Math.max(...bars.map(({ value }) => Math.abs(value))) || 1;
  return bars.map(({ name, value, text }) => {
    const length = Math.round((Math.abs(value) / most) * room);
    const number = " ".repeat(numberWidth - textWidth(text)) + text;
    return `${padText(cutText(name, nameWidth), nameWidth)} ${number} ${"█".repeat(length)}`.trimEnd();
  });
}
