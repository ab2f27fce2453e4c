import type { Vocabulary } from "../../text/index.js";
import { unusedColumns, usesOf } from "../about-data/columns.js";
import { type ColumnDetail, type DataDetails, type LeftOut, leftOut } from "../about-data/details.js";
import { heldHow } from "../about-data/held-out.js";
import { LengthCounts } from "../about-data/length-counts.js";
import { endsCut } from "../about-data/quantiles.js";
import type { Source } from "../task.js";
import { countUnknown, unitOf, unknownText } from "../tokens/unknown.js";
import type { AnomalyConfig } from "./config.js";

/** What a label says is a fault. */
function faultsLeftOut(count: number, unit: string): LeftOut[] {
  return leftOut(count, `${unit} are faults: what is usual is learned without them`, "label");
}

interface Parts {
  train: { readonly length: number };
  validation: { readonly length: number };
}

/** Of a series without what its label says is a fault. @param all  windows, with faults */
export function usualDetails(details: DataDetails, all: Parts, usual: Parts, { label }: AnomalyConfig): DataDetails {
  const [train, validation] = [usual.train.length, usual.validation.length];
  const faults = all.train.length + all.validation.length - train - validation;
  return {
    ...details,
    columns: details.columns.map((one) => (one.name === label ? { ...one, use: "label" } : one)),
    leftOut: [...faultsLeftOut(faults, "values"), ...details.leftOut],
    split: { ...details.split, train, validation },
  };
}

/** What columns are to a detector of lines. */
export function usesOfLines({ text, label }: AnomalyConfig): Record<string, string> {
  return usesOf({ text, label });
}

/** The tokens of usual lines of the file to train on: how many there are in each, and how many of those to learn from are unknown. */
export class LineTokens {
  readonly lengths = new LengthCounts();
  all = 0;
  unknown = 0;
  readonly #vocabulary: Vocabulary;

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
  }

  /** @param ids  all of a line, with its two ends */
  add(ids: Int32Array, isLearned: boolean): void {
    this.lengths.add(ids.length - 2);
    if (!isLearned) return;
    this.all += ids.length;
    this.unknown += countUnknown(this.#vocabulary, ids);
  }

  /** What is left out of them. */
  leftOut({ maxLength }: AnomalyConfig): LeftOut[] {
    const { kind } = this.#vocabulary;
    const what = `${unknownText(kind, this.unknown / this.all)}: too rare for the vocabulary`;
    const cut = endsCut(this.lengths.above(maxLength), maxLength, { rows: "lines", unit: `${unitOf(kind)}s` });
    return [...cut, ...leftOut(this.unknown, what, "minCount")];
  }
}

/** What was counted of lines, in memory or on the disk. */
export interface LineCounts {
  /** Of the file, empty ones among them. */
  rows: number;
  faults: number;
  empty: number;
  columns: readonly ColumnDetail[];
  tokens: LineTokens;
}

/** What there is to know of lines. */
export function linesDetails(
  { rows, faults, empty, columns, tokens }: LineCounts,
  { vocabulary, train, validation }: Parts & { vocabulary: Vocabulary },
  config: AnomalyConfig,
  valid: Pick<Source, "name"> | undefined,
): DataDetails {
  const how = heldHow(config, valid, "at random");
  return {
    rows,
    unit: "lines",
    columns,
    classes: [],
    lengths: tokens.lengths.quantiles(config.text ?? "lines", `${unitOf(vocabulary.kind)}s`),
    values: [],
    leftOut: [
      ...faultsLeftOut(faults, "lines"),
      ...leftOut(empty, "lines are empty"),
      ...tokens.leftOut(config),
      ...unusedColumns(columns),
    ],
    split: { train: train.length, validation: validation.length, unit: "lines", how },
  };
}
