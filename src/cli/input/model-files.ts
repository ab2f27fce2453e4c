import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { FormatError } from "../../base/errors.js";
import { configure } from "../../engine/select.js";
import { readFileBytes } from "../../io/files-node.js";
import type { TaskCheckpoint } from "../../tasks/checkpoint.js";
import type { CommandTask } from "../../tasks/commands.js";
import { decodeAnyTask } from "../../tasks/registry.js";
import type { Fix } from "../errors/advice.js";
import { CliError, EXIT, toCliError } from "../errors/cli-error.js";
import { asNumber } from "../field-options.js";
import { foreignKind, isSafetensors } from "./file-kind.js";
import { misspelled } from "./near-path.js";

const BEST = "best.safetensors";
const LAST = "last.safetensors";

/** MODEL as a person names it: a checkpoint, or a run folder, whose best one is meant. */
export function findCheckpoint(model: string): string {
  if (!existsSync(model) || !statSync(model).isDirectory()) return model;
  const found = [BEST, LAST].map((name) => join(model, name)).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new CliError({
    exitCode: EXIT.files,
    where: model,
    found: "found a folder without best.safetensors or last.safetensors",
    expected: "a run folder has one as soon as a validation is over",
    fix: siblingFix(model) ?? { text: "the folder of a run that has been validated" },
  });
}

/** Another run beside it. */
function siblingFix(model: string): Fix | undefined {
  const folder = dirname(resolve(model));
  const found = readdirSync(folder)
    .map((name) => join(dirname(model), name))
    .find((path) => [BEST, LAST].some((name) => existsSync(join(path, name))));
  return found === undefined ? undefined : { edit: { replace: { from: model, to: [found] } } };
}

/** A checkpoint, and the task that it is of. */
export type ReadCheckpoint = TaskCheckpoint & { task: CommandTask };

/** @throws CliError when there is no checkpoint, or one that is broken: exit status 3 */
export function readCheckpoint(model: string): ReadCheckpoint {
  const path = findCheckpoint(model);
  const bytes = readInput(path);
  const context = { where: path, untouched: "The file is untouched.", exitCode: EXIT.input };
  try {
    return decodeAnyTask(bytes, path);
  } catch (error) {
    const kind = isSafetensors(bytes) ? null : (foreignKind(bytes) ?? TEXT_KIND);
    if (kind !== null && bytes.length > 0) {
      throw new CliError(
        {
          ...context,
          found: `found ${kind.name}`,
          expected: "it must be a checkpoint that unrolled train wrote (safetensors)",
          fix: kind === TEXT_KIND ? { command: ["train", path] } : otherCheckpoint(model, path),
        },
        { cause: error },
      );
    }
    const fix = otherCheckpoint(model, path);
    throw toCliError(error, { ...context, fix, ...partOf(error, path) }) ?? error;
  }
}

const TEXT_KIND = { name: "a text" };

/** The part of the file that is wrong: a weight, a setting. */
function partOf(error: unknown, path: string): { found?: string } {
  if (!(error instanceof FormatError) || error.argument === path) return {};
  return { found: `found ${error.value} (${error.argument})` };
}

/**
 * The other checkpoint of the same folder.
 * @param model  as it was given, a folder or a checkpoint; `path` is the checkpoint that will not do
 */
export function otherCheckpoint(model: string, path = findCheckpoint(model)): Fix {
  const other = join(dirname(path), basename(path) === BEST ? LAST : BEST);
  if (!existsSync(other))
    return { text: "another checkpoint: each run folder has best.safetensors and last.safetensors" };
  return { edit: { replace: { from: model, to: [other] } } };
}

/** A file that a person named. @throws CliError */
export function readInput(path: string): Uint8Array {
  try {
    return readFileBytes(path);
  } catch (error) {
    throw toCliError(error, { where: path, untouched: "Nothing was written.", fix: misspelled(error, path) }) ?? error;
  }
}

/** `--threads`, before the first tensor is made. */
export function chooseThreads(given: unknown, otherwise?: number): void {
  const threads = given === undefined ? otherwise : asNumber(given as string);
  if (threads === undefined) return;
  try {
    configure({ threads: threads as number });
  } catch (error) {
    const context = { where: "--threads", untouched: "Nothing was written." };
    throw toCliError(error, { ...context, fix: { edit: { set: ["--threads", "2"] } } }) ?? error;
  }
}
