import type { ValidationEvent } from "../../../src/train/index.js";
import { GRADIENT, HELD_OUT, LOSS } from "./curve-names.js";
import type { MetricInfo } from "./library.js";
import type { Tell } from "./protocol.js";
import { addPoint, type RunRecord, type Runs } from "./runs.js";
import type { Listener } from "./session.js";
import type { Validated } from "./train.js";

/** Tells the page of all that happens, and writes into the record of the run what is to stay. */
export function recordInto(kept: RunRecord, metrics: readonly MetricInfo[], runs: Promise<Runs>, tell: Tell): Listener {
  return {
    slice(slice) {
      addPoint(kept.curves, LOSS, slice.step, slice.loss);
      addPoint(kept.curves, GRADIENT, slice.step, slice.gradNorm);
      Object.assign(kept, { step: slice.step, totalSteps: slice.totalSteps });
      tell("train.slice", slice);
    },
    validation(event) {
      const validated = asTold(event, metrics);
      for (const { name, value } of validated.figures) addPoint(kept.curves, HELD_OUT + name, event.step, value);
      tell("train.validation", validated);
    },
    samples: (step, samples) => tell("train.samples", { step, samples }),
    async checkpoint(step, bytes) {
      const all = await runs;
      kept.step = step;
      await all.keep(kept, bytes);
      tell("train.kept", { checkpoints: [...kept.checkpoints], lasts: all.last });
    },
  };
}

function asTold(event: ValidationEvent, metrics: readonly MetricInfo[]): Validated {
  const { step, loss, heldOut, best } = event;
  const figures = metrics.flatMap((metric) => {
    const { name, unit } = metric;
    const value = event.metrics[name];
    if (value === undefined) return [];
    const text = metric.format(value);
    return [{ name, value, text: unit === "" ? text : `${text} ${unit}` }];
  });
  return { step, loss, heldOut, best, figures };
}
