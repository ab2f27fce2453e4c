import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Precision } from "../../interchange/targets/target.js";
import type { Module } from "../../nn/index.js";
import { type RoundedFigure, roundedFigures } from "../../tasks/export/figures.js";
import { readsAnyFile } from "../../tasks/training/task-training.js";
import { CliError, toCliError } from "../errors/cli-error.js";
import { readConfigFile } from "../input/config-file.js";
import type { ReadCheckpoint } from "../input/model-files.js";
import { rowStream, rowsOfFiles } from "../input/row-streams.js";
import { readData, readTexts } from "../input/texts.js";
import type { Terminal } from "../terminal/output.js";

/** What rounding costs, and of which files something was held out. */
export interface RoundingFigures {
  files: readonly string[];
  figures: readonly RoundedFigure[];
}

/** What rounding costs, on what the run held out of its files; or a clause that says why nobody knows. */
export async function figuresOfRounding(
  checkpoint: ReadCheckpoint,
  module: Module,
  precision: Precision,
  terminal: Terminal,
): Promise<RoundingFigures | string> {
  const files = filesOf(checkpoint);
  if (typeof files === "string") return files;
  const { task, meta } = checkpoint;
  try {
    const read = await readAgain(checkpoint, files, terminal);
    try {
      const { meta: found, heldOut } = task.about(read.data, read.config);
      if (!heldOut) return `the run held nothing out of ${files.join(", ")}`;
      const difference = task.metaDifference(meta, found);
      if (difference !== undefined) return `${files.join(", ")} changed since the run: ${difference.value}`;
      const known = { config: read.config, meta };
      return { files, figures: await roundedFigures(task, module, known, { data: read.data, precision }) };
    } finally {
      read.close?.();
    }
  } catch (error) {
    const told = error instanceof CliError ? error : toCliError(error);
    if (told === null) throw error;
    return `${files.join(", ")} cannot be read as the run read it (${told.sentences.replace(/\.$/, "")})`;
  }
}

/** The run's own files, and that to validate on. */
function filesOf({ source, config }: ReadCheckpoint): string[] | string {
  const path = join(dirname(source), "config.json");
  if (!existsSync(path)) return `there is no ${path}, which would name the run's files`;
  let files: readonly string[];
  try {
    files = readConfigFile(path).files;
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return `${path} cannot be read`;
  }
  if (files.length === 0 || files.includes("-")) return `${path} names no file that can be read again`;
  const { valid } = config;
  const missing = [...files, ...(typeof valid === "string" ? [valid] : [])].find((file) => !existsSync(file));
  return missing === undefined ? [...files] : `${missing}, which the run read, is not there`;
}

/** The run's data, parted as the run parted them. */
async function readAgain({ task, config, meta }: ReadCheckpoint, files: readonly string[], terminal: Terminal) {
  const { valid } = config;
  const naming = { op: "export", known: meta };
  const given = config as unknown as Record<string, never>;
  if (task.readStream !== undefined && (config as { stream?: unknown }).stream === true) {
    const held = typeof valid === "string" ? rowStream(valid, terminal) : undefined;
    return task.readStream({ train: rowsOfFiles(files, task, terminal).stream, valid: held }, given, naming);
  }
  const raw = readsAnyFile(task, config);
  const train = await readData(files, task, raw, terminal);
  const held = typeof valid === "string" ? await readTexts([valid], raw, terminal) : undefined;
  return task.read({ train, valid: held }, given, naming);
}
