import { join } from "node:path";
import { OptionError, show } from "../../base/errors.js";
import { planSearch, type SearchKind } from "../../search/plan.js";
import { readSpace, type Settings, type SpaceLike } from "../../search/space.js";
import type { CommandTask } from "../../tasks/commands.js";
import { taskNamed } from "../../tasks/registry.js";
import { checkDealsOut, checkHalved, checkNotSearched } from "../../tasks/trials/search.js";
import { CliError, EXIT, flagOf, toCliError } from "../errors/cli-error.js";
import { presetFlags, trainingFlags } from "../field-options.js";
import { checkSettings } from "../input/config-file.js";
import type { Terminal } from "../terminal/output.js";
import { chooseTask, nothingToTrainOn, type Request } from "../train/request.js";
import { type Described, damaged, REFUSED } from "./described.js";
import { type SearchFlags, searchError } from "./options.js";
import type { SearchReporter } from "./reporter.js";

type Values = Readonly<Record<string, unknown>>;

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

/** @param own  what the folder of a search that goes on says. @throws CliError */
export async function makeSearchPlan(
  request: Request,
  flags: SearchFlags,
  own: Described | null,
  reporter: SearchReporter,
  terminal: Terminal,
): Promise<SearchCommandPlan> {
  const { named, options, fromFile, resuming } = request;
  const files = named.length > 0 ? named : [own?.file ?? []].flat();
  const ownTask = own === null ? undefined : taskNamed(own.task, "search");
  const { task, suggested } = await chooseTask(request, ownTask, files, reporter, terminal);
  if (fromFile !== undefined) checkSettings(fromFile, task);
  const said = trainingFlags(task, options);
  const preset = options["preset"] as string | undefined;
  if (own !== null)
    checkUnchanged({ own, task, said: { ...fromFile?.settings, ...said }, flags, preset }, request.folder.path);
  if (files.length === 0) throw nothingToTrainOn(resuming);
  const asked: Omit<Described, "file"> = own ?? {
    task: task.name,
    space: flags.space ?? null,
    kind: flags.kind ?? null,
    trials: flags.trials ?? null,
    folds: flags.folds ?? null,
    preset: preset ?? null,
    settings: { ...fromFile?.settings, ...said },
    suggested,
  };
  const described: Described = { ...asked, file: files.length === 1 ? files[0] : files };
  try {
    if (own === null) checkNotSearched(flags.space, said);
    return { task, files, described, ...drawnBy(task, described), settingsOf: settingsBy(task, described) };
  } catch (error) {
    if (own === null || !(error instanceof OptionError)) throw searchError(error, flags.space, task.fields);
    const cause = damaged(error, join(request.folder.path, "search.json"));
    throw toCliError(cause, REFUSED) ?? cause;
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

interface Asked {
  own: Described;
  task: CommandTask;
  said: Values;
  flags: SearchFlags;
  preset: string | undefined;
}

/** A search that goes on is the one that it was. @throws CliError naming the first flag that says something else */
function checkUnchanged({ own, task, said, flags, preset }: Asked, out: string): void {
  const sameSpace = (space: SpaceLike) => {
    if (own.space === null) return false;
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
      return [flagOf(key), value, JSON.stringify(value) === JSON.stringify(own.settings[key])];
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
