import { checkObject, checkOneOf, checkPositiveInteger, checkString } from "../../base/check.js";
import { FormatError, OptionError, show } from "../../base/errors.js";
import { SEARCH_KINDS, type SearchKind } from "../../search/plan.js";
import type { SpaceLike } from "../../search/space.js";
import type { CommandTask } from "../../tasks/commands.js";
import { taskNamed } from "../../tasks/registry.js";
import { presetNamed } from "../../tasks/training/presets.js";
import { checkFolds } from "../../tasks/trials/search.js";

type Values = Readonly<Record<string, unknown>>;

/** What is searched, as `search.json` keeps it. */
export interface Described {
  file: string | readonly string[];
  task: string;
  space: SpaceLike | null;
  kind: SearchKind | null;
  trials: number | null;
  folds: number | null;
  preset: string | null;
  /** What was said, and what the file itself suggests. */
  settings: Values;
  suggested: Values;
}

/** What `search.json` says, with what the data were. */
export type Kept = Described & { fingerprint: unknown };

const OP = "search";

/** What is said of a search.json that will not do. */
export const REFUSED = {
  untouched: "The search is untouched.",
  fix: { text: "--out with another folder, for a new search" },
} as const;

/** @param path  of search.json. @throws FormatError naming the part that will not do */
export function readDescribed(found: Values, path: string): Kept {
  try {
    checkString(OP, "task", found["task"]);
    const task = taskNamed(found["task"] as string, OP);
    const orNull = (key: string, check: (op: string, argument: string, value: unknown) => unknown) => {
      if ((found[key] ?? null) !== null) check(OP, key, found[key]);
    };
    checkFiles(found["file"]);
    orNull("space", checkSpace);
    orNull("kind", (op, key, value) => checkOneOf(op, key, value, SEARCH_KINDS));
    orNull("trials", checkPositiveInteger);
    orNull("folds", (op, key, value) => checkFolds(op, value, key));
    orNull("preset", (op, key, value) => presetNamed(task, checkString(op, key, value), op));
    for (const part of ["settings", "suggested"]) checkValues(part, found[part], task);
    const nulls = { space: null, kind: null, trials: null, folds: null, preset: null };
    return { ...nulls, ...found } as unknown as Kept;
  } catch (error) {
    throw error instanceof OptionError ? damaged(error, path) : error;
  }
}

/** What `search.json` cannot have said as it was written. */
export function damaged(cause: OptionError, path: string): FormatError {
  const { argument, must, value } = cause;
  return new FormatError({ op: OP, argument: `${path}: ${argument}`, must, value }, { cause });
}

function checkFiles(value: unknown): void {
  const files = [value].flat();
  if (files.length > 0 && files.every((file) => typeof file === "string")) return;
  throw new OptionError({ op: OP, argument: "file", must: "be a path, or several", value: show(value) });
}

function checkSpace(op: string, argument: string, value: unknown): void {
  if (typeof value !== "string") checkObject(op, argument, value, "settings and their values");
}

/** Each alone: whether they go together is told by trial. */
function checkValues(argument: string, values: unknown, { fields }: CommandTask): void {
  checkObject(OP, argument, values, "settings and their values");
  for (const [key, value] of Object.entries(values as object)) {
    if (Object.hasOwn(fields, key)) fields[key as keyof typeof fields].check(OP, `${argument}.${key}`, value);
    else throw new OptionError({ op: OP, argument, must: "hold settings of its task", value: show(key) });
  }
}
