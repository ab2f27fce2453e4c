import { passOf } from "../../base/report.js";
import { numberOf } from "../../data/readers/cells.js";
import { classNames, numberAt, ownColumn, type Table, tableParts } from "../../data/readers/index.js";
import { copyOf } from "../../text/token-counter.js";
import { SeenColumns } from "../about-data/seen-columns.js";
import { MOST_VALUES, type NumberColumn, tooManyValues } from "../rows/number-columns.js";
import { OneRow } from "../rows/one-row.js";
import { textCells, USUAL_LIMIT } from "../rows/text-cells.js";
import { ofBytes, toBytes } from "../stored/json-bytes.js";
import { RawParts, type SamplesOf, storedParts } from "../stored/parts.js";
import { RunningSpread } from "../stored/running-spread.js";
import { type SampleCodec, StoredSamples } from "../stored/samples.js";
import { type StreamSources, validationName } from "../task.js";
import { counterOf } from "../tokens/vocabularies.js";
import { HeldOutDraw, heldOutOf } from "../training/held-out.js";
import { notesOnConditions } from "./beware.js";
import { CLASS, conditionColumns, MOST } from "./conditions.js";
import { conditionNames, type GenerateConfig } from "./config.js";
import { columnsOf, type GenerateData, type Labelled, labelledReader, type Meaning } from "./data.js";
import { ClassesSeen, labelledDetails, RowsSeen, usesOfLabelled } from "./details.js";

/**
 * As `readData`, for files that need not fit into memory: the vocabulary and the conditions are made on the way, and what is read lies on
 * the disk. Columns that nobody named are looked for in the first rows.
 * @throws FormatError; FileError where the disk is full
 */
export async function storeLabelled(
  { train, valid, report }: StreamSources,
  given: GenerateConfig,
  mostInPart?: number,
): Promise<{ data: GenerateData & { close(): void }; config: GenerateConfig }> {
  const raw = new RawParts();
  try {
    const draw = new HeldOutDraw(heldOutOf(given, valid !== undefined));
    const tokens = counterOf(given.tokens, given.minCount);
    let named = given;
    let own: OneRow | null = null;
    let conditions: ConditionCounts | null = null;
    let cellsSeen: SeenColumns | null = null;
    for await (const { table } of tableParts(train.name, train.pieces())) {
      if (own === null) named = { ...given, ...columnsOf(table, given) };
      own ??= new OneRow(train.name, table.columns);
      conditions ??= new ConditionCounts(named);
      cellsSeen ??= new SeenColumns(table.columns);
      for (const row of table.rows) cellsSeen.see(row);
      const texts = textCells(table, ownColumn(table, "text", named.text!));
      for (const [row, text] of texts.entries()) {
        const cells = conditions.read(table, row);
        const isHeld = draw.next() && !conditions.areNew(cells);
        raw[isHeld ? "validation" : "train"].append([table.lines[row]], toBytes([text, ...cells]));
        if (isHeld) continue;
        conditions.add(cells);
        tokens.add(text);
      }
    }
    let other: OneRow | null = null;
    if (valid !== undefined) {
      const name = validationName(valid.name);
      for await (const { table } of tableParts(name, valid.pieces())) {
        other ??= new OneRow(name, table.columns);
        const places = placesIn(table, named);
        for (const [row, line] of table.lines.entries()) {
          const cells = places.map((place) => table.rows[row][place]);
          raw.validation.append([line], toBytes(cells));
        }
      }
    }
    const meaning = { conditions: conditions!.columns(train.name), vocabulary: tokens.vocabulary() };
    const seen = { file: new RowsSeen(meaning), all: new ClassesSeen(meaning.conditions) };
    const read = { own: own!, other, meaning, seen };
    const { data, config } = encoded(raw, read, named, { mostInPart, told: passOf(report, "encoding") });
    const columns = cellsSeen!.details(usesOfLabelled(named));
    const details = labelledDetails({ ...data, rows: cellsSeen!.rows, columns, seen: seen.file }, config, valid);
    return { data: { ...data, details, notes: notesOnConditions(seen.all, config) }, config };
  } finally {
    raw.close();
  }
}

/** Of the text, and of its conditions. @throws FormatError for a missing one */
function placesIn(table: Table, config: GenerateConfig): number[] {
  return [ownColumn(table, "text", config.text!), ...conditionColumns(table, config)];
}

/** What stands in a column of conditions, of the rows to train on. */
interface Counted {
  isLabel: boolean;
  rows: number;
  numbers: number;
  spread: RunningSpread;
  /** Of any number for the label; of others as many as say that there are too many. */
  values: Set<string>;
}

