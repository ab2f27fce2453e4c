import { isObject } from "../base/check.js";
import { show } from "../base/errors.js";
import { planSearch, type SearchKind } from "../search/plan.js";
import { readSpace, type Settings, type SpaceLike } from "../search/space.js";
import type { CommandTask } from "../tasks/commands.js";
import { taskNamed } from "../tasks/registry.js";
import { checkDealsOut, checkHalved, checkNotSearched } from "../tasks/search.js";
import { CliError, EXIT, flagOf } from "./cli-error.js";
import { checkSettings } from "./config-file.js";
import { presetFlags, trainingFlags } from "./field-options.js";
import type { Terminal } from "./output.js";
import { type SearchFlags, searchError } from "./search-options.js";
import type { SearchReporter } from "./search-reporter.js";
import { oneFile } from "./texts.js";
import { chooseTask, nothingToTrainOn, type Request } from "./train-request.js";

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

/** What the command line and the folder ask for, worked out. */
export interface SearchCommandPlan {
  task: CommandTask;
  described: Described;
  files: readonly string[];
  folds: number | null;
  /** Null for folds alone. */
  kind: SearchKind | null;
  trials: readonly Settings[];
  settingsOf(own: Settings): { given: Record<string, unknown>; usual: Values };
}

/** @param before  what the folder of a search that goes on says. @throws CliError */
export async function makeSearchPlan(
  request: Request,
  flags: SearchFlags,
  before: Values | null,
  reporter: SearchReporter,
  terminal: Terminal,
): Promise<SearchCommandPlan> {
  const { named, options, fromFile, resuming } = request;
  const own = before as Partial<Described> | null;
  const files = named.length > 0 ? named : ([own?.file ?? []].flat() as readonly string[]);
  const ownTask = own === null ? undefined : taskNamed(String(own.task), "search");
  const { task, suggested } = await chooseTask(request, ownTask, files, reporter, terminal);
  if (fromFile !== undefined) checkSettings(fromFile, task);
  const said = trainingFlags(task, options);
  const preset = options["preset"] as string | undefined;
  if (own !== null)
    checkUnchanged({ own, task, said: { ...fromFile?.settings, ...said }, flags, preset }, request.folder.path);
  if (files.length === 0) throw nothingToTrainOn(resuming);
  oneFile(files, task);
  const described: Described = {
    file: files.length === 1 ? files[0] : files,
    task: task.name,
    space: (own === null ? flags.space : own.space) ?? null,
    kind: (own === null ? flags.kind : own.kind) ?? null,
    trials: (own === null ? flags.trials : own.trials) ?? null,
    folds: (own === null ? flags.folds : own.folds) ?? null,
    preset: (own === null ? preset : own.preset) ?? null,
    settings: valuesOf(own === null ? { ...fromFile?.settings, ...said } : own.settings),
    suggested: valuesOf(own === null ? suggested : own.suggested),
  };
  try {
    if (own === null) checkNotSearched(flags.space, said);
    return { task, files, described, ...drawnBy(task, described), settingsOf: settingsBy(task, described) };
  } catch (error) {
    throw searchError(error, flags.space, task.fields);
  }
}

function drawnBy(task: CommandTask, { space, kind, trials, folds, settings }: Described) {
  if (folds !== null) checkDealsOut("train", task, settings);
  if (space === null) return { folds, kind: null, trials: [{}] };
  const dimensions = readSpace(space, task.fields);
  const seed = task.fields.seed.check("search", flagOf("seed"), settings["seed"] ?? task.fields.seed.default);
  const plan = planSearch({ space: dimensions, kind: kind ?? undefined, trials: trials ?? undefined, seed });
  if (plan.kind === "halving") checkHalved(dimensions);
  return { folds, ...plan };
}

/** A searched setting goes before what was said, and what was said before what is usual. */
function settingsBy(task: CommandTask, { settings, suggested, preset }: Described) {
  return (own: Settings) => {
    const said = { ...settings, ...own };
    const chosen = presetFlags(task, preset ?? undefined, said);
    return { given: { ...suggested, ...chosen.settings, ...said }, usual: chosen.usual };
  };
}

function valuesOf(value: unknown): Values {
  return isObject(value) && !Array.isArray(value) ? (value as Values) : {};
}

interface Asked {
  own: Partial<Described>;
  task: CommandTask;
  said: Values;
  flags: SearchFlags;
  preset: string | undefined;
}

/** A search that goes on is the one that it was. @throws CliError naming the first flag that says something else */
function checkUnchanged({ own, task, said, flags, preset }: Asked, out: string): void {
  const sameSpace = (space: SpaceLike) => {
    if (own.space == null) return false;
    try {
      return JSON.stringify(readSpace(space, task.fields)) === JSON.stringify(readSpace(own.space, task.fields));
    } catch (error) {
      throw searchError(error, space, task.fields);
    }
  };
  const { space, kind, trials, folds } = flags;
  const asked: [flag: string, value: unknown, isSame: boolean][] = [
    ["--search", space, space === undefined || sameSpace(space)],
    ["--search-kind", kind, kind === own.kind],
    ["--trials", trials, trials === own.trials],
    ["--folds", folds, folds === own.folds],
    ["--preset", preset, preset === own.preset],
    ...Object.entries(said).map(([key, value]): [string, unknown, boolean] => {
      return [flagOf(key), value, JSON.stringify(value) === JSON.stringify(own.settings?.[key])];
    }),
  ];
  const other = asked.find(([, value, isSame]) => value !== undefined && !isSame);
  if (other === undefined) return;
  const [flag, value] = other;
  throw new CliError({
    exitCode: EXIT.usage,
    where: flag,
    found: `found ${typeof value === "string" ? value : show(value)}, with which the search did not begin`,
    expected: "a search goes on as it began",
    untouched: "The search is untouched.",
    fix: { command: ["train", "--resume", "--out", out] },
  });
}
