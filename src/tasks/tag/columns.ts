import { FormatError, show } from "../../base/errors.js";
import { piecesOf, type Told } from "../../base/report.js";
import type { OnBadRow } from "../../data/readers/table.js";
import { plainName } from "../../data/readers/table-format.js";
import { TextBlocks } from "../../data/readers/text-blocks.js";
import type { SentenceSettings } from "./config.js";
import { faultError, type Sentence } from "./sentence.js";

export const BREAKS = /\r\n|\n|\r/;

/** The lines of a text. @throws FormatError for what is no text, naming line and column */
export function linesIn(bytes: Uint8Array, source: string): string[] {
  const blocks = new TextBlocks(source, { quotes: false });
  const text = [blocks.push(bytes), blocks.end()].map((block) => block?.text ?? "").join("");
  return text.split(BREAKS);
}

/** Rows of as many cells each, with an empty line between some of them: no prose is so. */
export function looksLikeColumns(all: readonly string[]): boolean {
  const lines = all.join("\n").trim().split("\n");
  const rows = lines.filter((line) => line.trim() !== "");
  return rows.length < lines.length && new Set(rows.map(widthOf)).size === 1;
}

/** How many cells a line has. */
export function widthOf(line: string): number {
  return cellsOf(line, line.includes("\t")).length;
}

/** Cells between tabs; in a file without any, between white space. */
function cellsOf(line: string, tabs: boolean): string[] {
  if (tabs) return line.split("\t").map((cell) => cell.trim());
  return line.split(/[ \t]+/).filter((cell) => cell !== "");
}

/**
 * Sentences in columns: a word a line, an empty line after each sentence. `# ` begins a remark before a sentence; what CoNLL writes
 * between documents (`-DOCSTART-`) is passed over.
 * @param withTags  whether their tags are asked for
 * @throws FormatError for a word without a tag, a line with other columns than the first
 */
export function columnSentences(
  lines: readonly string[],
  source: string,
  settings: SentenceSettings,
  withTags: boolean,
  told?: Told,
): Sentence[] {
  const reader = new ColumnSentences(source, settings, withTags);
  const found: Sentence[] = [];
  let first = 1;
  for (const some of piecesOf(lines, LINES, told)) {
    for (const sentence of reader.push(some, first)) found.push(sentence);
    first += some.length;
  }
  return [...found, ...reader.end()];
}

/** Between two tellings. */
const LINES = 2 ** 14;

const opened = () => ({ tokens: [] as string[], tags: [] as string[], lines: [] as number[] });

/** Sentences of lines that come some at a time. */
export class ColumnSentences {
  readonly #source: string;
  readonly #settings: SentenceSettings;
  readonly #withTags: boolean;
  readonly #onBad: OnBadRow | undefined;
  #open = opened();
  #rows: ColumnRows | null = null;
  /** Whether the rest of a sentence is passed over. */
  #skips = false;

