import { join } from "node:path";
import { FormatError, OptionError } from "../../base/errors.js";
import { flow } from "../../base/width.js";
import { encodeSafetensors } from "../../interchange/formats/safetensors/index.js";
import { type Imported, read } from "../../interchange/index.js";
import { writeFileAtomic } from "../../io/files-node.js";
import { RunFolder } from "../../runs/run-folder-node.js";
import { runName } from "../../runs/run-name-node.js";
import { type AdoptedTask, adopt, type Said } from "../../tasks/adoption/adopt.js";
import type { Source } from "../../tasks/task.js";
import { CliError, EXIT, flagOf, toCliError } from "../errors/cli-error.js";
import { onRunFolder } from "../errors/run-folder.js";
import { readInput } from "../input/model-files.js";
import { layerTable } from "../terminal/layer-table.js";
import type { OutputStream, Terminal } from "../terminal/output.js";
import { printCommand, printLine } from "../terminal/print.js";

const UNTOUCHED = "Nothing was written.";
/** Where what does not make a run may go. */
const WEIGHTS = "weights.safetensors";
/** As wide as a table is where nobody says how wide lines are. */
const COLUMNS = 80;

type Options = Readonly<Record<string, unknown>>;

/** `unrolled import FILE`: tells what it is, and makes a run folder of it, or a file of its weights. */
export async function importCommand(file: string, options: Options, { stdout }: Terminal): Promise<number> {
  const found = await readModel(file);
  const isForPrograms = options["json"] === true;
  const tell = (line: string): void => {
    if (!isForPrograms) printLine(stdout, line);
  };
  if (!isForPrograms) printFound(stdout, file, found);
  const weights = options["weights"] as string | undefined;
  if (weights !== undefined) {
    const leftOut = writeWeights(found, weights);
    tell(`Its arrays are in ${weights}.`);
    if (leftOut.length > 0) tell(`Left out, as they hold integers beyond 2^53: ${leftOut.join(", ")}.`);
    if (isForPrograms) printLine(stdout, JSON.stringify({ ...asJson(file, found), weights, leftOut }));
    return EXIT.done;
  }
  const adopted = adoptFound(file, found, options);
  const { task, notes, config } = adopted;
  const folder = new RunFolder(folderOf((options["as"] as string | undefined) ?? runName(file)));
  saveRun(folder, adopted);
  for (const note of notes) tell(`Note: ${note}.`);
  tell(`It is ${task.title} now, in ${folder.path}.`);
  if (isForPrograms) {
    printLine(stdout, JSON.stringify({ ...asJson(file, found), run: folder.path, task: task.name, notes, config }));
  } else printCommand(stdout, "Next:", ["unrolled", "inspect", folder.path]);
  return EXIT.done;
}

/** A name is one of runs/, a path is where it leads. */
function folderOf(name: string): string {
  return /[\\/]/.test(name) ? name : join("runs", name);
}

async function readModel(file: string): Promise<Imported> {
  const bytes = readInput(file);
  try {
    return await read(bytes, { source: file });
  } catch (error) {
    const code = error instanceof FormatError ? error.code : "";
    const fix = code === "unknown-format" ? "the name of a model's file" : undefined;
    throw toCliError(error, { untouched: UNTOUCHED, fix }) ?? error;
  }
}

/** What a file is, for a person: a table no wider than the terminal. */
function printFound(
  out: OutputStream,
  file: string,
  { format, producer, arrays, layers, problems, notes }: Imported,
): void {
  const width = out.isTTY ? out.columns : COLUMNS;
  const count = `${arrays.size.toLocaleString("en")} ${arrays.size === 1 ? "array" : "arrays"}`;
  for (const line of flow([`${file}: ${format}`, producer ?? "unknown producer", count], ", ", width, "  "))
    printLine(out, line);
  if (layers.length > 0) for (const line of layerTable(layers, width)) printLine(out, line);
  for (const problem of problems) printLine(out, `does not fit: ${problem}`);
  for (const note of notes) printLine(out, `not known: ${note}`);
}

function asJson(file: string, { format, producer, arrays, layers, fits, problems, notes, leftover }: Imported): object {
  const shapes = Object.fromEntries([...arrays].map(([name, { stored, shape }]) => [name, { dtype: stored, shape }]));
  return { file, format, producer, fits, layers, problems, unknown: notes, leftover, arrays: shapes };
}

/** @throws CliError saying what to say, or that only the weights can be had */
function adoptFound(file: string, { parts, problems }: Imported, options: Options): AdoptedTask {
  const weightsAlone = { edit: { set: ["--weights", WEIGHTS] } };
  if (parts === null) {
    throw new CliError({
      exitCode: EXIT.input,
      where: file,
      found: `found no model that a task has (${problems[0] ?? "its layers are joined in their own way"})`,
      expected: "it must be an embedding, recurrent layers and a linear layer to become a run",
      untouched: UNTOUCHED,
      fix: weightsAlone,
    });
  }
  try {
    return adopt(parts, saidBy(options), file);
  } catch (error) {
    const isFlag = error instanceof OptionError;
    const isOfNames = error instanceof FormatError && error.details.file !== undefined;
    const where = isFlag ? flagOf(error.argument) : undefined;
    const fix = isFlag || isOfNames ? undefined : weightsAlone;
    throw toCliError(error, { untouched: UNTOUCHED, ...(where && { where }), ...(fix && { fix }) }) ?? error;
  }
}

function saidBy(options: Options): Said {
  const source = (key: string): Source | undefined => {
    const name = options[key] as string | undefined;
    return name === undefined ? undefined : { name, bytes: readInput(name) };
  };
  const { task, tokens } = options as { task?: string; tokens?: Said["tokens"] };
  return { vocab: source("vocab"), labels: source("labels"), task, tokens };
}

/** Its checkpoint is written as training writes one. */
function saveRun(folder: RunFolder, { task, config, bytes }: AdoptedTask): void {
  onRunFolder(() => {
    folder.checkFree();
    try {
      folder.create({ task: task.name, ...config });
      folder.save(["best", "last"], bytes);
    } finally {
      folder.unlock();
    }
  });
}

/** @returns names of the arrays that have integers which no number is, and are not written */
function writeWeights({ arrays }: Imported, path: string): string[] {
  const isExact = (integer: bigint): boolean => Number.isSafeInteger(Number(integer));
  const [kept, leftOut] = [new Map(arrays), [] as string[]];
  for (const [name, { integers }] of arrays) {
    if (integers === undefined || Array.prototype.every.call(integers, isExact)) continue;
    kept.delete(name);
    leftOut.push(name);
  }
  try {
    writeFileAtomic(path, encodeSafetensors(kept));
    return leftOut;
  } catch (error) {
    throw toCliError(error, { untouched: UNTOUCHED }) ?? error;
  }
}
