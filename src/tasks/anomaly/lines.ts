import { FormatError } from "../../base/errors.js";
import { isTableName, ownColumn, readTable } from "../../data/readers/index.js";
import { buildVocabulary, type Vocabulary } from "../../text/index.js";
import type { Source } from "../task.js";
import type { AnomalyConfig } from "./config.js";

/** A line of a text, or a cell of a table. */
export interface TextLine {
  text: string;
  /** In its file, counted from 1. */
  line: number;
  isFault: boolean;
}

/** Words of labels for what is as usual; all others are faults. */
const USUAL = /^(0|false|no|none|normal|ok|-)?$/i;

export function isFaultLabel(cell: string): boolean {
  return !USUAL.test(cell.trim());
}

/** Whether a file is read as lines: a table's column of texts, or what is no table. */
export function readsLines(name: string, { text }: { text?: string | null | undefined }): boolean {
  return text != null || !isTableName(name);
}

/** Lines that hold something, in their order. @throws FormatError for a missing column, or a file without any */
export function textLines({ name, bytes }: Source, { text, label }: AnomalyConfig): TextLine[] {
  const found = isTableName(name) ? cellsOf({ name, bytes }, text ?? "text", label) : plainLines(bytes);
  if (found.length > 0) return found;
  throw new FormatError({ op: "anomaly", argument: name, must: "hold a line that is not empty", value: "none" });
}

function plainLines(bytes: Uint8Array): TextLine[] {
  const lines = new TextDecoder().decode(bytes).split(/\r\n|\n|\r/);
  return lines.flatMap((text, i) => (text.trim() === "" ? [] : [{ text, line: i + 1, isFault: false }]));
}

function cellsOf({ name, bytes }: Source, text: string, label: string | null): TextLine[] {
  const table = readTable(bytes, name);
  const column = ownColumn(table, "text", text);
  const labels = label === null || !table.columns.includes(label) ? null : ownColumn(table, "label", label);
  return table.rows.flatMap((cells, row) => {
    const isFault = labels !== null && isFaultLabel(cells[labels]);
    // A line break would be the end of the line.
    const one = cells[column].replaceAll(/[\r\n]+/g, " ");
    return one.trim() === "" ? [] : [{ text: one, line: table.lines[row], isFault }];
  });
}

/** From the lines of the training part alone; a line break begins and ends each. */
export function fitVocabulary(lines: readonly TextLine[], { tokens, minCount }: AnomalyConfig): Vocabulary {
  const all = lines.map(({ text }) => text).join("\n");
  return buildVocabulary(tokens, `\n${all}\n`, tokens === "byte" ? {} : { minCount, unknown: true });
}

/** The tokens of a line between its two ends. */
export function tokensOf(vocabulary: Vocabulary, { text }: Pick<TextLine, "text">, maxLength: number): Int32Array {
  return vocabulary.encode(`\n${text}\n`).slice(0, maxLength + 1);
}
