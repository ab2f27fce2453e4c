import { FormatError, show } from "../../base/errors.js";
import { nearest } from "../../base/nearest.js";
import { JsonRows } from "../../data/readers/json-lines.js";
import { badCell } from "../../data/readers/table.js";
import { TextBlocks } from "../../data/readers/text-blocks.js";
import type { Source } from "../task.js";
import type { SentenceSettings } from "./config.js";

/** The words of a sentence, with a tag for each where tags were asked for. */
export interface Sentence {
  tokens: readonly string[];
  tags: readonly string[] | null;
  /** Where each word stands in its file, counted from 1. */
  lines: readonly number[];
}

/** Sentences of one file. */
export interface Sentences {
  /** What they were read from, for errors. */
  source: string;
  sentences: readonly Sentence[];
  /** The tag of a word, in an error. @param i  the number of the word */
  tagError(sentence: Sentence, i: number, must: string, fix?: string): FormatError;
}

const OP = "tag";
const BREAKS = /\r\n|\n|\r/;

export function isJsonLines(name: string): boolean {
  return /\.(jsonl|ndjson)$/i.test(name);
}

/** Whether a name promises columns of words and tags. */
export function isColumnsName(name: string): boolean {
  return /\.(conll(u|x|\d+)?|iob2?|bio|bioes)$/i.test(name);
}

/**
 * Sentences with their tags: JSON lines where the name promises them, else columns, a word a line and an empty line after each sentence.
 * @throws FormatError naming line and column of what is wrong
 */
export function readTagged({ name, bytes }: Source, settings: SentenceSettings): Sentences {
  const { tags: key, tagColumn } = settings;
  if (isJsonLines(name)) {
    const tagError = ({ tags, lines }: Sentence, i: number, must: string, fix = "") =>
      lineError(name, lines[i], `${name}:${lines[i]}: ${key}[${i}]`, must, show(tags![i]), fix);
    return { source: name, sentences: jsonSentences(bytes, name, settings, true), tagError };
  }
  const { sentences, width } = columnSentences(textOf(bytes, name), name, settings, true);
  const column = (tagColumn ?? width) - 1;
  const tagError = ({ tags, lines }: Sentence, i: number, must: string, fix = "") =>
    badCell({ source: name, line: lines[i], name: "tag", column }, show(tags![i]), must, fix);
  return { source: name, sentences, tagError };
}

/**
 * Sentences without tags: JSON lines or columns where the name or the text promises them, else a sentence a line, words between
 * white space.
 * @throws FormatError as `readTagged` does
 */
export function readWords({ name, bytes }: Source, settings: SentenceSettings): readonly Sentence[] {
  if (isJsonLines(name)) return jsonSentences(bytes, name, settings, false);
  const text = textOf(bytes, name);
  if (isColumnsName(name) || looksLikeColumns(text)) return columnSentences(text, name, settings, false).sentences;
  const sentences = text.split(BREAKS).flatMap((line, i) => {
    const tokens = wordsOf(line);
    return tokens.length === 0 ? [] : [{ tokens, tags: null, lines: tokens.map(() => i + 1) }];
  });
  if (sentences.length === 0) throw noSentences(name, text);
  return sentences;
}

/** Words of a plain text. */
export function wordsOf(text: string): string[] {
  return text.split(/\s+/u).filter((word) => word !== "");
}

/** Rows of as many cells each, with an empty line between some of them: no prose is so. */
function looksLikeColumns(text: string): boolean {
  const lines = text.split(BREAKS).map((line) => line.trim());
  const end = lines.findLastIndex((line) => line !== "");
  const start = lines.findIndex((line) => line !== "");
  const widths = new Set(lines.filter((line) => line !== "").map((line) => cellsOf(line, line.includes("\t")).length));
  return widths.size === 1 && lines.slice(start, end).includes("");
}

function textOf(bytes: Uint8Array, source: string): string {
  const blocks = new TextBlocks(source, { quotes: false });
  return [blocks.push(bytes), blocks.end()].map((block) => block?.text ?? "").join("");
}

function cellsOf(line: string, tabs: boolean): string[] {
  if (tabs) return line.split("\t").map((cell) => cell.trim());
  return line.split(/[ \t]+/).filter((cell) => cell !== "");
}

function columnSentences(
  text: string,
  source: string,
  settings: SentenceSettings,
  withTags: boolean,
): { sentences: Sentence[]; width: number } {
  const sentences: Sentence[] = [];
  let [tokens, tags, lines]: [string[], string[], number[]] = [[], [], []];
  let rows: ColumnRows | null = null;
  const close = () => {
    if (tokens.length > 0) sentences.push({ tokens, tags: withTags ? tags : null, lines });
    [tokens, tags, lines] = [[], [], []];
  };
  for (const [i, line] of text.split(BREAKS).entries()) {
    if (line.trim() === "") close();
    // Before the words of a sentence alone: among them `#` is a word.
    else if (tokens.length > 0 || !/^#( |$)/.test(line)) {
      rows ??= new ColumnRows(source, line, i + 1, settings, withTags);
      const word = rows.read(line, i + 1);
      if (word === null) continue;
      tokens.push(word.token);
      tags.push(word.tag);
      lines.push(i + 1);
    }
  }
  close();
  if (sentences.length === 0) throw noSentences(source, text);
  return { sentences, width: rows!.width };
}

