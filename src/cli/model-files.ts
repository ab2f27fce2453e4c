import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { FormatError } from "../base/errors.js";
import { configure } from "../engine/select.js";
import { readFileBytes } from "../io/files-node.js";
import { decodeLanguageModel, type LanguageModelCheckpoint } from "../tasks/language-model/index.js";
import { CliError, EXIT, toCliError } from "./cli-error.js";
import { asNumber } from "./field-options.js";

/** MODEL as a person names it: a checkpoint, or a run folder, whose best one is meant. */
export function findCheckpoint(model: string): string {
  if (!existsSync(model) || !statSync(model).isDirectory()) return model;
  const found = ["best.safetensors", "last.safetensors"]
    .map((name) => join(model, name))
    .find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new CliError({
    exitCode: EXIT.files,
    where: model,
    found: "found a folder without best.safetensors or last.safetensors",
    expected: "a run folder has one as soon as a validation is over",
    fix: "unrolled train, or the folder of another run",
  });
}

/** @throws CliError */
export function readCheckpoint(model: string): LanguageModelCheckpoint {
  const path = findCheckpoint(model);
  const bytes = readInput(path);
  try {
    return decodeLanguageModel(bytes, path);
  } catch (error) {
    const fix = "another checkpoint: best.safetensors and last.safetensors lie in each run folder";
    const context = { where: path, untouched: "The file is untouched.", fix, exitCode: EXIT.input };
    throw toCliError(error, { ...context, ...partOf(error, path) }) ?? error;
  }
}

/** The part of the file that is wrong: a weight, a setting. */
function partOf(error: unknown, path: string): { found?: string } {
  if (!(error instanceof FormatError) || error.argument === path) return {};
  return { found: `found ${error.value} (${error.argument})` };
}

/** A file that a person named. @throws CliError */
export function readInput(path: string): Uint8Array {
  try {
    return readFileBytes(path);
  } catch (error) {
    throw toCliError(error, { where: path, untouched: "Nothing was written." }) ?? error;
  }
}

/** A text that is not what it must be, with its place in the file. */
export function textError(error: unknown, path: string, bytes: Uint8Array): unknown {
  if (!(error instanceof FormatError)) return error;
  const context = { untouched: "Nothing was written." };
  if (error.code === "unknown-token") {
    return unseenError(error, path, new TextDecoder().decode(bytes), "a text with the characters that the model knows");
  }
  if (error.code !== "not-utf8") return toCliError(error, context) ?? error;
  const at = error.details.byte ?? 0;
  const before = bytes.subarray(0, at);
  const line = before.reduce((lines, byte) => lines + (byte === 0x0a ? 1 : 0), 1);
  const column = new TextDecoder().decode(before.subarray(before.lastIndexOf(0x0a) + 1)).length + 1;
  const found = `found byte 0x${bytes[at]!.toString(16).padStart(2, "0")} at offset ${at}`;
  const fix = `iconv -f LATIN1 -t UTF-8 ${path}, or --tokens byte`;
  const parts = {
    exitCode: EXIT.input,
    where: `${path}:${line}:${column}`,
    found,
    expected: "a text must be valid UTF-8",
  };
  return new CliError({ ...parts, ...context, fix }, { cause: error });
}

/** A character without a token, with its place; other errors as they are. */
export function unseenError(error: unknown, where: string, text: string, fix: string): unknown {
  if (!(error instanceof FormatError) || error.code !== "unknown-token") return error;
  const before = text.slice(0, error.details.index);
  const line = before.split("\n").length;
  const column = [...before.slice(before.lastIndexOf("\n") + 1)].length + 1;
  return new CliError(
    {
      exitCode: EXIT.input,
      where: `${where}:${line}:${column}`,
      found: `found ${error.details.token}, which the model has never seen`,
      expected: `it must ${error.must}`,
      fix,
    },
    { cause: error },
  );
}

/** `--threads`, before the first tensor is made. */
export function chooseThreads(given: unknown, otherwise?: number): void {
  const threads = given === undefined ? otherwise : asNumber(given as string);
  if (threads === undefined) return;
  try {
    configure({ threads: threads as number });
  } catch (error) {
    throw toCliError(error, { where: "--threads", untouched: "Nothing was written.", fix: "--threads 2" }) ?? error;
  }
}
