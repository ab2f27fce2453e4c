import { FormatError } from "../base/errors.js";
import { buildTask } from "../tasks/checkpoint.js";
import { CliError, EXIT, toCliError } from "./cli-error.js";
import { capabilityFlags, checkedFlags, requireCapability } from "./field-options.js";
import { type FileCommand, openModel, typedText } from "./file-command.js";
import { printLine } from "./print.js";
import { readTexts, textError } from "./texts.js";

/** `unrolled predict MODEL [FILE]`: a line a row, in order. */
export const predictCommand: FileCommand = async (modelPath, file, options, terminal) => {
  const { stdout } = terminal;
  const typed = typedText(file, options);
  if (file === undefined && typed === null) throw noRows();
  const checkpoint = openModel(modelPath, options);
  const { task } = checkpoint;
  const predict = requireCapability(task, "predict", { command: "predict", path: checkpoint.source });
  const fields = predict.fields ?? {};
  const asked = checkedFlags("predict", fields, capabilityFlags(task, "predict", options));
  const model = buildTask(task, checkpoint);
  const text = file === undefined ? null : await readTexts([file], false, terminal);
  try {
    const rows =
      text === null ? predict.typed(model, checkpoint, typed!, asked) : predict.run(model, checkpoint, text, asked);
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
};

function noRows(): CliError {
  return new CliError({
    exitCode: EXIT.usage,
    where: "unrolled predict",
    found: "found no FILE",
    expected: "it needs rows to read, or --text",
    untouched: "Nothing was written.",
    fix: "a FILE after the model, or --text",
  });
}
