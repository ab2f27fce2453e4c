import type { FitOptions, FitResult } from "../train/index.js";
import { buildTask, decodeTask, encodeTask } from "./checkpoint.js";
import type { TaskTypes } from "./task.js";
import type { TaskTraining } from "./task-training.js";

/**
 * Trains, and gives the model of the best validation, as the command line predicts with: the task's first metric chooses it. Where nothing
 * is held out, where the last validation was the best, and where all of a resumed run were worse than those before, it is the model as it
 * stands at the end. `training` keeps the weights that it goes on from.
 * @returns the model in evaluation mode
 * @throws as `TaskTraining.fit`
 */
export async function fitToBest<T extends TaskTypes>(
  training: TaskTraining<T>,
  options: FitOptions,
): Promise<{ model: T["model"]; result: FitResult }> {
  const { task, config, about } = training;
  let best: Uint8Array | null = null;
  const result = await training.fit({
    ...options,
    onEvent(event) {
      if (event.type === "validation" && event.heldOut && event.best) {
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
