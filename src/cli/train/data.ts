import { FileError, OptionError } from "../../base/errors.js";
import { passOf } from "../../base/report.js";
import type { CommandTask } from "../../tasks/commands.js";
import { type ReadData, type TaskTypes, validationName } from "../../tasks/task.js";
import { checkTaskMemory, fitTask, readsAnyFile } from "../../tasks/training/task-training.js";
import { flagOf, toCliError } from "../errors/cli-error.js";
import { flagError } from "../field-options.js";
import { refuseTooLarge } from "../input/large-files.js";
import { rowStream, rowsOfFiles, unread } from "../input/row-streams.js";
import { readData, readTexts, textError } from "../input/texts.js";
import { availableMemory, memoryFix } from "../memory.js";
import type { Terminal } from "../terminal/output.js";
import type { ProgressBar } from "../terminal/progress-bar.js";
import type { Plan } from "./plan.js";
import type { CommandRanks } from "./ranks.js";
import { binaryFix } from "./request.js";

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
  // A first look at the sizes that need no file: a hidden size of 10^9 is refused before anything is read.
  refuseIfTooLarge(task, config, null);
  if (task.readStream !== undefined && (config as { stream?: unknown }).stream === true) {
    return streamData(plan, task.readStream, terminal, { ranks, bar });
  }
  const raw = readsAnyFile(task, config);
  const { valid: held } = config;
  if (!raw) refuseTooLarge(typeof held === "string" ? [...files, held] : files, task);
  const train = await readData(files, task, raw, terminal, binaryFix(task));
  const { valid: part } = config;
  const valid = typeof part === "string" ? await readTexts([part], raw, terminal, binaryFix(task)) : undefined;
  try {
    const naming = { op: "train", nameOf: flagOf, ...(from && { known: from.meta }) };
    const sources = { train: { ...train, report: bar.report }, valid };
    const read: ReadData<TaskTypes> = task.read(sources, given, naming, usual);
    return loaded(plan, read, ranks);
  } catch (error) {
    if (error instanceof OptionError) throw flagError(error, task.fields);
    throw textError(error, valid !== undefined && isAbout(error, valid.name) ? valid : train);
  } finally {
    bar.end();
  }
}

/** Whether it is the file to validate on that an error speaks of. */
function isAbout(error: unknown, valid: string): boolean {
  const { argument } = error as { argument?: unknown };
  return argument === valid || argument === validationName(valid);
}

function loaded(plan: Plan, { data, config, fitted, close }: ReadData<TaskTypes>, ranks: CommandRanks): Loaded {
  const { size } = ranks.collective;
  // What the size of the data chose goes into as many parts as there are ranks.
  const chosen = plan.given["batch"] === undefined ? { batch: Math.ceil(config.batch / size) * size } : {};
  return { data, plan: { ...plan, config: { ...config, ...chosen }, fitted }, close };
}

/** Rows and tokens that stay on the disk. */
async function streamData(
  plan: Plan,
  readStream: NonNullable<CommandTask["readStream"]>,
  terminal: Terminal,
  { ranks, bar }: { ranks: CommandRanks; bar: ProgressBar },
): Promise<Loaded> {
  const { files, config, given, usual, task, from } = plan;
  const naming = { op: "train", nameOf: flagOf, ...(from && { known: from.meta }) };
  const raw = readsAnyFile(task, config);
  const [told, binary] = [passOf(bar.report, "reading"), binaryFix(task)];
  const open = (path: string) => rowStream(path, terminal, { told, raw, binary });
  const valid = typeof config.valid === "string" ? open(config.valid) : undefined;
  const joined = task.manyFiles === true ? null : rowsOfFiles(files, task, terminal, { told, raw, binary });
  const [train, ...others] = joined === null ? files.map(open) : [joined.stream];
  try {
    const read = await readStream({ train, others, valid, report: bar.report }, given, naming, usual);
    return loaded(plan, read, ranks);
  } catch (error) {
    if (error instanceof OptionError) throw flagError(error, task.fields);
    if (error instanceof FileError) throw toCliError(error, { untouched: "Nothing was written." }) ?? error;
    const isValid = valid !== undefined && isAbout(error, valid.name);
    throw textError(error, isValid ? unread([String(config.valid)]) : (joined?.text ?? unread(files)));
  } finally {
    bar.end();
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
