import { isTableName, readTable } from "../../data/readers/index.js";
import type { Vocabulary } from "../../text/index.js";
import { columnDetails, unusedColumns, usesOf } from "../about-data/columns.js";
import { type DataDetails, type LeftOut, leftOut } from "../about-data/details.js";
import { heldHow } from "../about-data/held-out.js";
import { cutOff, quantiles } from "../about-data/quantiles.js";
import { rareTokens } from "../about-data/unknown.js";
import type { Sources } from "../task.js";
import { unitOf } from "../unknown-tokens.js";
import type { AnomalyConfig } from "./config.js";
import { type TextLine, tokensOf } from "./lines.js";

/** What a label says is a fault. */
export function faultsLeftOut(count: number, unit: string): LeftOut[] {
  return leftOut(count, `${unit} are faults: what is usual is learned without them`, "label");
}

interface ReadLines {
  vocabulary: Vocabulary;
  train: readonly TextLine[];
  validation: readonly TextLine[];
}

/** What there is to know of lines. @param found  all of the file to train on */
export function linesDetails(
  { train: { name, bytes }, valid }: Sources,
  found: readonly TextLine[],
  { vocabulary, train, validation }: ReadLines,
  config: AnomalyConfig,
): DataDetails {
  const table = isTableName(name) ? readTable(bytes, name) : null;
  const columns = table === null ? [] : columnDetails(table, usesOf({ text: config.text, label: config.label }));
  const rows = table?.rows.length ?? found.length;
  const unit = `${unitOf(vocabulary.kind)}s`;
  const { maxLength } = config;
  const lengths: number[] = [];
  const rare = rareTokens(vocabulary, eachRead(found, vocabulary, lengths));
  return {
    rows,
    unit: "lines",
    columns,
    classes: [],
    lengths: quantiles(config.text ?? "lines", unit, lengths),
    values: [],
    leftOut: [
      ...faultsLeftOut(found.filter(({ isFault }) => isFault).length, "lines"),
      ...leftOut(rows - found.length, "lines are empty"),
      ...cutOff(lengths, maxLength, { rows: "lines", unit }),
      ...rare,
      ...unusedColumns(columns),
    ],
    split: {
      train: train.length,
      validation: validation.length,
      unit: "lines",
      how: heldHow(config, valid, "at random"),
    },
  };
}

/** The tokens of each line, all of them; how many there are between its two ends goes to `lengths`. */
function* eachRead(found: readonly TextLine[], vocabulary: Vocabulary, lengths: number[]): Iterable<Int32Array> {
  for (const line of found) {
    const ids = tokensOf(vocabulary, line, Infinity);
    lengths.push(ids.length - 2);
    yield ids;
  }
}
