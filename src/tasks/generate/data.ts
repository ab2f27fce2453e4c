import { FormatError } from "../../base/errors.js";
import { passOf } from "../../base/report.js";
import { columnRoles, ownColumn, readTable, type Table } from "../../data/readers/index.js";
import type { Vocabulary } from "../../text/index.js";
import { columnDetails } from "../about-data/columns.js";
import type { DataDetails } from "../about-data/details.js";
import type { NumberColumn } from "../rows/number-columns.js";
import { textCells, textReader, USUAL_LIMIT } from "../rows/text-cells.js";
import type { Samples } from "../stored/samples.js";
import { type Sources, validationName } from "../task.js";
import { vocabularyOf } from "../tokens/vocabularies.js";
import { fingerprint } from "../training/fingerprint.js";
import { heldOutOf, holdOutRows } from "../training/held-out.js";
import { type Condition, conditionColumns, conditionReader, fitConditions } from "./conditions.js";
import { conditionNames, type GenerateConfig } from "./config.js";
import { labelledDetails, RowsSeen, usesOfLabelled } from "./details.js";

/** A text without its end, and what it is written of. */
export interface Labelled {
  ids: Int32Array;
  condition: Condition;
}

/** What a model has to know of its rows. */
export interface Meaning {
  conditions: readonly NumberColumn[];
  vocabulary: Vocabulary;
}

export interface GenerateData extends Meaning {
  train: Samples<Labelled>;
  validation: Samples<Labelled>;
  fingerprint: string;
  details?: DataDetails | undefined;
  /** What is odd about them, where they lie on the disk: it was seen on the way there. */
  notes?: readonly string[] | undefined;
}

/** @returns the settings too, with what they left to the file. @throws FormatError for a missing column, an empty or too long text */
export function readData(
  { train, valid }: Sources,
  given: GenerateConfig,
): { data: GenerateData; config: GenerateConfig } {
  const table = readTable(train.bytes, train.name, { told: passOf(train.report, "reading") });
  const held = valid && readTable(valid.bytes, validationName(valid.name));
  const named = { ...given, ...columnsOf(table, given) };
  const rows = holdOutRows(kindsOf(table, named), heldOutOf(named, held !== undefined));
  const column = table.columns.indexOf(named.text);
  const texts = textCells(table, column);
  const learned = rows.train.map((row) => texts[row]);
  const conditions = fitConditions(table, rows.train, named);
  const meaning = { conditions, vocabulary: vocabularyOf(named.tokens, learned, named.minCount) };
  const all = labelledOf(table, named, meaning);
  const longest = all.reduce((most, { ids }) => Math.max(most, ids.length), 1);
  const config = { ...named, maxLength: named.maxLength ?? Math.min(2 * longest, USUAL_LIMIT) };
  const [own, kept] = [rows.train, rows.validation].map((part) => part.map((row) => all[row]));
  const validation = held === undefined ? kept : labelledOf(held, config, meaning);
  const seen = new RowsSeen(meaning);
  for (const row of own) seen.add(row, true);
  for (const row of kept) seen.add(row, false);
  const columns = columnDetails(table, usesOfLabelled(named));
  const counted = { rows: table.rows.length, columns, seen, train: own, validation };
  const details = labelledDetails(counted, config, valid);
  const contents = fingerprint([own, validation].map(numbersOf));
  return { data: { ...meaning, train: own, validation, fingerprint: contents, details }, config };
}

function numbersOf(rows: readonly Labelled[]): number[] {
  return rows.flatMap(({ ids, condition }) => [...ids, ...condition.map((code) => -1 - code)]);
}

/** Of each row its classes together: what training lacks is not validated on. */
function kindsOf(table: Table, config: GenerateConfig): string[] {
  const all = fitConditions(table, [...table.rows.keys()], config);
  const columns = conditionColumns(table, config).filter((_, i) => all[i].values !== null);
  return table.rows.map((cells) => columns.map((column) => cells[column]).join("\0"));
}

/** The columns, with what a file says of those that nobody named. With conditions there need be no label. */
export function columnsOf(
  table: Table,
  { text, label, condition }: GenerateConfig,
): { text: string; label: string | null } {
  const own = conditionNames({ label, condition });
  const key = label !== null || condition === null ? "label" : "condition";
  const first = own[0] ?? null;
  const roles = text !== null && first !== null ? { text, label: first } : columnRoles(table, { text, label: first });
  const names = { text: text ?? roles?.text ?? "text", label: first ?? roles?.label ?? "label" };
  ownColumn(table, "text", names.text);
  ownColumn(table, key, names.label);
  if (names.text !== names.label && !own.includes(names.text)) {
    return { text: names.text, label: key === "label" ? names.label : null };
  }
  const must = "have a column of texts beside that of the classes";
  throw new FormatError({ op: "table", argument: table.source, must, value: `${names.text} for both` });
}

/** @throws FormatError for an empty text, one that is too long, a condition that was not learned */
export function labelledOf(table: Table, config: GenerateConfig, { conditions, vocabulary }: Meaning): Labelled[] {
  const read = labelledReader(table, config, { conditions, vocabulary });
  return table.rows.map((_, row) => read(row));
}

/** How a row is read. @throws FormatError as `labelledOf` does */
export function labelledReader(
  table: Table,
  config: GenerateConfig,
  { conditions, vocabulary }: Meaning,
): (row: number) => Labelled {
  const column = ownColumn(table, "text", config.text ?? "text");
  const condition = conditionReader(table, conditions, config);
  const read = textReader(table, column, vocabulary, config.maxLength ?? USUAL_LIMIT);
  return (row) => ({ condition: condition(row), ids: read(row) });
}
