import { existsSync, mkdirSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { OptionError, UnsupportedError } from "../../base/errors.js";
import { TARGETS } from "../../interchange/targets/registry.js";
import type { Precision, WrittenModel } from "../../interchange/targets/target.js";
import { fileError, writeFileAtomic } from "../../io/files-node.js";
import type { Module } from "../../nn/index.js";
import { runName } from "../../runs/run-name-node.js";
import { buildTask } from "../../tasks/checkpoint.js";
import { type ExportOptions, exportTask, precisionOf, targetNamed } from "../../tasks/export/export.js";
import type { Fix } from "../errors/advice.js";
import { CliError, EXIT, flagOf, toCliError } from "../errors/cli-error.js";
import { findCheckpoint, type ReadCheckpoint, readCheckpoint } from "../input/model-files.js";
import type { OutputStream, Terminal } from "../terminal/output.js";
import { printLine } from "../terminal/print.js";
import { figuresOfRounding, type RoundingFigures } from "./export-figures.js";

const UNTOUCHED = "Nothing was written.";

type Options = Readonly<Record<string, unknown>>;

/** `unrolled export RUN --to NAME`: writes a model for another toolkit. */
export async function exportCommand(modelPath: string, options: Options, terminal: Terminal): Promise<number> {
  const { stdout } = terminal;
  const { to, precision } = checkTarget(options);
  const checkpoint = readCheckpoint(modelPath);
  const { source } = checkpoint;
  const folder = checkFolder((options["out"] as string | undefined) ?? join(dirname(source), to));
  const module = buildTask(checkpoint.task, checkpoint);
  const written = await writtenModel(checkpoint, module, to, { ...options, name: nameOf(modelPath) });
  writeFiles(folder, written, options);
  const files = [...written.files.keys()].map((name) => join(folder, name));
  const figures =
    precision === "float32" ? undefined : await figuresOfRounding(checkpoint, module, precision, terminal);
  if (options["json"] === true) {
    const told = typeof figures === "string" ? { unknown: figures } : figures;
    printLine(stdout, JSON.stringify({ source, to, precision, files, notes: written.notes, ...told }));
    return EXIT.done;
  }
  for (const name of files) printLine(stdout, `wrote ${name}`);
  for (const note of written.notes) printLine(stdout, `Note: ${note}.`);
  if (typeof figures === "string") printLine(stdout, `What the rounding costs is not known: ${figures}.`);
  if (typeof figures === "object") printFigures(stdout, figures);
  return EXIT.done;
}

function printFigures(stdout: OutputStream, { files, figures }: RoundingFigures): void {
  printLine(
    stdout,
    `On what the run held out of ${files.join(", ")}, with weights as they were and as they are written:`,
  );
  for (const { name, unit, text } of figures) printLine(stdout, `  ${name} ${text.join(" -> ")}${unit && ` ${unit}`}`);
}

/** `--to`, `--half` and `--int8`, before anything is read. */
function checkTarget(options: Options): { to: string; precision: Precision } {
  const { to, half, int8 } = options as { to?: string } & ExportOptions;
  if (to === undefined) {
    throw new CliError({
      exitCode: EXIT.usage,
      where: "--to",
      found: "found none",
      expected: `it must be one of ${TARGETS.map(({ name }) => name).join(", ")}`,
      untouched: UNTOUCHED,
      fix: { edit: { set: ["--to", TARGETS[0].name] } },
    });
  }
  try {
    return { to, precision: precisionOf(targetNamed(to), { half, int8 }) };
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    const isTarget = error.argument === "to";
    const fix: Fix | undefined = isTarget
      ? { edit: { set: ["--to", error.details.nearest ?? TARGETS[0].name] } }
      : undefined;
    const found = half === true && int8 === true ? { found: "found --half as well" } : {};
    const context = { where: flagOf(error.argument), untouched: UNTOUCHED, fix, ...found };
    throw toCliError(error, context) ?? error;
  }
}

/** @throws CliError for what cannot be a folder */
function checkFolder(folder: string): string {
  const isFile = existsSync(folder) && !statSync(folder).isDirectory();
  if (folder !== "" && !isFile) return folder;
  throw new CliError({
    exitCode: EXIT.files,
    where: "--out",
    found: isFile ? `found the file ${folder}` : "found nothing",
    expected: "it must be a folder, or the path of a new one",
    untouched: UNTOUCHED,
    fix: { edit: { without: ["--out"] } },
  });
}

/** After its run: of a checkpoint in a folder, the folder. */
function nameOf(modelPath: string): string {
  const path = findCheckpoint(modelPath);
  const isRun = path !== modelPath || /^(best|last)\.safetensors$/.test(basename(path));
  return runName(isRun ? `${basename(dirname(resolve(path)))}.run` : path);
}

async function writtenModel(
  { task, ...checkpoint }: ReadCheckpoint,
  module: Module,
  to: string,
  { name, half, int8 }: ExportOptions,
): Promise<WrittenModel> {
  try {
    return await exportTask(task, module, checkpoint, to, { name, half, int8 });
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw toCliError(error, { untouched: UNTOUCHED }) ?? error;
    const { nearest } = error.details;
    throw new CliError(
      {
        exitCode: EXIT.input,
        where: checkpoint.source,
        found: `found ${error.value}`,
        expected: `it must ${error.must}`,
        untouched: UNTOUCHED,
        fix: nearest === undefined ? undefined : { edit: { set: ["--to", nearest] } },
      },
      { cause: error },
    );
  }
}

/** @throws CliError where files are there already and `--force` is not */
function writeFiles(folder: string, { files }: WrittenModel, options: Options): void {
  const paths = [...files].map(([name, bytes]) => [join(folder, name), bytes] as const);
  const there = paths.find(([path]) => existsSync(path))?.[0];
  if (there !== undefined && options["force"] !== true) {
    throw new CliError({
      exitCode: EXIT.files,
      where: there,
      found: "found a file",
      expected: "files that are there already are kept, unless --force says otherwise",
      untouched: UNTOUCHED,
      fix: { edit: { set: ["--force"] } },
    });
  }
  try {
    for (const [path, bytes] of paths) {
      makeFolder(dirname(path));
      writeFileAtomic(path, bytes);
    }
  } catch (error) {
    throw toCliError(error) ?? error;
  }
}

function makeFolder(path: string): void {
  if (existsSync(path) && statSync(path).isDirectory()) return;
  try {
    mkdirSync(path, { recursive: true });
  } catch (cause) {
    throw fileError("export", path, cause);
  }
}
