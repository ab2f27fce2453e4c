import { FileError, OptionError } from "../base/errors.js";
import { passOf } from "../base/report.js";
import type { CommandTask } from "../tasks/commands.js";
import { type ReadData, type TaskTypes, validationName } from "../tasks/task.js";
import { checkTaskMemory, fitTask, readsAnyFile } from "../tasks/task-training.js";
import { flagOf, toCliError } from "./cli-error.js";
import { flagError } from "./field-options.js";
import { refuseTooLarge } from "./large-files.js";
import { availableMemory, memoryFix } from "./memory.js";
import type { Terminal } from "./output.js";
import type { ProgressBar } from "./progress-bar.js";
import type { CommandRanks } from "./ranks.js";
import { rowStream, unread } from "./row-streams.js";
import { readTexts, textError } from "./texts.js";
import type { Plan } from "./train-plan.js";
import { binaryFix } from "./train-request.js";

interface Loaded {
  data: unknown;
  plan: Plan;
  close: (() => void) | undefined;
}

/** The data, and what their size decides. @throws CliError */
export async function loadData(
  plan: Plan,
  terminal: Terminal,
  { ranks, bar }: { ranks: CommandRanks; bar: ProgressBar },
): Promise<Loaded> {
  const { task, files, config, given, usual, from } = plan;
  const { size } = ranks.collective;
  // A first look at the sizes that need no file: a hidden size of 10^9 is refused before anything is read.
  refuseIfTooLarge(task, config, null);
  if (task.readStream !== undefined && (config as { stream?: unknown }).stream === true) {
    return streamData(plan, task.readStream, terminal, bar);
  }
  const raw = readsAnyFile(task, config);
  const { valid: held } = config;
  if (!raw) refuseTooLarge(typeof held === "string" ? [...files, held] : files, task);
  const train = await readTexts(files, raw, terminal, binaryFix(task));
  const { valid: part } = config;
  const valid = typeof part === "string" ? await readTexts([part], raw, terminal, binaryFix(task)) : undefined;
  try {
    const naming = { op: "train", nameOf: flagOf, ...(from && { known: from.meta }) };
    const sources = { train: { ...train, report: bar.report }, valid };
    const read: ReadData<TaskTypes> = task.read(sources, given, naming, usual);
    // What the size of the data chose goes into as many parts as there are ranks.
    const chosen = given["batch"] === undefined ? { batch: Math.ceil(read.config.batch / size) * size } : {};
    const found = { config: { ...read.config, ...chosen }, fitted: read.fitted };
    return { data: read.data, plan: { ...plan, ...found }, close: read.close };
  } catch (error) {
    if (error instanceof OptionError) throw flagError(error, task.fields);
    const { argument } = error as { argument?: unknown };
    throw textError(error, valid !== undefined && argument === validationName(valid.name) ? valid : train);
  } finally {
    bar.end();
  }
}

/** Rows that stay on the disk. */
async function streamData(
  plan: Plan,
  readStream: NonNullable<CommandTask["readStream"]>,
  terminal: Terminal,
  bar: ProgressBar,
): Promise<Loaded> {
  const { files, config, given, task, from } = plan;
  const naming = { op: "train", nameOf: flagOf, ...(from && { known: from.meta }) };
  const open = (path: string) => rowStream(path, terminal, passOf(bar.report, "reading"));
  const valid = typeof config.valid === "string" ? open(config.valid) : undefined;
  try {
    const read = await readStream({ train: open(files[0]), valid }, given, naming);
    return { data: read.data, plan: { ...plan, config: read.config, fitted: read.fitted }, close: read.close };
  } catch (error) {
    if (error instanceof OptionError) throw flagError(error, task.fields);
    if (error instanceof FileError) throw toCliError(error, { untouched: "Nothing was written." }) ?? error;
    throw textError(error, unread(files));
  }
}

/** @throws CliError with sizes that fit, when training would need more memory than there is */
export function refuseIfTooLarge(task: CommandTask, config: TaskTypes["config"], meta: unknown): void {
  try {
    checkTaskMemory(task, config, meta, availableMemory());
  } catch (error) {
    const fix = memoryFix(fitTask(task, config, meta, availableMemory()));
    throw toCliError(error, { untouched: "Nothing was allocated or written.", fix }) ?? error;
  }
}
