/**
 * npm run bench -- [--config NAME,...] [--threads T] [--engine wasm|blas|reference] [--seconds S] [--json]
 *
 * Trains fixed language models and prints a table, or one JSON line a configuration: training tokens/s (zero gradients,
 * forward, cross entropy, backward, clip, SGD), forward tokens/s, the time of one streaming step, the peak memory of the
 * process. Every configuration runs in a process of its own.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { CONFIGS } from "./configs.mjs";

const USAGE =
  "usage: npm run bench -- [--config NAME,...] [--threads T] [--engine wasm|blas|reference] [--seconds S] [--json]\n" +
  `configurations: ${Object.keys(CONFIGS).join(", ")}`;

function options() {
  try {
    const { values } = parseArgs({
      options: {
        config: { type: "string", default: Object.keys(CONFIGS).join(",") },
        threads: { type: "string" },
        engine: { type: "string" },
        seconds: { type: "string", default: "6" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    const names = values.config.split(",");
    const unknown = names.find((name) => !Object.hasOwn(CONFIGS, name));
    if (unknown !== undefined) throw new Error(`--config: there is no configuration ${JSON.stringify(unknown)}.`);
    if (!(Number(values.seconds) > 0)) throw new Error(`--seconds must be a positive number, got ${values.seconds}.`);
    if (values.threads !== undefined && !/^[1-9]\d*$/.test(values.threads)) {
      throw new Error(`--threads must be a positive integer, got ${values.threads}.`);
    }
    return { ...values, names };
  } catch (error) {
    console.error(`error: ${error.message}\n${USAGE}`);
    process.exit(2);
  }
}

function measureInChild(name, { threads, engine, seconds }) {
  const env = { ...process.env };
  if (threads !== undefined) env.UNROLLED_THREADS = threads;
  if (engine !== undefined) env.UNROLLED_ENGINE = engine;
  const script = fileURLToPath(new URL("measure.mjs", import.meta.url));
  const child = spawnSync(process.execPath, [script, name, seconds], {
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (child.status !== 0) process.exit(child.status ?? 1);
  return JSON.parse(child.stdout);
}

const COLUMNS = [
  ["configuration", (row) => row.config],
  ["engine", (row) => `${row.engine} ${row.variant}`],
  ["threads", (row) => String(row.threads)],
  ["train tokens/s", (row) => row.train_tokens_per_s.toLocaleString("en-US")],
  ["GFLOP/s", (row) => row.gflops.toFixed(1)],
  ["forward tokens/s", (row) => row.forward_tokens_per_s.toLocaleString("en-US")],
  ["step µs", (row) => row.step_us.toFixed(1)],
  ["peak MB", (row) => String(row.peak_rss_mb)],
];

function table(rows) {
  const lines = [COLUMNS.map(([title]) => title), ...rows.map((row) => COLUMNS.map(([, cell]) => cell(row)))];
  const widths = COLUMNS.map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  return lines.map((line) =>
    line.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  "),
  );
}

const chosen = options();
if (chosen.help) {
  console.log(USAGE);
} else {
  const rows = [];
  for (const name of chosen.names) {
    const row = measureInChild(name, chosen);
    rows.push(row);
    if (chosen.json) console.log(JSON.stringify(row));
  }
  if (!chosen.json) console.log(table(rows).join("\n"));
}
