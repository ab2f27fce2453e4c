import { OptionError } from "../base/errors.js";
import { writeFileAtomic } from "../io/files-node.js";
import {
  buildLanguageModel,
  type Inspection,
  type InspectOptions,
  inspectionHtml,
  inspectionSvg,
  inspectLanguageModel,
  type LanguageModelCheckpoint,
  type TextInspection,
} from "../tasks/language-model/index.js";
import { CliError, EXIT, toCliError } from "./cli-error.js";
import { asNumber, flagOf } from "./field-options.js";
import { inspectionLines } from "./inspect-text.js";
import { chooseThreads, readCheckpoint, readInput, textError, unseenError } from "./model-files.js";
import type { Terminal } from "./output.js";

const EXAMPLES: Readonly<Record<string, string>> = { length: "200", layer: "0", units: "12" };

/** Wider than this, a table is hard to follow. */
const MOST_COLUMNS = 110;

/** `unrolled inspect MODEL [FILE]`. */
export async function inspectCommand(
  modelPath: string,
  file: string | undefined,
  options: Readonly<Record<string, unknown>>,
  { stdout }: Terminal,
): Promise<number> {
  chooseThreads(options["threads"], 1);
  checkTogether(file, options);
  const checkpoint = readCheckpoint(modelPath);
  const text = file === undefined ? ((options["text"] as string | undefined) ?? null) : readInput(file);
  const inspection = inspect(checkpoint, text, file, options);
  const written = writeReports(inspection, { model: modelPath, text: file ?? null }, options);
  if (options["json"]) {
    stdout.write(`${JSON.stringify({ source: checkpoint.source, file: file ?? null, ...inspection }, rounded)}\n`);
    return EXIT.done;
  }
  const { isTTY, columns } = stdout;
  const width = Math.min(isTTY ? columns : 80, MOST_COLUMNS);
  const lines = inspectionLines(inspection, checkpoint.source, { width, colour: isTTY });
  stdout.write(`${[...lines, ...written.map((path) => `wrote ${path}`)].join("\n")}\n`);
  return EXIT.done;
}

/** What excludes, or needs, something else. */
function checkTogether(file: string | undefined, options: Readonly<Record<string, unknown>>): void {
  const fail = (where: string, found: string, expected: string, fix: string): never => {
    throw new CliError({ exitCode: EXIT.usage, where, found, expected, untouched: "Nothing was written.", fix });
  };
  if (file !== undefined && options["text"] !== undefined) {
    fail("--text", `found a FILE as well (${file})`, "it stands for a file", "one of the two");
  }
  const hasText = file !== undefined || options["text"] !== undefined;
  for (const key of ["html", "svg", "length", "layer", "units"]) {
    if (options[key] === undefined || hasText) continue;
    const fix = `unrolled inspect MODEL FILE ${flagOf(key)} ${options[key]}`;
    fail(flagOf(key), "found no FILE", "it needs a text that the model reads", fix);
  }
}

function inspect(
  checkpoint: LanguageModelCheckpoint,
  text: string | Uint8Array | null,
  file: string | undefined,
  options: Readonly<Record<string, unknown>>,
): Inspection {
  const sizes: Record<string, unknown> = {};
  for (const key of Object.keys(EXAMPLES)) {
    if (options[key] !== undefined) sizes[key] = asNumber(options[key] as string);
  }
  try {
    return inspectLanguageModel(buildLanguageModel(checkpoint), text, sizes as InspectOptions);
  } catch (error) {
    if (error instanceof OptionError) {
      const where = flagOf(error.argument);
      const fix = `${where} ${EXAMPLES[error.argument] ?? ""}`.trim();
      throw toCliError(error, { where, untouched: "Nothing was written.", fix }) ?? error;
    }
    const fix = "a text with the characters that the model was trained on";
    const where = file ?? "--text";
    const located =
      typeof text === "string"
        ? unseenError(error, where, text, fix)
        : textError(error, where, text ?? new Uint8Array());
    throw toCliError(located, { where, untouched: "Nothing was written.", fix: "a longer text" }) ?? located;
  }
}

function writeReports(
  inspection: Inspection,
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
  write(options["html"], () => inspectionHtml(inspection, source));
  write(options["svg"], () => inspectionSvg(inspection as Inspection & { text: TextInspection }));
  return written;
}

/** Six digits are more than float32 has to tell; JSON has no infinities. */
function rounded(_: string, value: unknown): unknown {
  if (typeof value !== "number" || Number.isInteger(value)) return value;
  return Number.isFinite(value) ? Number(value.toPrecision(6)) : String(value);
}
