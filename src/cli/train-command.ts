import { join } from "node:path";
import { DivergedError, type FileError, OptionError } from "../base/errors.js";
import { engineInfo } from "../engine/select.js";
import {
  type Corpus,
  checkMemory,
  checkResumableConfig,
  type Fitted,
  fitToMemory,
  type LanguageModelCheckpoint,
  type LanguageModelOptions,
  LanguageModelTraining,
  type ResolvedConfig,
  readCorpusAndConfig,
  readsBytes,
  resolveConfig,
} from "../tasks/language-model/index.js";
import type { FitResult, TrainEvent } from "../train/index.js";
import type { Fix } from "./advice.js";
import { CliError, EXIT, flagOf, toCliError } from "./cli-error.js";
import { type ConfigFile, readConfigFile } from "./config-file.js";
import { flagError, givenFields } from "./field-options.js";
import { availableMemory, memoryFix } from "./memory.js";
import { chooseThreads, readCheckpoint } from "./model-files.js";
import { type InterruptSignal, SIGNAL_EXIT, type Terminal } from "./output.js";
import { createReporter, metricsLine, type Reporter, type RunSummary } from "./reporters.js";
import { RunFolder } from "./run-folder.js";
import { readTexts, runName, textError } from "./texts.js";

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

/** `unrolled train FILE...`. Nothing is written until everything is checked. */
export async function trainCommand(
  files: readonly string[],
  options: Readonly<Record<string, unknown>>,
  terminal: Terminal,
): Promise<number> {
  chooseThreads(options["threads"]);
  const asked = makePlan(files, options);
  const { corpus, plan } = await loadCorpus(asked, terminal);
  const training = prepare(plan, corpus);
  const reporter = createReporter(terminal, options["json"] === true);
  const summary = summarize(plan, corpus, training);
  reporter.start(summary);
  if (training.trainer.step === 0) tellSample(training, reporter);
  const interrupt = listen(terminal, reporter);
  try {
    const onEvent = (event: TrainEvent) => record(event, plan.folder, training, reporter);
    const result = await training.fit({ signal: interrupt.signal, onEvent });
    reporter.end(result, summary);
    return exitCodeOf(result, interrupt.received, plan);
  } catch (error) {
    throw trainingError(error, plan);
  } finally {
    interrupt.stop();
  }
}

function makePlan(files: readonly string[], options: Readonly<Record<string, unknown>>): Plan {
  const fromFile: ConfigFile =
    options["config"] === undefined ? { files: [], settings: {} } : readConfigFile(options["config"] as string);
  const flags = givenFields(options);
  const resuming = options["resume"] === true;
  let out = options["out"] as string | undefined;
  const named = files.length > 0 ? files : fromFile.files;
  if (out === undefined && named.length > 0) out = join("runs", runName(named));
  if (out === undefined) throw nothingToTrainOn(resuming);
  const folder = new RunFolder(out);
  if (resuming) folder.checkResumable();
  const resume = resuming ? readCheckpoint(folder.file("last")) : undefined;
  const base = resume === undefined ? fromFile.settings : { ...resume.config, ...fromFile.settings };
  const given = { ...base, ...flags };
  let config: ResolvedConfig;
  try {
    config = resolveConfig(given, "train", flagOf);
    if (resume !== undefined) checkResumableConfig(resume, config, flagOf);
  } catch (error) {
    if (error instanceof OptionError) throw flagError(error);
    throw toCliError(error, { untouched: "The run is untouched." }) ?? error;
  }
  const texts = named.length === 0 && resuming ? readConfigFile(folder.file("config")).files : named;
  if (texts.length === 0) throw nothingToTrainOn(resuming);
  if (!resuming) folder.checkFree();
  return { files: texts, given, config, fitted: {}, folder, resume };
}

