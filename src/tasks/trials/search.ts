import { checkFunction, checkKnownOptions, checkOptionsObject, refusal } from "../../base/check.js";
import { OptionError } from "../../base/errors.js";
import { conduct, oneByOne } from "../../search/conduct.js";
import type { Conducted, Job, Outcome } from "../../search/job.js";
import { planSearch, rungsOf, type SearchKind } from "../../search/plan.js";
import { type Row, ranked, spreadOf } from "../../search/rows.js";
import { LEAVE_OUT, readSpace, type Settings, type SpaceLike } from "../../search/space.js";
import type { FitOptions, TrainEvent } from "../../train/index.js";
import { buildTask } from "../checkpoint.js";
import type { CommandTask } from "../commands.js";
import { type DataLike, readAll, withoutData } from "../files.js";
import { decodeAnyTask } from "../registry.js";
import { chosenTask, TaskModel, type TrainOptions } from "../task-model.js";
import { presetNamed, presetSettings } from "../training/presets.js";
import { type TrialPlace, Trials } from "./trials.js";

/** Settings that all trials have, and how they are told of; `seed` also decides which settings are drawn. */
export interface TrialOptions extends Pick<FitOptions, "signal">, Pick<TrainOptions, "task" | "preset"> {
  /** Told what happens in each training. */
  onEvent?: ((event: TrainEvent, trial: { trial: number; fold: number | null }) => void) | undefined;
  [setting: string]: unknown;
}

/** What is searched, and how. */
export interface SearchOptions extends TrialOptions {
  /** Settings and their values: `{ hidden: [32, 64], lr: { min: 0.001, max: 0.1 } }`, or `"hidden=32,64 lr=0.001..0.1"`. */
  space: SpaceLike;
  /**
   * `grid` (every combination), `random`, or `halving`: of all trials the better half goes on to twice the epochs, from where it stands.
   * Default: grid; random where there is a range or `trials`.
   */
  kind?: SearchKind | undefined;
  /** How many settings are drawn. Default 20. */
  trials?: number | undefined;
  /** Judges each trial by its mean over so many folds. */
  folds?: number | undefined;
  /** Told of each trial as it ends. */
  onTrial?: ((row: Row) => void) | undefined;
}

/** What a search found. */
export interface SearchResult {
  kind: SearchKind;
  /** A row a trial, the best first. */
  rows: Row[];
  /** The first of them; null where a signal came before any. */
  best: Row | null;
  /** The figure that decided. */
  metric: string;
  /** The best trial's, at its best validation; null with folds, where each has its own. */
  model: TaskModel | null;
  /** Whether a signal ended it early. */
  interrupted: boolean;
}

/** What validating on each fold in turn gave. */
export interface CrossValidated {
  /** Of each fold, at its best validation. */
  folds: { fold: number; figures: Outcome["figures"]; failure: Outcome["failure"]; steps: number; seconds: number }[];
  /** Over the folds that did not fail. */
  mean: Record<string, number>;
  /** Of a sample of folds: Σ(x - mean)² / (k - 1). */
  deviation: Record<string, number>;
  /** The figure that chose in each fold. */
  metric: string;
  interrupted: boolean;
}

/**
 * Trains with many settings, and tells which do best on what is held out, which is the same for all of them.
 * @example
 * const { best, model } = await tasks.search("reviews.csv", { space: "hidden=32,64 lr=0.001..0.1", trials: 10, epochs: 5 });
 * console.log(best?.settings, best?.figures);
 * @throws OptionError for a space or settings that will not do, or when all trials fail, with the first one's reason; FormatError, FileError
 */
export async function search(source: DataLike, options: SearchOptions): Promise<SearchResult> {
  const op = "search";
  checkOptionsObject(op, options, "space");
  const { space, kind, trials, folds, onTrial, ...rest } = options;
  if (onTrial !== undefined) checkFunction(op, "onTrial", onTrial);
  if (folds !== undefined) checkFolds(op, folds);
  const started = await start(op, source, rest, folds ?? null);
  checkNotSearched(space, started.given);
  const dimensions = readSpace(space, started.task.fields);
  const seed = (started.given["seed"] ?? started.task.fields.seed.default) as number;
  const plan = planSearch({ space: dimensions, kind, trials, seed });
  if (plan.kind === "halving") checkHalved(dimensions);
  const found = await run(started, plan.trials, plan.kind, onTrial);
  const rows = ranked(found.search, found.outcomes);
  const best = rows[0] ?? null;
  const { interrupted } = found;
  if (!interrupted && (best === null || best.figures === null)) throw allFailed(op, rows);
  const model = folds === undefined && best?.figures != null ? found.kept.modelOf(best.trial) : null;
  return { kind: plan.kind, rows, best, metric: found.search.metrics[0].name, model, interrupted };
}

