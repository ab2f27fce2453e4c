import { FormatError, OptionError, show } from "../base/errors.js";
import { nearest } from "../base/nearest.js";
import { decodeCheckpoint } from "../train/checkpoint.js";
import { anomaly } from "./anomaly/task.js";
import { readTask, type TaskCheckpoint } from "./checkpoint.js";
import { classify } from "./classify/task.js";
import type { CommandTask } from "./commands.js";
import { forecast } from "./forecast/task.js";
import { generate } from "./generate/task.js";
import { languageModelTask } from "./language-model/commands.js";
import { regress } from "./regress/task.js";
import { seq2seq } from "./seq2seq/task.js";
import { tag } from "./tag/task.js";
import type { Inferred } from "./task.js";

/** Every task, in the order in which they are asked whether a file is theirs; the last one reads anything. */
export const TASKS: readonly CommandTask[] = [
  tag,
  seq2seq,
  forecast,
  classify,
  regress,
  generate,
  anomaly,
  languageModelTask,
];

/** The task of files that promise nothing, and of runs that name none. */
export const DEFAULT_TASK: CommandTask = TASKS[TASKS.length - 1];

/** Short words for those whose name is long. */
const ALIASES: Readonly<Record<string, string>> = { lm: "language-model" };

/** @throws OptionError for a name that no task has, naming the nearest */
export function taskNamed(name: string, op = "task"): CommandTask {
  const found = TASKS.find((task) => task.name === (Object.hasOwn(ALIASES, name) ? ALIASES[name] : name));
  if (found !== undefined) return found;
  const names = TASKS.map((task) => task.name);
  const near = nearest(name, names);
  const fix = near === undefined ? "" : `Did you mean ${show(near)}?`;
  const must = `be one of ${names.map(show).join(", ")}`;
  throw new OptionError({ op, argument: "task", must, value: show(name), fix, details: { nearest: near } });
}

/** Whose file this is, and what it says of itself. @param given  settings that are decided already */
export function inferTask(
  name: string,
  bytes: () => Uint8Array,
  given: Readonly<Record<string, unknown>>,
): { task: CommandTask; inferred: Inferred | null } {
  for (const task of TASKS) {
    const inferred = task.infer?.(name, bytes, given) ?? null;
    if (inferred !== null) return { task, inferred };
  }
  return { task: DEFAULT_TASK, inferred: null };
}

/** A checkpoint of any task, which it names itself. @throws FormatError */
export function decodeAnyTask(bytes: Uint8Array, source?: string): TaskCheckpoint & { task: CommandTask } {
  const decoded = decodeCheckpoint(bytes, null, source);
  const task = TASKS.find(({ name }) => name === decoded.task);
  if (task === undefined) {
    const must = `hold a model of a task that this version knows (${TASKS.map(({ name }) => name).join(", ")})`;
    throw new FormatError({ op: "checkpoint", argument: source ?? "checkpoint", must, value: show(decoded.task) });
  }
  return { ...readTask(task, decoded, source ?? "checkpoint"), task };
}
