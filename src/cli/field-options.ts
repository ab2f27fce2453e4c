import { type Command, Option } from "commander";
import { OptionError } from "../base/errors.js";
import type { Field } from "../base/fields.js";
import type { Capability, CommandTask, OptionFields } from "../tasks/commands.js";
import { TASKS } from "../tasks/registry.js";
import type { TaskTypes } from "../tasks/task.js";
import { type ChosenSettings, presetNamed, presetSettings } from "../tasks/training/presets.js";
import { CliError, EXIT, flagOf, toCliError } from "./errors/cli-error.js";

/** A flag for every setting; those that few need have a heading of their own in help. */
export function addFieldOptions(command: Command, fields: OptionFields): void {
  for (const [key, field] of Object.entries(fields)) {
    const option = fieldOption(key, field);
    const group = field.seldom ? "Settings that few need:" : field.group;
    if (group !== undefined) option.helpGroup(group);
    command.addOption(option);
    // What a preset or a configuration file turned on, a flag turns off.
    if (field.kind === "switch") command.addOption(new Option(`--no-${flagOf(key).slice(2)}`).hideHelp());
  }
}

/** Flags for all training settings of a task; those that only other tasks have are heard, and not shown. */
export function addTrainingOptions(command: Command, shown: CommandTask): void {
  addFieldOptions(command, shown.fields);
  for (const task of TASKS) {
    for (const [key, field] of Object.entries(task.fields as OptionFields)) {
      if (!command.options.some(({ long }) => long === flagOf(key)))
        command.addOption(fieldOption(key, field).hideHelp());
    }
  }
}

/** `--preset`, where a task has some. */
export function addPresetOption(command: Command): void {
  const names = TASKS.flatMap(({ presets }) => Object.keys(presets ?? {}));
  if (names.length === 0) return;
  const help = `a recipe: ${names.join(", ")}; flags beside it go before it (--no-tie turns off what it turns on)`;
  command.option("--preset <name>", help);
}

/** What a preset chooses beside the flags that were given. @throws CliError for a name that is none of the task's */
export function presetFlags(
  task: CommandTask,
  name: unknown,
  given: Readonly<Record<string, unknown>>,
): ChosenSettings<TaskTypes> {
  if (name === undefined) return { settings: {}, usual: {} };
  try {
    return presetSettings(task, presetNamed(task, name as string, "train"), given);
  } catch (error) {
    const near = (error as OptionError).details?.nearest;
    const edit = near === undefined ? { without: ["--preset"] } : { set: ["--preset", near] };
    throw toCliError(error, { where: "--preset", untouched: "Nothing was written.", fix: { edit } }) ?? error;
  }
}

/** Settings as the flags that say them. */
export function flagWords(settings: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(settings).flatMap(([key, value]) => {
    if (typeof value !== "boolean") return [`${flagOf(key)} ${value}`];
    return [value ? flagOf(key) : `--no-${flagOf(key).slice(2)}`];
  });
}

/** Flags for what a command asks of any task. */
export function addCapabilityOptions(command: Command, capability: Capability): void {
  addFieldOptions(command, fieldsOfAll(capability));
}

/** The options of a command, of all tasks that have the capability. */
export function fieldsOfAll(capability: Capability): OptionFields {
  return Object.assign({}, ...TASKS.map((task) => task[capability]?.fields ?? {}));
}

function fieldOption(key: string, field: Field): Option {
  const { number, text } = { number: "n", text: "name" };
  const value = field.placeholder ?? { number, text, "number or text": "part|file", switch: "" }[field.kind];
  // Choices of a setting without a usual value stand behind what it is when nobody says.
  const choices = field.choices === undefined || field.default === null ? "" : `: ${field.choices.join(", ")}`;
  const option = new Option(value === "" ? flagOf(key) : `${flagOf(key)} <${value}>`, field.help + choices);
  if (field.choices !== undefined && choices === "") option.argChoices = [...field.choices];
  // Only for help: what was not given must stay open for the configuration file, and for the size of the text.
  if (field.kind !== "switch" && field.default !== null) {
    option.description += ` (default: ${field.default}${field.fitted ? ", or by the size of few data" : ""})`;
  }
  return option;
}

