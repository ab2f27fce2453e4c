import { passOf, type Told } from "../../base/report.js";
import { cellError, ownColumn, type Table, tableParts } from "../../data/readers/index.js";
import { type TokenCounter, tokenCounter } from "../../text/token-counter.js";
import type { DataDetails } from "../about-data/details.js";
import { numberColumns, numberIn, type RowInputs, type Steps, vocabularyOptions } from "../rows/inputs.js";
import { rowsAreSteps, Sequencer, type Span } from "../rows/sequences.js";
import { RawParts, type SamplesOf, type StoredParts, storedParts } from "../stored/parts.js";
import { RunningSpread } from "../stored/running-spread.js";
import type { SampleCodec, StoredSamples } from "../stored/samples.js";
import { type RowStream, type StreamSources, validationName } from "../task.js";
import { type HeldOut, HeldOutDraw, heldOutOf } from "../training/held-out.js";
import type { ManyToOneConfig } from "./config.js";
import { StoredCounts, type TellsLabels } from "./counts.js";
import { labelRowsOf } from "./data.js";
import type { Example } from "./model.js";

/** What is told of rows that are stored, by the task that knows what their labels mean. */
export interface StoredTargets {
  /** What is to be told of the sequence whose label stands in a row, as numbers. @throws FormatError */
  of(table: Table, row: number): readonly number[];
  /** Whether a sequence has to be trained on, whatever is drawn: one of a class that none before it was of. */
  mustTrain(target: readonly number[]): boolean;
  /** Told of each of the file to train on, whichever part it is of. */
  found(target: readonly number[]): void;
  /** Told of each that is trained on. */
  trained(target: readonly number[]): void;
  /** Called when all were told: what stored numbers mean. */
  decoder(source: string): (numbers: Float64Array) => readonly number[];
  /** Called after it: told of each sequence as a model reads it, those to train on first. */
  seen(inputs: RowInputs): (steps: Steps, numbers: Float64Array, isHeld: boolean) => void;
}

export interface StoredRows {
  inputs: RowInputs;
  train: StoredSamples<Example>;
  validation: StoredSamples<Example>;
  /** Says whether a run goes on with the rows that it began with. */
  fingerprint: string;
  /** What there is to know of them, with what the task says of their labels. */
  detailsWith(labels: TellsLabels): DataDetails;
  close(): void;
}

export interface StoreOptions {
  known?: RowInputs | undefined;
  mostInPart?: number | undefined;
}

/** Windows that follow each other are drawn together: others would share most of their rows with their neighbours. */
const WINDOWS_DRAWN = 50;

/**
 * Sequences of files that need not fit into memory. Each is drawn to train or to validate on as it comes; vocabulary and scales are
 * counted on the way, and what is read then lies on the disk.
 * @param known  inputs of a model that is trained on; default: counted on the way
 * @param mostInPart  of so many sequences an order is held in memory
 * @throws FormatError for a row that does not fit; FileError where the disk is full
 */
export async function storeRows(
  { train, valid, report }: StreamSources,
  config: ManyToOneConfig,
  targets: StoredTargets,
  { known, mostInPart }: StoreOptions = {},
): Promise<StoredRows> {
  const raw = new RawParts();
  try {
    const reader = new RawReader(config, known);
    const draw = new Drawing(config, heldOutOf(config, valid !== undefined));
    const counts = new StoredCounts(config);
    const put = ({ table, spans, labelRows }: SequencePart) => {
      for (const [i, span] of spans.entries()) {
        const target = targets.of(table, labelRows[i]);
        targets.found(target);
        const isHeld = draw.isHeld(table, span, targets.mustTrain(target));
        if (isHeld === null) continue;
        raw[isHeld ? "validation" : "train"].append(target, reader.read(table, span, !isHeld));
        if (!isHeld) targets.trained(target);
        // How many tokens a text has is known with its vocabulary.
        if (config.text === null) counts.add(reader.stepsOf(span));
      }
    };
    for await (const part of sequencesOf(train, config, (rows) => counts.see(rows))) put(part);
    const targetOf = targets.decoder(train.name);
    const inputs = reader.inputs();
    if (valid !== undefined) {
      const named = { ...valid, name: validationName(valid.name) };
      for await (const { table, spans, labelRows } of sequencesOf(named, config)) {
        for (const [i, span] of spans.entries()) {
          raw.validation.append(targets.of(table, labelRows[i]), reader.read(table, span, false));
        }
      }
    }
    const own = targets.seen(inputs);
    const seen = (sequence: Sequence) => {
      if (inputs.vocabulary !== null) counts.addText(inputs, sequence, !sequence.isHeld || valid === undefined);
      own(sequence.steps, sequence.numbers, sequence.isHeld);
    };
    const options = { mostInPart, told: passOf(report, "encoding") };
    const stored = encoded(raw, { inputs, config, targetOf, seen }, options);
    const { shared, unlearned, drawn } = draw;
    const parts = { train: stored.train.length, validation: stored.validation.length };
    const detailsWith = (labels: TellsLabels) =>
      counts.details(inputs, { ...parts, shared, unlearned, drawn }, valid, labels);
    return { ...stored, inputs, detailsWith };
  } finally {
    raw.close();
  }
}

