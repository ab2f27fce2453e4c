import { existsSync } from "node:fs";
import { join } from "node:path";
import { DivergedError, type FileError, OptionError } from "../base/errors.js";
import { engineInfo } from "../engine/select.js";
import { listRuns } from "../runs/list-node.js";
import { RunFolder } from "../runs/run-folder-node.js";
import {
  type Corpus,
  checkMemory,
  checkResumableConfig,
  type Fitted,
  fitToMemory,
  type LanguageModelCheckpoint,
  type LanguageModelOptions,
  LanguageModelTraining,
  progressOf,
  type ResolvedConfig,
  readCorpusAndConfig,
  readsBytes,
  resolveConfig,
} from "../tasks/language-model/index.js";
import { type FitResult, pause, type TrainEvent } from "../train/index.js";
import { commandText, type Fix } from "./advice.js";
import { CliError, EXIT, flagOf, toCliError } from "./cli-error.js";
import { type ConfigFile, readConfigFile } from "./config-file.js";
import { flagError, givenFields } from "./field-options.js";
import { availableMemory, memoryFix } from "./memory.js";
import { chooseThreads, readCheckpoint } from "./model-files.js";
import { type InterruptSignal, SIGNAL_EXIT, type Terminal } from "./output.js";
import { createReporter, type Reporter, type RunSummary, type Telling } from "./reporters.js";
import { onRunFolder } from "./run-folder-errors.js";
import { readTexts, runNameOf, textError } from "./texts.js";
import { TrainRecorder } from "./train-recorder.js";

/** Where runs go unless `--out` says otherwise. */
const RUNS = "runs";

/** What the command line asked for, before any file but `--config` is read. */
interface Request {
  /** The texts, where the command line or `--config` names them. */
  named: readonly string[];
  settings: LanguageModelOptions;
  flags: LanguageModelOptions;
  folder: RunFolder;
  resuming: boolean;
}

/** What the command line asked for, worked out. */
interface Plan {
  files: readonly string[];
  /** What was asked for; the size of the text chooses some of the rest. */
  given: LanguageModelOptions;
  config: ResolvedConfig;
  fitted: Fitted;
  folder: RunFolder;
  resume: LanguageModelCheckpoint | undefined;
}

/** `unrolled train FILE...`. Nothing is written until everything is checked, and signals are heard before anything is. */
export async function trainCommand(
  files: readonly string[],
  options: Readonly<Record<string, unknown>>,
  terminal: Terminal,
): Promise<number> {
  chooseThreads(options["threads"]);
  const reporter = createReporter(terminal, options["json"] === true);
  const request = readRequest(files, options);
  const { folder, resuming } = request;
  folder.onNotice = (line) => reporter.warn(line);
  const recorder = new TrainRecorder(folder, reporter);
  const interrupt = listen(terminal, reporter, folder);
  try {
    if (resuming) openToResume(request, interrupt);
    const { corpus, plan } = await loadCorpus(makePlan(request), terminal);
    const training = prepare(plan, corpus, { recorder, interrupt });
    return await trainAndTell(plan, training, { recorder, reporter, interrupt });
  } finally {
    interrupt.stop();
    folder.unlock();
  }
}

function readRequest(files: readonly string[], options: Readonly<Record<string, unknown>>): Request {
  const fromFile: ConfigFile =
    options["config"] === undefined ? { files: [], settings: {} } : readConfigFile(options["config"] as string);
  const resuming = options["resume"] === true;
  const named = files.length > 0 ? files : fromFile.files;
  let out = options["out"] as string | undefined;
  if (out === undefined && named.length > 0) out = join(RUNS, runNameOf(named));
  if (out === undefined) throw nothingToTrainOn(resuming);
  const { settings } = fromFile;
  return { named, settings, flags: givenFields(options), folder: new RunFolder(out), resuming };
}

/** Only the writer of a folder may read what it goes on from: another one could be about to replace it. */
function openToResume({ folder }: Request, interrupt: Interrupt): void {
  onRunFolder(() => folder.checkResumable());
  interrupt.start();
  onRunFolder(() => folder.lock());
}

