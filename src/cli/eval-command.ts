import { checkPositiveInteger } from "../base/check.js";
import { OptionError } from "../base/errors.js";
import { numberText } from "../base/number-text.js";
import {
  buildLanguageModel,
  type EvaluateOptions,
  type Evaluation,
  evaluationFigures,
  type LanguageModel,
  readsBytes,
  UNKNOWN_HANDLING,
} from "../tasks/language-model/index.js";
import { EXIT, flagOf, toCliError } from "./cli-error.js";
import { asNumber } from "./field-options.js";
import { chooseThreads, readCheckpoint } from "./model-files.js";
import type { OutputStream, Terminal } from "./output.js";
import { printLine } from "./print.js";
import { type NamedText, placeOfIndex, readTexts, textError } from "./texts.js";

/** `unrolled eval MODEL FILE...`. */
export async function evalCommand(
  modelPath: string,
  files: readonly string[],
  options: Readonly<Record<string, unknown>>,
  terminal: Terminal,
): Promise<number> {
  const { stdout, stderr } = terminal;
  chooseThreads(options["threads"]);
  const given: EvaluateOptions = {
    seqLen: size(options, "seqLen", "--seq-len"),
    unknown: options["unknown"] as EvaluateOptions["unknown"],
  };
  if (size(options, "batch", "--batch") !== undefined) {
    printLine(stderr, "warning: --batch changes nothing: a text is read as one stream, so that all of it is predicted");
  }
  const checkpoint = readCheckpoint(modelPath);
  const model = buildLanguageModel(checkpoint);
  const text = await readTexts(files, readsBytes(checkpoint.config), terminal);
  const result = await evaluateText(model, text, given);
  const { unknown } = result;
  const first = unknown.first.map((found) => ({ ...found, place: placeOfIndex(text, found.index) }));
  if (options["json"]) {
    const file = files.length === 1 ? files[0] : files;
    const line = { model: checkpoint.source, file, ...result, unknown: { ...unknown, first } };
    printLine(stdout, JSON.stringify(line));
    return EXIT.done;
  }
  printFigures(stdout, evaluationFigures(model.vocabulary, result), text.name);
  const shown = first.slice(0, 3).map(({ token, place }) => `${JSON.stringify(token)} at ${place}`);
  if (shown.length > 0) printLine(stdout, `${"".padEnd(NAME_WIDTH)}first ${shown.join(", ")}`);
  return EXIT.done;
}

async function evaluateText(model: LanguageModel, text: NamedText, given: EvaluateOptions): Promise<Evaluation> {
  try {
    return await model.evaluate(text.bytes, given);
  } catch (error) {
    if (error instanceof OptionError) {
      const flag = flagOf(error.argument);
      const value = error.details.nearest ?? UNKNOWN_HANDLING[1];
      throw toCliError(error, { where: flag, fix: { edit: { set: [flag, value] } } }) ?? error;
    }
    const unseen = { edit: { set: ["--unknown", "skip"] } };
    throw textError(error, text, { unseen, other: { text: "a longer text" } });
  }
}

const NAME_WIDTH = 12;

function printFigures(out: OutputStream, figures: ReturnType<typeof evaluationFigures>, source: string): void {
  const rows = new Map<string, string[]>();
  for (const { name, value, unit } of figures) {
    const text = `${Number.isInteger(value) ? value.toLocaleString("en") : numberText(value)} ${unit}`.trim();
    rows.set(name, [...(rows.get(name) ?? []), text]);
  }
  for (const [name, texts] of rows) printLine(out, name.padEnd(NAME_WIDTH) + texts.join(", "));
  printLine(out, `${"of".padEnd(NAME_WIDTH)}${source}`);
}

function size(options: Readonly<Record<string, unknown>>, key: string, flag: string): number | undefined {
  if (options[key] === undefined) return undefined;
  try {
    return checkPositiveInteger("eval", flag, asNumber(options[key] as string));
  } catch (error) {
    throw toCliError(error, { fix: { edit: { set: [flag, "50"] } } }) ?? error;
  }
}
