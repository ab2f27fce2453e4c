import { engineInfo } from "../../engine/select.js";
import type { CommandTask } from "../../tasks/commands.js";
import { estimateTask, type TaskTraining } from "../../tasks/training/task-training.js";
import type { Plan } from "./plan.js";
import type { RunSummary, Telling } from "./reporters.js";

/** How the training of a task is told of. */
export async function tellingOf(task: CommandTask, { about, config }: TaskTraining, data: unknown): Promise<Telling> {
  return {
    beware: about.details === undefined ? [] : ((await task.beware?.(data, config)) ?? []),
    data: about.summary,
    details: about.details,
    unit: task.unit,
    input: task.input,
    heldOut: about.heldOut,
    metrics: task.metrics(about.meta),
    lossMetrics: task.lossMetrics(),
    next: (out, file) => nextCommand(task, out, file, about.lacksAhead),
  };
}

/** What to do with a model that has been trained. */
export function nextCommand(
  { generate, predict }: CommandTask,
  out: string,
  file: string,
  lacksAhead = false,
): readonly string[] {
  if (generate !== undefined) return ["sample", out, ...generate.example];
  return [predict === undefined || lacksAhead ? "eval" : "predict", out, file];
}

/** @param seconds  that training takes, about; null where the screen tells it later, and the memory with it */
export function summarize(plan: Plan, training: TaskTraining, seconds: number | null): RunSummary {
  const { task, config, files, folder, resume, fitted, usual } = plan;
  const { name, variant, threads } = engineInfo();
  const { trainer, about } = training;
  const usually = { ...task.resolve({}, "train"), ...usual } as unknown as Record<string, unknown>;
  return {
    out: folder.path,
    file: files.length === 1 ? files[0] : files,
    resumedFrom: resume === undefined ? null : training.trainer.step,
    counts: training.about.counts,
    fitted: { ...fitted },
    usual: Object.fromEntries(
      Object.keys(fitted).flatMap((key) => (typeof usually[key] === "number" ? [[key, usually[key]]] : [])),
    ),
    trainingBytes: seconds === null ? null : estimateTask(task, config, about.meta).trainingBytes,
    steps: trainer.totalSteps - trainer.step,
    seconds,
    parameters: training.model.parameters().reduce((sum, parameter) => sum + parameter.size, 0),
    engine: `${name} ${variant}`,
    threads,
  };
}