function makePlan({ named, settings, flags, folder, resuming }: Request): Plan {
  const resume = resuming ? (recoverCheckpoint(folder) ?? undefined) : undefined;
  const own = resuming && (resume === undefined || named.length === 0) ? readOwnConfig(folder) : undefined;
  const base = resume === undefined ? { ...own?.settings, ...settings } : { ...resume.config, ...settings };
  const given = { ...base, ...flags };
  let config: ResolvedConfig;
  try {
    config = resolveConfig(given, "train", flagOf);
    if (resume !== undefined) checkResumableConfig(resume, config, flagOf);
  } catch (error) {
    if (error instanceof OptionError) throw flagError(error);
    throw toCliError(error, { untouched: "The run is untouched." }) ?? error;
  }
  const files = named.length > 0 ? named : (own?.files ?? []);
  if (files.length === 0) throw nothingToTrainOn(resuming);
  if (!resuming) onRunFolder(() => folder.checkFree());
  return { files, given, config, fitted: {}, folder, resume };
}

function recoverCheckpoint(folder: RunFolder): LanguageModelCheckpoint | null {
  const found = folder.recover(readCheckpoint, progressOf);
  if (found === null) folder.onNotice(`${folder.path}: nothing had been saved yet; training begins anew.`);
  return found;
}

/** A run with a checkpoint can do without its config when the text is named. */
function readOwnConfig(folder: RunFolder): ConfigFile | undefined {
  return existsSync(folder.file("config")) ? readConfigFile(folder.file("config")) : undefined;
}

function nothingToTrainOn(resuming: boolean): CliError {
  const run = listRuns(RUNS)[0] ?? join(RUNS, "corpus");
  return new CliError({
    exitCode: EXIT.usage,
    where: "unrolled train",
    found: resuming ? "found neither FILE nor --out" : "found no FILE",
    expected: resuming ? "--resume needs the run's folder" : "it needs a text to learn from",
    untouched: "Nothing was written.",
    fix: { command: resuming ? ["train", "--resume", "--out", run] : ["train", "corpus.txt"] },
  });
}

/** Any file has bytes. */
const AS_BYTES: Fix = { edit: { set: ["--tokens", "byte"] } };

async function loadCorpus(plan: Plan, terminal: Terminal): Promise<{ corpus: Corpus; plan: Plan }> {
  const { files, config, given } = plan;
  // A first look at the sizes that need no text: a hidden size of 10^9 is refused before anything is read.
  refuseIfTooLarge(config, 1);
  const raw = readsBytes(config);
  const text = await readTexts(files, raw, terminal, AS_BYTES);
  const held = typeof config.valid === "string" ? await readTexts([config.valid], raw, terminal, AS_BYTES) : undefined;
  // A name that no file has, so that an error says which of the texts it is about.
  const validation = held && { text: held.bytes, source: `${held.name} (to validate on)` };
  try {
    const options = { source: text.name, validation, op: "train", nameOf: flagOf };
    const read = readCorpusAndConfig(text.bytes, given, options);
    return { corpus: read.corpus, plan: { ...plan, config: read.config, fitted: read.fitted } };
  } catch (error) {
    if (error instanceof OptionError) throw flagError(error);
    const inValidation = held !== undefined && (error as { argument?: unknown }).argument === validation?.source;
    throw textError(error, inValidation ? held : text);
  }
}

function refuseIfTooLarge(config: ResolvedConfig, vocabulary: number): void {
  try {
    checkMemory("train", config, vocabulary, availableMemory());
  } catch (error) {
    const fix = memoryFix(fitToMemory(config, vocabulary, availableMemory()));
    throw toCliError(error, { untouched: "Nothing was allocated or written.", fix }) ?? error;
  }
}

