import type { PredictedPart, Prediction } from "../../tasks/commands.js";
import type { Json } from "../../train/index.js";
import { visible } from "../terminal/print.js";

export const OUT_FORMATS = ["table", "csv", "json"] as const;
export type OutFormat = (typeof OUT_FORMATS)[number];

/** Predictions as lines of a format; what cannot be written yet is held back. */
export interface PredictionFormat {
  lines(part: Pick<PredictedPart, "columns" | "rows">): string[];
  /** What is still held back. */
  end(): string[];
}

/**
 * @param keepsBad  whether rows may be bad: then CSV has a column for why
 * @param safe      whether cells of CSV that a spreadsheet would compute are marked as text
 */
export function predictionFormat(
  format: OutFormat,
  { keepsBad, safe }: { keepsBad: boolean; safe: boolean },
): PredictionFormat {
  if (format === "csv") return new CsvFormat(keepsBad, safe);
  const lineOf =
    format === "table"
      ? ({ text }: Prediction) => visible(text)
      : ({ values, error, line }: Prediction) =>
          visible(JSON.stringify(error === undefined ? values : { ...values, line }));
  return { lines: ({ rows }) => rows.map(lineOf), end: () => [] };
}

/** The columns of the file, and then what was predicted. */
class CsvFormat implements PredictionFormat {
  readonly #keepsBad: boolean;
  readonly #safe: boolean;
  #columns: readonly string[] = [];
  /** What is predicted, each in a column; null as long as that is unknown. */
  #values: readonly ValueOf[] | null = null;
  #hasUnknown = false;
  #held: Prediction[] = [];

  constructor(keepsBad: boolean, safe: boolean) {
    this.#keepsBad = keepsBad;
    this.#safe = safe;
  }

  lines({ columns, rows }: Pick<PredictedPart, "columns" | "rows">): string[] {
    if (this.#values !== null) return rows.map((row) => this.#line(row));
    this.#columns = columns;
    // What is predicted is known of the first row that can be read.
    this.#held.push(...rows);
    const first = this.#held.find(({ error }) => error === undefined);
    return first === undefined ? [] : this.#begin(first);
  }

  end(): string[] {
    return this.#held.length === 0 ? [] : this.#begin(this.#held[0]);
  }

  #begin(first: Prediction): string[] {
    const { error, values, tokens } = first;
    const found = error === undefined ? [...columnsOf(values)] : [];
    this.#values = found.map(([, of]) => of);
    // It is told of rows that have any; a column is there for all.
    this.#hasUnknown = tokens !== undefined;
    const names = [
      ...found.map(([name]) => name),
      ...(this.#hasUnknown ? ["unknown"] : []),
      ...(this.#keepsBad ? ["error"] : []),
    ];
    const all = [...this.#columns, ...uniqueBeside(this.#columns, names)];
    const held = this.#held;
    this.#held = [];
    return [all.map((name) => this.#cell(name)).join(","), ...held.map((one) => this.#line(one))];
  }

  #line({ cells: own = [], error, values, tokens, unknown }: Prediction): string {
    const cells: string[] = [];
    for (let i = 0; i < this.#columns.length; i++) cells.push(this.#cell(own[i] ?? ""));
    for (const of of this.#values!) cells.push(error === undefined ? this.#cell(of(values)) : "");
    if (this.#hasUnknown) cells.push(error === undefined && tokens ? String((unknown ?? 0) / tokens) : "");
    if (this.#keepsBad) cells.push(this.#cell(error?.message ?? ""));
    return cells.join(",");
  }

  #cell(text: string): string {
    return csvCell(this.#safe ? escapedFormula(text) : text);
  }
}

/** In quotes where it needs them. Source: RFC 4180. */
export function csvCell(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** What a spreadsheet takes for a formula becomes text; numbers stay. */
function escapedFormula(cell: string): string {
  return /^[=+\-@\t\r]/.test(cell) && !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(cell) ? `'${cell}` : cell;
}

/** A cell of what was predicted. */
type ValueOf = (values: Prediction["values"]) => string;

/** Each value in a column: `probabilities.flower` for one inside another, several in a list in one. */
function* columnsOf(values: Prediction["values"]): Generator<[name: string, of: ValueOf]> {
  for (const [name, value] of Object.entries(values)) {
    if (name === "unknown") continue;
    if (value === null || typeof value !== "object" || Array.isArray(value)) {
      yield [name, (all) => cellText(all[name])];
    } else {
      for (const key of Object.keys(value)) {
        yield [`${name}.${key}`, (all) => cellText((all[name] as Record<string, Json> | undefined)?.[key])];
      }
    }
  }
}

/** A list has `;` between its items; what would not come apart again, or has parts itself, is written as JSON. */
function cellText(value: Json | undefined): string {
  if (value === null || typeof value !== "object") return String(value ?? "");
  const isPlain = (item: Json) => (item === null || typeof item !== "object") && !String(item).includes(";");
  return Array.isArray(value) && value.every(isPlain) ? value.join(";") : JSON.stringify(value);
}

function uniqueBeside(taken: readonly string[], names: readonly string[]): string[] {
  const all = new Set(taken);
  return names.map((name) => {
    let free = name;
    while (all.has(free)) free = `predicted_${free}`;
    all.add(free);
    return free;
  });
}