  /** @param onBad  told of sentences with a line that cannot be read, which are left out; without it such a line is refused */
  constructor(source: string, settings: SentenceSettings, withTags: boolean, onBad?: OnBadRow) {
    [this.#source, this.#settings, this.#withTags, this.#onBad] = [source, settings, withTags, onBad];
  }

  /** @param first  the number of the first line. @returns the sentences that end with these lines. @throws FormatError */
  push(lines: readonly string[], first: number): Sentence[] {
    return lines.flatMap((line, i) => {
      if (line.trim() === "") return this.end();
      if (this.#skips) return [];
      try {
        this.#read(line, first + i);
      } catch (error) {
        if (this.#onBad === undefined || !(error instanceof FormatError)) throw error;
        this.#onBad({ line: this.#open.lines[0] ?? first + i, error });
        this.#skips = true;
      }
      return [];
    });
  }

  /** The sentence that has no end of its own. */
  end(): Sentence[] {
    const { tokens, tags, lines } = this.#open;
    const isWhole = tokens.length > 0 && !this.#skips;
    [this.#open, this.#skips] = [opened(), false];
    return isWhole ? [{ tokens, tags: this.#withTags ? tags : null, lines }] : [];
  }

  #read(line: string, at: number): void {
    const { tokens, tags, lines } = this.#open;
    // Before the words of a sentence alone: among them `#` is a word.
    if (tokens.length === 0 && /^#( |$)/.test(line)) return;
    // It may stand alone, or with other columns than words have.
    if (tokens.length === 0 && /^\s*-DOCSTART-(\s|$)/.test(line)) return;
    this.#rows ??= new ColumnRows(this.#source, line, at, this.#settings, this.#withTags);
    const word = this.#rows.read(line, at);
    if (word === null) return;
    tokens.push(word.token);
    tags.push(word.tag);
    lines.push(at);
  }
}

/** Rows of columns, all with as many cells as the first. */
class ColumnRows {
  readonly #width: number;
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
    [this.#source, this.#first, this.#width] = [source, at, width];
    this.#token = tokenColumn - 1;
    this.#tag = withTags ? (tagColumn ?? width) - 1 : -1;
    this.#ranges = /\.conllu$/i.test(plainName(source)) && tokenColumn > 1;
    if (withTags && width === 1) throw this.#noTag(at, 2, line.trim());
    for (const [key, column] of Object.entries({ tokenColumn: this.#token, tagColumn: this.#tag })) {
      if (column < width) continue;
      const [must, fix] = [`have a column ${column + 1}`, `Leave ${key} out, or set it to a column that is there.`];
      const fault = { must, value: `${width} of them`, fix, details: { settings: { [key]: null } } };
      throw faultError({ file: source, line: at, column: width + 1 }, fault);
    }
    if (this.#tag !== this.#token) return;
    const must = `have its tags in another column than its words, which are in column ${tokenColumn}`;
    const fix = "Set tagColumn to the column of the tags.";
    const fault = {
      must,
      value: "the same",
      fix,
      details: { settings: { tagColumn: tokenColumn === width ? 1 : null } },
    };
    throw faultError({ file: source, line: at, column: tokenColumn }, fault);
  }

  /** A word and its tag; null for what stands between documents, or is no word. */
  read(line: string, at: number): { token: string; tag: string } | null {
    const cells = cellsOf(line, this.#tabs);
    const token = cells[this.#token] ?? "";
    if (token === "-DOCSTART-" || (this.#ranges && /^\d+[-.]\d+$/.test(cells[0]))) return null;
    const isRagged = cells.length !== this.#width;
    const tag = this.#tag < 0 ? "" : (cells[this.#tag] ?? "");
    if (token !== "" && tag === "" && this.#tag >= 0 && cells.length <= this.#width) {
      throw this.#noTag(at, this.#tag + 1, token);
    }
    const file = this.#source;
    if (isRagged) {
      const fault = {
        must: `have ${this.#width} columns, as line ${this.#first} has`,
        value: `${cells.length} (${show(line)})`,
        fix: this.#marksFix(line) ?? "Write as many in each line, and an empty line after each sentence.",
      };
      throw faultError({ file, line: at, column: Math.min(cells.length, this.#width) + 1 }, fault);
    }
    if (token !== "") return { token, tag };
    const fault = { must: "hold a word", value: show(token), fix: "Write one, or leave the whole line empty." };
    throw faultError({ file, line: at, column: this.#token + 1, name: 'column "token"' }, fault);
  }

  /** Where something else stands between the columns than in the first line. */
  #marksFix(text: string): string | undefined {
    if (this.#tabs && !text.includes("\t") && /\S +\S/.test(text.trim()))
      return "Write a tab between its columns, as in the first line.";
    return /^\S+[,;|]\S+$/.test(text.trim()) ? "Write a tab or a space between word and tag." : undefined;
  }

  #noTag(line: number, column: number, token: string): FormatError {
    const fix = this.#marksFix(token) ?? "Write the tag behind the word.";
    const fault = { must: "name a tag", value: `none for ${show(token)}`, fix };
    return faultError({ file: this.#source, line, column, name: 'column "tag"' }, fault);
  }
}
