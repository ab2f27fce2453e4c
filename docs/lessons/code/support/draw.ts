import * as svg from "unrolled/svg";

/** The package's pictures, as the text of an SVG file each. */
export const { Picture, toSvg } = svg;
export const { blue, orange, green, purple, ink, faint } = svg.PALETTE;

export const chart = (options: svg.LineChartOptions): string =>
  toSvg(svg.lineChart({ height: 330, ...options }), options.title);
export const barChart = (options: svg.BarChartOptions): string => toSvg(svg.barChart(options), options.title);
export const heatMap = (options: svg.HeatMapOptions): string =>
  toSvg(svg.heatMap({ width: 720, ...options }), options.title);

/** The points of a curve: values at x = `from`, `from + step`, ... */
export function points(values: ArrayLike<number>, from = 0, step = 1): [x: number, y: number][] {
  return Array.from(values, (y, i) => [from + i * step, y]);
}
