/**
 * Lines of a log that are not as usual: a GRU learns what characters follow one another in 4,000 lines, and tells of 2,000 others which
 * ones hold something that it would not have expected. Fifty faults are planted among these: a status that never was, fields that changed
 * places, a letter too many, a number where a word stands. `npm run example log-faults`
 */
import { Generator } from "unrolled";
import * as tasks from "unrolled/tasks";

const PATHS = ["/index", "/login", "/cart", "/search", "/image", "/help"];
const KINDS = ["status", "order", "letter", "number"] as const;

/** Lines such as a web server writes; of every so many one has a fault. */
function log(lines: number, { seed, faultEvery = 0 }: { seed: number; faultEvery?: number }): string {
  const generator = new Generator(seed);
  const pick = <T>(from: readonly T[]): T => from[generator.integer(from.length)]!;
  const rows = Array.from({ length: lines }, (_, i) => {
    const time = `${String(8 + generator.integer(10)).padStart(2, "0")}:${String(generator.integer(60)).padStart(2, "0")}`;
    const path = pick(PATHS);
    const method = path === "/login" || path === "/cart" ? pick(["GET", "POST"]) : "GET";
    const status = path === "/login" ? pick(["200", "403"]) : pick(["200", "200", "200", "304", "404"]);
    const bytes = String(100 + generator.integer(900));
    if (faultEvery === 0 || i % faultEvery !== faultEvery - 1) return `"${time} ${method} ${path} ${status} ${bytes}",`;
    const kind = KINDS[Math.floor(i / faultEvery) % KINDS.length]!;
    const at = 1 + generator.integer(path.length - 1);
    const faulty = {
      status: `${time} ${method} ${path} 599 ${bytes}`,
      order: `${time} ${path} ${method} ${status} ${bytes}`,
      letter: `${time} ${method} ${path.slice(0, at)}${pick("bdfjkquvwyz".split(""))}${path.slice(at)} ${status} ${bytes}`,
      number: `${time} ${method} ${status} ${status} ${bytes}`,
    }[kind];
    return `"${faulty}",${kind}`;
  });
  return `line,fault\n${rows.join("\n")}\n`;
}

const source = (text: string): tasks.Source => ({ name: "log.csv", bytes: new TextEncoder().encode(text) });

export async function findFaults(epochs = 12, lines = 4000) {
  const options = {
    task: "anomaly",
    text: "line",
    label: "fault",
    cell: "gru",
    hidden: 48,
    lr: 0.005,
    quantile: 0.995,
  };
  const { model } = await tasks.train(source(log(lines, { seed: 1 })), { ...options, epochs });
  const { figures } = await model.evaluate(source(log(2000, { seed: 2, faultEvery: 40 })));
  return { model, figures };
}

export async function main() {
  const { model, figures } = await findFaults();
  for (const { name, value, unit, text = String(Number(value.toPrecision(3))) } of figures)
    console.log(`${name.padEnd(12)}${text} ${unit}`);
  for await (const { score, unusual } of model.predict(["09:15 GET /login 200 512", "09:15 GET /logln 200 512"])) {
    console.log(unusual, score);
  }
}
