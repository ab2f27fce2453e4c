import { refusal } from "../../base/check.js";
import { fileExists, readFile } from "../../io/files.js";
import { type Module, requireModule } from "../../nn/module.js";
import { partsFromBytes } from "../saving/parts.js";
import type { FitReport } from "./report.js";
import { FitRun } from "./run.js";
import type { FitSettings } from "./settings.js";

/**
 * Trains a module on batches until the epochs or steps are over, validation has not improved for long, or a callback or signal ends it:
 * batch, forward, loss, backward, clip, update; validation without gradients in evaluation mode; schedules, metrics, checkpoints. The
 * event loop has its turn now and then. The model is in evaluation mode in the end, with its best weights where `patience` or
 * `earlyStopping` is given.
 *
 * With `accumulate`, an update follows from k batches of mean losses ℓ_i over n_i terms as from one batch of them all: the gradient of
 * Σ n_i ℓ_i / Σ n_i.
 *
 * From a `checkpoint` training goes on bit for bit: weights, optimiser, schedules, random numbers, place in the data (`state()` of a
 * loader; other data are iterated over again up to it, and must then be the same), metrics, best weights.
 * @param model  any module: one whose `forward(x)` returns an output, or an output and a state, as recurrent ones do; for others,
 *   `forward: (model, batch) => output`
 * @throws OptionError for settings that will not do; DivergedError, naming the step, before an update with a loss or gradient that is not
 *   finite; FileError, FormatError for a checkpoint that cannot be read
 * @example
 * const { history, best } = await fit(model, {
 *   train: batches, // [[x, y], ...], a data.loader, () => generator()
 *   valid,
 *   loss: nn.functional.crossEntropy,
 *   optimizer: new optim.Adam(model.parameters(), { lr: 0.002 }),
 *   epochs: 20,
 *   metrics: [metrics.accuracy({ classes: 3 })],
 *   patience: 3,
 *   clipNorm: 1,
 *   checkpoint: "last.safetensors",
 *   resume: true,
 * });
 */
export async function fit<M extends Module, B>(model: M, settings: FitSettings<M, B>): Promise<FitReport> {
  requireModule("fit", model, "model");
  const run = new FitRun(model, settings);
  const from = await checkpointToResume(run.settings.checkpoint?.path, settings.resume);
  if (from !== undefined) partsFromBytes(await readFile("fit", from), run.parts, "fit", from);
  return run.train();
}

async function checkpointToResume(own: string | undefined, resume: unknown): Promise<string | undefined> {
  if (resume === undefined || resume === false) return undefined;
  if (typeof resume === "string") return resume;
  if (resume !== true || own === undefined) {
    const fix = 'Write checkpoint: "last.safetensors", resume: true.';
    throw refusal("fit", "resume", "be a path, or true beside a checkpoint", resume, fix);
  }
  return (await fileExists("fit", own)) ? own : undefined;
}