function nothingToTrainOn(resuming: boolean): CliError {
  return new CliError({
    exitCode: EXIT.usage,
    where: "unrolled train",
    found: resuming ? "found neither FILE nor --out" : "found no FILE",
    expected: resuming ? "--resume needs the run's folder" : "it needs a text to learn from",
    untouched: "Nothing was written.",
    fix: { command: resuming ? ["train", "--resume", "--out", "runs/corpus"] : ["train", "corpus.txt"] },
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
function prepare(plan: Plan, corpus: Corpus): LanguageModelTraining {
  const { config, folder, resume, files } = plan;
  const file = files.length === 1 ? files[0] : files;
  refuseIfTooLarge(config, corpus.vocabulary.size);
  try {
    const training = new LanguageModelTraining(corpus, config, {
      resume,
      nameOf: flagOf,
      save: (kinds, bytes) => folder.save(kinds, bytes),
    });
    if (resume === undefined) folder.create({ file, ...config });
    else {
      folder.trimMetrics(training.trainer.step);
      folder.writeConfig({ file, ...config });
    }
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

function summarize(
  { files, folder, config, resume, fitted }: Plan,
  corpus: Corpus,
  training: LanguageModelTraining,
): RunSummary {
  const { name, variant, threads } = engineInfo();
  return {
    out: folder.path,
    file: files.length === 1 ? files[0]! : files,
    resumedFrom: resume === undefined ? null : training.trainer.step,
    tokens: config.tokens,
    vocabularySize: corpus.vocabulary.size,
    trainTokens: corpus.train.length,
    validationTokens: corpus.validation?.length ?? 0,
    unknownTokens: corpus.unknown,
    fitted: { ...fitted },
    parameters: training.model.parameters().reduce((sum, parameter) => sum + parameter.size, 0),
    engine: `${name} ${variant}`,
    threads,
  };
}

function record(event: TrainEvent, folder: RunFolder, training: LanguageModelTraining, reporter: Reporter): void {
  if (event.type === "report" || event.type === "validation") {
    const failure = folder.appendMetrics(metricsLine(event)!);
    if (failure !== null)
      reporter.warn(`warning: metrics.jsonl could not be written (${failure.value}). Training goes on.`);
  }
  reporter.event(event);
  if (event.type === "validation") tellSample(training, reporter);
}

/** A model on its way to infinity cannot be sampled; training itself says so when its loss gets there. */
function tellSample({ model, config, trainer }: LanguageModelTraining, reporter: Reporter): void {
  const { sampleLength: length } = config;
  if (length === 0) return;
  try {
    reporter.sample(model.sample({ length, temperature: 0.8, seed: trainer.step }), trainer.step);
  } catch (error) {
    if (!(error instanceof OptionError && error.code === "not-finite") && !(error instanceof DivergedError))
      throw error;
    reporter.warn("warning: no sample: the model's logits are not finite. Try a smaller --lr.");
  }
}

interface Interrupt {
  signal: AbortSignal;
  received: InterruptSignal | undefined;
  stop(): void;
}

/** The first signal ends training after the step under way, the second ends the process. */
function listen(terminal: Terminal, reporter: Reporter): Interrupt {
  const controller = new AbortController();
  const interrupt: Interrupt = { signal: controller.signal, received: undefined, stop: () => {} };
  interrupt.stop = terminal.onSignal((signal) => {
    if (interrupt.received !== undefined) return terminal.exit(SIGNAL_EXIT[signal]);
    interrupt.received = signal;
    reporter.warn(`${signal}: saving. Once more stops at once, without saving.`);
    controller.abort();
  });
  return interrupt;
}

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

/** Where the disk is full, room; else what the system says is in the way. */
function saveFix(error: FileError, { path }: RunFolder): Fix {
  const resume = { command: ["train", "--resume", "--out", path] };
  if (error.code === "ENOENT") return resume;
  const wants = ["ENOSPC", "EDQUOT"].includes(error.code) ? "freeing some space" : "making the folder writable";
  return { text: `${wants}, and the same command with --resume` };
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
