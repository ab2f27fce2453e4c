import { numberText } from "../../base/number-text.js";
import { cutText, flow, padText } from "../../base/width.js";
import type {
  ClassDetail,
  ColumnDetail,
  DataDetails,
  LeftOut,
  QuantileDetail,
} from "../../tasks/about-data/details.js";
import { flagOf } from "../errors/cli-error.js";
import { oneLine } from "../terminal/format.js";

/** As wide as a page, also where nobody says how wide it is. */
const WIDTH = 80;
const INDENT = "  ";
const NAME_WIDTH = 10;
/** A longer name is cut: it is there to be recognised. */
const MOST_OF_NAME = 24;
/** Pieces beyond these are counted and not named. */
const MOST_PIECES = 40;
const MOST_LINES = 3;
/** Of fewer, a share of one half is off by 5 points or more half of the time, by chance alone. */
const FEW = 50;
/** So that all fits a screen of 24 lines with what stands around it. */
const MOST_IN_ALL = 11;
/** Lines of columns, of classes and of quantiles at most, and of what is left out, beyond which each thing has one. */
type Room = readonly [columns: number, classes: number, quantiles: number, leftOut: number];
/** The first that leaves the rest what it needs. */
const ROOMS: readonly Room[] = [
  [MOST_LINES, 5, MOST_LINES, 6],
  [MOST_LINES, MOST_LINES, MOST_LINES, 6],
  [MOST_LINES, MOST_LINES, 1, 0],
  [2, 2, 1, 0],
];

const count = (n: number): string => n.toLocaleString("en");
const named = (name: string): string => oneLine(name, MOST_OF_NAME);

/** Data before training, for a person: no line is wider than `width`, names of columns and classes are escaped. */
export function dataLines(details: DataDetails, width: number = WIDTH, beware: readonly string[] = []): string[] {
  const room = Math.min(width, WIDTH) - INDENT.length - NAME_WIDTH;
  const { columns, classes, lengths, values, leftOut, split } = details;
  const sectionsWith = ([mostColumns, mostClasses, mostQuantiles, mostLeftOut]: Room): [
    name: string,
    lines: readonly string[],
  ][] => [
    ["columns", columns.length === 0 ? [] : fewLines(columns.map(columnText), room, columns.length, mostColumns)],
    ...classes.map((one): [string, string[]] => ["classes", classLines(one, room, mostClasses)]),
    ["lengths", lengths.flatMap((one) => quantileLines(one, room).slice(0, mostQuantiles))],
    ["values", values.flatMap((one) => quantileLines(one, room).slice(0, mostQuantiles))],
    ["left out", leftOutSection(leftOut, room, mostLeftOut)],
    ["split", wordLines(splitText(split), room)],
    ["beware", beware.flatMap((note) => wordLines(note, room))],
  ];
  const lengthOf = (all: ReturnType<typeof sectionsWith>) => all.reduce((sum, [, lines]) => sum + lines.length, 0);
  const all = ROOMS.map(sectionsWith);
  const sections = all.find((one) => lengthOf(one) <= MOST_IN_ALL) ?? all[all.length - 1];
  return sections.flatMap(([name, lines]) =>
    lines.map((line, i) => INDENT + padText(i === 0 ? name : "", NAME_WIDTH) + line),
  );
}

/** As many pieces as some lines have room for, and how many more there are. @param all  more than are given as pieces */
function fewLines(pieces: readonly string[], room: number, all: number, most: number): string[] {
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

function leftOutSection(leftOut: readonly LeftOut[], room: number, most: number): string[] {
  if (leftOut.length === 0) return ["nothing"];
  const texts = leftOut.map(({ count: n, what, setting }) => {
    return `${count(n)} ${what}${setting === undefined ? "" : ` (${flagOf(setting)})`}`;
  });
  const lines = texts.flatMap((text) => wordLines(text, room));
  return lines.length <= most ? lines : texts.map((text) => oneLine(text, room));
}

function splitText({ train, validation, unit, how }: DataDetails["split"]): string {
  const all = `${count(train)} ${unit} to train on`;
  if (validation === 0) return `${all}, none to validate on`;
  const few = validation < FEW && how.includes("%") ? "; so few say little: --valid 0.2 or --folds 5" : "";
  return `${all}, ${count(validation)} to validate on: ${how}${few}`;
}

/** Words on at most two lines. */
function wordLines(text: string, room: number): string[] {
  const lines = flow(oneLine(text, 2 * room).split(" "), " ", room);
  const [first, ...others] = lines.map((line) => cutText(line, room));
  return others.length === 0 ? [first] : [first, cutText(others.join(" "), room)];
}
