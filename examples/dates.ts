/**
 * Dates as people write them, in a dozen forms, to ISO 8601: an encoder and decoder with attention, and a picture of where it looks as
 * it writes. `npm run example dates` writes examples/figures/dates.svg.
 *
 * Data: made here; days of 1900 to 2099, each in one form, of which no day that is tested was trained on.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { Generator } from "unrolled";
import { heatMap, toSvg } from "unrolled/svg";
import * as tasks from "unrolled/tasks";

const MONTHS = "January,February,March,April,May,June,July,August,September,October,November,December".split(",");
const DAYS = "Sunday,Monday,Tuesday,Wednesday,Thursday,Friday,Saturday".split(",");

interface Day {
  y: number;
  m: number;
  d: number;
  weekday: string;
}

const two = (n: number) => String(n).padStart(2, "0");
const nth = (d: number) => `${d}${["th", "st", "nd", "rd"][d % 100 > 10 && d % 100 < 14 ? 0 : d % 10] ?? "th"}`;
const month = ({ m }: Day) => MONTHS[m - 1]!;
const short = (name: string) => name.slice(0, 3);

/** Those with slashes have the month first, those with points the day. */
const FORMS: readonly ((day: Day) => string)[] = [
  ({ y, m, d }) => `${m}/${d}/${y}`,
  ({ y, m, d }) => `${two(m)}/${two(d)}/${y}`,
  ({ y, m, d }) => `${d}.${m}.${y}`,
  ({ y, m, d }) => `${two(d)}.${two(m)}.${y}`,
  ({ y, m, d }) => `${y}/${two(m)}/${two(d)}`,
  ({ y, m, d }) => `${y}${two(m)}${two(d)}`,
  (day) => `${day.d} ${month(day)} ${day.y}`,
  (day) => `${day.d}-${short(month(day))}-${day.y}`,
  (day) => `${month(day)} ${day.d}, ${day.y}`,
  (day) => `${short(month(day))} ${nth(day.d)}, ${day.y}`,
  (day) => `${day.weekday}, ${month(day)} ${nth(day.d)} ${day.y}`,
  (day) => `${short(day.weekday)} ${day.d} ${short(month(day)).toUpperCase()} ${day.y}`,
];

const FIRST = Date.UTC(1900, 0, 1);
const COUNT = (Date.UTC(2100, 0, 1) - FIRST) / 86_400_000;

/** Pairs, TAB between them: rows of different days to learn from, and held out. */
export function pairs(count: number, held: number, seed = 1): { train: string[]; test: string[] } {
  const generator = new Generator(seed);
  const rows = [...generator.permutation(COUNT)].slice(0, count).map((at) => {
    const date = new Date(FIRST + at * 86_400_000);
    const [y, m, d] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
    const form = FORMS[generator.integer(FORMS.length)]!;
    return `${form({ y, m, d, weekday: DAYS[date.getUTCDay()]! })}\t${y}-${two(m)}-${two(d)}`;
  });
  return { train: rows.slice(held), test: rows.slice(0, held) };
}

const file = (rows: readonly string[]) => ({
  name: "dates.tsv",
  bytes: new TextEncoder().encode(`source\ttarget\n${rows.join("\n")}\n`),
});

export async function read({ count = 30_000, held = 5_000, epochs = 8, hidden = 64, progress = false } = {}) {
  const { train, test } = pairs(count, held);
  const { model } = await tasks.train(file(train), {
    ...{ task: "seq2seq", hidden, embed: 24, bidirectional: true, attention: "general", batch: 64 },
    ...{ lr: 0.004, schedule: "cosine", clip: 1, valid: 0.02, epochs },
    onEvent: (event) => progress && event.type === "validation" && console.log(event.metrics["exact match"]),
  });
  const { figures } = await model.evaluate(file(test));
  return { model, right: figures.find(({ name }) => name === "exact match")!.value };
}

/** How many of the rows JavaScript's own `new Date(text)` reads right. */
export function naive(rows: readonly string[]): number {
  const right = rows.filter((row) => {
    const [question, answer] = row.split("\t");
    const date = new Date(question!);
    return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}` === answer;
  });
  return right.length / rows.length;
}

/** Where each character of the answer looked in the question, as a picture. */
export async function picture(model: tasks.TaskModel, question: string): Promise<string> {
  for await (const said of model.predict([question], { attention: true })) {
    const { target, attention, sourceTokens, targetTokens } = said as unknown as Looked;
    const title = `Where the decoder looks as it writes ${target}`;
    const rows = targetTokens.map((name, t) => ({ name, values: attention[t]! }));
    return toSvg(heatMap({ title, subtitle: `read: ${question}`, rows, columns: sourceTokens }), title);
  }
  throw new Error("nothing was said");
}

interface Looked {
  target: string;
  attention: number[][];
  sourceTokens: string[];
  targetTokens: string[];
}

export async function main() {
  console.log(`new Date(text): ${(100 * naive(pairs(30_000, 5_000).test)).toFixed(2)} %`);
  const { model, right } = await read({ progress: true });
  console.log(`${(100 * right).toFixed(2)} % of the days that were held out are read right`);
  mkdirSync("examples/figures", { recursive: true });
  writeFileSync("examples/figures/dates.svg", await picture(model, "Wednesday, February 29th 2040"));
  console.log("examples/figures/dates.svg");
}
