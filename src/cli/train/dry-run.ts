import { estimateTask, type TaskTraining } from "../../tasks/training/task-training.js";
import { pause } from "../../train/index.js";
import { formatBytes } from "../../train/memory.js";
import { durationText } from "../terminal/format.js";
import type { OutputStream } from "../terminal/output.js";
import { printLine } from "../terminal/print.js";

/** Steps are timed for about as long; the first one compiles. */
const TIMED_MS = 1000;
const LEAST_STEPS = 2;

/** What `--dry-run` finds: how long training would take, by steps of it, and what it needs. */
export interface DryRun {
  steps: number;
  secondsPerStep: number;
  /** Of all steps, without validations. */
  seconds: number;
  trainingBytes: number;
}

/** Takes a few steps, of which nothing is kept. @throws DivergedError */
export async function dryRun(training: TaskTraining): Promise<DryRun> {
  const { trainer, task, config, about } = training;
  const start = performance.now();
  trainer.trainStep();
  const begin = performance.now();
  let steps = 0;
  while (trainer.step < trainer.totalSteps && (steps < LEAST_STEPS || performance.now() - begin < TIMED_MS)) {
    trainer.trainStep();
    steps++;
    await pause();
  }
  const ms = steps === 0 ? begin - start : (performance.now() - begin) / steps;
  const secondsPerStep = ms / 1000;
  const { trainingBytes } = estimateTask(task, config, about.meta);
  const { totalSteps } = trainer;
  return { steps: totalSteps, secondsPerStep, seconds: totalSteps * secondsPerStep, trainingBytes };
}

export function printDryRun(out: OutputStream, { steps, secondsPerStep, seconds, trainingBytes }: DryRun): void {
  const each = `${Number((1000 * secondsPerStep).toPrecision(2)).toLocaleString("en")} ms`;
  printLine(
    out,
    `a step takes about ${each}: ${durationText(seconds)} for ${steps.toLocaleString("en")} ${steps === 1 ? "step" : "steps"}`,
  );
  printLine(out, `training takes about ${formatBytes(trainingBytes)} of memory`);
  printLine(out, "Nothing was written: without --dry-run it trains.");
}
