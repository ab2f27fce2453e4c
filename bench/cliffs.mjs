/**
 * `--cliffs`: training GFLOP/s of every cell over hidden sizes and batches, odd ones included. A point that lies more than a quarter
 * below the line through its neighbours is a cliff. Runs alone in a process: `node cliffs.mjs SECONDS [json]`.
 */
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { currentEngine } from "../dist/engine/select.js";
import * as unrolled from "../dist/index.js";
import { inputRows, stepFlops } from "./configs.mjs";
import { LanguageModel, trainer } from "./model.mjs";
import { interpolateLog } from "./statistics.mjs";
import { textTable } from "./table.mjs";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");
const KINDS = [
  { name: "RNN", cell: "RNN" },
  { name: "GRU", cell: "GRU" },
  { name: "LSTM", cell: "LSTM" },
  { name: "LSTM projected to a third", cell: "LSTM", part: 1 / 3 },
];
const HIDDEN = [32, 33, 47, 48, 63, 64, 65, 96, 100, 127, 128, 129, 192, 200, 255, 256, 257, 300, 384, 500, 511, 512];
const BATCHES = [1, 2, 3, 4, 7, 8, 10, 16, 20, 32, 50, 64];
const SEQ_LEN = 20;
const VOCABULARY = 65;
/** Below this part of what the neighbours promise. */
const CLIFF = 0.75;
/** How often points that look like cliffs are measured again. */
const ROUNDS = 8;

/** The best of a few steps: noise only ever slows. */
async function measure({ cell, part = 0 }, hidden, batch, seconds) {
  const projection = Math.round(part * hidden);
  const sizes = { embedding: hidden, hidden, projection, layers: 1, batch, seqLen: SEQ_LEN };
  const config = { cell, vocabulary: VOCABULARY, ...sizes };
  const ids = () => unrolled.randint(0, VOCABULARY, [SEQ_LEN, batch]);
  const step = trainer(new LanguageModel(config), ids(), ids());
  step();
  let best = Number.POSITIVE_INFINITY;
  let runs = 0;
  // Models that are gone free their memory between tasks, once they are collected.
  collect();
  await setImmediate();
  const end = performance.now() + seconds * 1000;
  while (runs < 3 || performance.now() < end) {
    const start = performance.now();
    step();
    best = Math.min(best, performance.now() - start);
    runs++;
  }
  return stepFlops(config, inputRows(config, currentEngine())) / best / 1e6;
}

/** What the two neighbours along one axis promise; at an end, the nearest one when it is nearly as large. */
function promised(values, index, gflopsAt) {
  const point = (i) => [values[i], gflopsAt(i)];
  if (index > 0 && index < values.length - 1) return interpolateLog(values[index], point(index - 1), point(index + 1));
  const neighbour = index === 0 ? 1 : index - 1;
  const near = Math.abs(Math.log(values[neighbour] / values[index])) < 0.1;
  return near ? gflopsAt(neighbour) : 0;
}

function cliffsOf({ name }, grid) {
  const found = [];
  HIDDEN.forEach((hidden, i) => {
    BATCHES.forEach((batch, j) => {
      const along = { hidden: promised(HIDDEN, i, (k) => grid[k][j]), batch: promised(BATCHES, j, (k) => grid[i][k]) };
      for (const [axis, expected] of Object.entries(along)) {
        if (grid[i][j] < CLIFF * expected)
          found.push({ cell: name, hidden, batch, axis, gflops: grid[i][j], expected, i, j });
      }
    });
  });
  return found;
}

/**
 * A point that looks like a cliff is measured again, its neighbours too, in turn, before it is called one: a machine that others use as well
 * may be half as fast for seconds.
 */
async function sweep(kind, seconds) {
  const grid = HIDDEN.map(() => []);
  for (const [i, hidden] of HIDDEN.entries())
    for (const batch of BATCHES) grid[i].push(await measure(kind, hidden, batch, seconds));
  for (let round = 0; round < ROUNDS && cliffsOf(kind, grid).length > 0; round++) {
    for (const [i, j] of withNeighbours(cliffsOf(kind, grid), grid))
      grid[i][j] = Math.max(grid[i][j], await measure(kind, HIDDEN[i], BATCHES[j], 2 * seconds));
  }
  return { cell: kind.name, grid, cliffs: cliffsOf(kind, grid) };
}

function withNeighbours(cliffs, grid) {
  const points = new Map();
  for (const { axis, i, j } of cliffs) {
    for (const d of [-1, 0, 1]) {
      const [a, b] = axis === "hidden" ? [i + d, j] : [i, j + d];
      if (grid[a]?.[b] !== undefined) points.set(`${a},${b}`, [a, b]);
    }
  }
  return points.values();
}

function print({ cell, grid, cliffs }) {
  const marked = new Set(cliffs.map(({ i, j }) => `${i},${j}`));
  const columns = [
    [`${cell}, GFLOP/s`, (i) => `H ${HIDDEN[i]}`, "left"],
    ...BATCHES.map((batch, j) => [
      `N ${batch}`,
      (i) => `${grid[i][j].toFixed(1)}${marked.has(`${i},${j}`) ? "!" : " "}`,
    ]),
  ];
  console.log(`${textTable(columns, [...HIDDEN.keys()])}\n`);
  for (const { hidden, batch, axis, gflops, expected } of cliffs) {
    console.log(
      `cliff: ${cell}, H ${hidden}, N ${batch}: ${gflops.toFixed(1)} GFLOP/s, ${Math.round((100 * gflops) / expected)} % of the ` +
        `${expected.toFixed(1)} that the neighbouring ${axis === "hidden" ? "sizes" : "batches"} promise`,
    );
  }
  if (cliffs.length > 0) console.log("");
}

const [seconds, format] = process.argv.slice(2);
unrolled.manualSeed(1);
const found = [];
for (const kind of KINDS) {
  const result = await sweep(kind, Number(seconds));
  found.push(result);
  if (format !== "json") print(result);
}
const count = found.reduce((sum, { cliffs }) => sum + cliffs.length, 0);
const { name: engine, variant, threads } = unrolled.engine();
if (format === "json")
  console.log(
    JSON.stringify({ engine, variant, threads, node: process.versions.node, hidden: HIDDEN, batches: BATCHES, found }),
  );
else
  console.log(
    `${count} cliff${count === 1 ? "" : "s"} (${engine} ${variant}, ${threads} threads, Node ${process.versions.node}, L ${SEQ_LEN}, V ${VOCABULARY})`,
  );
process.exit(0);
