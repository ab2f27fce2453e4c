import { checkArray, checkKnownOptions, checkNumber, checkObject, checkString, refusal } from "../../base/check.js";
import { COLOURS, type Drawing, FAINT, heading, LETTER_WIDTH, line, type Point, short, text } from "./elements.js";
import { linearTicks, powerTicks, spreadApart, tickText } from "./ticks.js";

export interface Series {
  /** Written at the line's end, in its colour. */
  name: string;
  /** Gaps where y is not finite, outside `yRange`, or not positive on a logarithmic axis. */
  points: readonly Point[];
  /** SVG's stroke-dasharray: `"5 4"`. */
  dash?: string | undefined;
  /** Default: the next of Okabe and Ito's. */
  colour?: string | undefined;
}

export interface LineChartOptions {
  title: string;
  subtitle?: string | undefined;
  xTitle: string;
  yTitle: string;
  series: readonly Series[];
  /** Powers of ten up the side. Default false. */
  log?: boolean | undefined;
  /** Default: what the values need. */
  yRange?: readonly [low: number, high: number] | undefined;
  /** Vertical lines behind the curves. */
  cuts?: readonly number[] | undefined;
  width?: number | undefined;
  height?: number | undefined;
}

const OP = "lineChart";

function checkChart(options: LineChartOptions): void {
  checkKnownOptions(OP, options, [
    ...["title", "subtitle", "xTitle", "yTitle", "series"],
    ...["log", "yRange", "cuts", "width", "height"],
  ]);
  const { title, subtitle = "", xTitle, yTitle, series, yRange, cuts = [], width = 720, height = 300 } = options;
  for (const [argument, value] of Object.entries({ title, subtitle, xTitle, yTitle })) checkString(OP, argument, value);
  for (const [argument, value] of Object.entries({ width, height })) checkNumber(OP, argument, value, { min: 0 });
  if (yRange !== undefined) checkPair("yRange", yRange);
  checkArray(OP, "cuts", cuts);
  for (const cut of cuts) checkNumber(OP, "each of cuts", cut);
  checkArray(OP, "series", series);
  for (let i = 0; i < series.length; i++) checkSeries(`series[${i}]`, series[i]!);
}

function checkSeries(argument: string, series: Series): void {
  checkObject(OP, argument, series, "{ name, points }");
  checkString(OP, `${argument}.name`, series.name);
  checkArray(OP, `${argument}.points`, series.points);
  for (let i = 0; i < series.points.length; i++) checkPair(`${argument}.points[${i}]`, series.points[i]);
  for (const key of ["dash", "colour"] as const) {
    if (series[key] !== undefined) checkString(OP, `${argument}.${key}`, series[key]);
  }
}

function checkPair(argument: string, pair: unknown): void {
  if (Array.isArray(pair) && pair.length === 2 && pair.every((value) => typeof value === "number")) return;
  throw refusal(OP, argument, "be a pair of numbers", pair);
}

