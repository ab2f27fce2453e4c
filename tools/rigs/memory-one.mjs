// One pattern of memory-patterns.mjs in a process or a worker of its own: `node memory-one.mjs NAME [SECONDS [BALLAST_MIB]]`.
// Answers with what runPattern says: to its parent, or as a line of JSON.

import { existsSync } from "node:fs";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { IN_WORKER, patterns } from "./memory-patterns.mjs";
import { runPattern } from "./memory-run.mjs";
import { watchPauses } from "./pauses.mjs";

const [name, seconds, ballast = "0"] = process.argv.slice(2);
const bare = process.memoryUsage.rss();
/** What a program may have beside the package: objects that the collector must visit. */
const objects = Array.from({ length: Number(ballast) * 7000 }, (_, i) => ({ i, next: [i, { i }] }));
const ballastBytes = process.memoryUsage.rss() - bare;

function tell(result) {
  if (isMainThread) console.log(JSON.stringify(result));
  else parentPort.postMessage(result);
}

async function measure() {
  const dist = new URL("../../dist/node/index.js", import.meta.url);
  if (!existsSync(dist)) throw new Error("dist/ is missing: run `npm run build` first");
  const u = await import(dist.href);
  u.configure({ threads: 1 });
  const pattern = patterns(u).find((one) => one.name === name);
  const pauses = watchPauses();
  const start = process.memoryUsage().arrayBuffers;
  // Of a process all that the system counts; of a worker, which shares one, what is its own.
  const footprint = () => {
    const { rss, arrayBuffers } = process.memoryUsage();
    return isMainThread ? rss : u.memory().reserved + arrayBuffers - start;
  };
  const end = performance.now() + 1000 * Number(seconds);
  const enough = seconds === undefined ? undefined : () => performance.now() > end;
  const { times, ...found } = await runPattern(u, pattern, footprint, enough, pauses.mark);
  const { clock, cpu } = await pauses.longest();
  if (objects.length !== Number(ballast) * 7000) throw new Error("the ballast is gone");
  const sorted = times.sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1];
  if (isMainThread) found.peak = process.resourceUsage().maxRSS * 1024 - ballastBytes;
  return { ...found, steps: times.length, median, longest: sorted.at(-1), pause: clock, pauseCpu: cpu };
}

if (isMainThread && name === IN_WORKER) {
  const argv = ["evaluation in a synchronous loop", ...(seconds === undefined ? [] : [seconds])];
  new Worker(new URL(import.meta.url), { argv }).once("message", (found) =>
    tell({ ...found, name, peak: process.resourceUsage().maxRSS * 1024 }),
  );
} else measure().then(tell);
