import * as svg from "unrolled/svg";
import { said } from "./words.js";

/** The package's pictures, as the text of an SVG file each, in the language of the moment. */
export class Picture extends svg.Picture {
  override text(x: number, y: number, content: string, style?: svg.TextStyle): this {
    return super.text(x, y, said(content), style);
  }
}

export const toSvg = (drawing: svg.Drawing, title: string): string => svg.toSvg(drawing, said(title));
export const { blue, orange, green, purple, ink, faint } = svg.PALETTE;

export const chart = (options: svg.LineChartOptions): string =>
  toSvg(svg.lineChart({ height: 330, ...translated(options), series: options.series.map(translated) }), options.title);
export const barChart = (options: svg.BarChartOptions): string =>
  toSvg(svg.barChart({ ...translated(options), bars: options.bars.map(translated) }), options.title);
export const heatMap = (options: svg.HeatMapOptions): string =>
  toSvg(svg.heatMap({ width: 720, ...translated(options), rows: options.rows.map(translated) }), options.title);

/** Options as they were given, but what is read of them, titles and names, in the language of the moment. */
function translated<T extends object>(options: T): T {
  const read = ["title", "subtitle", "xTitle", "yTitle", "name"];
  const pairs = Object.entries(options).map(([key, value]) => [key, read.includes(key) ? said(value) : value]);
  return Object.fromEntries(pairs) as T;
}

/** The points of a curve: values at x = `from`, `from + step`, ... */
export function points(values: ArrayLike<number>, from = 0, step = 1): [x: number, y: number][] {
  return Array.from(values, (y, i) => [from + i * step, y]);
}
