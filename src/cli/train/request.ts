import { join } from "node:path";
import { FormatError, OptionError } from "../../base/errors.js";
import { isJsonName, isTableName } from "../../data/readers/table-format.js";
import { FollowerFolder } from "../../runs/follower-folder-node.js";
import { listRuns } from "../../runs/list-node.js";
import { RunFolder } from "../../runs/run-folder-node.js";
import type { CommandTask } from "../../tasks/commands.js";
import { START, STREAMED_FROM } from "../../tasks/files.js";
import { DEFAULT_TASK, inferTask, taskNamed } from "../../tasks/registry.js";
import type { Fix } from "../errors/advice.js";
import { CliError, EXIT, flagOf, toCliError } from "../errors/cli-error.js";
import { type ConfigFile, checkSettings, readConfigFile } from "../input/config-file.js";
import { isLarge, lookAt, readStart } from "../input/large-files.js";
import { looksLikeTable } from "../input/looks-like-table.js";
import { type ReadCheckpoint, readCheckpoint } from "../input/model-files.js";
import { peekInputStart } from "../input/row-streams.js";
import { peekInput, readText, refuseNoText, runNameOf, STANDARD_INPUT, textName } from "../input/texts.js";
import type { Terminal } from "../terminal/output.js";
import type { CommandRanks } from "./ranks.js";
import { inputOfRanks, readRanksLike } from "./ranks-request.js";
import type { Reporter } from "./reporters.js";

/** Where runs go unless `--out` says otherwise. */
const RUNS = "runs";

type Settings = Readonly<Record<string, unknown>>;

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

/**
 * @param ranks  which train together; default: this process alone
 * @param after  what the default folder is called besides the name of the file
 */
export function readRequest(
  files: readonly string[],
  options: Settings,
  {
    ranks,
    after = "",
    isShared = ranks?.areSeveral ?? false,
  }: { ranks?: CommandRanks; after?: string; isShared?: boolean } = {},
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
  if (isShared && named.includes(STANDARD_INPUT)) throw inputOfRanks();
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
  if (first === undefined) return { task: asked ?? DEFAULT_TASK, suggested: {} };
  // Standard input has no name to go by: it is text, or what is asked for.
  const isUnnamed = first === STANDARD_INPUT;
  const given = { ...options, ...fromFile?.settings };
  const isStreamed = given["stream"] === true;
  const peek = isStreamed ? peekInputStart : peekInput;
  if (isUnnamed && asked?.infer === undefined) {
    if (asked === undefined) noteDoubt(first, await peek(terminal).catch(() => new Uint8Array()), reporter);
    return { task: asked ?? DEFAULT_TASK, suggested: {} };
  }
  // What is not to lie in memory to train on does not do so to be looked at.
  const isPart = isLarge([first], isStreamed ? START : STREAMED_FROM);
  const input = isUnnamed ? await peek(terminal) : null;
  const read = () => input ?? (isPart ? readStart(first) : readText(first));
  const name = textName([first]);
  try {
    const found =
      asked === undefined
        ? inferTask(name, read, given)
        : { task: asked, inferred: asked.infer?.(name, read, given, true) ?? null };
    const { task, inferred } = found;
    const of = isPart ? ", as its first rows say" : "";
    if (inferred !== null) {
      const doubts = (await inferred.doubts?.()) ?? "";
      reporter.note(`reading ${name} as ${task.name}: ${inferred.found}${of}${doubts}`);
    }
    if (inferred === null && asked === undefined) noteDoubt(first, lookAt(first), reporter);
    return { task, suggested: inferred?.settings ?? {} };
  } catch (error) {
    if (error instanceof FormatError && error.code === "not-utf8")
      refuseNoText(first, read(), error, binaryFix(asked ?? DEFAULT_TASK));
    const isSetting = error instanceof OptionError && /^\w+$/.test(error.argument);
    const where = isSetting ? { where: flagOf(error.argument) } : {};
    throw toCliError(error, { untouched: "Nothing was written.", ...where }) ?? error;
  }
}

const NO_ROWS =
  "nothing says what in its rows is to be told; --label names the column, and --task what it is: train --help lists them";
const JSON_TEXT = "a text; objects, one a line, are rows under a name that ends in .jsonl, or with --task";
const NO_NAME = "a text; it looks like a table, which --task reads it as (train --help lists them)";

/** A file that is called a table, or looks like one, and is learned as a text is probably not meant so. */
function noteDoubt(path: string, start: Uint8Array, reporter: Pick<Reporter, "note">): void {
  const [name, { name: task }] = [textName([path]), DEFAULT_TASK];
  const doubt = isTableName(name) ? NO_ROWS : isJsonName(name) ? JSON_TEXT : looksLikeTable(start) ? NO_NAME : null;
  if (doubt !== null) reporter.note(`reading ${name} as ${task}: ${doubt}`);
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
