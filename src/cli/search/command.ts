import { FormatError, OptionError, UnrolledError } from "../../base/errors.js";
import { holdsSearch, SearchFolder } from "../../runs/search-folder-node.js";
import { conduct } from "../../search/conduct.js";
import { type Conducted, type Job, type Outcome, readOutcomes } from "../../search/job.js";
import { overRanks } from "../../search/over-ranks.js";
import { ranked } from "../../search/rows.js";
import type { CommandTask } from "../../tasks/commands.js";
import { validationName } from "../../tasks/task.js";
import { rungsFor } from "../../tasks/trials/search.js";
import { Trials } from "../../tasks/trials/trials.js";
import { checkSame, gatherText } from "../../train/collective/agree.js";
import { LONG } from "../../train/collective/collective.js";
import { Pulse } from "../../train/collective/pulse.js";
import { RankError } from "../../train/collective/rank-error.js";
import type { TrainEvent } from "../../train/index.js";
import { CliError, EXIT, flagOf, toCliError } from "../errors/cli-error.js";
import { onRunFolder } from "../errors/run-folder.js";
import { flagError } from "../field-options.js";
import { chooseThreads } from "../input/model-files.js";
import { type NamedText, readData, textError } from "../input/texts.js";
import { type Interrupt, listen } from "../interrupt.js";
import { availableMemory } from "../memory.js";
import { SIGNAL_EXIT, type Terminal } from "../terminal/output.js";
import { type CommandRanks, openRanks } from "../train/ranks.js";
import { readRanksLike } from "../train/ranks-request.js";
import { binaryFix, readRequest } from "../train/request.js";
import { type Kept, REFUSED, readDescribed } from "./described.js";
import { searchEnd } from "./end.js";
import { searchError, searchedError, searchFlags } from "./options.js";
import { makeSearchPlan, type SearchCommandPlan } from "./plan.js";
import { createSearchReporter, type SearchReporter, settingsText } from "./reporter.js";
import { runNameFor, TrialFolder } from "./trial-folder.js";

/** `unrolled train FILE... --search SPEC`, `--folds K`, or both. Nothing is written until everything is checked. */
export async function searchCommand(
  files: readonly string[],
  options: Readonly<Record<string, unknown>>,
  terminal: Terminal,
): Promise<number> {
  const ranks = openRanks(terminal);
  return await ranks.run(() => searchOnRank(files, options, ranks));
}

/** Trials are shared out over ranks; the folder of the search is rank 0's to write, those of trials lie in it. */
async function searchOnRank(
  files: readonly string[],
  options: Readonly<Record<string, unknown>>,
  ranks: CommandRanks,
): Promise<number> {
  const { terminal, isFirst } = ranks;
  chooseThreads(options["threads"], ranks.threads);
  const flags = searchFlags(options);
  const request = await ranks.attempt(() => {
    readRanksLike(options["ranksLike"], ranks.areSeveral);
    return readRequest(files, options, {
      after: flags.space === undefined ? "-folds" : "-search",
      isShared: ranks.areSeveral,
    });
  });
  const folder = new SearchFolder(request.folder.path);
  const reporter = createSearchReporter(terminal, options["json"] === true);
  folder.onNotice = (line) => reporter.warn(line);
  const interrupt = listen(terminal, reporter, folder);
  const parts = { reporter, interrupt, terminal, ranks, pulse: new Pulse(ranks.collective) };
  try {
    const before = await ranks.attempt(() => (request.resuming ? openToResume(folder, parts) : null));
    const { plan, search } = await ranks.attempt(async () => {
      const plan = await makeSearchPlan(request, flags, before, reporter, terminal);
      if (before === null && !request.isDry && isFirst) onRunFolder(() => folder.checkFree());
      return { plan, search: await prepare(plan, folder, parts) };
    });
    if (request.isDry) return tellDryRun(plan, search, reporter);
    const { fingerprint } = search;
    checkSame(ranks.collective, { ...(plan.described as object), data: fingerprint });
    await ranks.attempt(() => {
      if (before !== null) checkSameData(before, fingerprint, plan);
      else if (isFirst) onRunFolder(() => folder.create({ ...plan.described, fingerprint }));
    });
    await ranks.attempt(() => checkIsSeen(folder));
    interrupt.start();
    return await train(plan, search, folder, parts);
  } finally {
    interrupt.stop();
    if (isFirst) folder.unlock();
  }
}

