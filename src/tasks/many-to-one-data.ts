import { show } from "../base/errors.js";
import { passOf, type Told, tellRow } from "../base/report.js";
import { cellError, ownColumn, readTable, type Table } from "../data/readers/index.js";
import { splitRows } from "../data/split.js";
import { byGroup } from "../data/splits.js";
import type { ManyToOneConfig } from "./many-to-one-config.js";
import type { Example } from "./many-to-one-model.js";
import { type RowInputs, type RowSettings, rowReader } from "./row-inputs.js";
import { rowsAreSteps, Sequencer, type Span } from "./row-sequences.js";
import type { Source } from "./task.js";

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
        throw cellError(table, row, column, `be that of its group, ${show(one)} (line ${table.lines[from]})`);
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
  fraction: number,
  config: ManyToOneConfig,
): { train: RowPart; validation: RowPart } {
  const { train, validation } = numbersOf(part, names, fraction, config);
  return { train: takeSpans(part, train), validation: takeSpans(part, validation) };
}

interface Numbers {
  train: number[];
  validation: number[];
}

function numbersOf(part: RowPart, names: readonly string[], fraction: number, config: ManyToOneConfig): Numbers {
  const { group, window, seed } = config;
  if (window === 0 || fraction === 0) return splitRows(names, fraction, seed);
  if (group === null) return byPlace(part, names, fraction);
  const { table, spans } = part;
  const column = ownColumn(table, "group", group);
  const groups = spans.map(({ from }) => table.rows[from][column]);
  if (new Set(groups).size < 2) return byPlace(part, names, fraction);
  const { train, valid } = byGroup(groups, { valid: fraction, seed });
  const known = new Set(Array.from(train, (i) => names[i]));
  const lacking = new Set(Array.from(valid, (i) => i).flatMap((i) => (known.has(names[i]) ? [] : [groups[i]])));
  const moved = [...valid].filter((i) => lacking.has(groups[i]));
  return { train: [...train, ...moved], validation: [...valid].filter((i) => !lacking.has(groups[i])) };
}

/** Of each class the last windows to validate on; those that share rows with them are left out. */
function byPlace({ spans, table }: RowPart, names: readonly string[], fraction: number): Numbers {
  const ofClass = new Map<string, number[]>();
  for (const [i, name] of names.entries()) ofClass.set(name, [...(ofClass.get(name) ?? []), i]);
  const last = [...ofClass.values()].flatMap((all) => all.slice(all.length - Math.floor(all.length * fraction)));
  const held = new Set(last);
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
  return spans.map((span, i) => {
    tellRow(told, i, spans.length);
    const target = targetAt(labelRows[i]);
    return { steps: read(span), target };
  });
}

/** What sequences are called: rows, or what several of these are together. */
export function unitOfRows(settings: RowSettings): string {
  return rowsAreSteps(settings) ? (settings.window > 0 ? "windows" : "groups") : "rows";
}
