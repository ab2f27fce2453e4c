/**
 * This build beside another checkout's, both in this process and in turn, window by window: what else the machine does falls on both.
 * `node against.mjs CONFIG SECONDS OTHER [json]` prints how fast this one is, of the other's speed.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { CONFIGS } from "./configs.mjs";
import { makeProblem } from "./problem.mjs";
import { median } from "./statistics.mjs";
import { textTable } from "./table.mjs";

const HERE = resolve(import.meta.dirname, "..");
const WINDOW_MS = 10;
const WARM_MS = 400;
const LEAST_ROUNDS = 6;
/** Of all windows, the one that so many are quicker than: what remains when nothing else runs. */
const QUICK = 0.1;

/** The things that are timed, of the checkout at `root`, with its own benchmark's model. */
async function subject(root, name) {
  const at = (path) => import(pathToFileURL(resolve(root, path)).href);
  if (!existsSync(resolve(root, "bench/work.mjs"))) return subjectOfModel(at, name);
  const [unrolled, { workOf }] = await Promise.all(["dist/index.js", "bench/work.mjs"].map(at));
  const { train, forward, stream } = workOf(makeProblem(CONFIGS[name]));
  return { unrolled, runs: { train, forward, ...(stream ? { step: stream } : {}) } };
}

/** Of a checkout from before `work.mjs`. */
async function subjectOfModel(at, name) {
  const [unrolled, { CONFIGS: configs }, { LanguageModel, streamer, trainer }] = await Promise.all(
    ["dist/index.js", "bench/configs.mjs", "bench/model.mjs"].map(at),
  );
  if (!Object.hasOwn(configs, name)) throw new Error(`the other checkout has no configuration ${name}`);
  const { vocabulary, batch, seqLen } = configs[name];
  unrolled.manualSeed(1);
  const model = new LanguageModel(configs[name]);
  const x = unrolled.randint(0, vocabulary, [seqLen, batch]);
  const y = unrolled.randint(0, vocabulary, [seqLen, batch]);
  return {
    unrolled,
    runs: {
      train: trainer(model, x, y),
      forward: () => unrolled.noGrad(() => void model.forward(x)),
      step: streamer(model, unrolled.randint(0, vocabulary, [1, 1])),
    },
  };
}

function elapsed(run, times) {
  const start = performance.now();
  for (let i = 0; i < times; i++) run();
  return (performance.now() - start) / times;
}

/** Times of both, window by window; who is first changes from round to round. */
async function race(ours, theirs, seconds) {
  for (const run of [ours, theirs]) for (const end = performance.now() + WARM_MS; performance.now() < end; ) run();
  const times = Math.max(1, Math.round(WINDOW_MS / elapsed(theirs, 1)));
  const found = { ours: [], theirs: [] };
  const end = performance.now() + 1000 * seconds;
  for (let round = 0; performance.now() < end || round < LEAST_ROUNDS; round++) {
    const first = round % 2 === 0;
    if (first) found.ours.push(elapsed(ours, times));
    found.theirs.push(elapsed(theirs, times));
    if (!first) found.ours.push(elapsed(ours, times));
    // Finalizers run between tasks.
    await new Promise((resume) => setTimeout(resume, 0));
  }
  return found;
}

const quick = (times) => [...times].sort((a, b) => a - b)[Math.floor(QUICK * times.length)];

async function main([name, seconds, other, format]) {
  const [here, there] = [await subject(HERE, name), await subject(other, name)];
  const { name: engine, variant, threads } = here.unrolled.engine();
  const rows = [];
  for (const kind of Object.keys(here.runs)) {
    const { ours, theirs } = await race(here.runs[kind], there.runs[kind], Number(seconds));
    const ms = median(ours);
    const [ratio, atBest] = [median(theirs) / ms, quick(theirs) / quick(ours)];
    rows.push({ config: name, engine: `${engine} ${variant}`, threads, kind, ms, ratio, atBest, rounds: ours.length });
  }
  if (format === "json") for (const row of rows) console.log(JSON.stringify(row));
  else console.log(textTable(COLUMNS, rows));
  // Threads of two builds would keep the process.
  process.exit(0);
}

const COLUMNS = [
  ["configuration", (row) => row.config, "left"],
  ["engine", (row) => row.engine, "left"],
  ["threads", (row) => String(row.threads)],
  ["what", (row) => row.kind, "left"],
  ["ms", (row) => row.ms.toFixed(4)],
  ["speed ratio", (row) => row.ratio.toFixed(3)],
  ["at best", (row) => row.atBest.toFixed(3)],
  ["rounds", (row) => String(row.rounds)],
];

await main(process.argv.slice(2));
