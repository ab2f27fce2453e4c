import { harmless } from "../../base/unsafe-text.js";

/** A step of a sequence as it is shown: a character, a word, a time. */
export interface ShownStep {
  /** Visible: `↵` for a line break, `·` for a blank. */
  label: string;
  /** What it adds to a text; left out by what is no text. */
  written?: string;
  /** More than the label has room for: a time. */
  about?: string;
}

interface OfReport {
  /** A score says it in another way. */
  reportOnly?: boolean;
}

/** Steps with a number each. */
export interface Weighed extends OfReport {
  kind: "weighed";
  title: string;
  about: string;
  steps: readonly ShownStep[];
  /** Of each step; above 0 for what was said, below 0 against it. */
  weights: readonly number[];
  /** What they are, where none of them is against anything: `share`, `nats`. */
  unit?: string;
}

/** Rows by columns of numbers. */
export interface MapBlock extends OfReport {
  kind: "map";
  title: string;
  about: string;
  rows: readonly string[];
  columns: readonly string[];
  values: readonly (readonly number[])[];
}

/** Curves over the steps. */
export interface Curves extends OfReport {
  kind: "curves";
  title: string;
  about: string;
  /** What the steps are: `step (character)`. */
  xTitle: string;
  yTitle: string;
  /** `from` is the step of the first value; without it 0. `beside` stands at its end in a terminal. */
  series: readonly { name: string; values: readonly number[]; from?: number; beside?: string; dash?: string }[];
  log?: boolean;
  yRange?: readonly [number, number];
  /** All curves are of one thing, and a terminal draws them on one scale. */
  shared?: boolean;
  /** What is at each step, where it is known. */
  steps?: readonly ShownStep[];
  /** Means of a layer's gates: a score has them unit by unit. */
  ofGates?: boolean;
}

/** Names with a number each. */
export interface Bars {
  kind: "bars";
  title: string;
  about: string;
  bars: readonly { name: string; value: number; text: string }[];
}

export interface TableBlock {
  kind: "table";
  title: string;
  /** The first row is the head; all have the same cells. */
  rows: readonly (readonly string[])[];
  isRight?: (column: number) => boolean;
}

/** A part of a report: each renderer says what it looks like. */
export type Block =
  | { kind: "heading"; text: string }
  | { kind: "text"; text: string }
  | TableBlock
  | Weighed
  | MapBlock
  | Curves
  | Bars;

/** What a model is made of and what it did, as data for a program and as blocks for a person. */
export interface Report {
  /** In a few words: `a classifier, 2 lstm layers of 64`. */
  about: string;
  values: object;
  /** Of the model alone. */
  model: readonly Block[];
  /** Of what it read. */
  read: readonly Block[];
}

/** Blocks in which no text can be markup or turn what stands beside it around, wherever it came from. */
export function safe<B>(blocks: readonly B[]): B[] {
  return blocks.map((block) => mapped(block) as B);
}

function mapped(value: unknown): unknown {
  if (typeof value === "string") return harmless(value);
  if (Array.isArray(value)) return typeof value[0] === "number" ? value : value.map(mapped);
  if (value === null || typeof value !== "object" || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, mapped(one)]));
}
