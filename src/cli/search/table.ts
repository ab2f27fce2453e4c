import { textTable } from "../../base/text-table.js";
import { textWidth } from "../../base/width.js";
import type { MetricInfo } from "../../metrics/index.js";
import type { Outcome } from "../../search/job.js";
import { type Row, spreadOf } from "../../search/rows.js";
import { csvCell } from "../commands/prediction-formats.js";
import { durationText } from "../terminal/format.js";

/** A row of any table of trainings: a trial, or a fold. */
interface Line {
  name: string;
  figures: Row["figures"];
  deviations: Row["deviations"];
  settings: Row["settings"];
  rest: readonly string[];
}

const REST = ["parameters", "epochs", "time"];
const NONE = "-";

/** Trials with what they reached, the best first. Settings and figures that have no room are left out, the last ones first. */
export function trialTable(rows: readonly Row[], metrics: readonly MetricInfo[], width: number): string[] {
  const lines = rows.map((row): Line => {
    const { trial, figures, deviations, settings, parameters, epochs, seconds } = row;
    const rest =
      row.failure !== null && row.steps === 0 ? [NONE, NONE, NONE] : measured({ parameters, epochs, seconds });
    return { name: String(trial), figures, deviations, settings, rest };
  });
  return fitting("trial", lines, metrics, width);
}

/** Folds in their order, and below them how they lie. */
export function foldTable(outcomes: readonly Outcome[], metrics: readonly MetricInfo[], width: number): string[] {
  const lines = outcomes.map((one): Line => {
    return { name: String(one.fold), figures: one.figures, deviations: null, settings: {}, rest: measured(one) };
  });
  const spread = foldSpread(outcomes);
  const summary = (["mean", "deviation"] as const).map((name): Line => {
    return { name, figures: spread[name], deviations: null, settings: {}, rest: ["", "", ""] };
  });
  return fitting("fold", [...lines, ...summary], metrics, width);
}

/** How the figures of folds that came to an end lie. */
export function foldSpread(outcomes: readonly Outcome[]): Record<"mean" | "deviation", Record<string, number>> {
  const good = outcomes.filter(({ figures }) => figures !== null);
  const names = Object.keys(good[0]?.figures ?? {});
  const spreads = names.map(
    (name) => [name, spreadOf(good.map(({ figures }) => figures![name] ?? Number.NaN))] as const,
  );
  return {
    mean: Object.fromEntries(spreads.map(([name, { mean }]) => [name, mean])),
    deviation: Object.fromEntries(spreads.map(([name, { deviation }]) => [name, deviation])),
  };
}

function measured({ parameters, epochs, seconds }: Pick<Row, "parameters" | "epochs" | "seconds">): string[] {
  return [parameters.toLocaleString("en"), String(epochs), durationText(seconds)];
}

function fitting(first: string, lines: readonly Line[], metrics: readonly MetricInfo[], width: number): string[] {
  const keys = Object.keys(lines[0]?.settings ?? {});
  const table = (figures: number, settings: number) => {
    const [shown, own] = [metrics.slice(0, figures), keys.slice(0, settings)];
    const rows = lines.map(({ name, settings: of, rest, ...line }) => {
      return [name, ...shown.map((metric) => figureCell(line, metric)), ...own.map((key) => String(of[key])), ...rest];
    });
    const head = [first, ...shown.map(headOf), ...own, ...REST];
    return textTable([head, ...rows], (column) => column > 0 && (column <= figures || column > figures + own.length));
  };
  let [figures, settings] = [metrics.length, keys.length];
  const fits = () => table(figures, settings).every((line) => textWidth(line) <= width);
  while (figures > 1 && !fits()) figures--;
  while (settings > 0 && !fits()) settings--;
  const left = keys.slice(settings);
  const more = left.length === 0 ? [] : [`They differ in ${left.join(", ")} too: results.csv has all of it.`];
  return [...table(figures, settings), ...more];
}

function headOf({ name, unit }: MetricInfo): string {
  return unit === "%" ? `${name} %` : name;
}

function figureCell({ figures, deviations }: Pick<Line, "figures" | "deviations">, metric: MetricInfo): string {
  const value = figures?.[metric.name] ?? null;
  if (value === null) return NONE;
  const spread = deviations?.[metric.name];
  return spread === undefined ? metric.format(value) : `${metric.format(value)} ± ${metric.format(spread)}`;
}

/** A table as CSV: columns are the keys of its rows, `settings.hidden` of what is inside another. */
export function csvOf(rows: readonly Readonly<Record<string, unknown>>[]): string {
  const flat = rows.map((row) => new Map(flattened(row)));
  const columns = [...new Set(flat.flatMap((row) => [...row.keys()]))];
  const lines = flat.map((row) => columns.map((name) => csvCell(row.get(name) ?? "")).join(","));
  return `${[columns.map(csvCell).join(","), ...lines].join("\n")}\n`;
}

function flattened(row: object, before = ""): [string, string][] {
  return Object.entries(row).flatMap(([key, value]): [string, string][] => {
    if (value === null || typeof value !== "object") return [[before + key, value === null ? "" : String(value)]];
    return flattened(value, `${before}${key}.`);
  });
}