/** @throws CliError on a rank whose disk is another one */
function checkIsSeen({ path }: SearchFolder): void {
  if (holdsSearch(path)) return;
  throw new CliError({
    exitCode: EXIT.files,
    where: path,
    found: "found nothing here, where rank 0 has begun a search",
    expected: "trials go on on any rank: their folder lies on a disk that all ranks see",
    untouched: "Nothing was trained.",
    fix: { text: "--out with a folder on a shared disk" },
  });
}

interface Parts {
  reporter: SearchReporter;
  interrupt: Interrupt;
  terminal: Terminal;
  ranks: CommandRanks;
  /** Of the training of a trial, for which others may wait. */
  pulse: Pulse;
}

function openToResume(folder: SearchFolder, { interrupt, ranks }: Parts): Kept {
  try {
    const found = onRunFolder(() => folder.read());
    const before = readDescribed(found, folder.file("search"));
    interrupt.start();
    if (ranks.isFirst) onRunFolder(() => folder.lock());
    return before;
  } catch (error) {
    throw toCliError(error, REFUSED) ?? error;
  }
}

/** The trainings, and what they begin with. */
interface Prepared extends Conducted {
  made: Trials;
  metrics: ReturnType<Trials["look"]>["metrics"];
  data: string;
  fingerprint: string;
}

async function prepare(plan: SearchCommandPlan, folder: SearchFolder, parts: Parts): Promise<Prepared> {
  const { task, files, trials, folds, kind, settingsOf } = plan;
  const first = settingsOf(trials[0]).given;
  const raw = task.anyFile !== undefined && Object.entries(task.anyFile).every(([key, value]) => first[key] === value);
  const read = (paths: readonly string[]) => readData(paths, task, raw, parts.terminal, binaryFix(task));
  const source = await read(files);
  const { valid: part } = first;
  const isFile = typeof part === "string" && !Number.isFinite(Number(part));
  const valid = isFile ? await read([part]) : undefined;
  const made = new Trials({
    ...{ task, folds, settingsOf, sources: { train: source, valid }, available: availableMemory() },
    naming: { op: "train", nameOf: flagOf },
    signal: parts.interrupt.signal,
    told: (done, total) => (done < total ? parts.pulse.step() : parts.pulse.long()),
    open: (job, config) => openTrial(plan, folder, job, config, parts),
  });
  try {
    const jobs = trials.map((settings, i): Job => {
      return { trial: i + 1, rung: 0, fold: folds === null ? null : 1, settings, epochs: null };
    });
    const { read: found, metrics, summary, fingerprint } = made.look(jobs);
    const rungs = kind === null ? null : rungsFor(kind, trials.length, found.config.epochs, flagOf("epochs"));
    return { trials, folds, rungs, metrics, made, data: summary, fingerprint };
  } catch (error) {
    throw dataError(error, plan, source, valid);
  }
}

/** An error about the data or the settings, before anything was trained. */
function dataError(
  error: unknown,
  { task, described, trials }: SearchCommandPlan,
  source: NamedText,
  valid?: NamedText,
): unknown {
  if (error instanceof OptionError && error.code === "fold-and-file") {
    const context = { where: "--folds", found: `found --valid ${valid?.name} as well`, exitCode: EXIT.usage };
    return toCliError(error, {
      ...context,
      untouched: "Nothing was written.",
      fix: { edit: { without: ["--valid"] } },
    });
  }
  const searched = error instanceof OptionError ? searchedError(error, trials[0]) : undefined;
  if (searched !== undefined) return searchError(searched, described.space, task.fields);
  if (error instanceof OptionError && error.argument === "folds")
    return searchError(error, described.space, task.fields);
  if (error instanceof OptionError) return flagError(error, task.fields);
  const isValid = error instanceof FormatError && valid !== undefined && error.argument === validationName(valid.name);
  const told = textError(error, isValid ? valid : source);
  return told instanceof UnrolledError ? (toCliError(told, { untouched: "Nothing was written." }) ?? told) : told;
}

function openTrial(
  { task, described, kind }: SearchCommandPlan,
  folder: SearchFolder,
  job: Job,
  config: object,
  { reporter, interrupt, pulse }: Parts,
): TrialFolder {
  const event = (told: TrainEvent) => {
    if (told.type === "step") pulse.step();
    // A checkpoint is written next.
    else if (told.type === "validation" || told.type === "end") pulse.long();
    reporter.event(told, job);
    if (told.type === "save-failed" && told.error.code === "lock-lost") interrupt.end();
  };
  const run = folder.run(runNameFor(job, kind !== null));
  const telling = { event, sample: () => {}, warn: (line: string) => reporter.warn(line) };
  return new TrialFolder(run, { file: described.file, task: task.name, ...config }, telling, () => pulse.long());
}

