import { OptionError, show } from "../../base/errors.js";
import type { Field } from "../../base/fields.js";
import { nearest } from "../../base/nearest.js";
import type { Preset, Task, TaskTypes } from "../task.js";

/** What a preset chooses where nobody says otherwise. */
export interface ChosenSettings<T extends TaskTypes> {
  /** Settings as if they had been given. */
  settings: Partial<T["settings"]>;
  /** Those that data of a small size choose anew. */
  usual: Partial<T["settings"]>;
}

/** @throws OptionError for a name that the task has no preset of, naming the nearest */
export function presetNamed<T extends TaskTypes>(task: Task<T>, name: string, op: string): Preset<T["settings"]> {
  const presets = task.presets ?? {};
  if (Object.hasOwn(presets, name)) return presets[name];
  const names = Object.keys(presets);
  const must = names.length === 0 ? `be left out: ${task.title} has none` : `be one of ${names.map(show).join(", ")}`;
  const near = nearest(name, names) ?? names[0];
  const fix = near === undefined ? "Leave it out." : `Did you mean ${show(near)}?`;
  throw new OptionError({ op, argument: "preset", must, value: show(name), fix, details: { nearest: near } });
}

/** @param given  what was said: it stands, and a learning rate is not taken over to another optimiser */
export function presetSettings<T extends TaskTypes>(
  { fields }: Task<T>,
  preset: Preset<T["settings"]>,
  given: Readonly<Record<string, unknown>>,
): ChosenSettings<T> {
  const isOthers = given["optimizer"] !== undefined && given["optimizer"] !== preset.settings.optimizer;
  const chosen = Object.entries(preset.settings).filter(
    ([key]) => given[key] === undefined && !(isOthers && key === "lr"),
  );
  const isFitted = ([key]: [string, unknown]): boolean =>
    (fields as Readonly<Record<string, Field>>)[key].fitted === true;
  const settings = Object.fromEntries(chosen.filter((entry) => !isFitted(entry)));
  const usual = Object.fromEntries(chosen.filter(isFitted));
  return { settings, usual } as ChosenSettings<T>;
}
