import { existsSync } from "node:fs";
import { join } from "node:path";
import { DivergedError, FileError, FormatError, OptionError } from "../base/errors.js";
import type { Field } from "../base/fields.js";
import { passOf } from "../base/report.js";
import { engineInfo } from "../engine/select.js";
import { readFileBytes } from "../io/files-node.js";
import { FollowerFolder } from "../runs/follower-folder-node.js";
import { listRuns } from "../runs/list-node.js";
import { RunFolder } from "../runs/run-folder-node.js";
import type { CommandTask } from "../tasks/commands.js";
import { DEFAULT_TASK, decodeAnyTask, inferTask, taskNamed } from "../tasks/registry.js";
import { type ReadData, type TaskTypes, validationName } from "../tasks/task.js";
import {
  checkTaskMemory,
  estimateTask,
  fitTask,
  halvedSizes,
  readsAnyFile,
  TaskTraining,
} from "../tasks/task-training.js";
import { checkSame } from "../train/collective/agree.js";
import { type FitResult, pause, type TrainEvent } from "../train/index.js";
import { checkHoldsTraining, checkSameConfig } from "../train/resume.js";
import { progressOf } from "../train/saved-training.js";
import { commandText, type Fix } from "./advice.js";
import { CliError, EXIT, flagOf, toCliError } from "./cli-error.js";
import { type ConfigFile, checkSettings, readConfigFile } from "./config-file.js";
import { dryRun, printDryRun } from "./dry-run.js";
import { flagError, flagWords, presetFlags, trainingFlags } from "./field-options.js";
import { type Interrupt, listen } from "./interrupt.js";
import { isLarge, readStart, refuseTooLarge } from "./large-files.js";
import { availableMemory, memoryFix } from "./memory.js";
import { chooseThreads, type ReadCheckpoint, readCheckpoint } from "./model-files.js";
import { type InterruptSignal, SIGNAL_EXIT, type Terminal } from "./output.js";
import { printLine } from "./print.js";
import { ProgressBar } from "./progress-bar.js";
import { type CommandRanks, openRanks } from "./ranks.js";
import { described, forRanks, inputOfRanks, readRanksLike } from "./ranks-request.js";
import { createReporter, type Reporter, type RunSummary, type Telling } from "./reporters.js";
import { peekInputStart, rowStream, unread } from "./row-streams.js";
import { onRunFolder } from "./run-folder-errors.js";
import { Tensorboard } from "./tensorboard.js";
import {
  oneFile,
  peekInput,
  readText,
  readTexts,
  refuseNoText,
  runNameOf,
  STANDARD_INPUT,
  textError,
  textName,
} from "./texts.js";
import { TrainRecorder } from "./train-recorder.js";

/** Where runs go unless `--out` says otherwise. */
const RUNS = "runs";

type Settings = Readonly<Record<string, unknown>>;
type Config = TaskTypes["config"];

/** What the command line asked for, before any file but `--config` is read. */
export interface Request {
  /** The files, where the command line or `--config` names them. */
  named: readonly string[];
  /** The task, where the command line or `--config` names it. */
  task: CommandTask | undefined;
  fromFile: ConfigFile | undefined;
  options: Settings;
  folder: RunFolder;
  resuming: boolean;
  /** The model whose weights a new run begins with. */
  from: ReadCheckpoint | undefined;
  /** Only to tell what would be done. */
  isDry: boolean;
  /** Processes that train together. */
  ranks: number;
  /** As how many of them one process sums. */
  ranksLike: number;
}

/** What the command line asked for, worked out. */
interface Plan {
  task: CommandTask;
  files: readonly string[];
  /** What was asked for; the size of the data chooses some of the rest. */
  given: Settings;
  /** Of a preset, for what the size of the data chooses. */
  usual: Settings;
  config: Config;
  fitted: Readonly<Record<string, number>>;
  folder: RunFolder;
  resume: ReadCheckpoint | undefined;
  from: ReadCheckpoint | undefined;
  /** Whether the run's configuration has to name its task. */
  isNamed: boolean;
  ranksLike: number;
}

/** `unrolled train FILE...`. Nothing is written until everything is checked, and signals are heard before anything is. */
export async function trainCommand(
  files: readonly string[],
  options: Readonly<Record<string, unknown>>,
  terminal: Terminal,
): Promise<number> {
  const ranks = openRanks(terminal);
  return await ranks.run(() => trainOnRank(files, options, ranks));
}

