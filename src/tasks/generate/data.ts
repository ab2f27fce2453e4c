import { FormatError } from "../../base/errors.js";
import { passOf } from "../../base/report.js";
import { cellError, classNames, columnRoles, ownColumn, readTable, type Table } from "../../data/readers/index.js";
import { splitRows } from "../../data/split.js";
import type { Vocabulary } from "../../text/index.js";
import { classCounts } from "../about-data/class-counts.js";
import { columnDetails, unusedColumns, usesOf } from "../about-data/columns.js";
import type { DataDetails } from "../about-data/details.js";
import { heldHow } from "../about-data/held-out.js";
import { quantiles } from "../about-data/quantiles.js";
import { rareTokens } from "../about-data/unknown.js";
import { classesText } from "../classes-text.js";
import { type Sources, validationName } from "../task.js";
import { textCells, textReader, USUAL_LIMIT } from "../text-cells.js";
import { unitOf } from "../unknown-tokens.js";
import { vocabularyOf } from "../vocabularies.js";
import type { GenerateConfig } from "./config.js";

/** A text without its end, and its class. */
export interface Labelled {
  ids: Int32Array;
  label: number;
}

/** What a model has to know of its rows. */
export interface Meaning {
  classes: readonly string[];
  vocabulary: Vocabulary;
}

export interface GenerateData extends Meaning {
  train: readonly Labelled[];
  validation: readonly Labelled[];
  details: DataDetails;
}

/** @returns the settings too, with what they left to the file. @throws FormatError for a missing column, an empty or too long text */
export function readData(
  { train, valid }: Sources,
  given: GenerateConfig,
): { data: GenerateData; config: GenerateConfig } {
  const table = readTable(train.bytes, train.name, { told: passOf(train.report, "reading") });
  const held = valid && readTable(valid.bytes, validationName(valid.name));
  const named = { ...given, ...columnsOf(table, given) };
  const names = classNames(table, named.label);
  const classes = [...new Set(names)].sort();
  const part = typeof named.valid === "number" && held === undefined ? named.valid : 0;
  const rows = splitRows(names, part, named.seed);
  const column = table.columns.indexOf(named.text);
  const texts = textCells(table, column);
  const learned = rows.train.map((row) => texts[row]);
  const meaning = { classes, vocabulary: vocabularyOf(named.tokens, learned, named.minCount) };
  const all = labelledOf(table, named, meaning);
  const longest = all.reduce((most, { ids }) => Math.max(most, ids.length), 1);
  const config = { ...named, maxLength: named.maxLength ?? Math.min(2 * longest, USUAL_LIMIT) };
  const [own, kept] = [rows.train, rows.validation].map((part) => part.map((row) => all[row]));
  const validation = held === undefined ? kept : labelledOf(held, config, meaning);
  const columns = columnDetails(table, usesOf({ text: named.text, label: named.label }));
  const { kind } = meaning.vocabulary;
  const details: DataDetails = {
    rows: table.rows.length,
    unit: "rows",
    columns,
    classes: [classCounts(named.label, names)],
    lengths: quantiles(
      named.text,
      `${unitOf(kind)}s`,
      all.map(({ ids }) => ids.length),
    ),
    values: [],
    leftOut: [
      ...rareTokens(
        meaning.vocabulary,
        own.map(({ ids }) => ids),
      ),
      ...unusedColumns(columns),
    ],
    split: {
      train: own.length,
      validation: validation.length,
      unit: "rows",
      how: heldHow(config, valid, "at random"),
    },
  };
  return { data: { ...meaning, train: own, validation, details }, config };
}

function columnsOf(table: Table, { text, label }: GenerateConfig): { text: string; label: string } {
  const roles = text !== null && label !== null ? { text, label } : columnRoles(table, { text, label });
  const names = { text: text ?? roles?.text ?? "text", label: label ?? roles?.label ?? "label" };
  ownColumn(table, "text", names.text);
  ownColumn(table, "label", names.label);
  if (names.text !== names.label) return { text: names.text, label: names.label };
  const must = "have a column of texts beside that of the classes";
  throw new FormatError({ op: "table", argument: table.source, must, value: `${names.text} for both` });
}

/** @throws FormatError for an empty text, one that is too long, a class that was not learned */
export function labelledOf(table: Table, config: GenerateConfig, { classes, vocabulary }: Meaning): Labelled[] {
  const column = ownColumn(table, "text", config.text ?? "text");
  const names = classNames(table, config.label ?? "label");
  const read = textReader(table, column, vocabulary, config.maxLength ?? USUAL_LIMIT);
  const place = table.columns.indexOf(config.label ?? "label");
  return table.rows.map((_, row) => {
    const label = classes.indexOf(names[row]);
    if (label < 0) throw cellError(table, row, place, `be a class that was learned (${classesText(classes)})`);
    return { ids: read(row), label };
  });
}
