import { passOf } from "../../base/report.js";
import { isTableName, type Table } from "../../data/readers/index.js";
import type { BadRow } from "../../data/readers/table.js";
import { tokenCounter } from "../../text/token-counter.js";
import { SeenColumns } from "../about-data/seen-columns.js";
import { type ForecastMeta, firstOrigin } from "../forecast/data.js";
import type { RawOptions } from "../forecast/raw-series.js";
import type { StoredWindows } from "../forecast/stored-windows.js";
import { type OpenSeries, openSeries, storeForecastData } from "../forecast/storing.js";
import { RawParts, storedParts } from "../stored/parts.js";
import type { SampleCodec } from "../stored/samples.js";
import type { RowStream, StreamSources } from "../task.js";
import { HeldOutDraw, heldOutOf } from "../training/held-out.js";
import type { AnomalyConfig } from "./config.js";
import { type AnomalyData, nothingToScore, nothingUsual } from "./data.js";
import { type LineCounts, LineTokens, linesDetails, usesOfLines, usualDetails } from "./details.js";
import { forecastConfig } from "./forecast-config.js";
import {
  allTokensOf,
  isFaultLabel,
  lineParts,
  lineReader,
  noLines,
  readsLines,
  readText,
  type TextLine,
  tokensOf,
  vocabularySettings,
} from "./lines.js";

/** What was read of a file that need not fit into memory. */
export interface StoredAnomalyData {
  data: AnomalyData;
  config: AnomalyConfig;
  fitted: Record<string, number>;
  close(): void;
}

/**
 * As `readAnomalyData`, for files that need not fit into memory: series lie on the disk, and so do lines.
 * @throws FormatError, OptionError; FileError where the disk is full
 */
export async function storeAnomalyData(
  sources: StreamSources,
  config: AnomalyConfig,
  nameOf?: (key: string) => string,
  mostInPart?: number,
): Promise<StoredAnomalyData> {
  if (readsLines(sources.train.name, config))
    return { ...(await storeLines(sources, config, mostInPart)), config, fitted: {} };
  const stored = await storeForecastData(sources, forecastConfig(config), nameOf, markOf(config));
  try {
    const { season, context, lags, calendar } = stored.config;
    const [train, validation] = [stored.data.train, stored.data.validation].map((windows) => usualIn(windows, config));
    if (train.length === 0) throw nothingUsual(sources.train.name);
    const details = usualDetails(stored.data.details, stored.data, { train, validation }, config);
    const data = { series: stored.data, vocabulary: null, read: stored.data, train, validation, details };
    return { ...stored, data, config: { ...config, season, context, lags, calendar } };
  } catch (error) {
    stored.close();
    throw error;
  }
}

/** Rows that a label says are faults. */
function markOf({ label }: AnomalyConfig): RawOptions["mark"] {
  return label === null ? undefined : { key: "label", name: label, isMarked: isFaultLabel };
}

function usualIn(windows: StoredWindows, { label }: AnomalyConfig): StoredWindows {
  return label === null ? windows : windows.unmarked();
}

/** A series whose values are to be scored, every one that has enough before it. */
export interface SeriesToScore {
  windows: StoredWindows;
  /** Whether a label says that a row is a fault. */
  isFault(row: number): boolean;
  close(): void;
}

/**
 * As `scoredWindows`, of a file that need not fit into memory; rows that cannot be read are given as they come.
 * @throws FormatError; FileError where the disk is full
 */
export async function* seriesToScore(
  file: RowStream,
  config: AnomalyConfig,
  meta: ForecastMeta,
  { hasLabel, keepBad }: { hasLabel: boolean; keepBad: boolean },
): AsyncGenerator<readonly BadRow[], SeriesToScore, undefined> {
  const settings = forecastConfig(config);
  const first = firstOrigin(settings);
  const options = { keepBad, ...(hasLabel && { mark: markOf(config) }) };
  const { parts, windows, close }: OpenSeries = yield* openSeries(file, settings, meta, options);
  const all = windows(({ length }) => [first, length - 1, 1]);
  if (all.length > 0) return { windows: all, isFault: (row) => hasLabel && parts.isMarked(row), close };
  close();
  throw nothingToScore(settings, file.name);
}

