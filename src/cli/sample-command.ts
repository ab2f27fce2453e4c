import { randomInt } from "node:crypto";
import { OptionError } from "../base/errors.js";
import { buildLanguageModel, type GenerateOptions } from "../tasks/language-model/index.js";
import { pause } from "../train/index.js";
import { EXIT, toCliError } from "./cli-error.js";
import { asNumber, flagOf } from "./field-options.js";
import { chooseThreads, readCheckpoint, unseenError } from "./model-files.js";
import type { Terminal } from "./output.js";

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
  { stdout }: Terminal,
): Promise<number> {
  chooseThreads(options["threads"], 1);
  const generate: Record<string, unknown> = { seed: randomInt(2 ** 32) };
  for (const key of Object.keys(EXAMPLES)) {
    if (options[key] !== undefined) generate[key] = asNumber(options[key] as string);
  }
  const prompt = (options["prompt"] as string | undefined) ?? "";
  const model = buildLanguageModel(readCheckpoint(modelPath));
  try {
    const text = model.stream({ ...generate, prompt } as GenerateOptions);
    let piece = text.next();
    stdout.write(prompt);
    for (; !piece.done && !stdout.closed; piece = text.next()) {
      stdout.write(piece.value);
      await stdout.drained();
      // Lets the piece out before the next is drawn, and notices a reader that has gone.
      await pause();
    }
    if (!stdout.closed) stdout.write("\n");
  } catch (error) {
    throw located(error, prompt);
  }
  return EXIT.done;
}

function located(error: unknown, prompt: string): unknown {
  if (error instanceof OptionError) {
    const { argument } = error;
    const where = flagOf(argument);
    const example = EXAMPLES[argument];
    return toCliError(error, { where, fix: example === undefined ? error.fix : `${where} ${example}` });
  }
  return unseenError(error, "--prompt", prompt, "a prompt without it");
}