function tellDryRun(plan: SearchCommandPlan, search: Prepared, reporter: SearchReporter): number {
  const { trials, kind, folds } = plan;
  reporter.start({ ...summaryOf(plan, search), out: "nowhere", known: 0 });
  const lines = kind === null ? [] : trials.map((settings, i) => `trial ${i + 1}: ${settingsText(settings)}`);
  const value = { type: "dry-run", kind, trials, folds, rungs: search.rungs };
  reporter.end([...lines, "Nothing was written: without --dry-run it trains."], value);
  return EXIT.done;
}

function summaryOf({ task, described, kind }: SearchCommandPlan, search: Prepared) {
  const { metrics, data } = search;
  return { file: described.file, task: task.name, data, kind, search, metrics };
}

/** @throws CliError for other data than those that the search began with */
function checkSameData(before: Kept, fingerprint: string, { described }: SearchCommandPlan): void {
  if (before.fingerprint === fingerprint) return;
  throw new CliError({
    exitCode: EXIT.input,
    where: [described.file].flat().join(", "),
    found: "found other data",
    expected: "a search goes on with those that it began with",
    untouched: "The search is untouched.",
    fix: { text: "the file as it was, or a new search (--out with another folder)" },
  });
}

async function train(plan: SearchCommandPlan, search: Prepared, folder: SearchFolder, parts: Parts): Promise<number> {
  const { reporter, interrupt, terminal, ranks, pulse } = parts;
  const { collective, isFirst } = ranks;
  const ended = await ranks.attempt(() => (isFirst ? onRunFolder(() => folder.ended()) : []));
  const known = readOutcomes(search, JSON.parse(gatherText(collective, JSON.stringify(ended))[0]) as unknown[]);
  const outcomes = [...known];
  reporter.start({ ...summaryOf(plan, search), out: folder.path, known: known.length });
  const told = (outcome: Outcome) => {
    outcomes.push(outcome);
    if (!isFirst) return;
    folder.add(outcome);
    const rows = ranked(search, outcomes);
    folder.writeResults(...searchEnd(plan, search, folder, outcomes, terminal).files);
    const row = rows.find(({ trial }) => trial === outcome.trial)!;
    const isBest = plan.kind !== null && row.status !== "open" && row.figures !== null && rows[0] === row;
    const job = { ...outcome, settings: row.settings };
    reporter.trial({ job, outcome, isBest, run: folder.run(runNameFor(outcome, plan.kind !== null)).path });
  };
  collective.patience(LONG);
  const { rank, size } = collective;
  const sharing = { rank, size, gatherText: (text: string) => gatherText(collective, text) };
  const trainOne = (job: Job | undefined) =>
    ranks.attempt(() => {
      if (job === undefined) return null;
      pulse.long();
      return search.made.train(job);
    });
  const isWhole = await conduct(search, overRanks(sharing, trainOne), known, told).catch((error: unknown) => {
    if (error instanceof RankError) throw error;
    const untouched = "What was trained before is untouched.";
    throw toCliError(error, { untouched, fix: { command: ["train", "--resume", "--out", folder.path] } }) ?? error;
  });
  const end = searchEnd(plan, search, folder, outcomes, terminal);
  if (isWhole && isFirst) folder.writeResults(...end.files);
  reporter.end(isWhole ? end.lines : end.interrupted, { ...end.value, interrupted: !isWhole });
  if (!isWhole) return interrupt.received === undefined ? EXIT.files : SIGNAL_EXIT[interrupt.received];
  if (end.failed !== null) throw allFailed(end.failed, plan.task, folder);
  return EXIT.done;
}

function allFailed(
  { code, reason }: NonNullable<Outcome["failure"]>,
  task: CommandTask,
  { path }: SearchFolder,
): CliError {
  const exitCode = code === "diverged" ? EXIT.diverged : code === "out-of-memory" ? EXIT.memory : EXIT.usage;
  return new CliError({
    exitCode,
    where: path,
    found: `found that every training of ${task.title} failed, the first one because ${reason}`,
    expected: "one at least must come to its end",
    untouched: "Why each failed is in its results.csv.",
    fix: { text: "other values, in another folder (--out)" },
  });
}
