import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { FormatError, OptionError } from "../../base/errors.js";
import { writeFileAtomic } from "../../io/files-node.js";
import { buildTask } from "../../tasks/checkpoint.js";
import type { Inspected, OptionFields } from "../../tasks/commands.js";
import { readsAnyFile } from "../../tasks/training/task-training.js";
import type { Fix } from "../errors/advice.js";
import { CliError, EXIT, flagOf, toCliError } from "../errors/cli-error.js";
import { capabilityFlags, fieldsOfAll, requireCapability } from "../field-options.js";
import { readConfigFile } from "../input/config-file.js";
import { findCheckpoint, type ReadCheckpoint } from "../input/model-files.js";
import { type NamedText, placeInText, readTexts, textError, unseenError } from "../input/texts.js";
import { reportViewer } from "../studio/report-viewer.js";
import { printLine } from "../terminal/print.js";
import { type FileCommand, openModel, typedText } from "./file-command.js";

/** Wider than this, a table is hard to follow. */
const MOST_COLUMNS = 110;

/** `unrolled inspect MODEL [FILE]`. */
export const inspectCommand: FileCommand = async (modelPath, file, options, terminal) => {
  const { stdout } = terminal;
  const typed = typedText(file, options);
  if (file === undefined && typed === null) checkNeedsText(modelPath, options);
  const checkpoint = openModel(modelPath, options);
  const text =
    file === undefined ? typed : await readTexts([file], readsAnyFile(checkpoint.task, checkpoint.config), terminal);
  const inspection = await inspect(checkpoint, text, options);
  const written = writeReports(inspection, { model: modelPath, text: file ?? null }, options);
  if (options["json"]) {
    printLine(stdout, JSON.stringify({ source: checkpoint.source, file: file ?? null, ...inspection.values }, rounded));
    return EXIT.done;
  }
  const { isTTY, columns } = stdout;
  const width = Math.min(isTTY ? columns : 80, MOST_COLUMNS);
  const lines = inspection.lines(checkpoint.source, { width });
  for (const line of [...lines, ...written.map((path) => `wrote ${path}`)]) printLine(stdout, line);
  return EXIT.done;
};

/** What says nothing without a text. */
function checkNeedsText(model: string, options: Readonly<Record<string, unknown>>): void {
  const names = ["html", "svg", ...Object.keys(fieldsOfAll("inspect"))];
  const key = names.find((name) => options[name] !== undefined);
  if (key === undefined) return;
  throw new CliError({
    exitCode: EXIT.usage,
    where: flagOf(key),
    found: "found no FILE",
    expected: "it needs a text that the model reads",
    untouched: "Nothing was written.",
    fix: ownText(model),
  });
}

/** The text that a run learned from is one that its model can read. */
function ownText(model: string): Fix {
  try {
    const path = findCheckpoint(model);
    const { files } = readConfigFile(join(dirname(path), "config.json"));
    if (files.length > 0 && existsSync(files[0])) return { edit: { replace: { from: "FILE", to: [files[0]] } } };
  } catch {
    // A checkpoint without its run says nothing about its text.
  }
  return { text: "a FILE after the model, or --text" };
}

async function inspect(
  checkpoint: ReadCheckpoint,
  text: string | NamedText | null,
  options: Readonly<Record<string, unknown>>,
): Promise<Inspected> {
  const { task } = checkpoint;
  const { fields, run } = requireCapability(task, "inspect", { command: "inspect", path: checkpoint.source });
  const sizes = capabilityFlags(task, "inspect", options);
  try {
    return await run(buildTask(task, checkpoint), checkpoint, text, sizes);
  } catch (error) {
    const untouched = "Nothing was written.";
    if (error instanceof OptionError) {
      throw toCliError(error, { where: flagOf(error.argument), untouched, fix: optionFix(error, fields) }) ?? error;
    }
    throw locatedError(error, text) ?? error;
  }
}

/** A value that would do; undefined where the error says itself which options would. An example is none of a model's own classes. */
function optionFix({ argument, details }: OptionError, fields: OptionFields): Fix | undefined {
  if (details.settings !== undefined) return undefined;
  const { kind, choices, example } = fields[argument] ?? {};
  const value = details.nearest ?? (kind === "text" && choices === undefined ? undefined : example);
  return { edit: value === undefined ? { without: [flagOf(argument)] } : { set: [flagOf(argument), value] } };
}

function locatedError(error: unknown, text: string | NamedText | null): unknown {
  const unseen = { text: "a text with the characters that the model was trained on" };
  const where = text === null || typeof text === "string" ? "--text" : text.name;
  if (typeof text === "string" && error instanceof FormatError && error.code === "unknown-token") {
    return unseenError(error, `--text:${placeInText(text, error.details.index ?? 0)}`, unseen);
  }
  const isPlaced = error instanceof FormatError && (error.details.file !== undefined || error.fix !== "");
  if (error instanceof FormatError && !isPlaced && !["unknown-token", "not-utf8"].includes(error.code)) {
    return toCliError(error, { where, untouched: "Nothing was written.", fix: "a longer text" });
  }
  return text === null || typeof text === "string" ? error : textError(error, text, { unseen });
}

function writeReports(
  inspection: Inspected,
  source: { model: string; text: string | null },
  options: Readonly<Record<string, unknown>>,
): string[] {
  const written: string[] = [];
  const write = (path: unknown, content: () => string): void => {
    if (path === undefined) return;
    try {
      writeFileAtomic(path as string, new TextEncoder().encode(content()));
    } catch (error) {
      throw toCliError(error, { where: path as string }) ?? error;
    }
    written.push(path as string);
  };
  write(options["html"], () => inspection.html({ ...source, viewer: reportViewer() }));
  write(options["svg"], () => inspection.svg());
  return written;
}

/** Six digits are more than float32 has to tell; JSON has no infinities. */
function rounded(_: string, value: unknown): unknown {
  if (typeof value !== "number" || Number.isInteger(value)) return value;
  return Number.isFinite(value) ? Number(value.toPrecision(6)) : String(value);
}
