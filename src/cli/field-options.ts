import { type Command, Option } from "commander";
import type { OptionError } from "../base/errors.js";
import {
  LANGUAGE_MODEL_FIELDS,
  type LanguageModelConfig,
  type LanguageModelOptions,
} from "../tasks/language-model/index.js";
import { CliError, EXIT } from "./cli-error.js";

type Key = keyof LanguageModelConfig;

/** The settings that are flags; the others are set in a configuration file. */
const KEYS = (Object.keys(LANGUAGE_MODEL_FIELDS) as Key[]).filter((key) => !LANGUAGE_MODEL_FIELDS[key].fileOnly);

/** `--seq-len` for `seqLen`. */
export function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

export function addFieldOptions(command: Command): void {
  for (const key of KEYS) {
    const field = LANGUAGE_MODEL_FIELDS[key];
    const value =
      field.choices?.join("|") ?? { number: "n", text: "text", "number or text": "part|file", switch: "" }[field.kind];
    const option = new Option(value === "" ? flagOf(key) : `${flagOf(key)} <${value}>`, field.help);
    // Only for help: what was not given must stay open for the configuration file.
    const shown = field.kind === "switch" || field.default === null ? "" : ` (default: ${field.default})`;
    option.description += shown;
    command.addOption(option);
  }
}

/** The flags that were given, as values; still unchecked. */
export function givenFields(options: Readonly<Record<string, unknown>>): LanguageModelOptions {
  const given: Record<string, unknown> = {};
  for (const key of KEYS) {
    const value = options[key];
    if (value === undefined) continue;
    given[key] = LANGUAGE_MODEL_FIELDS[key].kind === "number" ? asNumber(value as string) : value;
  }
  return given as LanguageModelOptions;
}

/** What is no number stays text, for the error to show. */
export function asNumber(text: string): number | string {
  if (text.trim() === "NaN") return Number.NaN;
  const value = text.trim() === "" ? Number.NaN : Number(text);
  return Number.isNaN(value) ? text : value;
}

/** An option that does not hold, as the flag that it came from. */
export function flagError(error: OptionError): CliError {
  const key = KEYS.find((candidate) => flagOf(candidate) === error.argument);
  const field = key === undefined ? undefined : LANGUAGE_MODEL_FIELDS[key];
  const near = error.details.nearest;
  const fix = field === undefined ? error.fix.replace(/\.$/, "") : `${error.argument} ${near ?? field.example}`;
  return new CliError(
    {
      exitCode: EXIT.usage,
      where: error.argument,
      found: `found ${error.value}`,
      expected: `it must ${error.must}`,
      untouched: "Nothing was written.",
      fix,
    },
    { cause: error },
  );
}
