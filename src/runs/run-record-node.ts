import { readFileSync } from "node:fs";
import { isObject } from "../base/check.js";
import { parsePlainJson } from "../base/strict-json.js";
import { RunFolder } from "./run-folder-node.js";

/** A line of `metrics.jsonl` that tells of a report or a validation. */
export interface MetricsLine {
  type: string;
  step: number;
  epoch: number;
  totalSteps: number;
  loss: number;
  /** Of a validation: mean loss of training since the last one, and whether it was the best so far. */
  trainLoss?: number;
  best?: boolean;
  heldOut?: boolean;
  [figure: string]: unknown;
}

/** What a run folder tells of its run. */
export interface RunRecord {
  path: string;
  /** Of `config.json`, without files and task; empty where there is none that can be read. */
  settings: Readonly<Record<string, unknown>>;
  /** Null where the configuration names none. */
  task: string | null;
  files: readonly string[];
  /** Reports and validations, step by step. */
  lines: readonly MetricsLine[];
  /** The best validation. */
  best: MetricsLine | null;
  /** A process trains it now. */
  isRunning: boolean;
}

/** Everything else in a line is a figure of the task. */
const NO_FIGURES = new Set([
  ...["type", "step", "epoch", "epochStep", "epochSteps", "totalSteps"],
  ...["loss", "heldOut", "trainLoss", "best", "stale", "gradNorm", "lr", "perSecond"],
]);

/** The figures of the task in a line, the most important first. */
export function figuresIn(line: MetricsLine): [name: string, value: number][] {
  return Object.entries(line).flatMap(([name, value]) =>
    NO_FIGURES.has(name) || typeof value !== "number" ? [] : [[name, value] as [string, number]],
  );
}

/** What cannot be read is left out: a run that another process writes now, or that was damaged, is told of as far as it goes. */
export function readRun(path: string): RunRecord {
  const folder = new RunFolder(path);
  const { file, task, ...settings } = objectIn(textOf(folder.file("config"))) ?? {};
  const lines = textOf(folder.file("metrics")).split("\n").flatMap(lineOf);
  return {
    path,
    settings,
    task: typeof task === "string" ? task : null,
    files: [file ?? []].flat().filter((name): name is string => typeof name === "string"),
    lines,
    best: lines.findLast(({ best }) => best === true) ?? null,
    isRunning: folder.isWrittenTo,
  };
}

function lineOf(text: string): MetricsLine[] {
  const line = objectIn(text);
  const isTold = line !== null && (line["type"] === "report" || line["type"] === "validation");
  return isTold && ["step", "epoch", "totalSteps"].every((key) => Number.isFinite(line[key]))
    ? [line as MetricsLine]
    : [];
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function objectIn(text: string): Record<string, unknown> | null {
  try {
    const json = parsePlainJson("run", "line", text);
    return isObject(json) && !Array.isArray(json) ? (json as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** The settings in which runs differ, in the order of the first run that has them. */
export function differingSettings(runs: readonly RunRecord[]): string[] {
  const keys = new Set(runs.flatMap(({ settings }) => Object.keys(settings)));
  return [...keys].filter((key) => new Set(runs.map(({ settings }) => JSON.stringify(settings[key]))).size > 1);
}
