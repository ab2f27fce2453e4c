/**
 * A peer in a process of its own: `node host.mjs ADAPTER`. Requests are JSON lines on stdin, answers JSON lines on descriptor 3,
 * so that whatever a peer prints disturbs nothing. `pytorch.py` speaks the same.
 *
 * An adapter exports `prepare(problem, { threads })`, which returns (or promises)
 *   { version, detail, same, tokensPerStep, train, forward, stream, label?, threads? }
 * - `label` a better name than the entrant's; `threads` those in use, where the peer can tell
 * - `train(wantLoss)` one training step; with `wantLoss` its loss in nats, as a number; null where the peer cannot train
 * - `forward()` logits of the whole batch, no gradients; `firstLoss()`, for peers that only do this, their cross entropy
 * - `stream()` one token, batch of 1, state carried along; null where the peer cannot
 * - `same` true when it starts from the given weights and does the same computation, else a sentence that says what differs
 * and `supports(config)`: true, or a sentence that says why not; `manyLengths` where it has sequences of many lengths.
 * Any of the functions may return a promise.
 */
import { readFileSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { hasLengths } from "../configs.mjs";
import { readProblem } from "../problem.mjs";
import { median } from "../statistics.mjs";
import { timedRuns } from "../timing.mjs";

const adapter = await import(`./${process.argv[2]}.mjs`);
let peer;

async function prepare({ problem, threads }) {
  const loaded = readProblem(problem);
  const knows = !hasLengths(loaded.config) || adapter.manyLengths;
  const supported = knows ? adapter.supports(loaded.config) : "sequences of many lengths are not written for this peer";
  if (supported !== true) return { unsupported: supported };
  peer = await adapter.prepare(loaded, { threads });
  const { label, version, detail = "", same, tokensPerStep } = peer;
  const can = { train: Boolean(peer.train), forward: Boolean(peer.forward), stream: Boolean(peer.stream) };
  return { label, version, detail, same, tokensPerStep, threads: peer.threads, can };
}

/** The first k losses, fewer when `limit` seconds are over after one of them. */
async function losses({ k, limit }) {
  const found = [];
  const seconds = [];
  const start = performance.now();
  for (let i = 0; i < (peer.train ? k : 1); i++) {
    const before = performance.now();
    found.push(await (peer.train ? peer.train(true) : peer.firstLoss()));
    seconds.push((performance.now() - before) / 1000);
    if (performance.now() - start > limit * 1000) break;
  }
  return { losses: found, seconds };
}

const warm = new Set(["train"]);

/** The first run of its kind may compile: it is not timed. Training has its first steps behind it. */
async function time({ what, seconds }) {
  if (!warm.has(what)) await peer[what]();
  warm.add(what);
  const times = await timedRuns(peer[what], seconds, what === "stream" ? 20_000 : 5000);
  return { ms: median(times), runs: times.length };
}

/** Of this program alone: what the system counts for a child begins with its parent's. */
function memory() {
  try {
    const [, kb] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"));
    return { peakMb: Number(kb) / 1024 };
  } catch {
    return { peakMb: process.resourceUsage().maxRSS / 1024 };
  }
}

const actions = { prepare, losses, time, memory };

for await (const line of createInterface({ input: process.stdin })) {
  const { op, ...request } = JSON.parse(line);
  let answer;
  try {
    answer = await actions[op](request);
  } catch (error) {
    answer = { error: String(error?.message ?? error).split("\n")[0] };
  }
  writeSync(3, `${JSON.stringify(answer)}\n`);
}
process.exit(0);
