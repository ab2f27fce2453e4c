import { type Command, Option } from "commander";
import type { OptionError } from "../base/errors.js";
import {
  LANGUAGE_MODEL_FIELDS,
  type LanguageModelConfig,
  type LanguageModelOptions,
} from "../tasks/language-model/index.js";
import { type CliError, EXIT, flagOf, toCliError } from "./cli-error.js";

type Key = keyof LanguageModelConfig;

const KEYS = Object.keys(LANGUAGE_MODEL_FIELDS) as Key[];

/** A flag for every setting; those that few need have a heading of their own in help. */
export function addFieldOptions(command: Command): void {
  for (const key of KEYS) {
    const field = LANGUAGE_MODEL_FIELDS[key];
    const value = { number: "n", text: "name", "number or text": "part|file", switch: "" }[field.kind];
    const choices = field.choices === undefined ? "" : `: ${field.choices.join(", ")}`;
    const option = new Option(value === "" ? flagOf(key) : `${flagOf(key)} <${value}>`, field.help + choices);
    // Only for help: what was not given must stay open for the configuration file, and for the size of the text.
    if (field.kind !== "switch" && field.default !== null) {
      option.description += ` (default: ${field.default}${field.fitted ? ", or by the size of a small text" : ""})`;
    }
    if (field.seldom) option.helpGroup("Settings that few need:");
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
  const { argument, details } = error;
  const key = KEYS.find((candidate) => flagOf(candidate) === argument);
  const untouched = "Nothing was written.";
  const value = details.nearest ?? (key === undefined ? undefined : LANGUAGE_MODEL_FIELDS[key].example);
  const fix = value === undefined || details.settings !== undefined ? undefined : { edit: { set: [argument, value] } };
  return toCliError(error, { untouched, fix, exitCode: EXIT.usage })!;
}
