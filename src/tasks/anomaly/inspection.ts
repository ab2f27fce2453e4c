import { noGrad } from "../../autograd/index.js";
import { numberText } from "../../base/number-text.js";
import { rangeOf } from "../../base/range.js";
import type { Inspects } from "../commands.js";
import { batchOf } from "../forecast/batch.js";
import type { ForecastMeta, Window } from "../forecast/data.js";
import { outputNamed } from "../forecast/outputs.js";
import { seriesName, timeOfStep } from "../forecast/series.js";
import { timeText } from "../forecast/time-axis.js";
import type { Evidence } from "../health/measured.js";
import type { Block, ShownStep } from "../inspection/blocks.js";
import { inspected } from "../inspection/report.js";
import { chosenRows, ROW_FIELDS, rowChoice, sampleTitle } from "../inspection/rows.js";
import { shownSteps } from "../inspection/tokens.js";
import { type WalkedLayer, walk, walkBlocks } from "../inspection/walk.js";
import type { ScoreBlock } from "../score/score-blocks.js";
import { writtenBlocks } from "../score/written-blocks.js";
import type { Source } from "../task.js";
import { unitOf } from "../tokens/unknown.js";
import type { AnomalyConfig } from "./config.js";
import { scoredWindows } from "./data.js";
import { lineEvidence, seriesEvidence } from "./evidence.js";
import { forecastConfig } from "./forecast-config.js";
import { type TextLine, textLines, tokensOf } from "./lines.js";
import { type AnomalyMeta, type AnomalyModel, lineBatch } from "./model.js";
import { seriesScores } from "./scores.js";
import { valueBlocks } from "./traced.js";
import { typedSource } from "./typed.js";
import type { AnomalyTypes } from "./types.js";

/** What was seen of one line or of one series. */
interface Told {
  sample: object;
  blocks: Block[];
  /** What a score shows besides. */
  more: ScoreBlock[];
  layers: readonly WalkedLayer[];
}

/** How unusual each step is, where the threshold lies, and what made the most unusual one so. */
export const inspect: Inspects<AnomalyTypes> = {
  fields: ROW_FIELDS,
  async run(model, { config, meta }, content, options) {
    const { cell, layers, hidden } = config;
    const threshold = model.threshold.item();
    const about = `an anomaly detector, ${layers} ${cell} ${layers === 1 ? "layer" : "layers"} of ${hidden}; threshold ${numberText(threshold)} nats`;
    const { all, evidence } =
      content === null ? { all: [], evidence: () => ({}) } : toldOf(model, content, meta, config);
    const chosen = typeof content === "string" || content === null ? all : chosenRows(all, rowChoice(options));
    const told = chosen.map((one) => one());
    return inspected(model, {
      about,
      values: {
        model: { task: "anomaly", cell, layers, hidden, threshold },
        ...(content !== null && { samples: told.map(({ sample }) => sample) }),
      },
      blocks: told.flatMap(({ blocks }) => blocks),
      more: told.flatMap(({ more }) => more),
      settings: config as unknown as Readonly<Record<string, unknown>>,
      walks: told.map(({ layers }) => layers),
      evidence,
    });
  },
};

/** Of each line or series, how it is looked at. */
function toldOf(
  model: AnomalyModel,
  content: string | Source,
  meta: AnomalyMeta,
  config: AnomalyConfig,
): { all: (() => Told)[]; evidence: () => Evidence } {
  const { series, vocabulary } = meta;
  if (series === null) {
    const lines = typeof content === "string" ? [{ text: content, line: 1 }] : textLines(content, config);
    return {
      all: lines.map((line) => () => toldOfLine(model, line, vocabulary!, config)),
      evidence: () => lineEvidence(model, lines, vocabulary, config),
    };
  }
  const source = typeof content === "string" ? typedSource(content, config, series) : content;
  const windows = scoredWindows(source, config, series);
  const ids = [...new Set(windows.map((window) => window.series.id))];
  const ownOf = (id: string) => windows.filter((window) => window.series.id === id);
  return {
    all: ids.map((id) => () => toldOfSeries(model, ownOf(id), series, config)),
    evidence: () => seriesEvidence(model, ownOf(ids[0]), series, config),
  };
}

type Vocabulary = NonNullable<AnomalyMeta["vocabulary"]>;

