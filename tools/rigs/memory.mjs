#!/usr/bin/env node
// Every pattern of memory-patterns.mjs, a process each, for as long as you like: peak memory against the bound that the package promises,
// and the longest stop for the collector, which must be below 50 ms.
//   node tools/rigs/memory.mjs [--minutes 10] [--jobs 1] [--only TEXT] [--ballast MIB] [--node PATH]
// `jobs` patterns run at once; `ballast` keeps so much of other objects alive. Times of the clock are those of a machine that does
// nothing else; "ran" is what the thread itself can have run for the longest collection, however busy the machine.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import * as unrolled from "../../dist/node/index.js";
import { IN_WORKER, patterns } from "./memory-patterns.mjs";

/** The promise. */
const LONGEST_PAUSE_MS = 50;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    jobs: { type: "string", default: "1" },
    only: { type: "string", default: "" },
    ballast: { type: "string", default: "0" },
    node: { type: "string", default: process.execPath },
  },
});
const one = fileURLToPath(new URL("memory-one.mjs", import.meta.url));
const seconds = String(60 * Number(values.minutes));
const mib = (bytes) => String(Math.round(bytes / 2 ** 20)).padStart(5);
const ms = (time) => time.toFixed(1).padStart(8);

async function measure(name) {
  const { stdout } = await promisify(execFile)(values.node, [one, name, seconds, values.ballast]);
  const { peak, bound, steps, median, longest, pause, pauseCpu } = JSON.parse(stdout);
  const isKept = peak < bound && pauseCpu < LONGEST_PAUSE_MS;
  const times = [median, longest, pause, pauseCpu].map(ms).join(" ");
  console.log(
    `${name.padEnd(46)} ${mib(peak)} ${mib(bound)} ${isKept ? "ok  " : "OVER"} ${String(steps).padStart(8)} ${times}`,
  );
  return isKept;
}

console.log(`${"pattern".padEnd(48)} peak bound  MiB    steps  ms: median  longest collection     ran`);
const waiting = [...patterns(unrolled).map(({ name }) => name), IN_WORKER].filter((name) => name.includes(values.only));
async function job() {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift())
    if (!(await measure(name))) process.exitCode = 1;
}
await Promise.all(Array.from({ length: Number(values.jobs) }, job));
