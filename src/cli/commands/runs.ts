import { numberText } from "../../base/number-text.js";
import { textTable } from "../../base/text-table.js";
import { cutText, textWidth } from "../../base/width.js";
import { listRuns } from "../../runs/list-node.js";
import { RunFolder } from "../../runs/run-folder-node.js";
import { differingSettings, figuresIn, type RunRecord, readRun } from "../../runs/run-record-node.js";
import { DEFAULT_TASK } from "../../tasks/registry.js";
import { CliError, EXIT } from "../errors/cli-error.js";
import type { Terminal } from "../terminal/output.js";
import { printLine } from "../terminal/print.js";

/** Of one setting; longer ones are cut. */
const MOST_CELL = 24;

/** `unrolled runs [FOLDER...]`: the runs in these folders, how far they came, and in which settings they differ. */
export async function runsCommand(
  folders: readonly string[],
  options: Readonly<Record<string, unknown>>,
  { stdout }: Terminal,
): Promise<number> {
  const runs = folders.flatMap(runsIn).map(readRun);
  if (options["json"]) {
    for (const run of runs) printLine(stdout, JSON.stringify(asJson(run)));
    return EXIT.done;
  }
  const width = stdout.isTTY ? stdout.columns : Number.POSITIVE_INFINITY;
  const tasks = [...new Set(runs.map(taskOf))];
  for (const [i, task] of tasks.entries()) {
    if (i > 0) printLine(stdout, "");
    for (const line of tableOf(
      task,
      runs.filter((run) => taskOf(run) === task),
      width,
    ))
      printLine(stdout, line);
  }
  return EXIT.done;
}

/** The run that this folder is, or those that lie in it. */
export function runsIn(folder: string): string[] {
  if (new RunFolder(folder).holdsRun) return [folder];
  const found = listRuns(folder);
  if (found.length > 0) return found;
  throw new CliError({
    exitCode: EXIT.files,
    where: folder,
    found: "found no run",
    expected: "a run folder holds config.json and checkpoints, and unrolled train makes one",
    untouched: "Nothing was written.",
    fix: { text: "the folder of a run, or one in which runs lie" },
  });
}

const taskOf = ({ task }: RunRecord): string => task ?? DEFAULT_TASK.name;

function asJson(run: RunRecord): object {
  const { path, files, settings, best, isRunning, lines } = run;
  const last = lines.at(-1);
  const { step = 0, totalSteps = null } = last ?? {};
  return { run: path, task: taskOf(run), files, step, totalSteps, running: isRunning, best, settings };
}

/** The runs of one task. Settings that have no room are named below. */
function tableOf(task: string, runs: readonly RunRecord[], width: number): string[] {
  const figure = figureOf(runs);
  const head = ["run", "steps", figure, "at step"];
  const body = runs.map((run) => [
    run.path,
    stepsOf(run),
    bestOf(run, figure),
    run.best?.step.toLocaleString("en") ?? "",
  ]);
  const keys = runs.length > 1 ? differingSettings(runs) : [];
  const isRight = (column: number): boolean => column > 0 && column < head.length;
  const withSettings = (count: number): string[] => {
    const shown = keys.slice(0, count);
    const rows = body.map((row, i) => [...row, ...shown.map((key) => settingText(runs[i].settings[key]))]);
    return textTable([[...head, ...shown], ...rows], isRight);
  };
  let count = keys.length;
  while (count > 0 && withSettings(count).some((line) => textWidth(line) > width)) count--;
  const left = keys.slice(count);
  return [
    `${runs.length} ${runs.length === 1 ? "run" : "runs"} of ${task}`,
    ...withSettings(count),
    ...(left.length > 0 ? [`They differ in ${left.join(", ")} too: --json has all of it.`] : []),
    ...(runs.some(({ isRunning }) => isRunning) ? ["* is being trained now"] : []),
  ];
}

/** What the best is told by: the first figure of the task that a validation has. */
function figureOf(runs: readonly RunRecord[]): string {
  for (const { best } of runs) if (best !== null) return figuresIn(best)[0]?.[0] ?? "loss";
  return "loss";
}

function stepsOf({ lines, isRunning }: RunRecord): string {
  const last = lines.at(-1);
  const steps = last === undefined ? "0" : `${last.step.toLocaleString("en")}/${last.totalSteps.toLocaleString("en")}`;
  return isRunning ? `${steps} *` : steps;
}

function bestOf({ best }: RunRecord, figure: string): string {
  const value = best?.[figure];
  return typeof value === "number" ? numberText(value) : "-";
}

function settingText(value: unknown): string {
  const text = typeof value === "string" ? value : value === undefined ? "-" : JSON.stringify(value);
  return cutText(text, MOST_CELL);
}
