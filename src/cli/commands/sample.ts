import { randomInt } from "node:crypto";
import { FormatError, OptionError } from "../../base/errors.js";
import { buildTask } from "../../tasks/checkpoint.js";
import type { CommandTask, Generates, Options } from "../../tasks/commands.js";
import type { TaskTypes } from "../../tasks/task.js";
import { pause } from "../../train/index.js";
import { CliError, EXIT, flagOf, toCliError } from "../errors/cli-error.js";
import { capabilityFlags, requireCapability } from "../field-options.js";
import { chooseThreads, otherCheckpoint, readCheckpoint } from "../input/model-files.js";
import { placeInText, unseenError } from "../input/texts.js";
import type { OutputStream, Terminal } from "../terminal/output.js";
import { printBytes, printLine, printText } from "../terminal/print.js";

/** A model that writes. */
interface Writer {
  model: TaskTypes["model"];
  generate: Generates<TaskTypes>;
  prompt: string;
}

/** `unrolled sample MODEL`. */
export async function sampleCommand(
  modelPath: string,
  options: Readonly<Record<string, unknown>>,
  { stdout, stderr }: Terminal,
): Promise<number> {
  chooseThreads(options["threads"], 1);
  const checkpoint = readCheckpoint(modelPath);
  const { task } = checkpoint;
  const generate: Generates<TaskTypes> = requireCapability(task, "generate", {
    command: "sample",
    path: checkpoint.source,
    ...instead(task, modelPath),
  });
  const prompt = (options["prompt"] as string | undefined) ?? "";
  const given = { seed: randomInt(2 ** 32), ...capabilityFlags(task, "generate", options), prompt };
  const writer = { model: buildTask(task, checkpoint), generate, prompt };
  try {
    await write(writer, given, stdout, () => warnOfUnknown(writer, stderr));
  } catch (error) {
    throw located(error, writer, modelPath);
  }
  return EXIT.done;
}

/** What else a model that does not write can do. */
function instead(task: CommandTask, path: string): { fix?: readonly string[] } {
  return task.predict === undefined ? {} : { fix: ["predict", path, "--text", "..."] };
}

/** For a terminal text that it can show; for a program the bytes that are drawn. */
async function write(
  { model, generate, prompt }: Writer,
  options: Options,
  out: OutputStream,
  begin: () => void,
): Promise<void> {
  const print = out.isTTY ? screenWriter(out) : (piece: string | Uint8Array) => printBytes(out, bytesOf(piece));
  const pieces = out.isTTY ? generate.stream(model, options) : generate.streamBytes(model, options);
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
  if (!out.closed && (out.isTTY || !generate.isRaw(model))) print("\n");
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

function warnOfUnknown({ model, generate, prompt }: Writer, stderr: OutputStream): void {
  const words = [...new Set(generate.unseen(model, prompt).map(({ token }) => JSON.stringify(token)))];
  if (words.length === 0) return;
  const shown = words.slice(0, 8).join(", ") + (words.length > 8 ? ` and ${words.length - 8} more` : "");
  printLine(stderr, `warning: the model has never seen ${shown} of --prompt, and reads <unk> instead`);
}

function located(error: unknown, writer: Writer, path: string): unknown {
  const { generate, prompt } = writer;
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
    const field = generate.fields[error.argument];
    if (field?.kind === "number") return toCliError(error, { where, fix: { edit: { set: [where, field.example] } } });
    return toCliError(error, { where, fix: { edit: { without: [where] } } });
  }
  if (!(error instanceof FormatError) || error.code !== "unknown-token") return error;
  const place = `--prompt:${placeInText(prompt, error.details.index ?? 0)}`;
  const known = withoutUnknown(writer);
  return unseenError(error, place, {
    edit: known.trim() === "" ? { without: ["--prompt"] } : { set: ["--prompt", known] },
  });
}

function withoutUnknown({ model, generate, prompt: text }: Writer): string {
  let known = "";
  let at = 0;
  for (const { token, index } of generate.unseen(model, text)) {
    known += text.slice(at, index);
    at = index + token.length;
  }
  return known + text.slice(at);
}
