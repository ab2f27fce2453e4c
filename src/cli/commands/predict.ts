import { FormatError, show } from "../../base/errors.js";
import { nearest } from "../../base/nearest.js";
import { passOf, type Report } from "../../base/report.js";
import { buildTask } from "../../tasks/checkpoint.js";
import type { PredictedPart, Prediction } from "../../tasks/commands.js";
import { cutText } from "../../tasks/cut.js";
import type { TaskTypes } from "../../tasks/task.js";
import { CliError, EXIT, toCliError } from "../errors/cli-error.js";
import { capabilityFlags, checkedFlags, requireCapability } from "../field-options.js";
import { BadRows } from "../input/bad-rows.js";
import { needsStream, rowStream, unread } from "../input/row-streams.js";
import { readTexts, textError } from "../input/texts.js";
import type { OutputStream, Terminal } from "../terminal/output.js";
import { printLine, printRows } from "../terminal/print.js";
import { ProgressBar } from "../terminal/progress-bar.js";
import { type FileCommand, openModel, typedText } from "./file-command.js";
import { OUT_FORMATS, type OutFormat, predictionFormat } from "./prediction-formats.js";

type Settings = Readonly<Record<string, unknown>>;

/** `unrolled predict MODEL [FILE]`: a line a row, in order, in the memory of a part of the file. */
export const predictCommand: FileCommand = async (modelPath, file, options, terminal) => {
  const { stdout, stderr } = terminal;
  const typed = typedText(file, options);
  if (file === undefined && typed === null) throw noRows();
  const format = formatOf(options);
  const keepBad = options["skipBad"] === true;
  const checkpoint = openModel(modelPath, options);
  const predict = requireCapability(checkpoint.task, "predict", { command: "predict", path: checkpoint.source });
  const asked = checkedFlags("predict", predict.fields ?? {}, capabilityFlags(checkpoint.task, "predict", options));
  const model = buildTask(checkpoint.task, checkpoint);
  const writer = predictionFormat(format, { keepsBad: keepBad, safe: options["csvSafe"] === true });
  const bad = new BadRows();
  // What is told of rows stands on the terminal itself, where no bar can stand between.
  const bar = new ProgressBar(stderr, { silent: format === "json" || stdout.isTTY });
  let [all, tokens, unknown, long, isFirst] = [0, 0, 0, 0, true];
  try {
    const parts =
      file === undefined
        ? oneByOne(predict.typed(model, checkpoint, typed!, asked))
        : partsOf(predict, model, checkpoint, { file, terminal, keepBad, asked, report: bar.report });
    for await (const part of parts) {
      const { rows, ofLines } = part;
      if (isFirst && ofLines)
        printLine(stderr, `note: ${file} has no column that the model reads: each line is a text`);
      isFirst = false;
      write(stdout, writer.lines(part), format);
      for (const row of rows) {
        tokens += row.tokens ?? 0;
        unknown += row.unknown ?? 0;
        if ((row.cut ?? 0) > 0) long++;
        if (row.error !== undefined) bad.add(row.error);
      }
      all += rows.length;
      await stdout.drained();
      if (stdout.closed) break;
    }
  } catch (error) {
    bar.end();
    write(stdout, writer.end(), format);
    throw typed === null ? streamError(error, file!, all) : (toCliError(error, { where: "--text" }) ?? error);
  }
  bar.end();
  write(stdout, writer.end(), format);
  bad.tell(stderr, all);
  if (long > 0) {
    const { maxLength } = checkpoint.config as unknown as { maxLength: number };
    printLine(
      stderr,
      `note: ${long.toLocaleString("en")} of ${all.toLocaleString("en")} ${cutText("rows", { maxLength })}`,
    );
  }
  if (unknown > 0) {
    const share = `${((100 * unknown) / tokens).toPrecision(3)} %`;
    printLine(stderr, `warning: the model has never seen ${share} of what it read, and reads <unk> instead`);
  }
  return EXIT.done;
};

type Predict = ReturnType<typeof requireCapability<"predict">>;

async function* oneByOne(rows: AsyncIterable<Prediction>): AsyncGenerator<PredictedPart> {
  for await (const row of rows) yield { columns: [], rows: [row], ofLines: false };
}

/** A task that cannot read a file as it comes is given all of it. */
async function* partsOf(
  predict: Predict,
  model: TaskTypes["model"],
  known: Parameters<Predict["run"]>[1],
  of: { file: string; terminal: Terminal; keepBad: boolean; asked: Settings; report: Report },
): AsyncGenerator<PredictedPart> {
  const { file, terminal, keepBad, asked, report } = of;
  if (predict.stream !== undefined) {
    const rows = rowStream(file, terminal, { told: passOf(report, "predicting") });
    yield* predict.stream(model, known, { ...rows, report }, keepBad, asked);
    return;
  }
  if (keepBad) throw needsStream();
  const text = await readTexts([file], false, terminal);
  try {
    yield* oneByOne(predict.run(model, known, { ...text, report }, asked));
  } catch (error) {
    throw textError(error, text);
  }
}

/** On a terminal line by line, each broken between words. */
function write(out: OutputStream, lines: readonly string[], format: OutFormat): void {
  if (lines.length === 0) return;
  if (out.isTTY && format !== "csv") for (const line of lines) printLine(out, line);
  else printRows(out, lines);
}

function formatOf(options: Settings): OutFormat {
  const [given, json] = [options["outFormat"], options["json"] === true];
  const format = given ?? (json ? "json" : "table");
  const untouched = "Nothing was written.";
  const usage = (where: string, found: string, expected: string, edit: object) =>
    new CliError({ exitCode: EXIT.usage, where, found, expected, untouched, fix: { edit } });
  if (!OUT_FORMATS.includes(format as OutFormat)) {
    const near = typeof format === "string" ? nearest(format, OUT_FORMATS) : undefined;
    const edit = { set: ["--out-format", near ?? "csv"] };
    throw usage("--out-format", `found ${show(format)}`, `it must be one of ${OUT_FORMATS.join(", ")}`, edit);
  }
  if (json && format !== "json") {
    throw usage("--json", `found --out-format ${format} as well`, "it stands for --out-format json", {
      without: ["--json"],
    });
  }
  if (options["csvSafe"] === true && format !== "csv") {
    throw usage("--csv-safe", `found --out-format ${format}`, "it is for CSV", { without: ["--csv-safe"] });
  }
  return format as OutFormat;
}

/** @param told  rows that were written before it */
function streamError(error: unknown, file: string, told: number): unknown {
  if (!(error instanceof FormatError)) return error;
  const rows = `${told.toLocaleString("en")} rows before it were told.`;
  if (told > 0 && error.details.file !== undefined) return toCliError(error, { untouched: rows }) ?? error;
  return textError(error, unread([file]));
}

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
