import { FormatError, OptionError, show } from "../../base/errors.js";
import { type Listed, passOf } from "../../base/report.js";
import type { Evaluated, Known, Options, StreamOptions } from "../commands.js";
import { evaluatedBy } from "../judged/evaluated.js";
import type { RowStream, Source } from "../task.js";
import {
  type EvaluationRange,
  evaluatedWindows,
  type ForecastMeta,
  firstOrigin,
  seriesFor,
  type Window,
} from "./data.js";
import { forecastMetrics } from "./metrics.js";
import type { Forecaster } from "./model.js";
import { outputsOf } from "./outputs-of.js";
import { ended, openSeries, windowsToJudge } from "./storing.js";
import { timeOf } from "./time-axis.js";
import type { ForecastTypes } from "./types.js";

const OP = "forecast";

type Of = Known<ForecastTypes>;

/** Forecasts of a file in memory beside what came. @throws FormatError, OptionError */
export function evaluated(model: Forecaster, { config, meta }: Of, source: Source, options: Options): Evaluated {
  const { name, bytes, report } = source;
  const range = rangeOf(options, meta);
  const windows = evaluatedWindows(seriesFor(bytes, name, config, meta, range), config, meta.axis, range);
  return evaluatedOn(model, windows, { config, meta }, { name, report, options });
}

/** As `evaluated`, of a file that need not fit into memory. */
export async function evaluatedStream(
  model: Forecaster,
  { config, meta }: Of,
  file: RowStream,
  { onBad, ...options }: StreamOptions,
): Promise<Evaluated> {
  const range = rangeOf(options, meta);
  const opened = await ended(openSeries(file, config, meta, { keepBad: onBad !== undefined, judged: range }), (bad) => {
    for (const { line, error } of bad) onBad!(line, error);
  });
  try {
    return evaluatedOn(model, windowsToJudge(opened, config, meta, range), { config, meta }, { ...file, options });
  } finally {
    opened.close();
  }
}

/** Which forecasts are asked for. @throws OptionError for a time that is none, or not as the series have them */
function rangeOf(options: Options, { form }: ForecastMeta): EvaluationRange {
  const { from, stride } = options as { from?: string | null; stride?: number | null };
  const time = from == null ? undefined : timeOf(from);
  if (time === null || (time !== undefined && (time.form === "number") !== (form === "number"))) {
    const must = `be a time as the series have them (${form === "number" ? "a number" : "2024-02-29"})`;
    throw new OptionError({ op: OP, argument: "from", must, value: show(from) });
  }
  return { from: time?.time, ...(stride != null && { stride }) };
}

function evaluatedOn(
  model: Forecaster,
  windows: Listed<Window>,
  { config, meta }: Of,
  { name, report, options }: Pick<RowStream, "name" | "report"> & { options: Options },
): Evaluated {
  if (windows.length === 0) {
    const from = (options["from"] as string | null | undefined) ?? "the end";
    const must = `have ${firstOrigin(config)} values before ${from} and ${config.horizon} after`;
    throw new FormatError({ op: OP, argument: name, must, value: "fewer", fix: "Begin the file earlier." });
  }
  const outputs = outputsOf(model, windows, { config, meta, told: passOf(report, "evaluating") });
  return evaluatedBy(forecastMetrics(meta.output), outputs, { name: "values", value: windows.length * config.horizon });
}
