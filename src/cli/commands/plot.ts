import { nearest } from "../../base/nearest.js";
import { writeFileAtomic } from "../../io/files-node.js";
import { figuresIn, type MetricsLine, type RunRecord, readRun } from "../../runs/run-record-node.js";
import { lineChart, type Series, toSvg } from "../../svg/index.js";
import { CliError, EXIT, toCliError } from "../errors/cli-error.js";
import { terminalChart } from "../terminal/chart.js";
import type { Terminal } from "../terminal/output.js";
import { printLine } from "../terminal/print.js";
import { runsIn } from "./runs.js";

/** Wider, a curve is hard to follow. */
const MOST_COLUMNS = 100;

/** `unrolled plot RUN...`: a figure of the runs over their steps, in the terminal and as SVG. */
export async function plotCommand(
  folders: readonly string[],
  options: Readonly<Record<string, unknown>>,
  { stdout }: Terminal,
): Promise<number> {
  const runs = folders.flatMap(runsIn).map(readRun);
  const metric = metricOf(runs, options["metric"] as string | undefined);
  const [series, without] = seriesOf(runs, metric);
  const svg = options["svg"] as string | undefined;
  const columns = stdout.isTTY ? stdout.columns : 80;
  printLine(stdout, metric);
  for (const line of terminalChart(series, Math.min(columns, MOST_COLUMNS) - 1, "steps")) printLine(stdout, line);
  for (const name of without) printLine(stdout, `${name} has no ${metric}`);
  if (svg === undefined) return EXIT.done;
  const title = runs.length === 1 ? `${metric} of ${runs[0].path}` : metric;
  const chart = lineChart({ title, xTitle: "steps", yTitle: metric, series, marks: series.some(isShort) });
  try {
    writeFileAtomic(svg, new TextEncoder().encode(toSvg(chart, title)));
  } catch (error) {
    throw toCliError(error, { where: svg }) ?? error;
  }
  printLine(stdout, `wrote ${svg}`);
  return EXIT.done;
}

const isShort = ({ points }: Series): boolean => points.length < 3;

/** Of several runs what validation found, of one its training beside it; and the names of runs without this figure. */
function seriesOf(runs: readonly RunRecord[], metric: string): [series: Series[], without: string[]] {
  const curve = (name: string, lines: readonly MetricsLine[]): Series => ({
    name,
    points: lines.flatMap((line) => (typeof line[metric] === "number" ? [[line.step, line[metric]] as const] : [])),
  });
  const validations = ({ lines }: RunRecord) => lines.filter(({ type }) => type === "validation");
  const isEmpty = ({ points }: Series) => points.length === 0;
  if (runs.length > 1) {
    const all = runs.map((run) => curve(run.path, validations(run)));
    return [all.filter((one) => !isEmpty(one)), all.filter(isEmpty).map(({ name }) => name)];
  }
  const reports = runs[0].lines.filter(({ type }) => type === "report");
  const held = validations(runs[0]).some(({ heldOut }) => heldOut === false) ? "after each epoch" : "validation";
  return [[curve("training", reports), curve(held, validations(runs[0]))].filter((one) => !isEmpty(one)), []];
}

/** @throws CliError for runs that have no figures yet, or a figure that none of them has */
function metricOf(runs: readonly RunRecord[], asked: string | undefined): string {
  const lines = runs.flatMap((run) => run.lines);
  const validation = lines.find(({ type }) => type === "validation");
  const known = [...new Set(lines.flatMap((line) => ["loss", ...figuresIn(line).map(([name]) => name)]))];
  if (lines.length === 0) {
    throw new CliError({
      exitCode: EXIT.files,
      where: runs[0].path,
      found: "found no figures in metrics.jsonl",
      expected: "a run has some after its first 100 steps, or its first validation",
      untouched: "Nothing was written.",
      fix: { command: ["train", "--resume", "--out", runs[0].path] },
    });
  }
  if (asked === undefined) return (validation && figuresIn(validation)[0]?.[0]) ?? known[0];
  if (known.includes(asked)) return asked;
  throw new CliError({
    exitCode: EXIT.usage,
    where: "--metric",
    found: `found ${JSON.stringify(asked)}`,
    expected: `the runs have ${known.join(", ")}`,
    untouched: "Nothing was written.",
    fix: { edit: { set: ["--metric", nearest(asked, known) ?? known[0]] } },
  });
}