/** Lines on the disk, without those that are faults. */
async function storeLines(
  { train, valid, report }: StreamSources,
  config: AnomalyConfig,
  mostInPart: number | undefined,
): Promise<{ data: AnomalyData; close(): void }> {
  const raw = new RawParts();
  const encoder = new TextEncoder();
  const put = (isHeld: boolean, { text, line }: TextLine) =>
    raw[isHeld ? "validation" : "train"].append([line], encoder.encode(text));
  try {
    const draw = new HeldOutDraw(heldOutOf(config, valid !== undefined));
    const tokens = tokenCounter(config.tokens, vocabularySettings(config));
    const counted = new LinesSeen(isTableName(train.name));
    tokens.add("\n");
    for await (const line of linesOf(train, config, (table) => counted.see(table))) {
      counted.found++;
      if (line.isFault) {
        counted.faults++;
        continue;
      }
      const isHeld = draw.next();
      put(isHeld, line);
      if (!isHeld) for (const part of [readText(line, config), "\n"]) tokens.add(part);
    }
    if (counted.found === 0) throw noLines(train.name);
    if (counted.found === counted.faults) throw nothingUsual(train.name);
    if (valid !== undefined) {
      for await (const line of linesOf(valid, config)) {
        if (!line.isFault) put(true, line);
      }
    }
    const vocabulary = tokens.vocabulary();
    const tokensIn = (line: TextLine) => tokensOf(vocabulary, line, config);
    const lineTokens = new LineTokens(vocabulary);
    const codec = lineCodec((line) => tokensIn(line).length);
    const options = { seed: config.seed, mostInPart, told: passOf(report, "encoding") };
    const { close, ...stored } = storedParts(
      raw,
      codec,
      (record, isHeld, seen) => {
        const line = codec.read(record);
        const ids = allTokensOf(vocabulary, line, config);
        seen.add(ids.slice(0, config.maxLength + 1));
        if (!isHeld || valid === undefined) lineTokens.add(ids, !isHeld);
        return [line];
      },
      options,
    );
    const parts = { vocabulary, ...stored };
    const details = linesDetails(counted.counts(config, lineTokens), parts, config, valid);
    return { data: { series: null, read: null, ...parts, details }, close };
  } finally {
    raw.close();
  }
}

/** What there was in a file of lines; what is no table has no columns, and empty lines of it are none. */
class LinesSeen {
  found = 0;
  faults = 0;
  readonly #isTable: boolean;
  #columns: SeenColumns | null = null;

  constructor(isTable: boolean) {
    this.#isTable = isTable;
  }

  see({ columns, rows }: Table): void {
    if (!this.#isTable) return;
    this.#columns ??= new SeenColumns(columns);
    for (const row of rows) this.#columns.see(row);
  }

  counts(config: AnomalyConfig, tokens: LineTokens): LineCounts {
    const { found, faults } = this;
    const rows = this.#columns?.rows ?? found;
    const columns = this.#columns?.details(usesOfLines(config)) ?? [];
    return { rows, faults, empty: rows - found, columns, tokens };
  }
}

async function* linesOf(
  file: RowStream,
  config: AnomalyConfig,
  told?: (table: Table) => void,
): AsyncGenerator<TextLine, void, undefined> {
  for await (const { table } of lineParts(file, config, false)) {
    told?.(table);
    const read = lineReader(table, config);
    for (const row of table.rows.keys()) {
      const line = read(row);
      if (line !== null) yield line;
    }
  }
}

function lineCodec(lengthOf: (line: TextLine) => number): SampleCodec<TextLine> {
  const [encoder, decoder] = [new TextEncoder(), new TextDecoder("utf-8", { ignoreBOM: true })];
  return {
    write: ({ text, line }) => ({ numbers: [line], bytes: encoder.encode(text) }),
    read: ({ numbers, bytes }) => ({ text: decoder.decode(bytes), line: numbers[0], isFault: false }),
    lengthOf,
  };
}