/** What conditions there are, as rows come: which columns are of numbers is known at the end. */
class ConditionCounts {
  readonly #config: GenerateConfig;
  readonly #names: readonly string[];
  readonly #columns: readonly Counted[];

  constructor(config: GenerateConfig) {
    this.#config = config;
    this.#names = conditionNames(config);
    this.#columns = this.#names.map((name) => {
      return { isLabel: name === config.label, rows: 0, numbers: 0, spread: new RunningSpread(), values: new Set() };
    });
  }

  /** @throws FormatError for an empty cell, a missing column */
  read(table: Table, row: number): string[] {
    return conditionColumns(table, this.#config).map((column, i) => {
      const cell = table.rows[row][column];
      if (cell.trim() !== "") return cell;
      if (isOfNumbers(this.#columns[i])) numberAt(table, row, column);
      return classNames(table, this.#names[i], [row])[0];
    });
  }

  /** Whether training has not seen one of the classes. */
  areNew(cells: readonly string[]): boolean {
    return this.#columns.some((column, i) => !isOfNumbers(column) && !column.values.has(cells[i]));
  }

  add(cells: readonly string[]): void {
    for (const [i, column] of this.#columns.entries()) {
      const number = column.isLabel ? null : numberOf(cells[i].trim());
      column.rows++;
      if (number !== null) {
        column.numbers++;
        column.spread.add(number);
      }
      if (column.isLabel || column.values.size <= MOST_VALUES) column.values.add(copyOf(cells[i]));
    }
  }

  /** @throws FormatError for too many values */
  columns(source: string): NumberColumn[] {
    return this.#columns.map((column, i) => {
      const name = this.#names[i];
      const { isLabel, spread, values } = column;
      if (isOfNumbers(column)) return { name, values: null, mean: spread.mean, scale: spread.scale };
      if (!isLabel && values.size > MOST_VALUES) throw tooManyValues("generate", source, name, "more");
      const called = isLabel && this.#config.condition === null ? CLASS : name;
      return { name: called, values: [...values].sort(), mean: 0, scale: 1 };
    });
  }
}

function isOfNumbers({ isLabel, numbers, rows }: Counted): boolean {
  return !isLabel && numbers > MOST * rows;
}

interface ReadFiles {
  own: OneRow;
  other: OneRow | null;
  meaning: Meaning;
  /** Told of the rows of the first, and of the conditions of both. */
  seen: { file: RowsSeen; all: ClassesSeen };
}

function encoded(
  raw: RawParts,
  { own, other, meaning, seen: counts }: ReadFiles,
  named: GenerateConfig,
  options: { mostInPart: number | undefined; told: Parameters<typeof storedParts>[3]["told"] },
): { data: GenerateData & { close(): void }; config: GenerateConfig } {
  let longest = 1;
  const maxLength = () => named.maxLength ?? Math.min(2 * longest, USUAL_LIMIT);
  const reader = (table: OneRow, config: GenerateConfig) => {
    const places = placesIn(table, named);
    const read = labelledReader(table, config, meaning);
    return (bytes: Uint8Array, line: number): Labelled => {
      table.set(line, places, ofBytes<string[]>(bytes));
      return read(0);
    };
  };
  const read = reader(own, named);
  let readOther: typeof read | null = null;
  const samplesOf: SamplesOf<Labelled> = ({ numbers: [line], bytes }, isHeld, seen) => {
    seen.add(bytes);
    if (isHeld && other !== null) {
      readOther ??= reader(other, { ...named, maxLength: maxLength() });
      const row = readOther(bytes, line);
      counts.all.add(row.condition);
      return [row];
    }
    const row = read(bytes, line);
    counts.file.add(row, !isHeld);
    counts.all.add(row.condition);
    longest = Math.max(longest, row.ids.length);
    return [row];
  };
  const stored = storedParts(raw, CODEC, samplesOf, { seed: named.seed, ...options });
  return { data: { ...stored, ...meaning }, config: { ...named, maxLength: maxLength() } };
}

/** Rows on the disk, in their order. */
export async function keepRows(pieces: AsyncIterable<readonly Labelled[]>): Promise<StoredSamples<Labelled>> {
  const kept = new StoredSamples(1, CODEC);
  try {
    for await (const rows of pieces) for (const row of rows) kept.append(0, row);
    kept.flush();
    return kept;
  } catch (error) {
    kept.close();
    throw error;
  }
}

const CODEC: SampleCodec<Labelled> = {
  write: ({ ids, condition }) => ({ numbers: condition, bytes: new Uint8Array(Int32Array.from(ids).buffer) }),
  // Copied, because numbers can begin at some places alone.
  read: ({ numbers, bytes }) => ({ ids: new Int32Array(bytes.slice().buffer), condition: [...numbers] }),
  lengthOf: ({ ids }) => ids.length,
};
