/**
 * The unemployed of fourteen industries of the United States, by the month, half a year ahead: one forecaster of many series, which
 * reads of each which industry it is, beside the last month and the same month a year before. It is trained on 2000 to early 2008, chosen
 * on the year after and tested on the last one, March 2009 to February 2010, when all of them left what they had been before.
 * `npm run example unemployment`
 *
 * Data: the Bureau of Labor Statistics, from the npm package vega-datasets.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as tasks from "unrolled/tasks";

interface Month {
  series: string;
  year: number;
  month: number;
  count: number;
}

const FILE = join(
  createRequire(import.meta.url).resolve("vega-datasets"),
  "../../data/unemployment-across-industries.json",
);
const MONTHS: Month[] = JSON.parse(readFileSync(FILE, "utf8"));

/** The months before `before`, all industries, as lines of JSON. */
function table(before: string): tasks.Source {
  const rows = MONTHS.map(({ series, year, month, count }) => ({
    month: `${year}-${String(month).padStart(2, "0")}`,
    industry: series,
    unemployed: count,
  }));
  const lines = rows.filter(({ month }) => month < before).map((row) => JSON.stringify(row));
  return { name: "unemployment.jsonl", bytes: new TextEncoder().encode(lines.join("\n")) };
}

export async function forecastUnemployment(epochs = 40) {
  const { model } = await tasks.train(table("2009-03"), {
    id: "industry",
    static: "industry",
    horizon: 6,
    valid: 0.11,
    epochs,
    lr: 0.003,
    dropout: 0.2,
    output: "student-t",
    calibrate: true,
    patience: 10,
  });
  const { figures } = await model.evaluate(table("2010-03"), { from: "2009-03", stride: 1 });
  return { model, figures };
}

export async function main() {
  const { model, figures } = await forecastUnemployment();
  for (const { name, value, unit, text = String(value) } of figures) console.log(`${name.padEnd(22)}${text} ${unit}`);
  const next = model.predict([new TextDecoder().decode(table("2010-03").bytes)]);
  for await (const { id, time, value, low, high } of next) {
    const [middle, from, to] = [value, low, high].map((number) => Math.round(Number(number)));
    if (id === "Construction") console.log(`construction, ${time}: ${middle} thousand, between ${from} and ${to}`);
  }
}
