#!/usr/bin/env node
// Every pattern of memory-patterns.mjs, a process each, for as long as you like: peak memory against the bound that the package promises.
//   node tools/rigs/memory.mjs [--minutes 10] [--only TEXT] [--ballast MIB] [--node PATH]
// `ballast` keeps so much of other objects alive. Times are of the clock: measure pauses on a machine that does nothing else.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import * as unrolled from "../../dist/node/index.js";
import { IN_WORKER, patterns } from "./memory-patterns.mjs";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    only: { type: "string", default: "" },
    ballast: { type: "string", default: "0" },
    node: { type: "string", default: process.execPath },
  },
});
const one = fileURLToPath(new URL("memory-one.mjs", import.meta.url));
const seconds = String(60 * Number(values.minutes));
const mib = (bytes) => String(Math.round(bytes / 2 ** 20)).padStart(5);
const ms = (time) => time.toFixed(1).padStart(8);

console.log(`${"pattern".padEnd(48)} peak bound  MiB    steps  ms: median  longest collection`);
let failed = 0;
for (const name of [...patterns(unrolled).map((pattern) => pattern.name), IN_WORKER]) {
  if (!name.includes(values.only)) continue;
  const { stdout } = await promisify(execFile)(values.node, [one, name, seconds, values.ballast]);
  const found = JSON.parse(stdout);
  const isBelow = found.peak < found.bound;
  if (!isBelow) failed++;
  const times = [found.median, found.longest, found.longestCollection].map(ms).join(" ");
  const steps = String(found.steps).padStart(8);
  console.log(
    `${name.padEnd(46)} ${mib(found.peak)} ${mib(found.bound)} ${isBelow ? "ok  " : "OVER"} ${steps} ${times}`,
  );
}
process.exitCode = failed > 0 ? 1 : 0;
