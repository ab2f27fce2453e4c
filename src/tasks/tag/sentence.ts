import { type ErrorDetails, FormatError } from "../../base/errors.js";

/** The words of a sentence, with a tag for each where tags were asked for. */
export interface Sentence {
  tokens: readonly string[];
  tags: readonly string[] | null;
  /** Where each word stands in its file, counted from 1. */
  lines: readonly number[];
}

/** What is wrong with a place of a file. */
export interface Fault {
  must: string;
  value: string;
  fix?: string;
  details?: ErrorDetails;
}

/** Where a fault is: a line, and in columns which of them, or what else it is called. */
export interface Place {
  file: string;
  line: number;
  /** Counted from 1. */
  column?: number;
  /** `column "tag"`, `tags[3]`. */
  name?: string;
}

export function faultError({ file, line, column, name }: Place, { details, ...fault }: Fault): FormatError {
  const argument = `${file}:${line}${name === undefined ? "" : `: ${name}`}`;
  const where = { file, line, ...(column !== undefined && { column }) };
  return new FormatError({ ...fault, code: "bad-table", op: "tag", argument, details: { ...where, ...details } });
}

/** @throws FormatError where there is none */
export function someSentences(sentences: Sentence[], file: string, bytes: number): Sentence[] {
  if (sentences.length > 0) return sentences;
  const [must, value] = ["hold a sentence", bytes === 0 ? "an empty file" : "none"];
  throw new FormatError({ code: "bad-table", op: "tag", argument: file, must, value, details: { file, line: 1 } });
}