/** Rows of columns, all with as many cells as the first. */
class ColumnRows {
  readonly width: number;
  readonly #source: string;
  readonly #tabs: boolean;
  readonly #first: number;
  readonly #token: number;
  /** -1: not asked for. */
  readonly #tag: number;
  /** Rows of CoNLL-U that are no words: `3-4` stands before the words that it is made of, `8.1` for one that is not said. */
  readonly #ranges: boolean;

  constructor(source: string, line: string, at: number, settings: SentenceSettings, withTags: boolean) {
    this.#tabs = line.includes("\t");
    const { tokenColumn, tagColumn } = settings;
    const { length: width } = cellsOf(line, this.#tabs);
    [this.#source, this.#first, this.width] = [source, at, width];
    this.#token = tokenColumn - 1;
    this.#tag = withTags ? (tagColumn ?? width) - 1 : -1;
    this.#ranges = /\.conllu$/i.test(source) && tokenColumn > 1;
    if (withTags && width === 1) throw this.#noTag(at, 1, line.trim());
    const missing = [this.#token, this.#tag].find((column) => column >= width);
    if (missing !== undefined) {
      const must = `have a column ${missing + 1}`;
      const fix = `Columns are counted from 1; with ${missing === this.#token ? "tokenColumn" : "tagColumn"} left out it is the ${missing === this.#token ? "first" : "last"}.`;
      throw lineError(source, at, `${source}:${at}`, must, `${width} of them`, fix, width + 1);
    }
    if (this.#tag === this.#token) {
      const must = `have its tags in another column than its words (${tokenColumn})`;
      const fix = "Say with tagColumn which it is.";
      throw lineError(source, at, `${source}:${at}`, must, "the same", fix, tokenColumn);
    }
  }

  /** A word and its tag; null for what stands between documents, or is no word. */
  read(line: string, at: number): { token: string; tag: string } | null {
    const cells = cellsOf(line, this.#tabs);
    const token = cells[this.#token] ?? "";
    if (token === "-DOCSTART-" || (this.#ranges && /^\d+[-.]\d+$/.test(cells[0]))) return null;
    const tag = this.#tag < 0 ? "" : (cells[this.#tag] ?? "");
    const isCut = cells.length < this.width && this.#tag >= cells.length;
    if (token !== "" && tag === "" && this.#tag >= 0 && (isCut || cells.length === this.width)) {
      throw this.#noTag(at, this.#tag + 1, token);
    }
    const { width } = this;
    if (cells.length !== width) {
      const must = `have ${width} columns, as line ${this.#first} has`;
      const value = `${cells.length} (${show(line)})`;
      const argument = `${this.#source}:${at}`;
      throw lineError(this.#source, at, argument, must, value, "", Math.min(cells.length, width) + 1);
    }
    if (token !== "") return { token, tag };
    const place = { source: this.#source, line: at, name: "token", column: this.#token };
    throw badCell(place, show(token), "hold a word", "Leave the line out, or empty between two sentences.");
  }

  #noTag(line: number, column: number, token: string): FormatError {
    const place = { source: this.#source, line, name: "tag", column: column - 1 };
    return badCell(place, `none for ${show(token)}`, "name a tag", "Write the tag behind the word.");
  }
}

function jsonSentences(bytes: Uint8Array, source: string, settings: SentenceSettings, withTags: boolean): Sentence[] {
  const parser = new JsonRows(source);
  const rows = [...parser.push(bytes), ...parser.end()];
  if (rows.length === 0) throw noSentences(source, "");
  return rows.map(({ values, line }) => {
    const tokens = listAt(values, "tokens", settings.tokens, { source, line });
    const tags = withTags ? listAt(values, "tags", settings.tags, { source, line }) : null;
    if (tags !== null && tags.length !== tokens.length) {
      const argument = `${source}:${line}: ${settings.tags}`;
      const must = `hold a tag for each of the ${tokens.length} words`;
      throw lineError(source, line, argument, must, String(tags.length));
    }
    return { tokens, tags, lines: tokens.map(() => line) };
  });
}

function listAt(
  values: ReadonlyMap<string, unknown>,
  setting: "tokens" | "tags",
  key: string,
  { source, line }: { source: string; line: number },
): string[] {
  const list = values.get(key);
  const argument = `${source}:${line}`;
  if (list === undefined) {
    const near = nearest(key, [...values.keys()]);
    const details = { file: source, line, nearest: near, ...(near !== undefined && { settings: { [setting]: near } }) };
    const fix = near === undefined ? `Its keys are ${[...values.keys()].join(", ")}.` : `Did you mean ${show(near)}?`;
    const [must, value] = [`have the key ${show(key)}`, "none"];
    throw new FormatError({ code: "bad-table", op: OP, argument, must, value, fix, details });
  }
  const at = `${argument}: ${key}`;
  if (!Array.isArray(list) || list.length === 0) {
    throw lineError(source, line, at, `be a list of ${setting === "tags" ? "tags" : "words"}, one or more`, show(list));
  }
  const wrong = list.findIndex((item) => typeof item !== "string" || item.trim() === "");
  if (wrong >= 0) throw lineError(source, line, `${at}[${wrong}]`, "be a text", show(list[wrong]));
  return list;
}

function noSentences(source: string, text: string): FormatError {
  return lineError(source, 1, source, "hold a sentence", text === "" ? "an empty file" : "none");
}

function lineError(
  file: string,
  line: number,
  argument: string,
  must: string,
  value: string,
  fix = "",
  column?: number,
): FormatError {
  const details = { file, line, ...(column !== undefined && { column }) };
  return new FormatError({ code: "bad-table", op: OP, argument, must, value, fix, details });
}
