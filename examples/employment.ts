/**
 * How many work in each industry of the United States, half a year ahead by the month: one forecaster of 21 series, which reads of each
 * which industry it is and forecasts how far it goes from where it is, beside the last month and the same month a year before. It is
 * trained on 2006 to early 2013, chosen on the 14 months after and tested on the rest, 18 months to the end of 2015.
 * `npm run example employment`
 *
 * Data: the Bureau of Labor Statistics, from the npm package vega-datasets.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { readCSV } from "unrolled/data";
import * as tasks from "unrolled/tasks";

const FILE = join(createRequire(import.meta.url).resolve("vega-datasets"), "../../data/us-employment.csv");

/** Months before `before`, a row for each industry. */
async function table(before: string): Promise<tasks.Source> {
  const months = await readCSV(FILE);
  const industries = months.columns.filter((name) => !["month", "nonfarm", "nonfarm_change"].includes(name));
  const rows = [...months].flatMap((row) => {
    const month = new Date(Number(row["month"])).toJSON().slice(0, 7);
    return month < before ? industries.map((industry) => `${month},${industry},${row[industry]}`) : [];
  });
  return { name: "employment.csv", bytes: new TextEncoder().encode(`month,industry,thousands\n${rows.join("\n")}\n`) };
}

export async function forecastEmployment(epochs = 60) {
  const { model } = await tasks.train(await table("2014-07"), {
    id: "industry",
    static: "industry",
    horizon: 6,
    valid: 0.137,
    epochs,
    lr: 0.003,
    dropout: 0.2,
    output: "student-t",
    centre: "last",
    calibrate: true,
    patience: 12,
  });
  const { figures } = await model.evaluate(await table("2016-01"), { from: "2014-07", stride: 1 });
  return { model, figures };
}

export async function main() {
  const { model, figures } = await forecastEmployment();
  for (const { name, value, unit, text = String(value) } of figures) console.log(`${name.padEnd(22)}${text} ${unit}`);
  const { bytes } = await table("2016-01");
  for await (const { id, time, value, low, high } of model.predict([new TextDecoder().decode(bytes)])) {
    const [middle, from, to] = [value, low, high].map((number) => Math.round(Number(number)));
    if (id === "construction") console.log(`construction, ${time}: ${middle} thousand, between ${from} and ${to}`);
  }
}
