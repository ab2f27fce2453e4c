import type { Point } from "./elements.js";

/** A curve of a chart. */
export interface Series {
  /** Written at the line's end, in its colour. */
  name: string;
  /** Gaps where y is not finite, outside `yRange`, or not positive on a logarithmic axis. */
  points: readonly Point[];
  /** SVG's stroke-dasharray: `"5 4"`. */
  dash?: string | undefined;
  /** Any colour of CSS; those of `PALETTE` have a counterpart on dark pages. Default: the next of `COLOURS`. */
  colour?: string | undefined;
  /** A thicker line and a bold name. Default false. */
  bold?: boolean | undefined;
}

export interface LineChartOptions {
  title: string;
  subtitle?: string | undefined;
  xTitle: string;
  yTitle: string;
  series: readonly Series[];
  /** Powers of ten up the side. Default false. */
  log?: boolean | undefined;
  /** Equal factors have equal width along the bottom. Default false. */
  xLog?: boolean | undefined;
  /** Default: what the values need. */
  yRange?: readonly [low: number, high: number] | undefined;
  /** The numbers along the bottom. Default: a few round ones. */
  xTicks?: readonly number[] | undefined;
  /** Vertical lines behind the curves. */
  cuts?: readonly number[] | undefined;
  /** A mark at every point, another shape for each curve. Default false. */
  marks?: boolean | undefined;
  width?: number | undefined;
  height?: number | undefined;
}

export interface HeatMapOptions {
  title: string;
  subtitle?: string | undefined;
  rows: readonly { name: string; values: ArrayLike<number> }[];
  /** What stands above each column: a character, a short word. */
  columns: readonly string[];
  /** The value that gets the full colour, in both directions. Default 1. */
  range?: number | undefined;
  /** Write the values into their cells, with so many digits after the point. Default: colours alone. */
  digits?: number | undefined;
  width?: number | undefined;
}

export interface BarChartOptions {
  title: string;
  subtitle?: string | undefined;
  /** `text` stands at the bar's end: the value as the reader should see it. */
  bars: readonly { name: string; value: number; text: string }[];
  /** Of bars that are not negative; those are orange. Default blue. */
  colour?: string | undefined;
  width?: number | undefined;
}
