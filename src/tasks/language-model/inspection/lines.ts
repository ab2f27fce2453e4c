import { numberText } from "../../../base/number-text.js";
import { textTable } from "../../../base/text-table.js";
import { flow, textWidth } from "../../../base/width.js";
import { saturation } from "../../../diagnostics/index.js";
import type { VocabularyKind } from "../../../text/index.js";
import type { Line } from "../../commands.js";
import { unitOf, unknownText } from "../../unknown-tokens.js";
import type { Inspection, TextInspection } from "./inspect.js";

export interface TextStyle {
  /** Columns that a line may have. */
  width: number;
}

/** What a person reads of an inspection, no line wider than `width`. */
export function inspectionLines(inspection: Inspection, source: string, style: TextStyle): Line[] {
  const { model, text } = inspection;
  const { cell, tokens, hidden, layers } = model;
  const unit = unitOf(tokens);
  const about = `a language model of ${unit}s, ${layers} ${cell} ${layers === 1 ? "layer" : "layers"} of ${hidden}`;
  return [
    source,
    about,
    "",
    ...architectureLines(inspection, style),
    "",
    ...radiusLines(inspection),
    ...(text === null ? [] : ["", ...textLines(text, tokens, style)]),
  ];
}

const bold = (text: string): Line => ({ text, style: "bold" });
const dim = (text: string): Line => ({ text, style: "dim" });

/** Words, on as many lines as the width needs. */
function wrapped(text: string, width: number): string[] {
  return flow(text.split(" "), " ", width);
}

function architectureLines({ architecture: { rows, total } }: Inspection, { width }: TextStyle): Line[] {
  const body = rows.map(({ name, kind, parameters, count }) => {
    const shapes = parameters.map(({ shape, sharedWith }) => {
      return `${shape.join("×")}${sharedWith === null ? "" : ` (${sharedWith.split(".")[0]}'s)`}`;
    });
    return [name, kind, shapes.join(" "), count.toLocaleString("en")];
  });
  const all = [["layer", "kind", "weights", "parameters"], ...body, ["total", "", "", total.toLocaleString("en")]];
  const lines = textTable(all, (column) => column === 3);
  // Shapes of four digits and more take room that a narrow terminal lacks.
  const fits = lines.every((line) => textWidth(line) <= width);
  const [head, ...rest] = fits
    ? lines
    : textTable(
        all.map((row) => [row[0]!, row[1]!, row[3]!]),
        (column) => column === 2,
      );
  return [bold(head!), ...rest];
}

function radiusLines({ spectralRadii }: Inspection): Line[] {
  const title = bold("spectral radius of the recurrent matrices");
  const gates = Object.keys(spectralRadii[0]!.radii ?? {});
  if (gates.length === 0) return [title, "none: no weight takes the state from step to step"];
  const rows = spectralRadii.map(({ layer, radii }) => [
    `layer ${layer}`,
    ...gates.map((gate) => radii![gate]!.toFixed(3)),
  ]);
  const [head, ...rest] = textTable([["", ...gates], ...rows], (column) => column > 0);
  return [title, head!, ...rest];
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
    ...text.findings.flatMap(({ message }) => wrapped(`found: ${message}`, style.width)),
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

const BLOCKS = "▁▂▃▄▅▆▇█";
/** What stands beside a plot. */
const NOTE_WIDTH = 20;

interface Scale {
  log?: boolean;
  low?: number;
  high?: number;
}

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

/** One character a value, from ▁ to █; a blank for what is not positive on a logarithmic scale, or no number. */
export function blocks(values: readonly number[], { log = false, low, high }: Scale = {}): string {
  const scale = (value: number): number => (log ? Math.log(value) : value);
  const shown = values.filter((value) => Number.isFinite(scale(value)));
  const [from, to] = [scale(low ?? Math.min(...shown)), scale(high ?? Math.max(...shown))];
  const place = (value: number): string => {
    if (!Number.isFinite(scale(value))) return " ";
    const share = to > from ? (scale(value) - from) / (to - from) : 0.5;
    return BLOCKS[Math.min(BLOCKS.length - 1, Math.max(0, Math.floor(share * BLOCKS.length)))]!;
  };
  return values.map(place).join("");
}

function rangeText(values: readonly number[]): string {
  return `${Math.min(...values).toExponential(0)} to ${Math.max(...values).toExponential(0)}`;
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
