import { checkArray, checkKnownOptions, checkNumber, checkObject, checkString, refusal } from "../base/check.js";
import type { BarChartOptions, HeatMapOptions, LineChartOptions, Series } from "./chart-options.js";

/** What the charts refuse: each throws OptionError naming the option, before anything is drawn. */

function checkTexts(op: string, texts: object): void {
  for (const [argument, value] of Object.entries(texts)) checkString(op, argument, value);
}

function checkSizes(op: string, sizes: object): void {
  for (const [argument, value] of Object.entries(sizes)) checkNumber(op, argument, value, { min: 0 });
}

export function checkPair(op: string, argument: string, pair: unknown): void {
  if (Array.isArray(pair) && pair.length === 2 && pair.every((value) => typeof value === "number")) return;
  throw refusal(op, argument, "be a pair of numbers", pair);
}

export function checkLineChart(options: LineChartOptions): void {
  const op = "lineChart";
  checkKnownOptions(op, options, [
    ...["title", "subtitle", "xTitle", "yTitle", "series", "log", "xLog"],
    ...["yRange", "xTicks", "cuts", "marks", "width", "height"],
  ]);
  const { title, subtitle = "", xTitle, yTitle, series, yRange, cuts = [], width = 720, height = 300 } = options;
  checkTexts(op, { title, subtitle, xTitle, yTitle });
  checkSizes(op, { width, height });
  if (yRange !== undefined) checkPair(op, "yRange", yRange);
  for (const [argument, numbers] of Object.entries({ cuts, xTicks: options.xTicks ?? [] })) {
    checkArray(op, argument, numbers);
    for (const number of numbers) checkNumber(op, `each of ${argument}`, number);
  }
  checkArray(op, "series", series);
  for (let i = 0; i < series.length; i++) checkSeries(op, `series[${i}]`, series[i]);
}

function checkSeries(op: string, argument: string, series: Series): void {
  checkObject(op, argument, series, "{ name, points }");
  checkString(op, `${argument}.name`, series.name);
  checkArray(op, `${argument}.points`, series.points);
  for (let i = 0; i < series.points.length; i++) checkPair(op, `${argument}.points[${i}]`, series.points[i]);
  for (const key of ["dash", "colour"] as const) {
    if (series[key] !== undefined) checkString(op, `${argument}.${key}`, series[key]);
  }
}

export function checkHeatMap(options: HeatMapOptions): void {
  const op = "heatMap";
  checkKnownOptions(op, options, ["title", "subtitle", "rows", "columns", "range", "digits", "width"]);
  const { title, subtitle = "", rows, columns, range = 1, digits = 0, width = 860 } = options;
  checkTexts(op, { title, subtitle });
  checkNumber(op, "range", range, { min: 0, openMin: true });
  checkNumber(op, "digits", digits, { min: 0, max: 100 });
  checkSizes(op, { width });
  checkArray(op, "columns", columns);
  for (let i = 0; i < columns.length; i++) checkString(op, `columns[${i}]`, columns[i]);
  checkArray(op, "rows", rows);
  for (let i = 0; i < rows.length; i++) checkRow(op, `rows[${i}]`, rows[i], columns.length);
}

function checkRow(op: string, argument: string, row: HeatMapOptions["rows"][number], columns: number): void {
  checkObject(op, argument, row, "{ name, values }");
  checkString(op, `${argument}.name`, row.name);
  const { values } = row;
  if (!Array.isArray(values) && !ArrayBuffer.isView(values)) {
    throw refusal(op, `${argument}.values`, "be an array of numbers", values);
  }
  for (let i = 0; i < columns; i++) {
    if (typeof values[i] !== "number") throw refusal(op, `${argument}.values[${i}]`, "be a number", values[i]);
  }
}

export function checkBarChart(options: BarChartOptions): void {
  const op = "barChart";
  checkKnownOptions(op, options, ["title", "subtitle", "bars", "colour", "width"]);
  const { title, subtitle = "", bars, colour = "", width = 720 } = options;
  checkTexts(op, { title, subtitle, colour });
  checkSizes(op, { width });
  checkArray(op, "bars", bars);
  for (let i = 0; i < bars.length; i++) {
    const bar = bars[i];
    checkObject(op, `bars[${i}]`, bar, "{ name, value, text }");
    const { name, value, text } = bar as BarChartOptions["bars"][number];
    checkTexts(op, { [`bars[${i}].name`]: name, [`bars[${i}].text`]: text });
    checkNumber(op, `bars[${i}].value`, value);
  }
}
