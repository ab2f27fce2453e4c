import type { FitOptions, FitResult } from "../../train/index.js";
import { buildTask, decodeTask, encodeTask } from "../checkpoint.js";
import type { TaskTypes } from "../task.js";
import type { TaskTraining } from "./task-training.js";

/**
 * Trains, and gives the model as it stands at the end, or as it was at the best validation: the task's first metric chooses that. `training`
 * keeps the weights that it goes on from.
 * @param restoreBest  default: with `patience`, which ends training some validations after the best. Where nothing is held out, and where
 *   all validations of a resumed run were worse than those before, there is no other than the end
 * @returns the model in evaluation mode
 * @throws as `TaskTraining.fit`
 */
export async function fitToBest<T extends TaskTypes>(
  training: TaskTraining<T>,
  options: FitOptions,
  restoreBest: boolean = training.config.patience > 0,
): Promise<{ model: T["model"]; result: FitResult }> {
  const { task, config, about } = training;
  let best: Uint8Array | null = null;
  const result = await training.fit({
    ...options,
    onEvent(event) {
      if (restoreBest && event.type === "validation" && event.heldOut && event.best) {
        const { model } = training;
        best = training.withAverages(() => encodeTask(task, { model, config, meta: about.meta }));
      }
      options.onEvent?.(event);
    },
  });
  training.takeAverages();
  training.model.eval();
  const isLast = best === null || result.bestStep === result.step;
  return { model: isLast ? training.model : buildTask(task, decodeTask(task, best!, "best")), result };
}
