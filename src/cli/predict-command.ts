import { FormatError } from "../base/errors.js";
import { buildTask } from "../tasks/checkpoint.js";
import { CliError, EXIT, toCliError } from "./cli-error.js";
import { requireCapability } from "./field-options.js";
import { chooseThreads, readCheckpoint } from "./model-files.js";
import type { Terminal } from "./output.js";
import { printLine } from "./print.js";
import { readTexts, textError } from "./texts.js";

/** `unrolled predict MODEL [FILE]`: a line a row, in order. */
export async function predictCommand(
  modelPath: string,
  file: string | undefined,
  options: Readonly<Record<string, unknown>>,
  terminal: Terminal,
): Promise<number> {
  const { stdout } = terminal;
  chooseThreads(options["threads"], 1);
  const typed = options["text"] as string | undefined;
  checkInput(file, typed);
  const checkpoint = readCheckpoint(modelPath);
  const { task } = checkpoint;
  const predict = requireCapability(task, "predict", { command: "predict", path: checkpoint.source });
  const model = buildTask(task, checkpoint);
  const text = file === undefined ? null : await readTexts([file], false, terminal);
  try {
    const rows = text === null ? predict.typed(model, checkpoint, typed!) : predict.run(model, checkpoint, text);
    let [tokens, unknown] = [0, 0];
    for await (const row of rows) {
      tokens += row.tokens ?? 0;
      unknown += row.unknown ?? 0;
      printLine(stdout, options["json"] ? JSON.stringify(row.values) : row.text);
      await stdout.drained();
      if (stdout.closed) break;
    }
    if (unknown > 0) {
      const share = `${((100 * unknown) / tokens).toPrecision(3)} %`;
      printLine(terminal.stderr, `warning: the model has never seen ${share} of what it read, and reads <unk> instead`);
    }
    return EXIT.done;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw text === null ? (toCliError(error, { where: "--text" }) ?? error) : textError(error, text);
  }
}

function checkInput(file: string | undefined, typed: string | undefined): void {
  if ((file === undefined) !== (typed === undefined)) return;
  const both = file !== undefined;
  throw new CliError({
    exitCode: EXIT.usage,
    where: both ? "--text" : "unrolled predict",
    found: both ? `found a FILE as well (${file})` : "found no FILE",
    expected: both ? "it stands for a file" : "it needs rows to read, or --text",
    untouched: "Nothing was written.",
    fix: both ? { edit: { without: ["--text"] } } : { text: "a FILE after the model, or --text" },
  });
}