async function trainOnRank(
  files: readonly string[],
  options: Readonly<Record<string, unknown>>,
  ranks: CommandRanks,
): Promise<number> {
  const { terminal } = ranks;
  chooseThreads(options["threads"], ranks.threads);
  const reporter = createReporter(terminal, options["json"] === true);
  // What training makes is its run folder: it goes on when nobody can be told of it.
  terminal.stdout.onLoss = (error) => printLine(terminal.stderr, `warning: standard output is lost (${error.message})`);
  const request = await ranks.attempt(() => readRequest(files, options, { ranks }));
  const { folder, resuming } = request;
  folder.onNotice = (line) => reporter.warn(line);
  const hasBoard = options["tensorboard"] === true && !request.isDry && ranks.collective.rank === 0;
  const board = hasBoard ? new Tensorboard(folder, reporter) : undefined;
  const recorder = new TrainRecorder(folder, board ?? reporter);
  const interrupt = listen(terminal, reporter, folder);
  const bar = new ProgressBar(terminal.stderr, { silent: reporter.isForPrograms, clear: () => reporter.clear() });
  let closeData: (() => void) | undefined;
  try {
    if (resuming) await openToResume(request, interrupt, ranks);
    const { data, plan, close } = await ranks.attempt(async () =>
      loadData(await makePlan(request, reporter, terminal), terminal, { ranks, bar }),
    );
    closeData = close;
    recorder.task = plan.task;
    if (request.isDry) return await tellDryRun(plan, data, reporter, terminal);
    const training = await ranks.attempt(() => prepare(plan, data, { recorder, interrupt, ranks, bar }));
    checkSame(ranks.collective, described(training));
    board?.begin(training.trainer.step, training.model);
    // Where a line tells of training already, there is no room for a bar.
    const shown = terminal.stdout.live ? null : bar;
    return await trainAndTell(plan, training, { recorder, reporter, interrupt, bar: shown });
  } finally {
    closeData?.();
    bar.end();
    interrupt.stop();
    folder.unlock();
  }
}

/**
 * @param ranks  which train together; default: this process alone
 * @param after  what the default folder is called besides the name of the file
 */
export function readRequest(
  files: readonly string[],
  options: Settings,
  { ranks, after = "" }: { ranks?: CommandRanks; after?: string } = {},
): Request {
  const { collective, areSeveral } = ranks ?? { collective: { rank: 0, size: 1 }, areSeveral: false };
  const fromFile = options["config"] === undefined ? undefined : readConfigFile(options["config"] as string);
  const resuming = options["resume"] === true;
  const isDry = options["dryRun"] === true;
  if (isDry && resuming) throw besideResuming("--dry-run");
  if (options["from"] !== undefined && resuming) throw besideResuming("--from");
  const named = files.length > 0 ? files : (fromFile?.files ?? []);
  let out = options["out"] as string | undefined;
  if (out === undefined && named.length > 0) out = join(RUNS, runNameOf(named) + after);
  if (out === undefined) throw nothingToTrainOn(resuming);
  const from = options["from"] === undefined ? undefined : readCheckpoint(options["from"] as string);
  const task = taskOf(options["task"]) ?? fromFile?.task ?? from?.task;
  if (from !== undefined && task !== from.task) throw ofAnotherTask(task!, from.task);
  if (task !== undefined && !resuming && fromFile !== undefined) checkSettings(fromFile, task);
  if (areSeveral && named.includes(STANDARD_INPUT)) throw inputOfRanks();
  const folder = collective.rank === 0 ? new RunFolder(out) : new FollowerFolder(out);
  const ranksLike = readRanksLike(options["ranksLike"], areSeveral);
  return { named, task, fromFile, options, folder, resuming, from, isDry, ranks: collective.size, ranksLike };
}

function taskOf(name: unknown): CommandTask | undefined {
  if (name === undefined) return undefined;
  try {
    return taskNamed(name as string);
  } catch (error) {
    const near = error instanceof OptionError ? error.details.nearest : undefined;
    const fix = { edit: { set: ["--task", near ?? DEFAULT_TASK.name] } };
    throw toCliError(error, { where: "--task", untouched: "Nothing was written.", fix }) ?? error;
  }
}

