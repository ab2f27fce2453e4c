import { type ErrorDetails, FormatError, OptionError, show } from "../../base/errors.js";
import { parsePlainJson } from "../../base/strict-json.js";
import type { CommandTask, OptionFields } from "../../tasks/commands.js";
import { taskNamed } from "../../tasks/registry.js";
import { decodeUtf8 } from "../../text/utf8.js";
import { CliError, EXIT } from "../errors/cli-error.js";
import { readInput } from "./model-files.js";

export interface ConfigFile {
  path: string;
  /** The files that the run was trained on, where it says them: a run's own `config.json` does. */
  files: readonly string[];
  /** The task, where it says one. */
  task: CommandTask | undefined;
  /** Not checked yet: by which rules depends on the task. */
  settings: Readonly<Record<string, unknown>>;
}

/**
 * Settings from a JSON file: any of those of a run's `config.json`.
 * @throws CliError for what is no object, or names files or a task that are none
 */
export function readConfigFile(path: string): ConfigFile {
  const bytes = readInput(path);
  try {
    const json = parsePlainJson("config", path, decodeUtf8(bytes, path));
    if (json === null || typeof json !== "object" || Array.isArray(json)) {
      throw new FormatError({ op: "config", argument: path, must: "be an object", value: show(json) });
    }
    const { file, task, ...settings } = json;
    const files = file === undefined ? [] : [file].flat();
    if (!files.every((path) => typeof path === "string")) {
      throw new OptionError({ op: "config", argument: "file", must: "be a path, or several", value: show(file) });
    }
    const named = task === undefined ? undefined : taskNamed(String(task), "config");
    return { path, files: files as string[], task: named, settings };
  } catch (error) {
    if (!(error instanceof OptionError || error instanceof FormatError)) throw error;
    throw refused(error, path, {});
  }
}

/** @throws CliError naming the setting that this task does not have, or not so */
export function checkSettings({ path, settings }: ConfigFile, task: CommandTask): void {
  try {
    task.resolve(settings, "config");
  } catch (error) {
    if (!(error instanceof OptionError || error instanceof FormatError)) throw error;
    throw refused(error, path, task.fields);
  }
}

function refused(error: OptionError | FormatError, path: string, fields: OptionFields): CliError {
  const { argument, value } = error;
  const { nearest, settings } = error.details;
  const unknown = error.code === "unknown-option";
  return new CliError(
    {
      exitCode: EXIT.input,
      where: argument === path || unknown ? path : `${path}: ${argument}`,
      found: unknown ? `found the unknown setting ${value}` : `found ${value}`,
      expected: unknown ? `the settings are ${Object.keys(fields).join(", ")}` : `it must ${error.must}`,
      untouched: "Nothing was written.",
      fix: unknown || nearest !== undefined ? nearText(nearest) : exampleText(argument, fields, settings),
    },
    { cause: error },
  );
}

function nearText(nearest: string | undefined): string {
  return nearest === undefined ? "leaving it out" : JSON.stringify(nearest);
}

/** What stands in place of the value that will not do. */
function exampleText(argument: string, fields: OptionFields, settings: ErrorDetails["settings"]): string {
  const field = Object.hasOwn(fields, argument) ? fields[argument] : undefined;
  const value = settings?.[argument] ?? field?.example;
  if (value === undefined) return "the config.json of a run as an example";
  return `"${argument}": ${field?.kind === "text" ? JSON.stringify(value) : value}`;
}