/** Sequences that came together, in order, each with the row of its label. */
interface SequencePart {
  table: Table;
  spans: readonly Span[];
  labelRows: readonly number[];
}

/** The sequences of a file. @param told  of the rows of each part */
async function* sequencesOf(
  { name, pieces }: RowStream,
  config: ManyToOneConfig,
  told?: (part: Table) => void,
): AsyncGenerator<SequencePart> {
  const sequencer = new Sequencer(config);
  let waiting: Table | null = null;
  for await (const { table: part } of tableParts(name, pieces())) {
    told?.(part);
    const table: Table = waiting === null ? part : behind(waiting, part);
    const { spans, rest } = sequencer.take(table, false);
    yield { table, spans, labelRows: labelRowsOf(table, spans, config) };
    waiting =
      rest === table.rows.length ? null : { ...table, rows: table.rows.slice(rest), lines: table.lines.slice(rest) };
  }
  if (waiting === null) return;
  const { spans } = sequencer.take(waiting, true);
  yield { table: waiting, spans, labelRows: labelRowsOf(waiting, spans, config) };
}

function behind(first: Table, second: Table): Table {
  return { ...second, rows: [...first.rows, ...second.rows], lines: [...first.lines, ...second.lines] };
}

/** Which part a sequence is of, drawn by seed as they come. */
class Drawing {
  readonly #draw: HeldOutDraw;
  readonly #group: string | null;
  readonly #window: number;
  #isHeld = false;
  /** Of the sequences that are drawn together: their group, and how many of them there were. */
  #id: string | null = null;
  #taken = 0;
  /** Windows that would be in two parts: they share rows with those of the other one, or are of a class that is not learned. */
  shared = 0;
  unlearned = 0;
  /** The line behind the last one of each part. */
  readonly #ends = { train: 0, validation: 0 };

