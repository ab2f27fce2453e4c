import { noGrad } from "../../autograd/index.js";
import { record } from "../../diagnostics/record.js";
import type { Tensor } from "../../tensor/index.js";
import { batchOf } from "../forecast/batch.js";
import type { ForecastConfig } from "../forecast/config.js";
import { type ForecastMeta, firstOrigin, type Window } from "../forecast/data.js";
import { outputNamed } from "../forecast/outputs.js";
import { gradientOfValues } from "../forecast/value-gradients.js";
import type { ShownStep } from "../inspection/blocks.js";
import { gradientRow } from "../score/gradient-row.js";
import { inputGradients } from "../score/input-gradients.js";
import type { ScoreBlock } from "../score/score-blocks.js";
import type { GradientRow } from "../score/score-data.js";
import type { AnomalyModel } from "./model.js";

/** The values of a series that are judged, one after another. */
export interface Judged {
  model: AnomalyModel;
  windows: readonly Window[];
  settings: ForecastConfig;
  meta: ForecastMeta;
  steps: readonly ShownStep[];
}

/** What a score shows of a series: what the surprise of each value follows from. @param top  the most surprising value */
export function valueBlocks(judged: Judged, top: number): ScoreBlock[] {
  const { model, windows, settings, meta, steps } = judged;
  const { x } = batchOf([windows[top]], settings, meta);
  return [
    {
      ...{ kind: "traced", steps },
      about: "From the surprise of the value under the cursor to it and each value before it.",
      rows: (places) => rowsOf(judged, places),
    },
    {
      // Each value has a walk of its own; this is that of the most surprising one.
      ...{ kind: "layers", steps, from: top - settings.context! },
      layers: () => record(model, () => void noGrad(() => model.series!.forward(x))),
    },
  ];
}

function rowsOf({ model, windows, settings, meta }: Judged, places: readonly number[]): GradientRow[] {
  const [context, reach] = [settings.context!, firstOrigin(settings)];
  const predictions = {
    model,
    read: (own: readonly number[]) => {
      const { x, values } = batchOf(
        own.map((place) => windows[place]),
        settings,
        meta,
      );
      return [x, values.narrow(0, context, 1).unsqueeze(-1)];
    },
    predicted: ([x, values]: readonly Tensor[], own: readonly number[]) => {
      const { scale } = batchOf(
        own.map((place) => windows[place]),
        settings,
        meta,
      );
      const [raw] = model.series!.forward(x);
      const mean = outputNamed(settings.output).loss(raw.narrow(0, context, 1), values.squeeze(-1), scale);
      return mean.mul(own.length);
    },
  };
  return inputGradients(predictions, places).map(([ofInputs, [ofValue]], b) => {
    const slopes = gradientOfValues(ofInputs, settings, meta);
    slopes[reach] += ofValue;
    if (settings.centre === "last") slopes[reach - 1] -= ofValue;
    // The axis begins with the first value that is judged.
    const skipped = Math.max(0, reach - places[b]);
    const own = Float32Array.from(slopes.subarray(skipped, reach + 1), Math.abs);
    return gradientRow(places[b], own, places[b] - reach + skipped);
  });
}
