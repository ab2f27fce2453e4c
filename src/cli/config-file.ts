import { FormatError, OptionError, show } from "../base/errors.js";
import { parsePlainJson } from "../base/strict-json.js";
import { LANGUAGE_MODEL_FIELDS, type LanguageModelOptions, resolveConfig } from "../tasks/language-model/index.js";
import { decodeUtf8 } from "../text/utf8.js";
import { CliError, EXIT } from "./cli-error.js";
import { readInput } from "./model-files.js";

export interface ConfigFile {
  /** The text that the run was trained on, where the file says it: a run's own `config.json` does. */
  file: string | undefined;
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
    if (file !== undefined && typeof file !== "string") {
      throw new OptionError({ op: "config", argument: "file", must: "be a path", value: show(file) });
    }
    resolveConfig(settings as LanguageModelOptions, "config");
    return { file, settings: settings as LanguageModelOptions };
  } catch (error) {
    if (!(error instanceof OptionError || error instanceof FormatError)) throw error;
    throw refused(error, path);
  }
}

function refused(error: OptionError | FormatError, path: string): CliError {
  const { argument, value, fix } = error;
  const { nearest } = error.details;
  const unknown = error.code === "unknown-option";
  return new CliError(
    {
      exitCode: EXIT.input,
      where: argument === path || unknown ? path : `${path}: ${argument}`,
      found: unknown ? `found the unknown setting ${value}` : `found ${value}`,
      expected: unknown ? `the settings are ${Object.keys(LANGUAGE_MODEL_FIELDS).join(", ")}` : `it must ${error.must}`,
      untouched: "Nothing was written.",
      fix:
        (nearest === undefined ? fix.replace(/\.$/, "") : JSON.stringify(nearest)) ||
        "the config.json of a run as an example",
    },
    { cause: error },
  );
}
