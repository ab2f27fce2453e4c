import { numberText } from "../base/number-text.js";
import { cutText, flow, padText } from "../base/width.js";
import type { ClassDetail, ColumnDetail, DataDetails, LeftOut, QuantileDetail } from "../tasks/about-data/details.js";
import { flagOf } from "./cli-error.js";
import { oneLine } from "./format.js";

/** As wide as a page, also where nobody says how wide it is. */
const WIDTH = 80;
const INDENT = "  ";
const NAME_WIDTH = 10;
/** A longer name is cut: it is there to be recognised. */
const MOST_OF_NAME = 24;
/** Pieces beyond these are counted and not named. */
const MOST_PIECES = 40;
const MOST_LINES = 3;
/** Classes have so many where the rest leaves them, so that all fits a screen of 24 lines with what stands around it. */
const MOST_CLASS_LINES = 5;
const MOST_IN_ALL = 14;
/** Where there are more lines than these, each thing has one. */
const MOST_LEFT_OUT = 6;

const count = (n: number): string => n.toLocaleString("en");
const named = (name: string): string => oneLine(name, MOST_OF_NAME);

/** Data before training, for a person: no line is wider than `width`, names of columns and classes are escaped. */
export function dataLines(details: DataDetails, width: number = WIDTH): string[] {
  const room = Math.min(width, WIDTH) - INDENT.length - NAME_WIDTH;
  const { columns, classes, lengths, values, leftOut, split } = details;
  const sectionsWith = (mostOfClasses: number): [name: string, lines: readonly string[]][] => [
    ["columns", columns.length === 0 ? [] : fewLines(columns.map(columnText), room)],
    ...classes.map((one): [string, string[]] => ["classes", classLines(one, room, mostOfClasses)]),
    ["lengths", lengths.flatMap((one) => quantileLines(one, room))],
    ["values", values.flatMap((one) => quantileLines(one, room))],
    ["left out", leftOutSection(leftOut, room)],
    ["split", wordLines(splitText(split), room)],
  ];
  const wide = sectionsWith(MOST_CLASS_LINES);
  const isLong = wide.reduce((sum, [, lines]) => sum + lines.length, 0) > MOST_IN_ALL;
  const sections = isLong ? sectionsWith(MOST_LINES) : wide;
  return sections.flatMap(([name, lines]) =>
    lines.map((line, i) => INDENT + padText(i === 0 ? name : "", NAME_WIDTH) + line),
  );
}

/** As many pieces as some lines have room for, and how many more there are. @param all  more than are given as pieces */
function fewLines(pieces: readonly string[], room: number, all: number = pieces.length, most = MOST_LINES): string[] {
  for (let shown = Math.min(pieces.length, MOST_PIECES); shown > 0; shown--) {
    const more = all > shown ? [`… and ${count(all - shown)} more`] : [];
    const lines = flow([...pieces.slice(0, shown), ...more], " · ", room).map((line) => cutText(line, room));
    if (lines.length <= most || shown === 1) return lines;
  }
  return [];
}

function columnText({ name, type, use }: ColumnDetail): string {
  return use === null ? `${named(name)} (${type}, not used)` : `${use}=${named(name)} (${type})`;
}

function classLines({ of, classes, total, most }: ClassDetail, room: number, lines: number): string[] {
  const share = (part: number): string => `${Number(((100 * part) / total).toPrecision(2))} %`;
  const pieces = most.map(({ name, count: n }) => `${named(name)}: ${count(n)} (${share(n)})`);
  return fewLines([`${count(classes)} of ${named(of)}`, ...pieces], room, classes + 1, lines);
}

function quantileLines({ of, unit, ...at }: QuantileDetail, room: number): string[] {
  const text = (value: number): string => (Number.isInteger(value) ? count(value) : numberText(value));
  const quarters = `quarters ${[at.lower, at.median, at.upper].map(text).join(", ")}`;
  const pieces = [`${text(at.least)} to ${text(at.most)}${unit === "" ? "" : ` ${unit}`}`, quarters, `95 % up to ${text(at.p95)}`]; // biome-ignore format: a line
  return flow([`${named(of)}: ${pieces[0]}`, ...pieces.slice(1)], " · ", room).map((line) => cutText(line, room)); // biome-ignore format: a line
}

function leftOutSection(leftOut: readonly LeftOut[], room: number): string[] {
  if (leftOut.length === 0) return ["nothing"];
  const texts = leftOut.map(({ count: n, what, setting }) => {
    return `${count(n)} ${what}${setting === undefined ? "" : ` (${flagOf(setting)})`}`;
  });
  const lines = texts.flatMap((text) => wordLines(text, room));
  return lines.length <= MOST_LEFT_OUT ? lines : texts.map((text) => oneLine(text, room));
}

function splitText({ train, validation, unit, how }: DataDetails["split"]): string {
  const all = `${count(train)} ${unit} to train on`;
  return validation === 0 ? `${all}, none to validate on` : `${all}, ${count(validation)} to validate on: ${how}`;
}

/** Words on at most two lines. */
function wordLines(text: string, room: number): string[] {
  const lines = flow(oneLine(text, 2 * room).split(" "), " ", room);
  const [first, ...others] = lines.map((line) => cutText(line, room));
  return others.length === 0 ? [first] : [first, cutText(others.join(" "), room)];
}