function toldOfLine(
  model: AnomalyModel,
  { text, line }: Pick<TextLine, "text" | "line">,
  vocabulary: Vocabulary,
  config: AnomalyConfig,
): Told {
  const own = model.lines!;
  const threshold = model.threshold.item();
  const ids = tokensOf(vocabulary, { text }, config);
  const batch = lineBatch([ids]);
  const x = noGrad(() => own.embed.forward(batch.steps));
  const surprise = noGrad(() => [...own.lossOf(x, batch, "none").data()]);
  const [, score] = rangeOf(surprise);
  const at = Math.max(0, surprise.indexOf(score));
  const { contributions, layers } = walk(model, x, (leaf) => own.lossOf(leaf, batch, "none").select(0, at).sum());
  // The least likely token follows from those before it.
  const before = shownSteps(vocabulary, ids.subarray(0, at + 1));
  const steps = shownSteps(vocabulary, ids.subarray(1));
  const unit = unitOf(vocabulary.kind);
  const isUnusual = score > threshold;
  const name = `line ${line}`;
  const said = `${isUnusual ? "unusual" : "usual"}: its least likely ${unit} has ${numberText(score)} nats, the threshold is ${numberText(threshold)}`;
  const decided = contributions.slice(0, at + 1);
  const heading: Block = { kind: "heading", text: sampleTitle(name, text) };
  const more = writtenBlocks({
    ...{ model: own, steps, x, ids: ids.subarray(1) },
    logits: (of) => own.logits(of, new Array<number>(of.shape[1]).fill(steps.length)),
    labelOf: (id) => shownSteps(vocabulary, [id])[0].label,
  });
  return {
    layers,
    more: [heading, ...more],
    sample: {
      ...{ line, text, score, threshold, unusual: isUnusual, tokens: steps.map(({ label }) => label), surprise },
      decided: { token: at + 1, contributions: decided },
      layers,
    },
    blocks: [
      heading,
      { kind: "text", text: said },
      {
        ...{ kind: "weighed", title: `Surprise of each ${unit}, ${name}`, steps, weights: surprise, unit: "nats" },
        reportOnly: true,
        about: `−log of its probability after those before it; above ${numberText(threshold)} the line is unusual.`,
      },
      {
        ...{
          kind: "weighed",
          title: `What made ${unit} ${at + 1} surprising, ${name}`,
          steps: before,
          weights: decided,
        },
        about: "Gradient × input: what each before it (the first is the line's beginning) adds to the surprise.",
      },
      ...walkBlocks(layers, "that surprise"),
    ],
  };
}

/** Steps of a series that are named. */
const MOST = 10;

function toldOfSeries(
  model: AnomalyModel,
  windows: readonly Window[],
  meta: ForecastMeta,
  config: AnomalyConfig,
): Told {
  const threshold = model.threshold.item();
  const scores = [...seriesScores(model, windows, meta, config, threshold)].map(({ score }) => score);
  const steps = windows.map(({ series, origin }, i) => ({
    time: timeText(timeOfStep(series, meta.axis, origin), meta.form),
    value: series.values[origin],
    score: scores[i],
    unusual: scores[i] > threshold,
  }));
  const [, most] = rangeOf(scores);
  // Of a model that is broken no score is a number.
  const top = Math.max(0, scores.indexOf(most));
  const settings = forecastConfig(config);
  const { x, values, scale } = batchOf([windows[top]], settings, meta);
  const last = x.shape[0] - 1;
  const { layers } = walk(model, x, (leaf) => {
    const [raw] = model.series!.forward(leaf);
    return outputNamed(settings.output).loss(raw.narrow(0, last, 1), values.narrow(0, last, 1), scale);
  });
  const { id } = windows[0].series;
  const name = seriesName({ id });
  const shown = steps.map(({ time }, i): ShownStep => ({ label: String(i + 1), about: time }));
  const found = steps.filter(({ unusual }) => unusual).length;
  const heading: Block = { kind: "heading", text: `${name}: ${found} of ${steps.length} values unusual` };
  return {
    layers,
    sample: { id, threshold, steps, layers },
    more: [heading, ...valueBlocks({ model, windows, settings, meta, steps: shown }, top)],
    blocks: [
      heading,
      {
        ...{ kind: "curves", title: `Values, ${name}`, about: "In the series' own units." },
        ...{ xTitle: "step", yTitle: config.target },
        series: [{ name: config.target, values: steps.map(({ value }) => value) }],
      },
      {
        ...{ kind: "curves", title: `Surprise of each value, ${name}`, shared: true },
        ...{ about: "−log of its likelihood after those before it.", xTitle: "step", yTitle: "nats" },
        series: [
          { name: "surprise", values: scores, beside: `most ${numberText(most)}` },
          { name: "threshold", values: scores.map(() => threshold), beside: numberText(threshold), dash: "5 4" },
        ],
      },
      mostUnusual(steps, name),
      ...walkBlocks(layers, `the surprise of ${steps[top].time}`).map((block) => ({ ...block, reportOnly: true })),
    ],
  };
}

function mostUnusual(
  steps: readonly { time: string; value: number; score: number; unusual: boolean }[],
  name: string,
): Block {
  const order = [...steps].sort((a, b) => b.score - a.score).slice(0, MOST);
  const rows = order.map(({ time, value, score, unusual }) => {
    return [time, numberText(value), numberText(score), unusual ? "unusual" : ""];
  });
  return {
    ...{ kind: "table", title: `The most unusual values, ${name}` },
    isRight: (column) => column === 1 || column === 2,
    rows: [["time", "value", "nats", ""], ...rows],
  };
}