  constructor({ group, window }: ManyToOneConfig, held: HeldOut) {
    this.#draw = new HeldOutDraw(held);
    [this.#group, this.#window] = [group, window];
  }

  /** Null for a window that would be in two parts. @param must  whether it has to be trained on */
  isHeld(table: Table, span: Span, must: boolean): boolean | null {
    if (this.#begins(table, span)) {
      this.#isHeld = this.#draw.next();
      this.#taken = 0;
    }
    this.#taken++;
    if (must && this.#isHeld) {
      if (this.#group !== null && this.#taken > 1) {
        this.unlearned++;
        return null;
      }
      this.#isHeld = false;
    }
    if (this.#window === 0 || !this.#overlaps(table, span)) return this.#isHeld;
    this.shared++;
    return null;
  }

  /** How sequences to validate on are drawn. */
  get drawn(): string {
    if (this.#window === 0) return "at random";
    return this.#group === null ? `runs of ${WINDOWS_DRAWN} windows at random` : "whole groups at random";
  }

  #begins(table: Table, { from }: Span): boolean {
    if (this.#group === null) return this.#window === 0 || this.#taken === 0 || this.#taken === WINDOWS_DRAWN;
    const id = table.rows[from][ownColumn(table, "group", this.#group)];
    const isNew = id !== this.#id;
    this.#id = id;
    return isNew;
  }

  #overlaps({ lines }: Table, { from, to }: Span): boolean {
    const [own, other] = this.#isHeld ? (["validation", "train"] as const) : (["train", "validation"] as const);
    if (lines[from] < this.#ends[other]) return true;
    this.#ends[own] = lines[to - 1] + 1;
    return false;
  }
}

/** Reads what a sequence holds as bytes: its text, or its numbers before they are scaled. */
class RawReader {
  readonly #config: ManyToOneConfig;
  readonly #tokens: TokenCounter;
  readonly #encoder = new TextEncoder();
  #columns: readonly string[] = [];
  #places: readonly number[] = [];
  #spreads: RunningSpread[] = [];
  readonly #known: RowInputs | undefined;
  #header: readonly string[] | null = null;
  #counted = 0;

  constructor(config: ManyToOneConfig, known: RowInputs | undefined) {
    this.#config = config;
    this.#known = known;
    this.#columns = known?.columns ?? [];
    this.#tokens = tokenCounter(config.tokens, vocabularyOptions(config));
  }

  /** @param isTrained  whether vocabulary and scales are made of it, where there are none. @throws FormatError */
  read(table: Table, span: Span, isTrained: boolean): Uint8Array {
    this.#locate(table);
    const counts = isTrained && this.#known === undefined;
    return this.#config.text === null ? this.#numbers(table, span, counts) : this.#text(table, span, counts);
  }

  /** Steps of a sequence of numbers, of which `maxLength` are read. */
  stepsOf({ from, to }: Span): number {
    return rowsAreSteps(this.#config) ? to - from : this.#places.length;
  }

  /** Of all that counted. @throws FormatError */
  inputs(): RowInputs {
    if (this.#known !== undefined) return this.#known;
    if (this.#config.text !== null) {
      return { columns: this.#columns, vocabulary: this.#tokens.vocabulary(), mean: [0], scale: [1] };
    }
    const [mean, scale] = (["mean", "scale"] as const).map((key) => this.#spreads.map((one) => one[key]));
    return { columns: this.#columns, vocabulary: null, mean, scale };
  }

  #locate(table: Table): void {
    if (this.#header === table.columns) return;
    this.#header = table.columns;
    const { text } = this.#config;
    if (this.#columns.length === 0) this.#columns = text === null ? numberColumns(table, this.#config) : [text];
    this.#places = this.#columns.map((name) => ownColumn(table, text === null ? "columns" : "text", name));
    const spreads = rowsAreSteps(this.#config) ? this.#places.length : 1;
    if (this.#spreads.length === 0) this.#spreads = Array.from({ length: spreads }, () => new RunningSpread());
  }

  #text(table: Table, { from }: Span, counts: boolean): Uint8Array {
    const [at] = this.#places;
    const text = table.rows[from][at];
    // White space has no words, but for line ends.
    if (this.#config.tokens === "word" ? !/\S|[\n\r]/.test(text) : text === "") {
      throw cellError(table, from, at, "hold text", "Write one, or leave the row out.");
    }
    if (counts) {
      // As in a file of texts, which the vocabulary of rows in memory is made of.
      if (this.#counted++ > 0) this.#tokens.add("\n");
      this.#tokens.add(text);
    }
    return this.#encoder.encode(text);
  }

  #numbers(table: Table, { from, to }: Span, counts: boolean): Uint8Array {
    const { maxLength } = this.#config;
    const width = this.#places.length;
    const most = rowsAreSteps(this.#config) ? maxLength * width : maxLength;
    const numbers = new Float64Array(Math.min((to - from) * width, most));
    for (let row = from, i = 0; row < to; row++) {
      for (let c = 0; c < width; c++, i++) {
        if (!counts && i >= most) break;
        const value = numberIn(table, row, this.#places[c]);
        if (counts) this.#spreads[this.#spreads.length === 1 ? 0 : c].add(value);
        if (i < most) numbers[i] = value;
      }
    }
    return new Uint8Array(numbers.buffer);
  }
}

/** What was read of a sequence. */
interface Sequence {
  /** As a model reads them. */
  steps: Steps;
  /** Those that there are. */
  all: Steps;
  numbers: Float64Array;
  isHeld: boolean;
}

interface Encoding {
  inputs: RowInputs;
  config: ManyToOneConfig;
  targetOf(numbers: Float64Array): readonly number[];
  /** Told of each sequence, those to train on first. */
  seen(sequence: Sequence): void;
}

/** What was put aside, as a model reads it. */
function encoded(
  raw: RawParts,
  { inputs, config, targetOf, seen: told }: Encoding,
  options: { mostInPart: number | undefined; told: Told | undefined },
): StoredParts<Example> {
  const { seed, maxLength } = config;
  const stepsOf = stepsReader(inputs);
  const samplesOf: SamplesOf<Example> = ({ numbers, bytes }, isHeld, seen) => {
    const all = stepsOf(bytes);
    // Of numbers no more were put aside.
    const steps = inputs.vocabulary !== null && all.length > maxLength ? all.slice(0, maxLength) : all;
    seen.add(steps);
    seen.add(numbers);
    told({ steps, all, numbers, isHeld });
    return [{ steps, target: [...numbers] }];
  };
  return storedParts(raw, stepsCodec(inputs, targetOf), samplesOf, { seed, ...options });
}

/** Sequences of the model's steps. */
function stepsReader({ vocabulary, mean, scale }: RowInputs): (bytes: Uint8Array) => Steps {
  if (vocabulary === null) {
    const features = mean.length;
    return (bytes) => {
      const numbers = new Float64Array(bytes.slice().buffer);
      const steps = new Float32Array(numbers.length);
      for (let i = 0; i < steps.length; i++) steps[i] = (numbers[i] - mean[i % features]) / scale[i % features];
      return steps;
    };
  }
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return (bytes) => vocabulary.encode(decoder.decode(bytes));
}

/** Ids take as many bytes as the vocabulary needs. */
function stepsCodec(
  { vocabulary }: RowInputs,
  targetOf: (numbers: Float64Array) => readonly number[],
): SampleCodec<Example> {
  const size = vocabulary?.size;
  const Ids =
    size === undefined ? Float32Array : size <= 2 ** 8 ? Uint8Array : size <= 2 ** 16 ? Uint16Array : Int32Array;
  return {
    write({ steps, target }) {
      const { buffer, byteOffset, byteLength } = new Ids(steps);
      return { numbers: target, bytes: new Uint8Array(buffer, byteOffset, byteLength) };
    },
    read({ numbers, bytes }) {
      // Copied, because its place among others may be none that an array of larger numbers can begin at.
      const stored = new Ids(bytes.slice().buffer);
      return { steps: stored instanceof Float32Array ? stored : Int32Array.from(stored), target: targetOf(numbers) };
    },
  };
}
