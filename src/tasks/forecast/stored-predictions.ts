import { passOf } from "../../base/report.js";
import type { BadRow } from "../../data/readers/table.js";
import type { PredictedPart } from "../commands.js";
import { badPrediction } from "../rows/predicted-parts.js";
import type { RowStream } from "../task.js";
import type { ForecastConfig } from "./config.js";
import type { ForecastMeta } from "./data.js";
import type { Forecaster } from "./model.js";
import { checkAhead, predictedAhead } from "./predictions.js";
import { openSeries } from "./storing.js";

/**
 * As `predictionsOf`, of a file that need not fit into memory; of each series its end is read.
 * @param keepBad  rows that cannot be read are told first
 */
export async function* predictedSeries(
  model: Forecaster,
  known: { config: ForecastConfig; meta: ForecastMeta },
  file: RowStream,
  keepBad: boolean,
): AsyncGenerator<PredictedPart, void, undefined> {
  const { config, meta } = known;
  const { windows, close } = yield* badOnes(openSeries(file, config, meta, { keepBad }));
  try {
    const ahead = windows((one) => {
      checkAhead({ ...one, file: file.name }, config);
      return [one.length, one.length, 1];
    });
    for (const rows of predictedAhead(model, known, ahead, passOf(file.report, "predicting"))) {
      yield { columns: [], rows, ofLines: false };
    }
  } finally {
    close();
  }
}

/** Why nothing can be said of rows, as they come; at the end what else was made of them. */
export async function* badOnes<R>(
  parts: AsyncGenerator<readonly BadRow[], R, undefined>,
): AsyncGenerator<PredictedPart, R, undefined> {
  for (let part = await parts.next(); ; part = await parts.next()) {
    if (part.done === true) return part.value;
    yield { columns: [], rows: part.value.map((row) => badPrediction(row)), ofLines: false };
  }
}
