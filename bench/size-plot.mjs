/** The plot of `--sizes`: training tokens a second against the hidden size, both axes logarithmic, a curve for each peer. */
import { lineChart, toSvg } from "../dist/svg/index.js";
import { rates } from "./race.mjs";
import { summary } from "./statistics.mjs";

export const typicalRate = (row) => summary(rates(row, "train").filter((rate) => rate != null))?.median;

/**
 * @param {{ machine: { cpu: string }, settings: { threads: number[] }, sizes: { hidden: number, rows: object[] }[] }} results
 *   as tokens-per-second.json holds them; each size has the same rows in the same order
 */
export function sizePlot({ machine, settings: { threads }, sizes }) {
  const rows = sizes[0]?.rows ?? [];
  const several = new Set(rows.map((row) => row.threads)).size > 1;
  const series = rows.map((row, i) => ({
    name: several ? `${row.label}, ${row.threads} thread${row.threads === 1 ? "" : "s"}` : row.label,
    bold: Boolean(row.ours),
    points: sizes.map(({ hidden, rows }) => [hidden, typicalRate(rows[i]) ?? Number.NaN]),
  }));
  const counts = threads.join(" and ");
  const title = "Training an LSTM language model: tokens per second by hidden size";
  const chart = lineChart({
    title,
    subtitle: `One layer, vocabulary 65, batch 50, length 50. ${machine.cpu}, ${counts} thread${counts === "1" ? "" : "s"}. Higher is faster.`,
    xTitle: "hidden size",
    yTitle: "tokens/s",
    xTicks: sizes.map(({ hidden }) => hidden),
    series: series.filter(({ points }) => points.some(([, rate]) => rate > 0)),
    ...{ log: true, xLog: true, marks: true, width: 1000, height: 560 },
  });
  return toSvg(chart, title);
}
