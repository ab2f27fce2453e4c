import { numberText } from "../../base/number-text.js";
import { rangeOf } from "../../base/range.js";
import { textWidth } from "../../base/width.js";
import type { Series } from "../../svg/index.js";

/** One a curve; from the ninth on they come again. */
const MARKS = ["•", "+", "x", "o", "#", "=", "%", "~"];
/** Odd: the middle row has a number. */
const HEIGHT = 17;
/** Narrower, a curve says nothing. */
const LEAST_WIDTH = 16;

/**
 * Curves in letters, the names of their marks below; where two meet, the last one stands.
 * @param width  columns that a line may have
 * @param xTitle  behind the numbers along the bottom
 */
export function terminalChart(series: readonly Series[], width: number, xTitle: string): string[] {
  const points = series.flatMap((curve) => curve.points.filter(([, y]) => Number.isFinite(y)));
  const [left, right] = rangeOf(points.map(([x]) => x));
  const [low, high] = rangeOf(points.map(([, y]) => y));
  const labels = [high, (low + high) / 2, low].map(numberText);
  const margin = Math.max(...labels.map((label) => label.length)) + 1;
  const columns = Math.max(LEAST_WIDTH, width - margin - 1);
  const grid = Array.from({ length: HEIGHT }, () => new Array<string>(columns).fill(" "));
  for (const [k, curve] of series.entries()) {
    const heights = heightsOf(curve.points, columns, left, right);
    for (const [column, y] of heights.entries()) {
      if (!Number.isFinite(y)) continue;
      const row = Math.round((HEIGHT - 1) * (high === low ? 0.5 : (high - y) / (high - low)));
      grid[row][column] = MARKS[k % MARKS.length];
    }
  }
  const labelOf = (row: number): string =>
    labels[row === 0 ? 0 : row === HEIGHT >> 1 ? 1 : row === HEIGHT - 1 ? 2 : 3] ?? "";
  const [first, last] = [left, right].map((x) => x.toLocaleString("en"));
  const end = `${last} ${xTitle}`;
  const between = " ".repeat(Math.max(1, columns - first.length - textWidth(end)));
  return [
    ...grid.map((row, i) => `${labelOf(i).padStart(margin)}┤${row.join("").trimEnd()}`),
    `${" ".repeat(margin)}└${"─".repeat(columns)}`,
    `${" ".repeat(margin + 1)}${left === right ? end : first + between + end}`,
    ...series.map(({ name }, k) => `${" ".repeat(margin)} ${MARKS[k % MARKS.length]} ${name}`),
  ];
}

/** The curve's height in each column, NaN where it has none: straight lines between its points. */
function heightsOf(points: Series["points"], columns: number, left: number, right: number): number[] {
  const finite = points.filter(([, y]) => Number.isFinite(y));
  const heights = new Array<number>(columns).fill(Number.NaN);
  const place = (x: number): number => (right === left ? 0 : ((columns - 1) * (x - left)) / (right - left));
  for (const [i, [x, y]] of finite.entries()) {
    const at = place(x);
    heights[Math.round(at)] = y;
    if (i === 0) continue;
    const [beforeX, beforeY] = finite[i - 1];
    const before = place(beforeX);
    for (let column = Math.ceil(before); column < at; column++) {
      heights[column] = beforeY + ((y - beforeY) * (column - before)) / (at - before);
    }
  }
  return heights;
}