interface Frame {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Curves over a number, each named at its own end. */
export function lineChart(options: LineChartOptions): Drawing {
  checkChart(options);
  const { title, subtitle = "", series, log = false, width = 720, height = 300, cuts = [] } = options;
  const longest = Math.max(0, ...series.map(({ name }) => name.length));
  const head = heading(title, subtitle, width);
  const frame: Frame = {
    left: 58,
    right: width - 18 - longest * LETTER_WIDTH,
    top: head.bottom + 20,
    bottom: height - 40,
  };
  const runs = series.map(({ points }) => unbroken(points, options));
  const all = runs.flat(2);
  const xs = all.map(([x]) => x);
  const xRange = [Math.min(...xs), Math.max(...xs)] as const;
  const yTicks = valueTicks(all, options);
  const [low, high] = options.yRange ?? [yTicks[0]!, yTicks.at(-1)!];
  const scale = (value: number): number => (log ? Math.log10(value) : value);
  const x = (value: number): number =>
    frame.left + ((value - xRange[0]) / (xRange[1] - xRange[0] || 1)) * (frame.right - frame.left);
  const y = (value: number): number => {
    const share = (scale(value) - scale(low)) / (scale(high) - scale(low));
    return frame.bottom - share * (frame.bottom - frame.top);
  };
  const colourOf = (k: number): string => series[k]!.colour ?? COLOURS[k % COLOURS.length]!;
  const parts = [
    ...head.parts,
    ...axes(options, frame, xRange, yTicks, x, y),
    ...cuts.map((cut) => line([x(cut), frame.top], [x(cut), frame.bottom], FAINT, 'stroke-dasharray="2 3"')),
    ...runs.map((pieces, k) => {
      const { dash } = series[k]!;
      const d = pieces.map((piece) =>
        piece.map(([px, py], i) => `${i === 0 ? "M" : "L"}${short(x(px))} ${short(y(py))}`).join(""),
      );
      const dashes = dash === undefined ? "" : ` stroke-dasharray="${dash}"`;
      return `<path d="${d.join("")}" fill="none" stroke="${colourOf(k)}" stroke-width="${pieces.flat().length > 120 ? 1.4 : 2}" stroke-linejoin="round"${dashes}/>`;
    }),
    ...names(series, runs, frame, x, y, colourOf),
  ];
  return { width, height, body: parts.filter(Boolean).join("\n") };
}

/** The points in runs without a gap. */
function unbroken(points: readonly Point[], { log = false, yRange }: LineChartOptions): Point[][] {
  const [low, high] = yRange ?? [-Infinity, Infinity];
  const runs: Point[][] = [[]];
  for (const point of points) {
    const [, y] = point;
    const fits = Number.isFinite(y) && (!log || y > 0) && y >= low && y <= high;
    if (fits) runs.at(-1)!.push(point);
    else if (runs.at(-1)!.length > 0) runs.push([]);
  }
  return runs.filter((run) => run.length > 0);
}

function valueTicks(points: readonly Point[], { log = false, yRange }: LineChartOptions): number[] {
  const ys = points.map(([, y]) => y);
  const [low, high] = yRange ?? (ys.length === 0 ? [log ? 0.1 : 0, 1] : [Math.min(...ys), Math.max(...ys)]);
  return log ? powerTicks(low, high).map((power) => 10 ** power) : linearTicks(low, high);
}

function axes(
  { xTitle, yTitle, log = false }: LineChartOptions,
  { left, right, top, bottom }: Frame,
  [first, last]: readonly [number, number],
  yTicks: readonly number[],
  x: (value: number) => number,
  y: (value: number) => number,
): string[] {
  const inside = linearTicks(first, last, 8).filter((tick) => tick >= first && tick <= last);
  return [
    ...yTicks
      .filter((tick) => y(tick) > top - 1 && y(tick) < bottom + 1)
      .flatMap((tick) => [
        line([left, y(tick)], [right, y(tick)]),
        text(left - 6, y(tick) + 4, log ? powerText(tick) : tickText(tick), { size: 11, colour: FAINT, anchor: "end" }),
      ]),
    ...inside.flatMap((tick) => [
      line([x(tick), bottom], [x(tick), bottom + 4], FAINT),
      text(x(tick), bottom + 17, tickText(tick), { size: 11, colour: FAINT, anchor: "middle" }),
    ]),
    text((left + right) / 2, bottom + 34, xTitle, { anchor: "middle" }),
    text(11, (top + bottom) / 2, yTitle, { anchor: "middle", turn: -90 }),
  ];
}

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** 10⁻³ */
function powerText(value: number): string {
  const power = Math.round(Math.log10(value));
  if (power === 0) return "1";
  const digits = [...String(Math.abs(power))].map((digit) => SUPERSCRIPTS[Number(digit)]).join("");
  return `10${power < 0 ? "⁻" : ""}${digits}`;
}

function names(
  series: readonly Series[],
  runs: readonly Point[][][],
  { right, top, bottom }: Frame,
  x: (value: number) => number,
  y: (value: number) => number,
  colourOf: (k: number) => string,
): string[] {
  const drawn = [...series.keys()].filter((k) => runs[k]!.length > 0);
  const ends = drawn.map((k) => runs[k]!.at(-1)!.at(-1)!);
  const places = spreadApart(
    ends.map(([, value]) => y(value)),
    15,
    top,
    bottom,
  );
  return drawn.flatMap((k, i) => {
    const [endX, endY] = ends[i]!;
    // A line that ends early is joined to its name.
    const far = right - x(endX) > 8 || Math.abs(y(endY) - places[i]!) > 6;
    const joint = far
      ? [
          line(
            [x(endX) + 2, y(endY)],
            [right + 4, places[i]!],
            colourOf(k),
            'stroke-width="0.7" stroke-dasharray="1 2"',
          ),
        ]
      : [];
    return [...joint, text(right + 7, places[i]! + 4, series[k]!.name, { colour: colourOf(k) })];
  });
}
