import type { ColumnType } from "../../data/readers/cells.js";

/** What there is to know of data before training, for a person and for a program alike. JSON-safe. */
export interface DataDetails {
  /** What the file to train on holds, and what these are called: `rows`, `sentences`. */
  readonly rows: number;
  readonly unit: string;
  readonly columns: readonly ColumnDetail[];
  readonly classes: readonly ClassDetail[];
  readonly lengths: readonly QuantileDetail[];
  /** Of numbers that are to be told. */
  readonly values: readonly QuantileDetail[];
  readonly leftOut: readonly LeftOut[];
  readonly split: SplitDetail;
}

export interface ColumnDetail {
  readonly name: string;
  readonly type: ColumnType;
  /** What it is to the task: `text`, `label`; null where it is not used. */
  readonly use: string | null;
}

/** How often each class occurs. */
export interface ClassDetail {
  /** What is counted: a column, or `tags`. */
  readonly of: string;
  /** How many classes there are. */
  readonly classes: number;
  /** What all their counts sum up to. */
  readonly total: number;
  /** The most frequent ones, the first of equally frequent ones first. */
  readonly most: readonly { readonly name: string; readonly count: number }[];
}

/** How numbers are spread; each is one of them. */
export interface QuantileDetail {
  /** What is measured: a column, `sentences`. */
  readonly of: string;
  /** In what: `characters`; empty for plain numbers. */
  readonly unit: string;
  /** How many were measured. */
  readonly count: number;
  readonly least: number;
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
  /** The 95 % that are not above it. */
  readonly p95: number;
  readonly most: number;
}

/** What of a file no model learns from. */
export interface LeftOut {
  readonly count: number;
  /** What they are, and why: `rows are longer than 400 characters: their ends are not read`. */
  readonly what: string;
  /** The setting that decides it. */
  readonly setting?: string;
}

/** What is trained on, and what is validated on. */
export interface SplitDetail {
  readonly train: number;
  readonly validation: number;
  /** What these are: `windows`. */
  readonly unit: string;
  /** How they were parted: `at random`. */
  readonly how: string;
}

/** What a file to train on has, what was counted of its rows as they came, and the parts that were made of it. */
export interface CountedRows<Seen> {
  rows: number;
  columns: readonly ColumnDetail[];
  seen: Seen;
  train: { readonly length: number };
  validation: { readonly length: number };
}

/** Nothing to tell where there is none. */
export function leftOut(count: number, what: string, setting?: string): LeftOut[] {
  return count === 0 ? [] : [{ count, what, ...(setting !== undefined && { setting }) }];
}
