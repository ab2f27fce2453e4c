/** npm run bench: see options.mjs, or `--help`. Every measurement runs in a process of its own. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { StepError } from "../tools/support/process.mjs";
import { warnWhenBusy } from "./machine.mjs";
import { readOptions, USAGE, UsageError } from "./options.mjs";
import { comparePeers } from "./peers.mjs";
import { measureRanks } from "./ranks/efficiency.mjs";
import { compareSequenceLosses } from "./sequence-losses.mjs";
import { compareSizes } from "./sizes.mjs";
import { textTable } from "./table.mjs";

/** A script of this folder on the chosen engine; its output comes back, or goes on to ours. */
function child(script, args, { threads, engine }, stdout) {
  const env = { ...process.env };
  if (threads !== undefined) env.UNROLLED_THREADS = String(threads[0]);
  if (engine !== undefined) env.UNROLLED_ENGINE = engine;
  const path = fileURLToPath(new URL(script, import.meta.url));
  const done = spawnSync(process.execPath, [path, ...args], {
    env,
    encoding: "utf8",
    stdio: ["ignore", stdout, "inherit"],
  });
  if (done.status !== 0) process.exit(done.status ?? 1);
  return done.stdout;
}

const COLUMNS = [
  ["configuration", (row) => row.config, "left"],
  ["engine", (row) => `${row.engine} ${row.variant}`, "left"],
  ["threads", (row) => String(row.threads)],
  ["train tokens/s", (row) => row.train_tokens_per_s.toLocaleString("en-US")],
  ["GFLOP/s", (row) => row.gflops?.toFixed(1) ?? "–"],
  ["forward tokens/s", (row) => row.forward_tokens_per_s.toLocaleString("en-US")],
  ["step µs", (row) => row.step_us?.toFixed(1) ?? "–"],
  ["peak MB", (row) => String(row.peak_rss_mb)],
];

function alone(options) {
  const rows = [];
  for (const name of options.names) {
    const row = JSON.parse(child("measure.mjs", [name, String(options.seconds)], options, "pipe"));
    rows.push(row);
    if (options.json) console.log(JSON.stringify(row));
  }
  if (!options.json) console.log(textTable(COLUMNS, rows));
}

const format = ({ json }) => (json ? ["json"] : []);

function profile(options) {
  options.names.forEach((name, i) => {
    if (i > 0 && !options.json) console.log("");
    child("profile.mjs", [name, String(options.seconds), ...format(options)], options, "inherit");
  });
}

function cliffs(options) {
  warnWhenBusy();
  child("cliffs.mjs", [String(options.seconds), ...format(options)], options, "inherit");
}

function memory(options) {
  for (const name of options.names)
    child("memory.mjs", [name, String(options.steps), ...format(options)], options, "inherit");
}

function against(options) {
  if (!existsSync(resolve(options.against, "dist/index.js"))) {
    const found = JSON.stringify(options.against);
    throw new UsageError(`--against must be a checkout that is built, got ${found}. Run npm run build there.`);
  }
  warnWhenBusy();
  for (const name of options.names) {
    const args = [name, String(options.seconds), resolve(options.against), ...format(options)];
    child("against.mjs", args, options, "inherit");
  }
}

const MODES = {
  help: () => console.log(USAGE),
  alone,
  profile,
  cliffs,
  memory,
  against,
  peers: comparePeers,
  sizes: compareSizes,
  ranks: measureRanks,
  "sequence-losses": compareSequenceLosses,
};

// Ending by a signal would leave peers at work: `exit` is what takes them along.
process.once("SIGINT", () => process.exit(130)).once("SIGTERM", () => process.exit(143));
try {
  const options = readOptions(process.argv.slice(2));
  await MODES[options.mode](options);
} catch (error) {
  if (error instanceof UsageError) {
    console.error(`error: ${error.message}\n${USAGE}`);
    process.exit(2);
  }
  console.error(error instanceof StepError ? `error: ${error.message}` : error);
  process.exit(1);
}
