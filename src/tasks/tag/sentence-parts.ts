import { isJsonLinesName } from "../../data/readers/index.js";
import { openSource } from "../../data/readers/source.js";
import type { BadRow, OnBadRow } from "../../data/readers/table.js";
import { type TextBlock, TextBlocks } from "../../data/readers/text-blocks.js";
import type { RowStream } from "../task.js";
import { BREAKS, ColumnSentences, looksLikeColumns } from "./columns.js";
import type { SentenceSettings } from "./config.js";
import { JsonSentences } from "./json-sentences.js";
import { type Sentence, someSentences } from "./sentence.js";
import { isColumnsName, lineSentence } from "./sentences.js";

/** Sentences that came together, and those that cannot be read. */
export interface SentencePart {
  sentences: readonly Sentence[];
  bad: readonly BadRow[];
}

export interface SentencePartsOptions {
  /** Whether tags are asked for. */
  withTags: boolean;
  /** A sentence that cannot be read is told with the part in which it stands; else the first one is refused. Default false. */
  keepBad?: boolean | undefined;
}

interface Parser {
  push(piece: Uint8Array): readonly Sentence[];
  end(): readonly Sentence[];
}

/**
 * Sentences of a file as it comes, as `readTagged` and `readWords` read them of one in memory: whether a text has columns follows from
 * its beginning.
 * @throws FormatError naming line and column of what is wrong
 */
export async function* sentenceParts(
  { name, pieces }: RowStream,
  settings: SentenceSettings,
  { withTags, keepBad = false }: SentencePartsOptions,
): AsyncGenerator<SentencePart, void, undefined> {
  let bad: BadRow[] = [];
  const onBad = keepBad ? (row: BadRow) => void bad.push(row) : undefined;
  const parser: Parser = isJsonLinesName(name)
    ? new JsonSentences(name, settings, withTags, onBad)
    : new LineSentences(name, settings, withTags, onBad);
  let isEmpty = true;
  const part = (sentences: readonly Sentence[]): SentencePart[] => {
    if (sentences.length === 0 && bad.length === 0) return [];
    isEmpty = false;
    const told = bad;
    bad = [];
    return [{ sentences, bad: told }];
  };
  let length = 0;
  for await (const piece of openSource("tag", pieces(), { name }).pieces()) {
    length += piece.length;
    yield* part(parser.push(piece));
  }
  yield* part(parser.end());
  if (isEmpty) someSentences([], name, length);
}

/** What a text is is looked for in so many characters. */
const LOOKED_AT = 2 ** 16;

/** Columns, or where nothing promises them a sentence a line. */
class LineSentences implements Parser {
  readonly #blocks: TextBlocks;
  readonly #columns: ColumnSentences;
  /** Null until it is known. */
  #hasColumns: boolean | null;
  #waiting: TextBlock[] = [];

  constructor(name: string, settings: SentenceSettings, withTags: boolean, onBad?: OnBadRow) {
    const onBadLine = onBad && ((line: number, error: BadRow["error"]) => onBad({ line, error }));
    this.#blocks = new TextBlocks(name, { quotes: false, onBad: onBadLine });
    this.#columns = new ColumnSentences(name, settings, withTags, onBad);
    this.#hasColumns = withTags || isColumnsName(name) ? true : null;
  }

  push(piece: Uint8Array): readonly Sentence[] {
    return this.#take(this.#blocks.push(piece), false);
  }

  end(): readonly Sentence[] {
    return [...this.#take(this.#blocks.end(), true), ...this.#columns.end()];
  }

  #take(block: TextBlock | null, isEnd: boolean): readonly Sentence[] {
    if (block !== null) this.#waiting.push(block);
    if (this.#hasColumns === null) {
      const start = this.#waiting.map(({ text }) => text).join("");
      if (start.length < LOOKED_AT && !isEnd) return [];
      this.#hasColumns = looksLikeColumns(start.split(BREAKS));
    }
    const blocks = this.#waiting;
    this.#waiting = [];
    return blocks.flatMap(({ text, line: first }) => {
      const lines = text.split(BREAKS);
      // Behind the end of the last line there is none.
      if (lines.at(-1) === "") lines.pop();
      if (this.#hasColumns) return this.#columns.push(lines, first);
      return lines.flatMap((line, i) => lineSentence(line, first + i));
    });
  }
}
