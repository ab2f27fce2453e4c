import { passOf } from "../../base/report.js";
import { ownColumn, type Table } from "../../data/readers/index.js";
import { usesOf } from "../about-data/columns.js";
import { SeenColumns } from "../about-data/seen-columns.js";
import { OneRow } from "../rows/one-row.js";
import { textCells, USUAL_LIMIT } from "../rows/text-cells.js";
import { ofBytes, toBytes } from "../stored/json-bytes.js";
import { RawParts, type SamplesOf, storedParts } from "../stored/parts.js";
import type { SampleCodec } from "../stored/samples.js";
import { type StreamSources, validationName } from "../task.js";
import { counterOf } from "../tokens/vocabularies.js";
import { heldOutByName, heldOutOf } from "../training/held-out.js";
import type { Seq2SeqConfig } from "./config.js";
import { type Meaning, type Pair, readerOf, type Seq2SeqData } from "./data.js";
import { PairsSeen, pairDetails } from "./details.js";
import { pairColumns, pairParts } from "./pairs.js";

/**
 * As `readData`, for files that need not fit into memory: vocabularies are counted on the way, and what is read lies on the disk. All
 * pairs of a source are in one part.
 * @throws FormatError; FileError where the disk is full
 */
export async function storePairs(
  { train, valid, report }: StreamSources,
  given: Seq2SeqConfig,
  mostInPart?: number,
): Promise<{ data: Seq2SeqData & { close(): void }; config: Seq2SeqConfig }> {
  const raw = new RawParts();
  try {
    const { copy, sourceTokens, targetTokens, minCount } = given;
    const isHeld = heldOutByName(heldOutOf(given, valid !== undefined));
    const source = counterOf(sourceTokens, minCount);
    const target = copy ? source : counterOf(targetTokens, minCount);
    let own: ReadColumns | null = null;
    let cellsSeen: SeenColumns | null = null;
    for await (const { table } of pairParts(train, given)) {
      own ??= { ...pairColumns(table, given), columns: table.columns, name: train.name };
      cellsSeen ??= new SeenColumns(table.columns);
      for (const row of table.rows) cellsSeen.see(row);
      putAside(table, own, (cells, line) => {
        const held = isHeld(cells[0]);
        raw[held ? "validation" : "train"].append([line], toBytes(cells));
        if (held) return;
        source.add(cells[0]);
        target.add(cells[1]);
      });
    }
    const named = { ...given, source: own!.source, target: own!.target };
    let other: ReadColumns | null = null;
    if (valid !== undefined) {
      const file = { ...valid, name: validationName(valid.name) };
      for await (const { table } of pairParts(file, named)) {
        other ??= { source: named.source, target: named.target, columns: table.columns, name: file.name };
        putAside(table, other, (cells, line) => raw.validation.append([line], toBytes(cells)));
      }
    }
    const sources = source.vocabulary();
    const meaning = { source: sources, target: copy ? sources : target.vocabulary() };
    const seen = new PairsSeen(meaning);
    const read = { own: own!, other, meaning, seen };
    const { data, config } = encoded(raw, read, named, { mostInPart, told: passOf(report, "encoding") });
    const columns = cellsSeen!.details(usesOf({ source: named.source, target: named.target }));
    const details = pairDetails({ ...data, rows: cellsSeen!.rows, columns, seen }, config, valid);
    return { data: { ...data, details }, config };
  } finally {
    raw.close();
  }
}

/** Where a file has its pairs. */
interface ReadColumns {
  source: string;
  target: string;
  columns: readonly string[];
  name: string;
}

/** @throws FormatError for a missing column, an empty side */
function putAside(
  table: Table,
  { source, target }: ReadColumns,
  put: (cells: readonly [source: string, target: string], line: number) => void,
): void {
  const sources = textCells(table, ownColumn(table, "source", source));
  const targets = textCells(table, ownColumn(table, "target", target));
  for (const [row, line] of table.lines.entries()) put([sources[row], targets[row]], line);
}

interface ReadFiles {
  own: ReadColumns;
  other: ReadColumns | null;
  meaning: Meaning;
  /** Told of the pairs of the first. */
  seen: PairsSeen;
}

function encoded(
  raw: RawParts,
  { own, other, meaning, seen: counts }: ReadFiles,
  named: Seq2SeqConfig,
  options: { mostInPart: number | undefined; told: Parameters<typeof storedParts>[3]["told"] },
): { data: Seq2SeqData & { close(): void }; config: Seq2SeqConfig } {
  let longest = 1;
  const maxLength = () => named.maxLength ?? Math.min(2 * longest, USUAL_LIMIT);
  const read = pairReader(own, named, meaning);
  // Of the other file nothing may be longer than those of the first, which are all read by then.
  let readOther: typeof read | null = null;
  const samplesOf: SamplesOf<Pair> = ({ numbers: [line], bytes }, isHeld, seen) => {
    seen.add(bytes);
    if (isHeld && other !== null) {
      readOther ??= pairReader(other, { ...named, maxLength: maxLength() }, meaning);
      return [readOther(ofBytes<string[]>(bytes), line)];
    }
    const pair = read(ofBytes<string[]>(bytes), line);
    counts.add(pair, !isHeld);
    longest = Math.max(longest, pair.source.length, pair.target.length);
    return [pair];
  };
  const stored = storedParts(raw, CODEC, samplesOf, { seed: named.seed, ...options });
  return { data: { ...stored, ...meaning }, config: { ...named, maxLength: maxLength() } };
}

/** @throws FormatError for a side that is too long, or holds an end */
function pairReader({ source, target, columns, name }: ReadColumns, config: Seq2SeqConfig, meaning: Meaning) {
  const table = new OneRow(name, columns);
  const places = [columns.indexOf(source), columns.indexOf(target)];
  const read = readerOf(table, config, meaning);
  return (cells: readonly string[], line: number): Pair => {
    table.set(line, places, cells);
    return read(0);
  };
}

/** Ids, then texts. */
const CODEC: SampleCodec<Pair> = {
  write({ source, target, text, strange }) {
    const texts = toBytes([text, ...strange]);
    const ids = Int32Array.from([...source, ...target]);
    const bytes = new Uint8Array(ids.byteLength + texts.length);
    bytes.set(new Uint8Array(ids.buffer));
    bytes.set(texts, ids.byteLength);
    return { numbers: [source.length, target.length], bytes };
  },
  read({ numbers: [from, to], bytes }) {
    const end = (from + to) * Int32Array.BYTES_PER_ELEMENT;
    // Copied, because numbers can begin at some places alone.
    const ids = new Int32Array(bytes.slice(0, end).buffer);
    const [text, ...strange] = ofBytes<string[]>(bytes.subarray(end));
    return { source: ids.slice(0, from), target: ids.slice(from), text, strange };
  },
  lengthOf: ({ source, target }) => source.length + target.length,
};