/** Only the writer of a folder may read what it goes on from: another one could be about to replace it. It hands it to all ranks. */
async function openToResume({ folder }: Request, interrupt: Interrupt, ranks: CommandRanks): Promise<void> {
  const bytes = await ranks.attempt(() => {
    onRunFolder(() => folder.checkResumable());
    interrupt.start();
    onRunFolder(() => folder.lock());
    if (!ranks.areSeveral || folder instanceof FollowerFolder) return new Uint8Array(0);
    return recoverCheckpoint(folder) === null ? new Uint8Array(0) : readFileBytes(folder.file("last"));
  });
  if (!ranks.areSeveral) return;
  const given = ranks.collective.broadcast(bytes);
  if (folder instanceof FollowerFolder) folder.given = given;
}

async function makePlan(request: Request, reporter: Reporter, terminal: Terminal): Promise<Plan> {
  const { named, fromFile, options, folder, resuming, from } = request;
  const resume = resuming ? (recoverCheckpoint(folder) ?? undefined) : undefined;
  const own = resuming && (resume === undefined || named.length === 0) ? readOwnConfig(folder) : undefined;
  const files = named.length > 0 ? named : (own?.files ?? []);
  const { task, suggested } = await chooseTask(request, resume?.task ?? own?.task, files, reporter, terminal);
  if (fromFile !== undefined) checkSettings(fromFile, task);
  if (own !== undefined) checkSettings(own, task);
  const kept = from === undefined ? {} : madeOf(task, from.config);
  const base = resume === undefined ? { ...kept, ...suggested, ...own?.settings } : { ...resume.config };
  const flags = trainingFlags(task, options);
  const said = { ...fromFile?.settings, ...flags };
  const preset = presetFlags(task, options["preset"], said);
  if (options["preset"] !== undefined) {
    const words = flagWords({ ...preset.settings, ...preset.usual });
    reporter.note(`preset ${options["preset"]}: ${words.join(", ")}`);
  }
  const isStreamed = resume === undefined && task.readStream !== undefined && files.some((path) => isLarge(path));
  const asked = { ...preset.settings, ...forRanks(said, request.ranks) };
  const given = { ...(isStreamed && { stream: true }), ...base, ...asked };
  // A run that goes on has its sizes already.
  const usual = resume === undefined ? preset.usual : {};
  let config: Config;
  try {
    config = task.resolve({ ...usual, ...given }, "train", flagOf);
    if (resume !== undefined) checkHoldsTraining(resume);
    if (resume !== undefined) checkSameConfig<TaskTypes["settings"]>(resume, config, task.fields, flagOf);
  } catch (error) {
    if (error instanceof OptionError) throw flagError(error, task.fields);
    throw toCliError(error, { untouched: "The run is untouched." }) ?? error;
  }
  if (files.length === 0) throw nothingToTrainOn(resuming);
  oneFile(files, task);
  if (!resuming && !request.isDry) onRunFolder(() => folder.checkFree());
  const isNamed = task !== DEFAULT_TASK || request.task !== undefined || own?.task !== undefined;
  const { ranksLike } = request;
  return { task, files, given, usual, config, fitted: {}, folder, resume, from, isNamed, ranksLike };
}

/** The run's own task; else the one that is named; else that of the file. What the file says of itself is told. */
export async function chooseTask(
  { task: asked, resuming, fromFile, options }: Request,
  own: CommandTask | undefined,
  [first]: readonly string[],
  reporter: Pick<Reporter, "note">,
  terminal: Terminal,
): Promise<{ task: CommandTask; suggested: Settings }> {
  if (resuming) {
    const task = own ?? asked ?? DEFAULT_TASK;
    if (asked === undefined || asked === task) return { task, suggested: {} };
    throw ofAnotherTask(asked, task);
  }
  // Standard input has no name to go by: it is text, or what is asked for.
  const isUnnamed = first === STANDARD_INPUT;
  const isPart = first !== undefined && isLarge(first);
  if (first === undefined || (isUnnamed && asked?.infer === undefined)) {
    return { task: asked ?? DEFAULT_TASK, suggested: {} };
  }
  const given = { ...options, ...fromFile?.settings };
  const input = !isUnnamed ? null : await (given["stream"] === true ? peekInputStart : peekInput)(terminal);
  const read = () => input ?? (isPart ? readStart(first) : readText(first));
  const name = textName([first]);
  try {
    const found =
      asked === undefined
        ? inferTask(name, read, given)
        : { task: asked, inferred: asked.infer?.(name, read, given, true) ?? null };
    const { task, inferred } = found;
    const of = isPart ? ", as its first rows say" : "";
    if (inferred !== null) reporter.note(`reading ${name} as ${task.name}: ${inferred.found}${of}`);
    return { task, suggested: inferred?.settings ?? {} };
  } catch (error) {
    if (error instanceof FormatError && error.code === "not-utf8")
      refuseNoText(first, read(), error, binaryFix(asked ?? DEFAULT_TASK));
    throw toCliError(error, { untouched: "Nothing was written." }) ?? error;
  }
}

