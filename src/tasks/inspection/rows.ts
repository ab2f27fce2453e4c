import { OptionError } from "../../base/errors.js";
import { count, type Fields, resolveFields } from "../../base/fields.js";
import { cutText } from "../../base/width.js";
import type { Options } from "../commands.js";

/** Which of a file's rows are looked at. */
export interface RowChoice {
  row: number;
  rows: number;
}

export const ROW_FIELDS: Fields<RowChoice> = {
  row: count(1, { help: "the first sample of a FILE to look at" }),
  rows: count(3, { help: "samples to look at" }),
};

export function rowChoice(options: Options): RowChoice {
  return resolveFields("inspect", ROW_FIELDS, options as Partial<RowChoice>);
}

/** These of all. @throws OptionError where there are fewer */
export function chosenRows<T>(all: readonly T[], { row, rows }: RowChoice): readonly T[] {
  if (row > all.length) throw tooFew(all.length, row);
  return all.slice(row - 1, row - 1 + rows);
}

function tooFew(length: number, row: number): OptionError {
  const must = `be at most ${length}, the samples of the file`;
  return new OptionError({ op: "inspect", argument: "row", must, value: String(row) });
}

/** A sample in a heading: what it is, and its beginning. */
export function sampleTitle(place: string, text: string): string {
  return `${place}: ${cutText(text, 60)}`;
}
