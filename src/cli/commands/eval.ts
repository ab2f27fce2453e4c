import { checkPositiveInteger } from "../../base/check.js";
import { OptionError, type UnrolledError } from "../../base/errors.js";
import { numberText } from "../../base/number-text.js";
import { passOf } from "../../base/report.js";
import { padText, textWidth } from "../../base/width.js";
import { buildTask } from "../../tasks/checkpoint.js";
import type { Evaluated, Figure, OptionFields } from "../../tasks/commands.js";
import { readsAnyFile } from "../../tasks/training/task-training.js";
import { EXIT, flagOf, toCliError } from "../errors/cli-error.js";
import { asNumber, capabilityFlags, checkedFlags, checkFlag, requireCapability } from "../field-options.js";
import { BadRows } from "../input/bad-rows.js";
import { isLarge } from "../input/large-files.js";
import { chooseThreads, readCheckpoint } from "../input/model-files.js";
import { needsStream, rowsOfFiles } from "../input/row-streams.js";
import { type NamedText, placeOfIndex, readData, textError } from "../input/texts.js";
import type { OutputStream, Terminal } from "../terminal/output.js";
import { printLine } from "../terminal/print.js";
import { ProgressBar } from "../terminal/progress-bar.js";

/** `unrolled eval MODEL FILE...`. */
export async function evalCommand(
  modelPath: string,
  files: readonly string[],
  options: Readonly<Record<string, unknown>>,
  terminal: Terminal,
): Promise<number> {
  const { stdout, stderr } = terminal;
  chooseThreads(options["threads"]);
  if (options["batch"] !== undefined) {
    checkFlag("--batch", () => checkPositiveInteger("eval", "--batch", asNumber(options["batch"] as string)), "50");
    printLine(stderr, "warning: --batch changes nothing: a text is read as one stream, so that all of it is predicted");
  }
  const checkpoint = readCheckpoint(modelPath);
  const { task, source } = checkpoint;
  const evaluate = requireCapability(task, "evaluate", { command: "eval", path: source });
  const given = checkedFlags("eval", evaluate.fields, capabilityFlags(task, "evaluate", options));
  const model = buildTask(task, checkpoint);
  const isWhole = evaluate.wholeWhereSmall === true && (files.length > 1 || !isLarge(files));
  const stream = isWhole ? undefined : evaluate.stream?.bind(evaluate);
  const bad = new BadRows();
  if (options["skipBad"] === true && (stream === undefined || evaluate.wholeWhereSmall === true)) throw needsStream();
  const onBad = options["skipBad"] === true ? (_: number, error: UnrolledError) => bad.add(error) : undefined;
  // A task that can reads rows as they come; the others are given all of the text.
  const raw = readsAnyFile(task, checkpoint.config);
  const bar = new ProgressBar(stderr, { silent: options["json"] === true });
  const { report } = bar;
  const told = passOf(report, "evaluating");
  const rows = rowsOfFiles(files, task, terminal, { told, raw });
  const text = stream ? rows.text : await readData(files, task, raw, terminal);
  const run = () =>
    stream === undefined
      ? evaluate.run(model, checkpoint, { ...text, report }, given)
      : stream(
          model,
          checkpoint,
          { name: rows.stream.name, pieces: () => rows.stream.pieces(), report },
          { ...given, onBad },
        );
  const { figures, below = [], unseen, values } = await evaluateText(run, evaluate.fields, text, bar);
  bad.tell(stderr);
  const placeOf = (index: number) => placeOfIndex(text, index);
  if (options["json"]) {
    const file = files.length === 1 ? files[0] : files;
    printLine(stdout, JSON.stringify({ model: source, file, ...values(placeOf) }));
    return EXIT.done;
  }
  printFigures(stdout, figures, text.name);
  const shown = unseen.slice(0, 3).map(({ token, index, place }) => {
    return `${JSON.stringify(token)} at ${place ?? placeOf(index)}`;
  });
  if (shown.length > 0) printLine(stdout, `${"".padEnd(NAME_WIDTH)}first ${shown.join(", ")}`);
  if (below.length > 0) printLine(stdout, "");
  for (const line of below) printLine(stdout, line);
  return EXIT.done;
}

async function evaluateText(
  run: () => Promise<Evaluated>,
  fields: OptionFields,
  text: NamedText,
  bar: ProgressBar,
): Promise<Evaluated> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof OptionError) {
      const flag = flagOf(error.argument);
      const value = error.details.nearest ?? fields[error.argument]?.example;
      const fix = value === undefined ? undefined : { edit: { set: [flag, value] } };
      throw toCliError(error, { where: flag, fix }) ?? error;
    }
    const unseen = fields["unknown"] === undefined ? undefined : { edit: { set: ["--unknown", "skip"] } };
    throw textError(error, text, { ...(unseen && { unseen }), other: { text: "a longer text" } });
  } finally {
    bar.end();
  }
}

const NAME_WIDTH = 12;

function printFigures(out: OutputStream, figures: readonly Figure[], source: string): void {
  const rows = new Map<string, string[]>();
  for (const { name, value, unit, text } of figures) {
    const number = text ?? (Number.isInteger(value) ? value.toLocaleString("en") : numberText(value));
    rows.set(name, [...(rows.get(name) ?? []), `${number} ${unit}`.trim()]);
  }
  const width = Math.max(NAME_WIDTH, ...[...rows.keys()].map((name) => textWidth(name) + 2));
  for (const [name, texts] of rows) printLine(out, padText(name, width) + texts.join(", "));
  printLine(out, `${"of".padEnd(width)}${source}`);
}