function recoverCheckpoint(folder: RunFolder): ReadCheckpoint | null {
  if (folder instanceof FollowerFolder)
    return folder.given.length === 0 ? null : decodeAnyTask(folder.given, folder.file("last"));
  const found = folder.recover(readCheckpoint, progressOf);
  if (found === null) folder.onNotice(`${folder.path}: nothing had been saved yet; training begins anew.`);
  return found;
}

/** A run with a checkpoint can do without its config when the text is named. */
function readOwnConfig(folder: RunFolder): ConfigFile | undefined {
  return existsSync(folder.file("config")) ? readConfigFile(folder.file("config")) : undefined;
}

export function nothingToTrainOn(resuming: boolean): CliError {
  const run = listRuns(RUNS)[0] ?? join(RUNS, "corpus");
  return new CliError({
    exitCode: EXIT.usage,
    where: "unrolled train",
    found: resuming ? "found neither FILE nor --out" : "found no FILE",
    expected: resuming ? "--resume needs the run's folder" : `it needs a ${DEFAULT_TASK.input} to learn from`,
    untouched: "Nothing was written.",
    fix: { command: resuming ? ["train", "--resume", "--out", run] : ["train", "corpus.txt"] },
  });
}

/** What to do with a file that is no text: some tasks read any file, when they are told to. */
export function binaryFix({ anyFile, input }: CommandTask): Fix {
  if (anyFile === undefined) return { text: `the name of a ${input}` };
  return { edit: { set: Object.entries(anyFile).flatMap(([key, value]) => [flagOf(key), String(value)]) } };
}

function ofAnotherTask(asked: CommandTask, { title }: CommandTask): CliError {
  return new CliError({
    exitCode: EXIT.usage,
    where: "--task",
    found: `found ${asked.name}`,
    expected: `the run is of ${title}`,
    untouched: "The run is untouched.",
    fix: { edit: { without: ["--task"] } },
  });
}

/** The settings that a model is made of: how it is trained is another matter. */
function madeOf({ fields }: CommandTask, config: Config): Settings {
  const all = Object.entries(fields as Readonly<Record<string, Field>>);
  const own = all.filter(([, { fixed, fitted }]) => fixed === true && fitted !== true).map(([key]) => key);
  return Object.fromEntries(own.map((key) => [key, (config as unknown as Settings)[key]]));
}

function besideResuming(where: "--dry-run" | "--from"): CliError {
  return new CliError({
    exitCode: EXIT.usage,
    where,
    found: "found --resume as well",
    expected: "it is for a run that begins",
    untouched: "The run is untouched.",
    fix: { edit: { without: ["--resume"] } },
  });
}

interface Loaded {
  data: unknown;
  plan: Plan;
  close: (() => void) | undefined;
}

async function loadData(
  plan: Plan,
  terminal: Terminal,
  { ranks, bar }: { ranks: CommandRanks; bar: ProgressBar },
): Promise<Loaded> {
  const { task, files, config, given, usual, from } = plan;
  const { size } = ranks.collective;
  // A first look at the sizes that need no file: a hidden size of 10^9 is refused before anything is read.
  refuseIfTooLarge(task, config, null);
  if (task.readStream !== undefined && (config as { stream?: unknown }).stream === true) {
    return streamData(plan, task.readStream, terminal, bar);
  }
  const raw = readsAnyFile(task, config);
  const { valid: held } = config;
  if (!raw) refuseTooLarge(typeof held === "string" ? [...files, held] : files, task);
  const train = await readTexts(files, raw, terminal, binaryFix(task));
  const { valid: part } = config;
  const valid = typeof part === "string" ? await readTexts([part], raw, terminal, binaryFix(task)) : undefined;
  try {
    const naming = { op: "train", nameOf: flagOf, ...(from && { known: from.meta }) };
    const sources = { train: { ...train, report: bar.report }, valid };
    const read: ReadData<TaskTypes> = task.read(sources, given, naming, usual);
    // What the size of the data chose goes into as many parts as there are ranks.
    const chosen = given["batch"] === undefined ? { batch: Math.ceil(read.config.batch / size) * size } : {};
    const found = { config: { ...read.config, ...chosen }, fitted: read.fitted };
    return { data: read.data, plan: { ...plan, ...found }, close: read.close };
  } catch (error) {
    if (error instanceof OptionError) throw flagError(error, task.fields);
    const { argument } = error as { argument?: unknown };
    throw textError(error, valid !== undefined && argument === validationName(valid.name) ? valid : train);
  } finally {
    bar.end();
  }
}

