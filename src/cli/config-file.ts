import { type ErrorDetails, FormatError, OptionError, show } from "../base/errors.js";
import { parsePlainJson } from "../base/strict-json.js";
import { LANGUAGE_MODEL_FIELDS, type LanguageModelOptions, resolveConfig } from "../tasks/language-model/index.js";
import { decodeUtf8 } from "../text/utf8.js";
import { CliError, EXIT } from "./cli-error.js";
import { readInput } from "./model-files.js";

export interface ConfigFile {
  /** The texts that the run was trained on, where the file says it: a run's own `config.json` does. */
  files: readonly string[];
  settings: LanguageModelOptions;
}

/**
 * Settings from a JSON file: any of those of a run's `config.json`.
 * @throws CliError naming the key
 */
export function readConfigFile(path: string): ConfigFile {
  const bytes = readInput(path);
  try {
    const json = parsePlainJson("config", path, decodeUtf8(bytes, path));
    if (json === null || typeof json !== "object" || Array.isArray(json)) {
      throw new FormatError({ op: "config", argument: path, must: "be an object", value: show(json) });
    }
    const { file, ...settings } = json;
    const files = file === undefined ? [] : [file].flat();
    if (!files.every((path) => typeof path === "string")) {
      throw new OptionError({ op: "config", argument: "file", must: "be a path, or several", value: show(file) });
    }
    resolveConfig(settings as LanguageModelOptions, "config");
    return { files: files as string[], settings: settings as LanguageModelOptions };
  } catch (error) {
    if (!(error instanceof OptionError || error instanceof FormatError)) throw error;
    throw refused(error, path);
  }
}

function refused(error: OptionError | FormatError, path: string): CliError {
  const { argument, value } = error;
  const { nearest, settings } = error.details;
  const unknown = error.code === "unknown-option";
  return new CliError(
    {
      exitCode: EXIT.input,
      where: argument === path || unknown ? path : `${path}: ${argument}`,
      found: unknown ? `found the unknown setting ${value}` : `found ${value}`,
      expected: unknown ? `the settings are ${Object.keys(LANGUAGE_MODEL_FIELDS).join(", ")}` : `it must ${error.must}`,
      untouched: "Nothing was written.",
      fix: unknown || nearest !== undefined ? nearText(nearest) : exampleText(argument, settings),
    },
    { cause: error },
  );
}

function nearText(nearest: string | undefined): string {
  return nearest === undefined ? "leaving it out" : JSON.stringify(nearest);
}

/** What stands in place of the value that will not do. */
function exampleText(argument: string, settings: ErrorDetails["settings"]): string {
  const field = Object.hasOwn(LANGUAGE_MODEL_FIELDS, argument)
    ? LANGUAGE_MODEL_FIELDS[argument as keyof typeof LANGUAGE_MODEL_FIELDS]
    : undefined;
  const value = settings?.[argument] ?? field?.example;
  if (value === undefined) return "the config.json of a run as an example";
  return `"${argument}": ${field?.kind === "text" ? JSON.stringify(value) : value}`;
}
