import { type Colour, Picture, type Point } from "./picture.js";

/** Charts for the lessons: curves over a number, each named at its own end. */

export interface Series {
  name: string;
  /** y at x = `from`, `from` + `step`, ... */
  values: ArrayLike<number>;
  colour: Colour;
  from?: number;
  step?: number;
  dash?: string;
}

export interface ChartOptions {
  title: string;
  xLabel: string;
  yLabel: string;
  series: readonly Series[];
  /** Powers of ten up the side. */
  log?: boolean;
  yRange?: readonly [low: number, high: number];
  width?: number;
  height?: number;
  /** Where the x axis has numbers. Default: about six round ones. */
  xTicks?: readonly number[];
  /** Room for the names at the right. */
  right?: number;
  /** Vertical lines behind the curves. */
  cuts?: readonly number[];
}

export function chart(options: ChartOptions): string {
  const { title, series, log = false, width = 720, height = 320, right = 130 } = options;
  const picture = new Picture(width, height, title);
  const area = { left: 66, right: width - right, top: 44, bottom: height - 48 };
  const points = series.map(({ values, from = 0, step = 1 }) =>
    Array.from(values, (y, i): Point => [from + i * step, log ? Math.log10(y) : y]).filter(([, y]) =>
      Number.isFinite(y),
    ),
  );
  const xs = points.flat().map(([x]) => x);
  const ys = points.flat().map(([, y]) => y);
  const xRange = [Math.min(...xs), Math.max(...xs)] as const;
  const given = options.yRange?.map((y) => (log ? Math.log10(y) : y));
  const yTicks = log
    ? powers(given ?? [Math.min(...ys), Math.max(...ys)])
    : ticks(given ?? [Math.min(...ys), Math.max(...ys)]);
  const [low, high] = given ? [given[0]!, given[1]!] : [yTicks[0]!, yTicks.at(-1)!];
  const atX = (x: number) => area.left + ((x - xRange[0]) / (xRange[1] - xRange[0])) * (area.right - area.left);
  const atY = (y: number) => area.bottom - ((y - low) / (high - low)) * (area.bottom - area.top);

  picture.text(16, 25, title, { bold: true, size: 14 });
  for (const y of yTicks.filter((tick) => tick >= low && tick <= high)) {
    picture.rule([area.left, atY(y)], [area.right, atY(y)]);
    picture.text(area.left - 8, atY(y) + 4, log ? `1e${y}` : number(y), { anchor: "end", size: 12, colour: "faint" });
  }
  for (const x of options.xTicks ?? ticks(xRange)) {
    if (x < xRange[0] || x > xRange[1]) continue;
    picture.text(atX(x), area.bottom + 18, number(x), { anchor: "middle", size: 12, colour: "faint" });
  }
  for (const x of options.cuts ?? []) {
    picture.path(
      [
        [atX(x), area.top],
        [atX(x), area.bottom],
      ],
      { colour: "faint", width: 1, dash: "3 4" },
    );
  }
  picture.text((area.left + area.right) / 2, height - 12, options.xLabel, { anchor: "middle", size: 12 });
  picture.text(18, (area.top + area.bottom) / 2, options.yLabel, { anchor: "middle", size: 12, turn: -90 });
  series.forEach(({ colour, dash }, i) => {
    const inside = points[i]!.map(([x, y]): Point => [atX(x), clamp(atY(y), area.top, area.bottom)]);
    picture.path(inside, { colour, ...(dash ? { dash } : {}) });
  });
  const ends = series.map((_, i) => clamp(atY(points[i]!.at(-1)![1]), area.top, area.bottom));
  spread(ends, 17).forEach((y, i) => {
    const { name, colour } = series[i]!;
    const x = atX(points[i]!.at(-1)![0]);
    picture.text(x + 8, y + 4, name, { colour, size: 13 });
  });
  return picture.toString();
}

export interface HeatOptions {
  title: string;
  /** [row][column], from -1 (orange) by 0 (blank) to 1 (blue) */
  values: readonly ArrayLike<number>[];
  rows: readonly string[];
  columns: readonly string[];
  width?: number;
  /** Write the numbers into their boxes. */
  digits?: number;
  note?: string;
  rowHeight?: number;
}