/** Rows that stay on the disk. */
async function streamData(
  plan: Plan,
  readStream: NonNullable<CommandTask["readStream"]>,
  terminal: Terminal,
  bar: ProgressBar,
): Promise<Loaded> {
  const { files, config, given, task, from } = plan;
  const naming = { op: "train", nameOf: flagOf, ...(from && { known: from.meta }) };
  const open = (path: string) => rowStream(path, terminal, passOf(bar.report, "reading"));
  const valid = typeof config.valid === "string" ? open(config.valid) : undefined;
  try {
    const read = await readStream({ train: open(files[0]), valid }, given, naming);
    return { data: read.data, plan: { ...plan, config: read.config, fitted: read.fitted }, close: read.close };
  } catch (error) {
    if (error instanceof OptionError) throw flagError(error, task.fields);
    if (error instanceof FileError) throw toCliError(error, { untouched: "Nothing was written." }) ?? error;
    throw textError(error, unread(files));
  }
}

function refuseIfTooLarge(task: CommandTask, config: Config, meta: unknown): void {
  try {
    checkTaskMemory(task, config, meta, availableMemory());
  } catch (error) {
    const fix = memoryFix(fitTask(task, config, meta, availableMemory()));
    throw toCliError(error, { untouched: "Nothing was allocated or written.", fix }) ?? error;
  }
}

async function tellDryRun(plan: Plan, data: unknown, reporter: Reporter, { stdout }: Terminal): Promise<number> {
  const { task, config } = plan;
  refuseIfTooLarge(task, config, task.about(data, config).meta);
  const training = new TaskTraining(task, data, config, { nameOf: flagOf, from: plan.from });
  reporter.start(summarize(plan, training, null), tellingOf(task, training));
  try {
    const found = await dryRun(training);
    if (reporter.isForPrograms) printLine(stdout, JSON.stringify({ type: "dry-run", ...found }));
    else printDryRun(stdout, found);
    return EXIT.done;
  } catch (error) {
    throw trainingError(error, plan);
  }
}

/** Builds the training, and only then the folder. */
function prepare(
  plan: Plan,
  data: unknown,
  {
    recorder,
    interrupt,
    ranks,
    bar,
  }: { recorder: TrainRecorder; interrupt: Interrupt; ranks: CommandRanks; bar: ProgressBar },
): TaskTraining {
  const { task, config, folder, resume, from, files, isNamed } = plan;
  const file = files.length === 1 ? files[0] : files;
  refuseIfTooLarge(task, config, task.about(data, config).meta);
  const described = { file, ...(isNamed && { task: task.name }), ...config };
  try {
    const training = new TaskTraining(task, data, config, {
      resume,
      from,
      nameOf: flagOf,
      save: (kinds, bytes) => recorder.save(kinds, bytes),
      collective: ranks.collective,
      ranksLike: plan.ranksLike,
      told: passOf(bar.report, "validating"),
    });
    interrupt.start();
    onRunFolder(() => {
      if (folder.isLocked) folder.writeConfig(described);
      else folder.create(described);
    });
    folder.trimMetrics(training.trainer.step);
    return training;
  } catch (error) {
    const untouched = resume === undefined ? "Nothing was written." : "The run is untouched.";
    const fix = error instanceof RangeError ? memoryFix(halvedSizes(task, config)) : undefined;
    throw toCliError(error, { untouched, fix }) ?? error;
  }
}

async function trainAndTell(
  plan: Plan,
  training: TaskTraining,
  parts: { recorder: TrainRecorder; reporter: Reporter; interrupt: Interrupt; bar: ProgressBar | null },
): Promise<number> {
  const { recorder, reporter, interrupt, bar } = parts;
  try {
    const { totalSteps, step } = training.trainer;
    const seconds = step < totalSteps ? (totalSteps - step) * training.timeSteps() : 0;
    const summary = summarize(plan, training, seconds);
    const telling = tellingOf(plan.task, training);
    reporter.start(summary, telling);
    if (training.trainer.step === 0) recorder.sample(training);
    // A signal that came while nothing could hear it is heard before the first step.
    await pause();
    const onEvent = (event: TrainEvent) => {
      if (event.type === "step") bar?.report(`epoch ${event.epoch}`, event.epochStep, event.epochSteps);
      recorder.event(event, training);
      if (event.type === "save-failed" && event.error.code === "lock-lost") interrupt.end();
    };
    const result = await training.fit({ signal: interrupt.signal, onEvent });
    reporter.end(result, summary, telling);
    return exitCodeOf(result, interrupt.received, plan);
  } catch (error) {
    throw trainingError(error, plan);
  }
}

