import { existsSync } from "node:fs";
import type { CommandTask } from "../../tasks/commands.js";
import { inferTask, taskNamed } from "../../tasks/registry.js";
import { readText } from "./texts.js";

/** The task of a command that could not be read: the one that is named, else that of the first file; null where nobody knows. */
export function taskAtHand(argv: readonly string[]): CommandTask | null {
  try {
    const named = namedTask(argv);
    if (named !== undefined) return taskNamed(named);
    const file = argv.slice(1).find((word) => !word.startsWith("-") && existsSync(word));
    return file === undefined ? null : inferTask(file, () => readText(file), {}).task;
  } catch {
    return null;
  }
}

/** What stands after `--task`. */
export function namedTask(argv: readonly string[]): string | undefined {
  const at = argv.findIndex((word) => word === "--task" || word.startsWith("--task="));
  return at < 0 ? undefined : (argv[at].split("=", 2)[1] ?? argv[at + 1]);
}
