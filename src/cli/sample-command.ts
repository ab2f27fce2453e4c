import { randomInt } from "node:crypto";
import { FormatError, OptionError } from "../base/errors.js";
import { buildLanguageModel, type GenerateOptions } from "../tasks/language-model/index.js";
import { pause } from "../train/index.js";
import { CliError, EXIT, toCliError } from "./cli-error.js";
import { asNumber, flagOf } from "./field-options.js";
import { chooseThreads, readCheckpoint } from "./model-files.js";
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
  if (!(error instanceof FormatError) || !error.op.endsWith(".encode")) return error;
  const index = Number(/at index (\d+)/.exec(error.value)?.[1] ?? 0);
  const before = prompt.slice(0, index);
  const line = before.split("\n").length;
  const column = [...before.slice(before.lastIndexOf("\n") + 1)].length + 1;
  return new CliError(
    {
      exitCode: EXIT.input,
      where: `--prompt:${line}:${column}`,
      found: `found ${error.value.replace(/ at index \d+$/, "")}, which the model has never seen`,
      expected: `it ${error.rule.replace(/^contain/, "must contain")}`,
      fix: "a prompt without it",
    },
    { cause: error },
  );
}
