import { type FormatError, show } from "../../base/errors.js";
import { passOf } from "../../base/report.js";
import { isJsonLinesName, plainName } from "../../data/readers/index.js";
import type { Source } from "../task.js";
import { columnSentences, linesIn, looksLikeColumns, widthOf } from "./columns.js";
import type { SentenceSettings } from "./config.js";
import { jsonSentences } from "./json-sentences.js";
import { type Fault, faultError, type Sentence, someSentences } from "./sentence.js";

/** Sentences of one file. */
export interface Sentences {
  /** What they were read from, for errors. */
  source: string;
  sentences: readonly Sentence[];
  /** What is wrong with the tag of a word, by the number of the word. */
  tagError(sentence: Sentence, i: number, fault: Omit<Fault, "value">): FormatError;
}

/** Whether a name promises columns of words and tags. */
export function isColumnsName(name: string): boolean {
  return /\.(conll(u|x|\d+)?|iob2?|bio|bioes)$/i.test(plainName(name));
}

/**
 * Sentences with their tags: JSON lines where the name promises them, else columns.
 * @throws FormatError naming line and column of what is wrong
 */
export function readTagged({ name: file, bytes, report }: Source, settings: SentenceSettings): Sentences {
  const text = isJsonLinesName(file) ? null : linesIn(bytes, file);
  const told = passOf(report, "reading");
  const found =
    text === null
      ? jsonSentences(bytes, file, settings, true, told)
      : columnSentences(text, file, settings, true, told);
  const column = settings.tagColumn ?? null;
  const tagError = (sentence: Sentence, i: number, fault: Omit<Fault, "value">) => {
    const inFile = text === null ? null : (column ?? widthOf(text[sentence.lines[i] - 1]));
    return tagFault(file, sentence, i, { fault, settings, column: inFile });
  };
  return { source: file, sentences: someSentences(found, file, bytes.length), tagError };
}

/** What is wrong with the tag of a word. @param column  of the tags; null in JSON lines, or where it is not known */
export function tagFault(
  file: string,
  { tags, lines }: Sentence,
  i: number,
  { fault, settings, column }: { fault: Omit<Fault, "value">; settings: SentenceSettings; column: number | null },
): FormatError {
  const isJson = isJsonLinesName(file);
  const place = isJson
    ? { name: `${settings.tags}[${i}]` }
    : { name: 'column "tag"', ...(column !== null && { column }) };
  return faultError({ file, line: lines[i], ...place }, { ...fault, value: show(tags![i]) });
}

/**
 * Sentences without tags: JSON lines or columns where the name or the text promises them, else a sentence a line, words between
 * white space.
 * @throws FormatError as `readTagged` does
 */
export function readWords({ name, bytes }: Source, settings: SentenceSettings): Sentence[] {
  if (isJsonLinesName(name)) return someSentences(jsonSentences(bytes, name, settings, false), name, bytes.length);
  const lines = linesIn(bytes, name);
  const found =
    isColumnsName(name) || looksLikeColumns(lines)
      ? columnSentences(lines, name, settings, false)
      : lines.flatMap((line, i) => lineSentence(line, i + 1));
  return someSentences(found, name, bytes.length);
}

/** A line of a plain text as a sentence, where it has words. */
export function lineSentence(line: string, at: number): Sentence[] {
  const tokens = wordsOf(line);
  return tokens.length === 0 ? [] : [{ tokens, tags: null, lines: tokens.map(() => at) }];
}

/** Words of a plain text. */
export function wordsOf(text: string): string[] {
  return text.split(/\s+/u).filter((word) => word !== "");
}
