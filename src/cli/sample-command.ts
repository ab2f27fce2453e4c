import { randomInt } from "node:crypto";
import { FormatError, OptionError } from "../base/errors.js";
import { buildLanguageModel, type GenerateOptions, type LanguageModel } from "../tasks/language-model/index.js";
import { encodeKnown } from "../text/index.js";
import { pause } from "../train/index.js";
import { CliError, EXIT, flagOf, toCliError } from "./cli-error.js";
import { asNumber } from "./field-options.js";
import { chooseThreads, otherCheckpoint, readCheckpoint } from "./model-files.js";
import type { OutputStream, Terminal } from "./output.js";
import { printBytes, printLine, printText } from "./print.js";
import { placeInText, unseenError } from "./texts.js";

const EXAMPLES: Readonly<Record<string, string>> = {
  length: "500",
  temperature: "0.8",
  topK: "40",
  topP: "0.9",
  seed: "7",
};

/** `unrolled sample MODEL`. */
export async function sampleCommand(
  modelPath: string,
  options: Readonly<Record<string, unknown>>,
  { stdout, stderr }: Terminal,
): Promise<number> {
  chooseThreads(options["threads"], 1);
  const generate: Record<string, unknown> = { seed: randomInt(2 ** 32) };
  for (const key of Object.keys(EXAMPLES)) {
    if (options[key] !== undefined) generate[key] = asNumber(options[key] as string);
  }
  const prompt = (options["prompt"] as string | undefined) ?? "";
  const checkpoint = readCheckpoint(modelPath);
  const model = buildLanguageModel(checkpoint);
  try {
    await write(model, { ...generate, prompt } as GenerateOptions, stdout, () => warnOfUnknown(model, prompt, stderr));
  } catch (error) {
    throw located(error, model, prompt, modelPath);
  }
  return EXIT.done;
}

/** For a terminal text that it can show; for a program the bytes that are drawn. */
async function write(
  model: LanguageModel,
  options: GenerateOptions,
  out: OutputStream,
  begin: () => void,
): Promise<void> {
  const { prompt = "" } = options;
  const print = out.isTTY ? screenWriter(out) : (piece: string | Uint8Array) => printBytes(out, bytesOf(piece));
  const pieces = out.isTTY ? model.stream(options) : model.streamBytes(options);
  let piece = pieces.next();
  begin();
  print(prompt);
  for (; !piece.done && !out.closed; piece = pieces.next()) {
    print(piece.value);
    await out.drained();
    // Lets the piece out before the next is drawn, and notices a reader that has gone.
    await pause();
  }
  // What a byte model drew is written as it is, to the byte.
  if (!out.closed && (out.isTTY || model.vocabulary.kind !== "byte")) print("\n");
}

function bytesOf(piece: string | Uint8Array): Uint8Array {
  return typeof piece === "string" ? new TextEncoder().encode(piece) : piece;
}

/** Waits for what comes after a CR: before a line break it is no control character to show. */
function screenWriter(out: OutputStream): (piece: string | Uint8Array) => void {
  let held = "";
  return (piece) => {
    const text = (held + piece).replaceAll("\r\n", "\n");
    held = text.endsWith("\r") ? "\r" : "";
    printText(out, held === "" ? text : text.slice(0, -1));
  };
}

function warnOfUnknown({ vocabulary }: LanguageModel, prompt: string, stderr: OutputStream): void {
  const words = [...new Set(encodeKnown(vocabulary, prompt).unknown.map(({ token }) => JSON.stringify(token)))];
  if (words.length === 0) return;
  const shown = words.slice(0, 8).join(", ") + (words.length > 8 ? ` and ${words.length - 8} more` : "");
  printLine(stderr, `warning: the model has never seen ${shown} of --prompt, and reads <unk> instead`);
}

function located(error: unknown, { vocabulary }: LanguageModel, prompt: string, path: string): unknown {
  if (error instanceof OptionError && error.code === "not-finite") {
    return new CliError(
      {
        exitCode: EXIT.input,
        where: path,
        found: "found a model whose predictions are not finite",
        expected: "its weights must not be so large",
        fix: otherCheckpoint(path),
      },
      { cause: error },
    );
  }
  if (error instanceof OptionError) {
    const where = flagOf(error.argument);
    const example = EXAMPLES[error.argument];
    if (example !== undefined) return toCliError(error, { where, fix: { edit: { set: [where, example] } } });
    return toCliError(error, { where, fix: { edit: { without: [where] } } });
  }
  if (!(error instanceof FormatError) || error.code !== "unknown-token") return error;
  const place = `--prompt:${placeInText(prompt, error.details.index ?? 0)}`;
  const known = withoutUnknown(vocabulary, prompt);
  return unseenError(error, place, {
    edit: known.trim() === "" ? { without: ["--prompt"] } : { set: ["--prompt", known] },
  });
}

function withoutUnknown(vocabulary: LanguageModel["vocabulary"], text: string): string {
  let known = "";
  let at = 0;
  for (const { token, index } of encodeKnown(vocabulary, text).unknown) {
    known += text.slice(at, index);
    at = index + token.length;
  }
  return known + text.slice(at);
}
