import { show } from "../../base/errors.js";
import { passOf, type Told, tellRow } from "../../base/report.js";
import { cellError, ownColumn, readTable, type Table } from "../../data/readers/index.js";
import { byGroup } from "../../data/splits.js";
import { firstFault, type RowInputs, type RowSettings, rowReader } from "../rows/inputs.js";
import { rowsAreSteps, Sequencer, type Span } from "../rows/sequences.js";
import type { Source } from "../task.js";
import { Fingerprint } from "../training/fingerprint.js";
import {
  blockOf,
  foldOfGroups,
  type HeldOut,
  type HeldOutNumbers,
  holdOutRows,
  tooMany,
} from "../training/held-out.js";
import type { ManyToOneConfig } from "./config.js";
import type { Example } from "./model.js";

/** Sequences of a table, and the row of each that holds its label. */
export interface RowPart {
  table: Table;
  spans: readonly Span[];
  labelRows: readonly number[];
}

/** A whole file as sequences. @throws FormatError for what is no table, groups that are torn, labels that differ within one */
export function readPart({ bytes, name, report }: Source, settings: RowSettings): RowPart {
  const table = readTable(bytes, name, { told: passOf(report, "reading") });
  const { spans } = new Sequencer(settings).take(table, true);
  return { table, spans, labelRows: labelRowsOf(table, spans, settings) };
}

/** The last row of each: a window is told by where it ends, and a group has one label. @throws FormatError where it has two */
export function labelRowsOf(table: Table, spans: readonly Span[], { label, group, window }: RowSettings): number[] {
  if (group !== null && window === 0) {
    const column = ownColumn(table, "label", label);
    for (const { from, to } of spans) {
      const one = table.rows[from][column];
      for (let row = from + 1; row < to; row++) {
        if (table.rows[row][column] === one) continue;
        const must = `be that of its group, ${show(one)} (line ${table.lines[from]})`;
        throw cellError(table, row, column, must, "Give all rows of a group the same, or tell them apart as groups.");
      }
    }
  }
  return spans.map(({ to }) => to - 1);
}

/** These sequences of a part, by their numbers. */
export function takeSpans({ table, spans, labelRows }: RowPart, which: Iterable<number>): RowPart {
  const numbers = [...which];
  return { table, spans: numbers.map((i) => spans[i]), labelRows: numbers.map((i) => labelRows[i]) };
}

/**
 * What to train on, and what to validate on. Windows that share rows are never in two parts.
 * @param names  the class of each sequence: one that training lacks is not validated on
 */
export function splitPart(
  part: RowPart,
  names: readonly string[],
  held: HeldOut,
  config: ManyToOneConfig,
): { train: RowPart; validation: RowPart } {
  const { train, validation } = numbersOf(part, names, held, config);
  return { train: takeSpans(part, train), validation: takeSpans(part, validation) };
}

function numbersOf(part: RowPart, names: readonly string[], held: HeldOut, config: ManyToOneConfig): HeldOutNumbers {
  const { group, window } = config;
  const { share, fold, seed } = held;
  if (window === 0 || (share === 0 && fold === null)) return holdOutRows(names, held);
  if (group === null) return byPlace(part, names, held);
  const { table, spans } = part;
  const column = ownColumn(table, "group", group);
  const groups = spans.map(({ from }) => table.rows[from][column]);
  if (fold === null && new Set(groups).size < 2) return byPlace(part, names, held);
  const { train, validation } = fold === null ? drawnGroups(groups, held) : foldOfGroups(groups, fold, seed);
  const known = new Set(train.map((i) => names[i]));
  const lacking = new Set(validation.flatMap((i) => (known.has(names[i]) ? [] : [groups[i]])));
  const moved = validation.filter((i) => lacking.has(groups[i]));
  return { train: [...train, ...moved], validation: validation.filter((i) => !lacking.has(groups[i])) };
}

function drawnGroups(groups: readonly string[], { share, seed }: HeldOut): HeldOutNumbers {
  const { train, valid } = byGroup(groups, { valid: share, seed });
  return { train: [...train], validation: [...valid] };
}

/** Of each class the last windows to validate on, or those of a fold in a row; those that share rows with them are left out. */
function byPlace({ spans, table }: RowPart, names: readonly string[], { share, fold }: HeldOut): HeldOutNumbers {
  const ofClass = new Map<string, number[]>();
  for (const [i, name] of names.entries()) ofClass.set(name, [...(ofClass.get(name) ?? []), i]);
  const held = new Set(
    [...ofClass].flatMap(([name, all]) => {
      if (fold === null) return all.slice(all.length - Math.floor(all.length * share));
      if (all.length < fold.of)
        throw tooMany(fold, all.length, `windows${name === "" ? "" : ` of class ${show(name)}`}`);
      return all.slice(...blockOf(all.length, fold));
    }),
  );
  const rows = new Uint8Array(table.rows.length);
  for (const i of held) rows.fill(1, spans[i].from, spans[i].to);
  const isFree = (i: number) => !rows.subarray(spans[i].from, spans[i].to).includes(1);
  const train = [...spans.keys()].filter((i) => !held.has(i) && isFree(i));
  const known = new Set(train.map((i) => names[i]));
  return { train, validation: [...held].filter((i) => known.has(names[i])).sort((a, b) => a - b) };
}

/**
 * Sequences as a model reads them, each with its target.
 * @param onLength  told of all the steps of each, of which fewer may be read
 * @param told  of how far it is
 * @throws FormatError for a cell that does not fit
 */
export function examplesOf(
  { table, spans, labelRows }: RowPart,
  inputs: RowInputs,
  settings: RowSettings,
  targetAt: (row: number) => readonly number[],
  { onLength, told }: { onLength?: ((steps: number) => void) | undefined; told?: Told | undefined } = {},
): Example[] {
  const read = rowReader(table, inputs, settings, onLength);
  const exampleAt = (i: number) => {
    const target = targetAt(labelRows[i]);
    return { steps: read(spans[i]), target };
  };
  const all = () =>
    spans.map((_, i) => {
      tellRow(told, i, spans.length);
      return exampleAt(i);
    });
  return firstFault(all, () => {
    // A text is one row; the others may hold an earlier fault.
    if (settings.text !== null) table.rows.forEach((_, row) => void read({ from: row, to: row + 1 }));
    for (const i of [...spans.keys()].sort((a, b) => spans[a].from - spans[b].from)) exampleAt(i);
  });
}

/** What sequences are called: rows, or what several of these are together. */
export function unitOfRows(settings: RowSettings): string {
  return rowsAreSteps(settings) ? (settings.window > 0 ? "windows" : "groups") : "rows";
}

/** Says whether a run goes on with the rows that it began with. */
export function examplesFingerprint(parts: readonly Iterable<Example>[]): string {
  const all = new Fingerprint();
  for (const part of parts) {
    for (const { steps, target } of part) {
      all.add(steps);
      all.add(target);
    }
    all.endPart();
  }
  return all.text;
}
