import { FormatError } from "../../base/errors.js";
import { isTableName, ownColumn, readTable, type Table, tableParts } from "../../data/readers/index.js";
import { openSource } from "../../data/readers/source.js";
import { type BadRow, tableOf } from "../../data/readers/table.js";
import { linesOf, type TextBlock, TextBlocks } from "../../data/readers/text-blocks.js";
import { buildVocabulary, decodeUtf8, type Vocabulary } from "../../text/index.js";
import type { Inferred, RowStream, Source } from "../task.js";
import type { AnomalyConfig, AnomalySettings } from "./config.js";
import { holdTimes, withoutTimes } from "./line-times.js";

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
export function textLines(source: Source, config: AnomalyConfig): TextLine[] {
  const found = isTableName(source.name) ? cellsOf(source, config) : plainLines(source);
  if (found.length > 0) return found;
  throw noLines(source.name);
}

function plainLines({ name, bytes }: Source): TextLine[] {
  const lines = decodeUtf8(bytes, name).split(BREAKS);
  return lines.flatMap((text, i) => (text.trim() === "" ? [] : [{ text, line: i + 1, isFault: false }]));
}

const BREAKS = /\r\n|\n|\r/;

function cellsOf({ name, bytes }: Source, config: AnomalyConfig): TextLine[] {
  const table = readTable(bytes, name);
  const read = lineReader(table, config);
  return table.rows.flatMap((_, row) => read(row) ?? []);
}

/** How the text of a row is read; null for an empty one. @throws FormatError for a missing column */
export function lineReader(table: Table, { text, label }: AnomalyConfig): (row: number) => TextLine | null {
  const column = ownColumn(table, "text", text ?? "text");
  const labels = label === null || !table.columns.includes(label) ? null : ownColumn(table, "label", label);
  return (row) => {
    const cells = table.rows[row];
    const isFault = labels !== null && isFaultLabel(cells[labels]);
    // A line break would be the end of the line.
    const one = cells[column].replaceAll(/[\r\n]+/g, " ");
    return one.trim() === "" ? null : { text: one, line: table.lines[row], isFault };
  };
}

/** Lines of a file as it comes, as the rows of tables: what is no table holds its text alone. */
export async function* lineParts(
  { name, pieces }: RowStream,
  { text }: AnomalyConfig,
  keepBad: boolean,
): AsyncGenerator<{ table: Table; bad: readonly BadRow[] }, void, undefined> {
  if (isTableName(name)) return yield* tableParts(name, pieces(), { keepBad });
  let bad: BadRow[] = [];
  const onBad = keepBad ? (line: number, error: FormatError) => void bad.push({ line, error }) : undefined;
  const blocks = new TextBlocks(name, { quotes: false, nul: true, onBad });
  const columns = [text ?? "text"];
  let isEmpty = true;
  const part = (block: TextBlock | null) => {
    const lines = block === null ? [] : linesOf(block.text);
    if (lines.length === 0 && bad.length === 0) return [];
    isEmpty = false;
    const found = bad;
    bad = [];
    const rows = lines.map((line, i) => ({ cells: [line], line: block!.lines[i] }));
    return [{ table: tableOf(name, columns, rows), bad: found }];
  };
  for await (const piece of openSource("anomaly", pieces(), { name }).pieces()) yield* part(blocks.push(piece));
  yield* part(blocks.end());
  if (isEmpty) throw noLines(name);
}

export function noLines(argument: string): FormatError {
  return new FormatError({ op: "anomaly", argument, must: "hold a line that is not empty", value: "none" });
}

/** From the lines of the training part alone; a line break begins and ends each. */
export function fitVocabulary(lines: readonly TextLine[], config: AnomalyConfig): Vocabulary {
  const all = lines.map((line) => readText(line, config)).join("\n");
  return buildVocabulary(config.tokens, `\n${all}\n`, vocabularySettings(config));
}

export function vocabularySettings({ tokens, minCount }: AnomalyConfig): object {
  return tokens === "byte" ? {} : { minCount, unknown: true };
}

/** How lines are read. */
type Reading = Pick<AnomalyConfig, "maxLength" | "maskTimes">;

/** The tokens of a line between its two ends. */
export function tokensOf(vocabulary: Vocabulary, line: Pick<TextLine, "text">, config: Reading): Int32Array {
  return allTokensOf(vocabulary, line, config).slice(0, config.maxLength + 1);
}

/** Also those that are not read. */
export function allTokensOf(vocabulary: Vocabulary, line: Pick<TextLine, "text">, config: Reading): Int32Array {
  return vocabulary.encode(`\n${readText(line, config)}\n`);
}

/** What is read of a line. */
export function readText({ text }: Pick<TextLine, "text">, { maskTimes }: Reading): string {
  return maskTimes ? withoutTimes(text) : text;
}

/** What a file of lines says of itself: null where nothing is to be said. */
export function inferLines(name: string, bytes: () => Uint8Array, given: Partial<AnomalySettings>): Inferred | null {
  if (given.maskTimes !== undefined) return null;
  const lines = isTableName(name) ? cellsAt(readTable(bytes(), name), given.text!) : startOf(bytes());
  if (!holdTimes(lines.filter((line) => line.trim() !== "").slice(0, SEEN))) return null;
  return {
    settings: { maskTimes: true } as Inferred["settings"],
    found: "lines, of whose dates and times no digit is read",
  };
}

function cellsAt({ columns, rows }: Table, name: string): string[] {
  const column = columns.indexOf(name);
  return column < 0 ? [] : rows.slice(0, 2 * SEEN).map((cells) => cells[column]);
}

function startOf(bytes: Uint8Array): string[] {
  return new TextDecoder().decode(bytes.subarray(0, 512 * SEEN)).split(BREAKS);
}

/** Lines that are looked at for times. */
const SEEN = 256;