/** How the training of a task is told of. */
function tellingOf(task: CommandTask, { about }: TaskTraining): Telling {
  return {
    data: about.summary,
    details: about.details,
    unit: task.unit,
    input: task.input,
    heldOut: about.heldOut,
    metrics: task.metrics(about.meta),
    lossMetrics: task.lossMetrics(),
    next: (out, file) => nextCommand(task, out, file),
  };
}

/** What to do with a model that has been trained. */
export function nextCommand({ generate, predict }: CommandTask, out: string, file: string): readonly string[] {
  if (generate !== undefined) return ["sample", out, ...generate.example];
  return [predict === undefined ? "eval" : "predict", out, file];
}

/** @param seconds  that training takes, about; null where the screen tells it later, and the memory with it */
function summarize(plan: Plan, training: TaskTraining, seconds: number | null): RunSummary {
  const { task, config, files, folder, resume, fitted, usual } = plan;
  const { name, variant, threads } = engineInfo();
  const { trainer, about } = training;
  const usually = { ...task.resolve({}, "train"), ...usual } as unknown as Record<string, unknown>;
  return {
    out: folder.path,
    file: files.length === 1 ? files[0] : files,
    resumedFrom: resume === undefined ? null : training.trainer.step,
    counts: training.about.counts,
    fitted: { ...fitted },
    usual: Object.fromEntries(
      Object.keys(fitted).flatMap((key) => (typeof usually[key] === "number" ? [[key, usually[key]]] : [])),
    ),
    trainingBytes: seconds === null ? null : estimateTask(task, config, about.meta).trainingBytes,
    steps: trainer.totalSteps - trainer.step,
    seconds,
    parameters: training.model.parameters().reduce((sum, parameter) => sum + parameter.size, 0),
    engine: `${name} ${variant}`,
    threads,
  };
}

/** What lets the last save succeed, by the system's code. */
const MENDS: Readonly<Record<string, string>> = {
  ENOSPC: "freeing some space",
  EDQUOT: "freeing some space",
  EROFS: "making the disk writable",
  EACCES: "making the folder writable",
  EPERM: "making the folder writable",
  "lock-lost": "waiting until the other process ends",
};

function exitCodeOf(result: FitResult, signal: InterruptSignal | undefined, { folder }: Plan): number {
  if (result.unsaved !== null) {
    throw new CliError(
      {
        exitCode: EXIT.files,
        where: folder.path,
        found: `found no way to write all checkpoints (${result.unsaved.value})`,
        expected: "the end of training needs a last save",
        untouched: "The checkpoint before it is untouched.",
        fix: saveFix(result.unsaved, folder),
      },
      { cause: result.unsaved },
    );
  }
  return signal === undefined ? EXIT.done : SIGNAL_EXIT[signal];
}

/** Room where the disk is full; else what the system says is in the way. */
function saveFix(error: FileError, { path }: RunFolder): Fix {
  if (error.code === "ENOENT") return { command: ["train", "--resume", "--out", path] };
  return {
    text: `${MENDS[error.code] ?? "mending that"}, and ${commandText(["unrolled", "train", "--resume", "--out", path])}`,
  };
}

function trainingError(error: unknown, { task, folder, config }: Plan): unknown {
  if (error instanceof DivergedError) {
    const untouched = `The update was not made; ${keptText(folder)}`;
    const rate = String(Number((config.lr / 5).toPrecision(2)));
    const fix = { edit: { set: ["--lr", rate, ...(config.clip > 0 ? [] : ["--clip", "1"])] } };
    return toCliError(error, { untouched, fix }) ?? error;
  }
  return (
    toCliError(error, {
      untouched: keptText(folder),
      fix: error instanceof RangeError ? memoryFix(halvedSizes(task, config)) : undefined,
    }) ?? error
  );
}

function keptText(folder: RunFolder): string {
  return folder.holdsCheckpoint
    ? `the last good checkpoint is in ${folder.path}.`
    : "no checkpoint had been written yet.";
}
