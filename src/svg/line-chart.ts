import { rangeOf } from "../base/range.js";
import { textWidth } from "../base/width.js";
import { type Area, axes, linearScale, logScale, type Scale } from "./axes.js";
import type { LineChartOptions, Series } from "./chart-options.js";
import { checkLineChart } from "./checks.js";
import {
  BOLD_LETTER_WIDTH,
  type Drawing,
  heading,
  LETTER_WIDTH,
  line,
  type Point,
  pathData,
  short,
  text,
} from "./elements.js";
import { COLOURS, PALETTE } from "./palette.js";
import { spreadApart } from "./spread-apart.js";
import { linearTicks, powerTicks } from "./ticks.js";

/** Curves over a number, each named at its own end. */
export function lineChart(options: LineChartOptions): Drawing {
  checkLineChart(options);
  const { title, subtitle = "", series, width = 720, height = 300, cuts = [], xLog = false } = options;
  const nameWidth = Math.max(
    0,
    ...series.map(({ name, bold }) => textWidth(name) * (bold ? BOLD_LETTER_WIDTH : LETTER_WIDTH)),
  );
  const head = heading(title, subtitle, width);
  const area: Area = { left: 58, right: width - 18 - nameWidth, top: head.bottom + 20, bottom: height - 40 };
  const runs = series.map(({ points }) => unbroken(points, options));
  const all = runs.flat(2);
  const xs = all.map(([x]) => x);
  const [first, last] = rangeOf(xs);
  const yTicks = valueTicks(all, options);
  const xTicks = (options.xTicks ?? linearTicks(first, last, 8)).filter((tick) => tick >= first && tick <= last);
  const [low, high] = options.yRange ?? [yTicks[0]!, yTicks.at(-1)!];
  const x = (xLog ? logScale : linearScale)(first, last, area.left, area.right);
  const y = (options.log ? logScale : linearScale)(low, high, area.bottom, area.top);
  const parts = [
    ...head.parts,
    ...axes(options, area, x, y, xTicks, yTicks),
    ...cuts.map((cut) => line([x(cut), area.top], [x(cut), area.bottom], PALETTE.faint, 'stroke-dasharray="2 3"')),
    ...runs.flatMap((pieces, k) => curve(pieces, series, k, x, y, options.marks ?? false)),
    ...names(series, runs, area, x, y),
  ];
  return { width, height, body: parts.filter(Boolean).join("\n") };
}

const colourOf = (series: readonly Series[], k: number): string => series[k]!.colour ?? COLOURS[k % COLOURS.length]!;

/** The points in runs without a gap. */
function unbroken(points: readonly Point[], { log = false, yRange }: LineChartOptions): Point[][] {
  const [low, high] = yRange ?? [-Infinity, Infinity];
  // A mean of ones may be a little more than one.
  const slack = yRange ? 1e-6 * (high - low) : 0;
  const runs: Point[][] = [[]];
  for (const point of points) {
    const [, y] = point;
    const fits = Number.isFinite(y) && (!log || y > 0) && y >= low - slack && y <= high + slack;
    if (fits) runs.at(-1)!.push(point);
    else if (runs.at(-1)!.length > 0) runs.push([]);
  }
  return runs.filter((run) => run.length > 0);
}

function valueTicks(points: readonly Point[], { log = false, yRange }: LineChartOptions): number[] {
  const ys = points.map(([, y]) => y);
  const [low, high] = yRange ?? (ys.length === 0 ? [log ? 0.1 : 0, 1] : rangeOf(ys));
  return log ? powerTicks(low, high).map((power) => 10 ** power) : linearTicks(low, high);
}

function curve(pieces: readonly Point[][], series: readonly Series[], k: number, x: Scale, y: Scale, marks: boolean) {
  const { dash, bold = false } = series[k]!;
  const colour = colourOf(series, k);
  const placed = pieces.map((piece) => piece.map(([px, py]): Point => [x(px), y(py)]));
  const dashes = dash === undefined ? "" : ` stroke-dasharray="${dash}"`;
  const width = bold ? 3 : placed.flat().length > 120 ? 1.4 : 2;
  const path = `<path d="${placed.map(pathData).join("")}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linejoin="round"${dashes}/>`;
  if (marks) return [path, ...placed.flat().map((point) => mark(k, point, colour))];
  // A line of one point has no length, and would not be seen.
  const alone = placed.filter(({ length }) => length === 1).flat();
  return [path, ...alone.map(([px, py]) => `<circle cx="${short(px)}" cy="${short(py)}" r="3" fill="${colour}"/>`)];
}

/** Corners of a square, a diamond and a triangle about their middle. */
const CORNERS: readonly (readonly Point[])[] = [
  [[-3.5, -3.5], [3.5, -3.5], [3.5, 3.5], [-3.5, 3.5]], // biome-ignore format: points
  [[0, -5], [5, 0], [0, 5], [-5, 0]], // biome-ignore format: points
  [[0, -5], [4.6, 3.6], [-4.6, 3.6]], // biome-ignore format: points
];

function mark(k: number, [x, y]: Point, colour: string): string {
  const shape = k % (CORNERS.length + 1);
  if (shape === 0) return `<circle cx="${short(x)}" cy="${short(y)}" r="4" fill="${colour}"/>`;
  const corners = CORNERS[shape - 1]!.map(([dx, dy]): Point => [x + dx, y + dy]);
  return `<path d="${pathData(corners)}Z" fill="${colour}"/>`;
}

function names(
  series: readonly Series[],
  runs: readonly Point[][][],
  { right, top, bottom }: Area,
  x: Scale,
  y: Scale,
) {
  const drawn = [...series.keys()].filter((k) => series[k]!.name !== "" && runs[k]!.length > 0);
  const ends = drawn.map((k) => runs[k]!.at(-1)!.at(-1)!);
  const places = spreadApart(
    ends.map(([, value]) => y(value)),
    15,
    top,
    bottom,
  );
  return drawn.flatMap((k, i) => {
    const [endX, endY] = ends[i]!;
    const place = places[i]!;
    const { name, bold = false } = series[k]!;
    const colour = colourOf(series, k);
    // A line that ends early is joined to its name.
    const far = right - x(endX) > 8 || Math.abs(y(endY) - place) > 6;
    const joint = line([x(endX) + 2, y(endY)], [right + 4, place], colour, 'stroke-width="0.7" stroke-dasharray="1 2"');
    return [far ? joint : "", text(right + 7, place + 4, name, { colour, bold })];
  });
}