/**
 * Trains once for each fold, validates on it, and tells how the figures lie.
 * @param options  `folds` (default 5) and any setting of the task
 * @example const { mean, deviation } = await tasks.crossValidate("reviews.csv", { folds: 5, epochs: 5 });
 * @throws OptionError for more folds than rows or than rows of a class, or when all fail; FormatError, FileError
 */
export async function crossValidate(
  source: DataLike,
  options: TrialOptions & { folds?: number | undefined } = {},
): Promise<CrossValidated> {
  const op = "crossValidate";
  checkOptionsObject(op, options, "folds");
  const { folds = 5, ...rest } = options;
  checkFolds(op, folds);
  const started = await start(op, source, rest, folds);
  const { search, outcomes, interrupted } = await run(started, [{}], "grid");
  const good = outcomes.filter(({ figures }) => figures !== null);
  if (good.length === 0 && !interrupted) throw allFailed(op, ranked(search, outcomes));
  const names = Object.keys(good[0]?.figures ?? {});
  const spreads = names.map(
    (name) => [name, spreadOf(good.map(({ figures }) => figures![name] ?? Number.NaN))] as const,
  );
  return {
    folds: outcomes.map(({ fold, figures, failure, steps, seconds }) => ({
      fold: fold!,
      figures,
      failure,
      steps,
      seconds,
    })),
    mean: Object.fromEntries(spreads.map(([name, { mean }]) => [name, mean])),
    deviation: Object.fromEntries(spreads.map(([name, { deviation }]) => [name, deviation])),
    metric: search.metrics[0].name,
    interrupted,
  };
}

/** @throws OptionError */
export function checkFolds(op: string, folds: unknown, argument = "folds"): number {
  if (Number.isSafeInteger(folds) && (folds as number) >= 2) return folds as number;
  throw refusal(op, argument, "be an integer from 2 on", folds);
}

/** @throws OptionError for a setting that halving decides itself */
export function checkHalved(space: readonly { key: string }[]): void {
  const own = space.find(({ key }) => key === "epochs" || key === "maxSteps");
  if (own === undefined) return;
  const must = "be left out of a search that halves: it decides how long each trial is trained";
  throw new OptionError({
    op: "search",
    argument: own.key,
    must,
    value: "values to try",
    fix: LEAVE_OUT,
    details: { key: own.key },
  });
}

/** The rungs of a search that halves. @throws OptionError for a single epoch */
export function rungsFor(kind: SearchKind, trials: number, epochs: number, argument = "epochs"): number[] | null {
  if (kind !== "halving") return null;
  if (epochs > 1) return rungsOf(trials, epochs);
  const must = "be 2 or more for a search that halves";
  throw new OptionError({ op: "search", argument, must, value: String(epochs), details: { settings: { epochs: 8 } } });
}

/** @throws OptionError for a setting that is searched over and given as well */
export function checkNotSearched(space: unknown, given: Readonly<Record<string, unknown>>): void {
  const keys =
    typeof space === "string" ? space.split(/\s+/).map((word) => word.split("=", 1)[0]) : Object.keys(space ?? {});
  const twice = keys.find((key) => given[key] !== undefined);
  if (twice === undefined) return;
  const must = "be left out where it is searched over";
  throw new OptionError({
    op: "search",
    argument: twice,
    must,
    value: String(given[twice]),
    fix: `Leave ${twice} out.`,
    details: { settings: { [twice]: null } },
  });
}

interface Started {
  task: CommandTask;
  given: Readonly<Record<string, unknown>>;
  folds: number | null;
  trials: Trials;
  kept: Kept;
}

