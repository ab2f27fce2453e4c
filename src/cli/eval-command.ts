import { checkPositiveInteger } from "../base/check.js";
import { buildLanguageModel, type EvaluateOptions } from "../tasks/language-model/index.js";
import { EXIT, toCliError } from "./cli-error.js";
import { asNumber } from "./field-options.js";
import { numberText } from "./format.js";
import { chooseThreads, readCheckpoint, readInput, textError } from "./model-files.js";
import type { Terminal } from "./output.js";

/** `unrolled eval MODEL FILE`. */
export async function evalCommand(
  modelPath: string,
  file: string,
  options: Readonly<Record<string, unknown>>,
  { stdout }: Terminal,
): Promise<number> {
  chooseThreads(options["threads"]);
  const sizes: EvaluateOptions = {
    batch: size(options, "batch", "--batch"),
    seqLen: size(options, "seqLen", "--seq-len"),
  };
  const checkpoint = readCheckpoint(modelPath);
  const bytes = readInput(file);
  const model = buildLanguageModel(checkpoint);
  let result: Awaited<ReturnType<typeof model.evaluate>>;
  try {
    result = await model.evaluate(bytes, sizes);
  } catch (error) {
    const located = textError(error, file, bytes);
    throw (
      toCliError(located, { where: file, fix: "a text with the characters that the model was trained on" }) ?? located
    );
  }
  if (options["json"]) {
    stdout.write(`${JSON.stringify({ model: checkpoint.source, file, ...result })}\n`);
    return EXIT.done;
  }
  const { loss, perplexity, bitsPerToken, bitsPerChar, tokens } = result;
  const unit = { char: "character", byte: "byte", word: "word" }[model.vocabulary.kind];
  const lines = [
    `loss        ${numberText(loss)} nats a ${unit}`,
    `perplexity  ${numberText(perplexity)}`,
    `bits        ${numberText(bitsPerToken)} a ${unit}${unit === "character" ? "" : `, ${numberText(bitsPerChar)} a character`}`,
    `${unit}s predicted  ${tokens.toLocaleString("en")} of ${file}`,
  ];
  stdout.write(`${lines.join("\n")}\n`);
  return EXIT.done;
}

function size(options: Readonly<Record<string, unknown>>, key: string, flag: string): number | undefined {
  if (options[key] === undefined) return undefined;
  try {
    return checkPositiveInteger("eval", flag, asNumber(options[key] as string));
  } catch (error) {
    throw toCliError(error, { fix: `${flag} 50` }) ?? error;
  }
}