/** A table in colours. */
export function heatMap({
  title,
  values,
  rows,
  columns,
  width = 720,
  digits,
  note,
  rowHeight = 26,
}: HeatOptions): string {
  const left = 24 + 7.5 * Math.max(...rows.map(({ length }) => length));
  const cell = (width - left - 20) / columns.length;
  const height = 66 + rowHeight * rows.length + (note ? 30 : 8);
  const picture = new Picture(width, height, title);
  picture.text(16, 25, title, { bold: true, size: 14 });
  columns.forEach((column, t) => {
    picture.text(left + (t + 0.5) * cell, 52, column, { anchor: "middle", size: 12, colour: "faint" });
  });
  rows.forEach((row, r) => {
    const y = 60 + r * rowHeight;
    picture.text(left - 8, y + rowHeight / 2 + 4, row, { anchor: "end", size: 12 });
    picture.box(left + 1, y + 1, cell * columns.length - 2, rowHeight - 2, "faint", 0.08);
    Array.from(values[r]!).forEach((value, t) => {
      const strength = Math.min(1, Math.abs(value)) * (digits === undefined ? 0.95 : 0.4);
      if (strength >= 0.005)
        picture.box(left + t * cell + 1, y + 1, cell - 2, rowHeight - 2, value < 0 ? "orange" : "blue", strength);
      if (digits !== undefined) {
        const text = Math.abs(value) < 0.5 * 10 ** -digits ? "0" : value.toFixed(digits);
        picture.text(left + (t + 0.5) * cell, y + rowHeight / 2 + 4, text, { anchor: "middle", size: 12 });
      }
    });
  });
  if (note) picture.text(left, height - 14, note, { size: 12, colour: "faint" });
  return picture.toString();
}

export interface BarOptions {
  title: string;
  bars: readonly { name: string; value: number; text: string }[];
  colour?: Colour;
  width?: number;
}

/** One bar a row, its value beside it. */
export function barChart({ title, bars, colour = "blue", width = 720 }: BarOptions): string {
  const rowHeight = 24;
  const left = 28 + 7.5 * Math.max(...bars.map(({ name }) => name.length));
  const room = width - left - 110;
  const largest = Math.max(...bars.map(({ value }) => Math.abs(value)));
  const picture = new Picture(width, 58 + rowHeight * bars.length, title);
  picture.text(16, 25, title, { bold: true, size: 14 });
  bars.forEach(({ name, value, text }, i) => {
    const y = 44 + i * rowHeight;
    const length = (Math.abs(value) / largest) * room;
    picture.text(left - 10, y + 16, name, { anchor: "end" });
    picture.box(left, y + 3, Math.max(length, 1), rowHeight - 7, value < 0 ? "orange" : colour, 0.85);
    picture.text(left + length + 8, y + 16, text, { size: 12 });
  });
  return picture.toString();
}

function clamp(y: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, y));
}

/** The same places, moved as little as keeps any two `gap` apart. */
function spread(places: readonly number[], gap: number): number[] {
  const out = [...places];
  const order = [...places.keys()].sort((a, b) => places[a]! - places[b]!);
  for (let pass = 0; pass < 50; pass++) {
    for (let k = 1; k < order.length; k++) {
      const [above, below] = [order[k - 1]!, order[k]!];
      const overlap = gap - (out[below]! - out[above]!);
      if (overlap <= 0) continue;
      out[above]! -= overlap / 2;
      out[below]! += overlap / 2;
    }
  }
  return out;
}

/** About six round numbers that span the range. */
function ticks([low, high]: readonly number[]): number[] {
  const rough = (high! - low!) / 5 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.99)!;
  const first = Math.floor(low! / step + 1e-9);
  const last = Math.ceil(high! / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

/** Exponents of ten, every one or every few. */
function powers([low, high]: readonly number[]): number[] {
  const [first, last] = [Math.floor(low! + 1e-9), Math.ceil(high! - 1e-9)];
  const step = Math.max(1, Math.ceil((last - first) / 7));
  const count = Math.ceil((last - first) / step);
  return Array.from({ length: count + 1 }, (_, i) => first + i * step);
}

function number(x: number): string {
  return String(Number(x.toPrecision(6)));
}
