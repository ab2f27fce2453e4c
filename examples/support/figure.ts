import { mkdirSync, writeFileSync } from "node:fs";
import { type LineChartOptions, lineChart, toSvg } from "unrolled/svg";

const FOLDER = "examples/figures";

/** Draws curves into examples/figures/NAME.svg, and says so. */
export function writeFigure(name: string, chart: LineChartOptions): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(`${FOLDER}/${name}.svg`, toSvg(lineChart(chart), chart.title));
  console.log(`${FOLDER}/${name}.svg`);
}

/** A measurement every so many steps, as points of a curve. */
export function curve(values: readonly number[], every = 1): [x: number, y: number][] {
  return values.map((value, i) => [(i + 1) * every, value]);
}