/** Builds the training, and only then the folder. */
function prepare(
  plan: Plan,
  corpus: Corpus,
  { recorder, interrupt }: { recorder: TrainRecorder; interrupt: Interrupt },
): LanguageModelTraining {
  const { config, folder, resume, files } = plan;
  const file = files.length === 1 ? files[0] : files;
  refuseIfTooLarge(config, corpus.vocabulary.size);
  try {
    const training = new LanguageModelTraining(corpus, config, {
      resume,
      nameOf: flagOf,
      save: (kinds, bytes) => recorder.save(kinds, bytes),
    });
    interrupt.start();
    onRunFolder(() => {
      if (folder.isLocked) folder.writeConfig({ file, ...config });
      else folder.create({ file, ...config });
    });
    folder.metrics.trim(training.trainer.step);
    return training;
  } catch (error) {
    const untouched = resume === undefined ? "Nothing was written." : "The run is untouched.";
    const fix = error instanceof RangeError ? memoryFix(smaller(config)) : undefined;
    throw toCliError(error, { untouched, fix }) ?? error;
  }
}

/** The system gave less than was thought that there is. */
function smaller({ hidden, batch }: ResolvedConfig): Record<string, number> {
  return { hidden: Math.max(1, hidden >> 1), batch: Math.max(1, batch >> 1) };
}

async function trainAndTell(
  plan: Plan,
  training: LanguageModelTraining,
  parts: { recorder: TrainRecorder; reporter: Reporter; interrupt: Interrupt },
): Promise<number> {
  const { recorder, reporter, interrupt } = parts;
  try {
    const summary = summarize(plan, training);
    const telling = tellingOf(training);
    reporter.start(summary, telling);
    if (training.trainer.step === 0) recorder.sample(training);
    // A signal that came while nothing could hear it is heard before the first step.
    await pause();
    const onEvent = (event: TrainEvent) => {
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
function tellingOf({ task, about }: LanguageModelTraining): Telling {
  return {
    data: about.summary,
    unit: task.unit,
    input: task.input,
    heldOut: about.heldOut,
    metrics: task.metrics(about.meta),
    lossMetrics: task.lossMetrics(),
    next: (out) => ["sample", out, "--temperature", "0.8"],
  };
}

function summarize({ files, folder, resume, fitted }: Plan, training: LanguageModelTraining): RunSummary {
  const { name, variant, threads } = engineInfo();
  return {
    out: folder.path,
    file: files.length === 1 ? files[0]! : files,
    resumedFrom: resume === undefined ? null : training.trainer.step,
    counts: training.about.counts,
    fitted: { ...fitted },
    parameters: training.model.parameters().reduce((sum, parameter) => sum + parameter.size, 0),
    engine: `${name} ${variant}`,
    threads,
  };
}

interface Interrupt {
  signal: AbortSignal;
  received: InterruptSignal | undefined;
  /** Hears signals from now on; before, they end the process as the system does. */
  start(): void;
  /** Ends training as a signal does. */
  end(): void;
  stop(): void;
}

/** The first signal ends training after the step under way, the second ends the process. */
function listen(terminal: Terminal, reporter: Reporter, folder: RunFolder): Interrupt {
  const controller = new AbortController();
  let silence: (() => void) | undefined;
  const interrupt: Interrupt = {
    signal: controller.signal,
    received: undefined,
    start() {
      silence ??= terminal.onSignal((signal) => {
        if (interrupt.received !== undefined) {
          folder.unlock();
          return terminal.exit(SIGNAL_EXIT[signal]);
        }
        interrupt.received = signal;
        reporter.warn(`${signal}: saving. Once more stops at once, without saving.`);
        controller.abort();
      });
    },
    end: () => controller.abort(),
    stop: () => silence?.(),
  };
  return interrupt;
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

function trainingError(error: unknown, { folder, config }: Plan): unknown {
  if (error instanceof DivergedError) {
    const untouched = `The update was not made; ${keptText(folder)}`;
    const rate = String(Number((config.lr / 5).toPrecision(2)));
    const fix = { edit: { set: ["--lr", rate, ...(config.clip > 0 ? [] : ["--clip", "1"])] } };
    return toCliError(error, { untouched, fix }) ?? error;
  }
  return (
    toCliError(error, {
      untouched: keptText(folder),
      fix: error instanceof RangeError ? memoryFix(smaller(config)) : undefined,
    }) ?? error
  );
}

function keptText(folder: RunFolder): string {
  return folder.holdsCheckpoint
    ? `the last good checkpoint is in ${folder.path}.`
    : "no checkpoint had been written yet.";
}