async function start(op: string, source: DataLike, options: TrialOptions, folds: number | null): Promise<Started> {
  const { task: name, preset, signal, onEvent, ...rest } = options;
  const { given, held } = withoutData(op, rest);
  if (onEvent !== undefined) checkFunction(op, "onEvent", onEvent);
  const file = await readAll(op, "source", source);
  const { task, suggested } = chosenTask(op, file.name, file.bytes, name, given);
  checkKnownOptions(op, given, Object.keys(task.fields));
  if (folds !== null) checkDealsOut(op, task, given);
  const valid = held === undefined ? undefined : await readAll(op, "valid", held);
  const kept = new Kept();
  const trials = new Trials({
    ...{ task, folds, signal, naming: { op }, sources: { train: file, valid } },
    settingsOf(own) {
      const said = { ...given, ...own };
      const recipe = preset === undefined ? undefined : presetSettings(task, presetNamed(task, preset, op), said);
      return { given: { ...suggested, ...recipe?.settings, ...said }, usual: recipe?.usual };
    },
    open: (job) => kept.open(job, onEvent),
  });
  return { task, given, folds, trials, kept };
}

/** @throws OptionError for a task whose data are not dealt out into folds, and for one fold of others that was asked for as well */
export function checkDealsOut(
  op: string,
  { fields, title }: CommandTask,
  { fold }: Readonly<Record<string, unknown>>,
): void {
  if (fold != null) {
    const [must, details] = ["be left out where each fold is validated on", { settings: { fold: null } }];
    throw new OptionError({ op, argument: "fold", must, value: String(fold), details });
  }
  if (Object.hasOwn(fields, "fold")) return;
  const must = `be left out: ${title} does not deal its data out into folds`;
  throw new OptionError({ op, argument: "folds", must, value: "some", fix: "Hold a part out: valid 0.1." });
}

async function run(
  { folds, trials, kept, task }: Started,
  settings: readonly Settings[],
  kind: SearchKind,
  onTrial?: (row: Row) => void,
) {
  const fold = folds === null ? null : 1;
  const jobs = settings.map((one, i): Job => ({ trial: i + 1, rung: 0, fold, settings: one, epochs: null }));
  const { read, metrics } = trials.look(jobs);
  const search: Conducted = {
    trials: settings,
    folds,
    rungs: rungsFor(kind, settings.length, read.config.epochs),
    metrics,
  };
  const outcomes: Outcome[] = [];
  const ended = await conduct(
    search,
    oneByOne((job) => trials.train(job)),
    [],
    (outcome) => {
      outcomes.push(outcome);
      const rows = ranked(search, outcomes);
      const row = rows.find(({ trial }) => trial === outcome.trial)!;
      if (row.status !== "open") onTrial?.(row);
      // Of a search that halves, one that was stopped may be the best in the end: those that went on can still fail.
      if (search.rungs === null) kept.keepOnly(rows[0].trial);
    },
  );
  return { search, outcomes, kept, task, interrupted: !ended };
}

/** @throws OptionError with the reason of the first trial */
function allFailed(op: string, rows: readonly Row[]): OptionError {
  const first = rows.toSorted((a, b) => a.trial - b.trial)[0];
  const value = `${rows.length} that failed, the first one because ${first?.failure?.reason ?? "of nothing that is known"}`;
  return new OptionError({ code: "all-failed", op, argument: "trials", must: "come to an end, one at least", value });
}

interface KeptTrial {
  last?: Uint8Array;
  best?: Uint8Array;
  figures: Readonly<Record<string, number>> | null;
}

/** Trials in memory: what they go on from, and their best models. */
class Kept {
  readonly #trials = new Map<string, KeptTrial>();

  open({ trial, fold }: Job, onEvent: TrialOptions["onEvent"]): TrialPlace {
    const name = `${trial}/${fold}`;
    const own: KeptTrial = this.#trials.get(name) ?? { figures: null };
    this.#trials.set(name, own);
    return {
      checkpoint: own.last === undefined ? null : decodeAnyTask(own.last, "checkpoint"),
      best: own.figures,
      start: () => {},
      save(kinds, bytes) {
        for (const kind of kinds) own[kind] = bytes;
      },
      event(event) {
        if (event.type === "validation" && event.best) own.figures = { ...event.metrics, loss: event.loss };
        onEvent?.(event, { trial, fold });
      },
      close: () => {},
    };
  }

  /** Lets go of the other trials, which nothing is asked of any more. */
  keepOnly(trial: number): void {
    for (const name of this.#trials.keys()) if (name !== `${trial}/null`) this.#trials.delete(name);
  }

  modelOf(trial: number): TaskModel | null {
    const bytes = this.#trials.get(`${trial}/null`)?.best;
    if (bytes === undefined) return null;
    const { task, ...checkpoint } = decodeAnyTask(bytes, "checkpoint");
    return new TaskModel(task, buildTask(task, checkpoint), checkpoint);
  }
}
