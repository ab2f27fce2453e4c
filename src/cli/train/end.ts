import { DivergedError, type FileError } from "../../base/errors.js";
import type { RunFolder } from "../../runs/run-folder-node.js";
import { halvedSizes } from "../../tasks/training/task-training.js";
import type { FitResult } from "../../train/index.js";
import { commandText, type Fix } from "../errors/advice.js";
import { CliError, EXIT, toCliError } from "../errors/cli-error.js";
import { memoryFix } from "../memory.js";
import { type InterruptSignal, SIGNAL_EXIT } from "../terminal/output.js";
import type { Plan } from "./plan.js";

/** What lets the last save succeed, by the system's code. */
const MENDS: Readonly<Record<string, string>> = {
  ENOSPC: "freeing some space",
  EDQUOT: "freeing some space",
  EROFS: "making the disk writable",
  EACCES: "making the folder writable",
  EPERM: "making the folder writable",
  "lock-lost": "waiting until the other process ends",
};

/** The status of a training that came to an end. @throws CliError when its last save did not succeed */
export function exitCodeOf(result: FitResult, signal: InterruptSignal | undefined, { folder }: Plan): number {
  if (result.unsaved !== null) {
    throw new CliError(
      {
        exitCode: EXIT.files,
        where: folder.path,
        found: `found no way to write all checkpoints (${result.unsaved.value})`,
        expected: "the end of training needs a last save",
        untouched: "The checkpoint before it is untouched.",
        fix: saveFix(result.unsaved, folder),
      },
      { cause: result.unsaved },
    );
  }
  return signal === undefined ? EXIT.done : SIGNAL_EXIT[signal];
}

/** Room where the disk is full; else what the system says is in the way. */
function saveFix(error: FileError, { path }: RunFolder): Fix {
  if (error.code === "ENOENT") return { command: ["train", "--resume", "--out", path] };
  return {
    text: `${MENDS[error.code] ?? "mending that"}, and ${commandText(["unrolled", "train", "--resume", "--out", path])}`,
  };
}

/** An error in the middle of training, with what is kept, and with which settings it would go on. */
export function trainingError(error: unknown, { task, folder, config }: Plan): unknown {
  if (error instanceof DivergedError) {
    const untouched = `The update was not made; ${keptText(folder)}`;
    const rate = String(Number((config.lr / 5).toPrecision(2)));
    const fix = { edit: { set: ["--lr", rate, ...(config.clip > 0 ? [] : ["--clip", "1"])] } };
    return toCliError(error, { untouched, fix }) ?? error;
  }
  return (
    toCliError(error, {
      untouched: keptText(folder),
      fix: error instanceof RangeError ? memoryFix(halvedSizes(task, config)) : undefined,
    }) ?? error
  );
}

function keptText(folder: RunFolder): string {
  return folder.holdsCheckpoint
    ? `the last good checkpoint is in ${folder.path}.`
    : "no checkpoint had been written yet.";
}
