import { numberText } from "../../../base/number-text.js";
import { textTable } from "../../../base/text-table.js";
import { textWidth } from "../../../base/width.js";
import { saturation } from "../../../diagnostics/index.js";
import type { VocabularyKind } from "../../../text/index.js";
import type { Line } from "../../commands.js";
import { architectureRows, radiusTables } from "../../inspection/layers.js";
import { blocks, type Scale, warningLines, wrapped } from "../../inspection/lines.js";
import { rangeText } from "../../inspection/walk.js";
import { unitOf, unknownText } from "../../tokens/unknown.js";
import type { Inspection, TextInspection } from "./inspect.js";

export interface TextStyle {
  /** Columns that a line may have. */
  width: number;
}

/** What a person reads of an inspection, no line wider than `width`. */
export function inspectionLines(inspection: Inspection, source: string, style: TextStyle): Line[] {
  const { model, text, warnings } = inspection;
  const { cell, tokens, hidden, layers } = model;
  const unit = unitOf(tokens);
  const about = `a language model of ${unit}s, ${layers} ${cell} ${layers === 1 ? "layer" : "layers"} of ${hidden}`;
  return [
    source,
    about,
    ...warningLines(warnings, style.width),
    "",
    ...architectureLines(inspection, style),
    "",
    ...radiusLines(inspection),
    ...(text === null ? [] : ["", ...textLines(text, tokens, style)]),
  ];
}

const bold = (text: string): Line => ({ text, style: "bold" });
const dim = (text: string): Line => ({ text, style: "dim" });

function architectureLines({ architecture }: Inspection, { width }: TextStyle): Line[] {
  const lines = textTable(architectureRows(architecture, true), (column) => column === 3);
  // Shapes of four digits and more take room that a narrow terminal lacks.
  const fits = lines.every((line) => textWidth(line) <= width);
  const [head, ...rest] = fits ? lines : textTable(architectureRows(architecture, false), (column) => column === 2);
  return [bold(head!), ...rest];
}

function radiusLines({ spectralRadii }: Inspection): Line[] {
  const title = bold("spectral radius of the recurrent matrices");
  const [table] = radiusTables(spectralRadii.map(({ layer, radii }) => ({ name: `layer ${layer}`, radii })));
  if (table === undefined) return [title, "none: no weight takes the state from step to step"];
  return [title, ...textTable(table, (column) => column > 0)];
}

function textLines(text: TextInspection, kind: VocabularyKind, style: TextStyle): Line[] {
  const unit = unitOf(kind);
  const { tokens, totalTokens, unknown, loss, perplexity, layers } = text;
  const read = `${tokens.length.toLocaleString("en")} of ${totalTokens.toLocaleString("en")} ${unit}s read: `;
  const how = `loss ${numberText(loss)} nats a ${unit}, perplexity ${numberText(perplexity)}`;
  const plot = plotter(text, style);
  const state = layers[0]!.gradC === null ? "h" : "c";
  const gates = layers.flatMap(({ layer, gates }) => {
    const shares = Object.entries(gates).map(([name, gate]) => [name, gate.mean, saturation(gate)] as const);
    return shares.map(([name, means, saturated]) => {
      const [low, high] = gates[name]!.activation === "tanh" ? [-1, 1] : [0, 1];
      const share = `${Math.round(100 * average(saturated))} % saturated`;
      return plot(`layer ${layer} ${name}`, means, { low, high }, share);
    });
  });
  return [
    ...wrapped(read + how, style.width),
    ...(unknown.count === 0
      ? []
      : wrapped(`unknown: ${unknown.count} ${unknownText(kind, unknown.share)}`, style.width)),
    "",
    bold("gradient of the whole loss, by step (logarithmic)"),
    ...layers.flatMap(({ layer, gradH, gradC }) => [
      plot(`layer ${layer} h`, gradH, { log: true }, rangeText(gradH)),
      ...(gradC === null ? [] : [plot(`layer ${layer} c`, gradC, { log: true }, rangeText(gradC))]),
    ]),
    "",
    bold("gates, mean by step"),
    ...gates,
    ...plot.note().map(dim),
    "",
    bold(`gradient of the last prediction alone, on its way back (${state}, 1 to 1/10,000)`),
    ...layers.map(({ layer, reach, horizon }) => {
      const near = reach.slice(-plot.columns);
      const high = Math.max(...near);
      return plot(`layer ${layer} ${state}`, near, { log: true, low: high / 1e4, high }, `1 % after ${horizon} steps`);
    }),
    ...plot.lastText().map(dim),
    "",
    ...unitLines(text, style),
  ];
}

function unitLines({ units, unitLayer }: TextInspection, { width }: TextStyle): string[] {
  const told = units.filter(({ follows }) => follows !== null).slice(0, 6);
  return told.flatMap(({ unit, of, follows }) =>
    wrapped(
      `unit ${unit} of layer ${unitLayer} follows ${follows!.feature} (${of}, ${follows!.correlation.toFixed(2)})`,
      width,
    ),
  );
}

/** What stands beside a plot. */
const NOTE_WIDTH = 20;

/** Draws rows of blocks, all of one width: a step a column, or the mean of a few. */
function plotter({ tokens, layers }: TextInspection, { width }: TextStyle) {
  const nameWidth = Math.max(
    ...layers.flatMap(({ layer, gates }) => Object.keys(gates).map((name) => `layer ${layer} ${name}`.length)),
  );
  const most = Math.max(10, width - nameWidth - 2 - NOTE_WIDTH);
  const columns = Math.min(tokens.length, most);
  const bin = (values: readonly number[]): number[] =>
    Array.from({ length: columns }, (_, k) => {
      const [from, to] = [k, k + 1].map((edge) => Math.floor((edge * values.length) / columns));
      return average(values.slice(from, to));
    });
  const row = (name: string, values: readonly number[], scale: Scale, note: string): string =>
    `${name.padEnd(nameWidth)} ${blocks(bin(values), scale)} ${note}`;
  const beside = (text: string): string[] => [`${"".padEnd(nameWidth)} ${text}`];
  const each = tokens.length / columns;
  /** The text under the last steps, where a token is a character. */
  const lastText = (): string[] => {
    const last = tokens.slice(-columns).map(({ label }) => label);
    return last.some((label) => textWidth(label) !== 1) ? [] : beside(last.join(""));
  };
  /** What a column of the whole text is. */
  const note = (): string[] => (each === 1 ? lastText() : beside(`a column is ${each.toFixed(1)} steps`));
  return Object.assign(row, { columns, note, lastText });
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
