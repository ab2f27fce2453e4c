import { CliError, EXIT } from "../errors/cli-error.js";
import { chooseThreads, type ReadCheckpoint, readCheckpoint } from "../input/model-files.js";
import type { Terminal } from "../terminal/output.js";

/** A command of a model and a FILE, for which `--text` may stand. */
export type FileCommand = (
  model: string,
  file: string | undefined,
  options: Readonly<Record<string, unknown>>,
  terminal: Terminal,
) => Promise<number>;

/** What was typed after `--text`, null for none. @throws CliError for both, a text and a FILE */
export function typedText(file: string | undefined, options: Readonly<Record<string, unknown>>): string | null {
  const text = (options["text"] as string | undefined) ?? null;
  if (text === null || file === undefined) return text;
  throw new CliError({
    exitCode: EXIT.usage,
    where: "--text",
    found: `found a FILE as well (${file})`,
    expected: "it stands for a file",
    untouched: "Nothing was written.",
    fix: { edit: { without: ["--text"] } },
  });
}

/** The model of a command that computes a step at a time, for which one thread is enough. */
export function openModel(path: string, options: Readonly<Record<string, unknown>>): ReadCheckpoint {
  chooseThreads(options["threads"], 1);
  return readCheckpoint(path);
}
