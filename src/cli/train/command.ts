import { passOf } from "../../base/report.js";
import { readFileBytes } from "../../io/files-node.js";
import { FollowerFolder } from "../../runs/follower-folder-node.js";
import { halvedSizes, TaskTraining } from "../../tasks/training/task-training.js";
import { checkSame } from "../../train/collective/agree.js";
import { pause, type TrainEvent } from "../../train/index.js";
import { EXIT, flagOf, toCliError } from "../errors/cli-error.js";
import { onRunFolder } from "../errors/run-folder.js";
import { chooseThreads } from "../input/model-files.js";
import { type Interrupt, listen } from "../interrupt.js";
import { memoryFix } from "../memory.js";
import type { Terminal } from "../terminal/output.js";
import { printLine } from "../terminal/print.js";
import { ProgressBar } from "../terminal/progress-bar.js";
import { loadData, refuseIfTooLarge } from "./data.js";
import { dryRun, printDryRun } from "./dry-run.js";
import { exitCodeOf, trainingError } from "./end.js";
import { makePlan, type Plan, recoverCheckpoint } from "./plan.js";
import { type CommandRanks, openRanks } from "./ranks.js";
import { described } from "./ranks-request.js";
import { TrainRecorder } from "./recorder.js";
import { createReporter, type Reporter } from "./reporters.js";
import { type Request, readRequest } from "./request.js";
import { summarize, tellingOf } from "./summary.js";
import { Tensorboard } from "./tensorboard.js";

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
    const training = await ranks.attempt(() => prepared(plan, data, { recorder, ranks, bar }));
    // All weights are read for it.
    if (ranks.collective.size > 1) checkSame(ranks.collective, described(training));
    await ranks.attempt(() => openFolder(plan, training, interrupt));
    board?.begin(training.trainer.step, training.model);
    // Where a line tells of training already, there is no room for a bar.
    const shown = terminal.stdout.live ? null : bar;
    return await trainAndTell(plan, training, data, { recorder, reporter, interrupt, bar: shown });
  } finally {
    closeData?.();
    bar.end();
    interrupt.stop();
    folder.unlock();
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

async function tellDryRun(plan: Plan, data: unknown, reporter: Reporter, { stdout }: Terminal): Promise<number> {
  const { task, config } = plan;
  refuseIfTooLarge(task, config, task.about(data, config).meta);
  const training = new TaskTraining(task, data, config, { nameOf: flagOf, from: plan.from });
  reporter.start(summarize(plan, training, null), await tellingOf(task, training, data));
  try {
    const found = await dryRun(training);
    if (reporter.isForPrograms) printLine(stdout, JSON.stringify({ type: "dry-run", ...found }));
    else printDryRun(stdout, found);
    return EXIT.done;
  } catch (error) {
    throw trainingError(error, plan);
  }
}

/** The training; nothing is written yet. */
function prepared(
  plan: Plan,
  data: unknown,
  { recorder, ranks, bar }: { recorder: TrainRecorder; ranks: CommandRanks; bar: ProgressBar },
): TaskTraining {
  const { task, config, resume, from } = plan;
  refuseIfTooLarge(task, config, task.about(data, config).meta);
  return beginning(plan, () => {
    return new TaskTraining(task, data, config, {
      resume,
      from,
      nameOf: flagOf,
      save: (kinds, bytes) => recorder.save(kinds, bytes),
      collective: ranks.collective,
      ranksLike: plan.ranksLike,
      told: passOf(bar.report, "validating"),
    });
  });
}

/** The folder of a training that was built. */
function openFolder(plan: Plan, training: TaskTraining, interrupt: Interrupt): void {
  const { task, config, folder, files, isNamed } = plan;
  const file = files.length === 1 ? files[0] : files;
  const described = { file, ...(isNamed && { task: task.name }), ...config };
  beginning(plan, () => {
    interrupt.start();
    onRunFolder(() => {
      if (folder.isLocked) folder.writeConfig(described);
      else folder.create(described);
    });
    folder.trimMetrics(training.trainer.step);
  });
}

/** @throws CliError for what fails before the first step */
function beginning<R>({ task, config, resume }: Plan, body: () => R): R {
  try {
    return body();
  } catch (error) {
    const untouched = resume === undefined ? "Nothing was written." : "The run is untouched.";
    const fix = error instanceof RangeError ? memoryFix(halvedSizes(task, config)) : undefined;
    throw toCliError(error, { untouched, fix }) ?? error;
  }
}

async function trainAndTell(
  plan: Plan,
  training: TaskTraining,
  data: unknown,
  parts: { recorder: TrainRecorder; reporter: Reporter; interrupt: Interrupt; bar: ProgressBar | null },
): Promise<number> {
  const { recorder, reporter, interrupt, bar } = parts;
  try {
    const { totalSteps, step } = training.trainer;
    const seconds = step < totalSteps ? (totalSteps - step) * training.timeSteps() : 0;
    const summary = summarize(plan, training, seconds);
    const telling = await tellingOf(plan.task, training, data);
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
