import type { ForecastMeta, Window } from "../forecast/data.js";
import { readValues } from "../forecast/evidence.js";
import { judgedLoss } from "../health/judge.js";
import type { Evidence } from "../health/measured.js";
import { countUnknown, unitOf } from "../tokens/unknown.js";
import type { AnomalyConfig } from "./config.js";
import { forecastConfig } from "./forecast-config.js";
import { type TextLine, tokensOf } from "./lines.js";
import type { AnomalyMeta, AnomalyModel } from "./model.js";
import { lineScores, type Score, seriesScores } from "./scores.js";

/** Lines and values that are scored to see how many are called unusual. */
const MOST_JUDGED = 256;

type Lines = readonly Pick<TextLine, "text">[];

export function lineEvidence(
  model: AnomalyModel,
  all: Lines,
  vocabulary: AnomalyMeta["vocabulary"],
  config: AnomalyConfig,
): Evidence {
  const lines = all.slice(0, MOST_JUDGED);
  const scores = [...lineScores(model, lines, vocabulary!, config)];
  const count = scores.reduce((sum, one) => sum + one.count, 0);
  const loss = scores.reduce((sum, one) => sum + one.mean * one.count, 0) / count;
  const tokens = lines.flatMap((line) => [...tokensOf(vocabulary!, line, config).subarray(1)]);
  const unknown = countUnknown(vocabulary, tokens);
  const unit = unitOf(vocabulary!.kind);
  return {
    judged: judgedLoss(loss, vocabulary!.size, count, `${unit}s`),
    unknown: { count: unknown, share: unknown / tokens.length, unit },
    flagged: flagged(model, scores, config),
  };
}

/** @param windows  of one series */
export function seriesEvidence(
  model: AnomalyModel,
  windows: readonly Window[],
  meta: ForecastMeta,
  config: AnomalyConfig,
): Evidence {
  const some = windows.slice(0, MOST_JUDGED);
  const scores = [...seriesScores(model, some, meta, config, model.threshold.item())];
  return {
    scaled: [{ name: config.target, values: readValues(some.slice(-1), forecastConfig(config)) }],
    flagged: flagged(model, scores, config),
  };
}

function flagged(model: AnomalyModel, scores: readonly Score[], { quantile }: AnomalyConfig): Evidence["flagged"] {
  const threshold = model.threshold.item();
  const count = scores.length;
  return { count, share: scores.filter(({ score }) => score > threshold).length / count, expected: 1 - quantile };
}
