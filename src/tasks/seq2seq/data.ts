import { ownColumn, type Table } from "../../data/readers/index.js";
import * as split from "../../data/split-namespace.js";
import type { Vocabulary } from "../../text/index.js";
import { columnDetails, usesOf } from "../about-data/columns.js";
import type { DataDetails } from "../about-data/details.js";
import { textCells, textReader, USUAL_LIMIT } from "../rows/text-cells.js";
import type { Samples } from "../stored/samples.js";
import { type Sources, validationName } from "../task.js";
import { vocabularyOf } from "../tokens/vocabularies.js";
import { fingerprint } from "../training/fingerprint.js";
import { foldOfGroups, type HeldOut, heldOutOf } from "../training/held-out.js";
import type { Seq2SeqConfig } from "./config.js";
import { copyIds } from "./copying.js";
import { PairsSeen, pairDetails } from "./details.js";
import { pairColumns, readPairs } from "./pairs.js";

/** A source and its target, as ids without ends, and the target as it is written. */
export interface Pair {
  source: Int32Array;
  target: Int32Array;
  text: string;
  /** Tokens of the source that the vocabulary lacks, where they are copied: their ids follow those of the vocabulary. */
  strange: readonly string[];
}

/** What a model has to know of its pairs. */
export interface Meaning {
  source: Vocabulary;
  target: Vocabulary;
}

export interface Seq2SeqData extends Meaning {
  train: Samples<Pair>;
  validation: Samples<Pair>;
  fingerprint: string;
  details?: DataDetails | undefined;
}

/**
 * Pairs of a file. All of one source are in one part, or the validation would ask what was told.
 * @returns the settings too, with what they left to the file
 * @throws FormatError for a missing column, an empty side, one that is too long
 */
export function readData(
  { train, valid }: Sources,
  given: Seq2SeqConfig,
): { data: Seq2SeqData; config: Seq2SeqConfig } {
  const table = readPairs(train.bytes, train.name, given);
  const columns = pairColumns(table, given);
  const held = valid && readPairs(valid.bytes, validationName(valid.name), given);
  const named = { ...given, ...columns };
  const { sourceTokens, targetTokens, minCount } = named;
  const [sources, targets] = [columns.source, columns.target].map((name) =>
    textCells(table, table.columns.indexOf(name)),
  );
  const rows = splitBySource(sources, heldOutOf(named, held !== undefined));
  const textsOf = (cells: readonly string[]) => rows.train.map((row) => cells[row]);
  const meaning = named.copy
    ? shared(vocabularyOf(sourceTokens, [...textsOf(sources), ...textsOf(targets)], minCount))
    : {
        source: vocabularyOf(sourceTokens, textsOf(sources), minCount),
        target: vocabularyOf(targetTokens, textsOf(targets), minCount),
      };
  const read = readerOf(table, named, meaning);
  const [learned, own] = [rows.train, rows.validation].map((part) => Array.from(part, (row) => read(row)));
  const longest = [...learned, ...own].reduce(
    (most, { source, target }) => Math.max(most, source.length, target.length),
    1,
  );
  const config = { ...named, maxLength: named.maxLength ?? Math.min(2 * longest, USUAL_LIMIT) };
  const validation = held === undefined ? own : pairsOf(held, config, meaning);
  const data = { ...meaning, train: learned, validation };
  const seen = new PairsSeen(meaning);
  for (const pair of learned) seen.add(pair, true);
  for (const pair of own) seen.add(pair, false);
  const used = columnDetails(table, usesOf(columns));
  const counted = { rows: table.rows.length, columns: used, seen, train: learned, validation };
  const details = pairDetails(counted, config, valid);
  return { data: { ...data, fingerprint: fingerprint([learned, validation].map(numbersOf)), details }, config };
}

const numbersOf = (pairs: readonly Pair[]) => pairs.flatMap(({ source, target }) => [...source, -1, ...target, -2]);

/** @throws FormatError for an empty side, one that is too long, a missing column */
export function pairsOf(table: Table, config: Seq2SeqConfig, meaning: Meaning): Pair[] {
  const read = readerOf(table, config, meaning);
  return table.rows.map((_, row) => read(row));
}

function shared(vocabulary: Vocabulary): Meaning {
  return { source: vocabulary, target: vocabulary };
}

function splitBySource(sources: readonly string[], { share, fold, seed }: HeldOut) {
  if (fold !== null) return foldOfGroups(sources, fold, seed, "sources");
  const held = Math.floor(sources.length * share);
  if (held === 0 || new Set(sources).size < 2) return { train: [...sources.keys()], validation: [] };
  const { train, valid } = split.byGroup(sources, { valid: held, seed });
  return { train: [...train], validation: [...valid] };
}

/** How a row is read. @throws FormatError as `sideReader` does */
export function readerOf(table: Table, config: Seq2SeqConfig, meaning: Meaning): (row: number) => Pair {
  const source = sideReader(table, "source", config, meaning.source);
  const target = sideReader(table, "target", config, meaning.target);
  const column = ownColumn(table, "target", config.target ?? "target");
  return (row) => {
    const strange: string[] = [];
    return { source: source(row, strange), target: target(row, strange), text: table.rows[row][column], strange };
  };
}

/**
 * How one side of a row is read.
 * @throws FormatError for a missing column; the reader for what is empty or too long
 * @returns a reader, of a row and the strange tokens of its source, to which a source adds its own
 */
export function sideReader(
  table: Table,
  side: "source" | "target",
  config: Seq2SeqConfig,
  vocabulary: Vocabulary,
): (row: number, strange: string[]) => Int32Array {
  const column = ownColumn(table, side, config[side] ?? side);
  const read = textReader(table, column, vocabulary, config.maxLength ?? USUAL_LIMIT);
  if (!config.copy) return read;
  return (row, strange) => copyIds(vocabulary, table.rows[row][column], read(row), { strange, side });
}
