import type { ForecastConfig } from "../../../src/tasks/forecast/config.js";
import type { ForecastMeta } from "../../../src/tasks/forecast/data.js";
import { firstOrigin } from "../../../src/tasks/forecast/data.js";
import { timeAfter, timeText } from "../../../src/tasks/forecast/time-axis.js";
import type { RowInputs } from "../../../src/tasks/rows/inputs.js";
import type { Vocabulary } from "../../../src/text/index.js";
import type { Held } from "./models.js";

/** What people would write, of each task that reads texts. */
const TEXTS: Readonly<Record<string, string>> = {
  "language-model":
    "Call me Ishmael. Some years ago, never mind how long precisely, having little or no money in my purse, and nothing particular to interest me on shore, I thought I would sail about a little and see the watery part of the world. It is a way I have of driving off the spleen and regulating the circulation.",
  classify: "Josephine",
  regress: "a small red book",
  tag: "John lives in New York City .",
  seq2seq: "hello",
  generate: "Josephine",
  anomaly: "connection closed by 10.0.0.1 port 22",
};

interface Meta {
  inputs?: RowInputs;
  source?: Vocabulary;
  vocabulary?: Vocabulary | null;
  lexicon?: { words: readonly string[]; wordId(word: string): number };
  series?: ForecastMeta | null;
}

/** Something that a model can read where nobody wrote anything yet: made up, of what it knows. */
export function usualText({ task, model, known }: Held): string {
  const meta = known.meta as Meta & ForecastMeta;
  const config = known.config as unknown as ForecastConfig & { group?: string | null; window?: number };
  const text = TEXTS[task.name] ?? "";
  if (task.name === "forecast") return seriesTable(meta, config, config.horizon);
  if (meta.series != null) return seriesTable(meta.series, config, 40);
  if (meta.lexicon !== undefined) return knownWords(text, meta.lexicon);
  const vocabulary =
    meta.inputs?.vocabulary ?? meta.source ?? meta.vocabulary ?? (model as { vocabulary?: Vocabulary }).vocabulary;
  if (vocabulary != null) return knownText(text, vocabulary);
  return meta.inputs === undefined ? text : numberTable(meta.inputs, config);
}

/** A model that hardly knows a text is shown another: what it knows. */
const FEW = 0.75;

function knownWords(text: string, lexicon: NonNullable<Meta["lexicon"]>): string {
  const found = text.split(" ").filter((word) => lexicon.wordId(word) !== 0);
  return found.length >= FEW * text.split(" ").length ? text : lexicon.words.slice(0, 8).join(" ");
}

function knownText(text: string, vocabulary: Vocabulary): string {
  const { kind, size } = vocabulary;
  if (kind === "byte" || kind === "bpe") return text;
  if (kind === "char") {
    const chars = [...text].filter((char) => vocabulary.idOf(char) !== undefined);
    if (chars.length >= FEW * [...text].length) return chars.join("");
  }
  const ids = Array.from({ length: size }, (_, id) => id).filter((id) =>
    /^[\p{L}\p{N}]+$/u.test(vocabulary.tokenOf(id)),
  );
  return vocabulary.decode(ids.slice(0, 8));
}

const wave = (t: number, period: number): number =>
  0.8 * Math.sin((2 * Math.PI * t) / period) + 0.2 * Math.sin(2.3 * t);
const rounded = (value: number): string => String(Number(value.toPrecision(4)));
const table = (rows: readonly (readonly string[])[]): string =>
  rows.map((cells) => cells.map(quoted).join(",")).join("\n");
const quoted = (cell: string): string => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** Waves about what a series is on average, as many steps as are read, and `more`. */
function seriesTable(meta: ForecastMeta, config: ForecastConfig, more: number): string {
  const { time = "time", id, target } = config;
  const [name, { shift, scale, until }] = [...meta.scales][0];
  const isCount = meta.output === "negative-binomial";
  const columns = [...meta.covariates].map(({ name, values, mean }) => ({ name, cell: values?.[0] ?? rounded(mean) }));
  const steps = firstOrigin(config) + more;
  // Of what is known ahead the steps to come are there too.
  const ahead = columns.length > 0 ? (config.horizon ?? 0) : 0;
  const rows = Array.from({ length: steps + ahead }, (_, t) => {
    const value = shift + scale * (isCount ? 1 + 0.5 * wave(t, meta.season) : wave(t, meta.season));
    return [
      timeText(timeAfter(meta.axis, until, t - steps + 1), meta.form),
      ...(id == null ? [] : [name]),
      ...columns.map(({ cell }) => cell),
      t >= steps ? "" : isCount ? String(Math.max(0, Math.round(value))) : rounded(value),
    ];
  });
  return table([[String(time), ...(id == null ? [] : [id]), ...columns.map((column) => column.name), target], ...rows]);
}

/** Numbers about the means of training: a row, or as many as make a sequence. */
function numberTable(
  { columns, mean, scale }: RowInputs,
  { group = null, window = 0 }: { group?: string | null; window?: number },
): string {
  const count = group !== null ? 8 : Math.max(1, window);
  const rows = Array.from({ length: count }, (_, t) => [
    ...(group === null ? [] : ["1"]),
    ...columns.map((_, f) => {
      const k = mean.length === 1 ? 0 : f;
      return rounded(mean[k] + scale[k] * wave(t + f, 8));
    }),
  ]);
  return table([[...(group === null ? [] : [group]), ...columns], ...rows]);
}