/** The flags that were given, as values; still unchecked. */
export function givenFields(fields: OptionFields, options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  for (const [key, { kind }] of Object.entries(fields)) {
    const value = options[key];
    if (value !== undefined) given[key] = kind === "number" ? asNumber(value as string) : value;
  }
  return given;
}

/** Those flags that are settings of other tasks alone are refused. */
export function trainingFlags(task: CommandTask, options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const fields = task.fields as OptionFields;
  for (const other of TASKS) {
    const key = Object.keys(other.fields).find((name) => options[name] !== undefined && !Object.hasOwn(fields, name));
    if (key === undefined) continue;
    const without = { edit: { without: [flagOf(key)] } };
    throw foreignFlag(
      key,
      `${task.title} is trained`,
      `it is a setting of ${other.title} (--task ${other.name})`,
      without,
    );
  }
  return givenFields(fields, options);
}

/** What was given to a command, for the task of its model. */
export function capabilityFlags(
  task: CommandTask,
  capability: Capability,
  options: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const fields = task[capability]?.fields ?? {};
  const all = fieldsOfAll(capability);
  const key = Object.keys(all).find((name) => options[name] !== undefined && !Object.hasOwn(fields, name));
  if (key === undefined) return givenFields(fields, options);
  throw foreignFlag(key, `the model is ${task.title}`, "it is for models of other tasks", {
    edit: { without: [flagOf(key)] },
  });
}

/** Flags of a command as their fields take them. @throws CliError for one that does not hold, with a value that would */
export function checkedFlags(
  op: string,
  fields: OptionFields,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const checked = Object.entries(given).map(([key, value]) => {
    const field = fields[key];
    return [key, checkFlag(flagOf(key), () => field.check(op, flagOf(key), value), field.example)];
  });
  return Object.fromEntries(checked);
}

/** @throws CliError naming a value that would do */
export function checkFlag<T>(flag: string, check: () => T, example: string): T {
  try {
    return check();
  } catch (error) {
    const value = (error instanceof OptionError ? error.details.nearest : undefined) ?? example;
    throw toCliError(error, { fix: { edit: { set: [flag, value] } } }) ?? error;
  }
}

function foreignFlag(key: string, found: string, expected: string, fix: CliError["fix"]): CliError {
  const untouched = "Nothing was written.";
  return new CliError({
    exitCode: EXIT.usage,
    where: flagOf(key),
    found: `found that ${found}`,
    expected,
    untouched,
    fix: fix!,
  });
}

/** @throws CliError where the model's task lacks what a command needs */
export function requireCapability<C extends Capability>(
  task: CommandTask,
  capability: C,
  { command, path, fix }: { command: string; path: string; fix?: readonly string[] },
): NonNullable<CommandTask[C]> {
  const found = task[capability];
  if (found !== undefined) return found;
  const able = TASKS.filter((other) => other[capability] !== undefined).map(({ title }) => title);
  throw new CliError({
    exitCode: EXIT.input,
    where: path,
    found: `found ${task.title}`,
    expected: `unrolled ${command} is for ${able.join(", ")}`,
    fix: fix === undefined ? { text: "the model of one of these" } : { command: fix },
  });
}

/** What is no number stays text, for the error to show. */
export function asNumber(text: string): number | string {
  if (text.trim() === "NaN") return Number.NaN;
  const value = text.trim() === "" ? Number.NaN : Number(text);
  return Number.isNaN(value) ? text : value;
}

/** An option that does not hold, as the flag that it came from. */
export function flagError(error: OptionError, fields: OptionFields): CliError {
  const { argument, details } = error;
  const key = Object.keys(fields).find((candidate) => flagOf(candidate) === argument);
  const untouched = "Nothing was written.";
  const value = details.nearest ?? (key === undefined ? undefined : fields[key].example);
  const fix = value === undefined || details.settings !== undefined ? undefined : { edit: { set: [argument, value] } };
  return toCliError(error, { untouched, fix, exitCode: EXIT.usage })!;
}
