import { existsSync } from "node:fs";
import { OptionError } from "../../base/errors.js";
import type { Field } from "../../base/fields.js";
import { FollowerFolder } from "../../runs/follower-folder-node.js";
import type { RunFolder } from "../../runs/run-folder-node.js";
import type { CommandTask } from "../../tasks/commands.js";
import { DEFAULT_TASK, decodeAnyTask } from "../../tasks/registry.js";
import type { TaskTypes } from "../../tasks/task.js";
import { checkHoldsTraining, checkSameConfig } from "../../train/resume.js";
import { progressOf } from "../../train/saved-training.js";
import { flagOf, toCliError } from "../errors/cli-error.js";
import { onRunFolder } from "../errors/run-folder.js";
import { flagError, flagWords, presetFlags, trainingFlags } from "../field-options.js";
import { type ConfigFile, checkSettings, readConfigFile } from "../input/config-file.js";
import { isLarge } from "../input/large-files.js";
import { type ReadCheckpoint, readCheckpoint } from "../input/model-files.js";
import type { Terminal } from "../terminal/output.js";
import { forRanks } from "./ranks-request.js";
import type { Reporter } from "./reporters.js";
import { chooseTask, nothingToTrainOn, type Request } from "./request.js";

type Settings = Readonly<Record<string, unknown>>;
type Config = TaskTypes["config"];

/** What the command line asked for, worked out. */
export interface Plan {
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

/** What is to be trained, before the data are read. @throws CliError */
export async function makePlan(request: Request, reporter: Reporter, terminal: Terminal): Promise<Plan> {
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
  const isStreamed = resume === undefined && task.readStream !== undefined && isLarge(files);
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
  if (!resuming && !request.isDry) onRunFolder(() => folder.checkFree());
  const isNamed = task !== DEFAULT_TASK || request.task !== undefined || own?.task !== undefined;
  const { ranksLike } = request;
  return { task, files, given, usual, config, fitted: {}, folder, resume, from, isNamed, ranksLike };
}

/** What a run goes on from; null where nothing was saved. @throws CliError, FormatError */
export function recoverCheckpoint(folder: RunFolder): ReadCheckpoint | null {
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

/** The settings that a model is made of: how it is trained is another matter. */
function madeOf({ fields }: CommandTask, config: Config): Settings {
  const all = Object.entries(fields as Readonly<Record<string, Field>>);
  const own = all.filter(([, { fixed, fitted }]) => fixed === true && fitted !== true).map(([key]) => key);
  return Object.fromEntries(own.map((key) => [key, (config as unknown as Settings)[key]]));
}
