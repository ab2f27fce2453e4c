#!/usr/bin/env node
/**
 * `node bench/serve/run.mjs [--seconds S] [--rounds R] [--json]`: requests a second, latencies and processor time a request of `unrolled serve`
 * beside ONNX Runtime behind the same Hono, on the same classifier and the same sentences, at 1, 10, 100 and 1,000 connections: medians of
 * rounds (default 5) in which both are measured in turn for some seconds (default 2), and the median of the ratios of the rounds. It takes
 * about three minutes. The machine should have nothing else to do; processor time, which Linux tells, can be compared where it has.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import autocannon from "autocannon";
import { ensureBuilt } from "../../tools/support/prepare.mjs";
import { warnWhenBusy } from "../machine.mjs";
import { median } from "../statistics.mjs";
import { textTable } from "../table.mjs";

const CONNECTIONS = [1, 10, 100, 1000];
const WARM_UP = 2;
/** Of a round after the first, in which only the connections are new. */
const WARM_AGAIN = 0.5;
const PATH = "/v1/models/sentences/predict";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "2" },
    rounds: { type: "string", default: "5" },
    json: { type: "boolean" },
  },
});
const [seconds, rounds] = [Number(values.seconds), Number(values.rounds)];
if (!(seconds > 0)) throw new Error(`bench/serve: seconds must be a positive number, got ${values.seconds}.`);
if (!(Number.isInteger(rounds) && rounds > 0)) {
  throw new Error(`bench/serve: rounds must be a positive integer, got ${values.rounds}.`);
}
await ensureBuilt();
warnWhenBusy();
const { onnxOf, sentences, trained } = await import("./model.mjs");

const folder = mkdtempSync(join(tmpdir(), "unrolled-serve-"));
const [checkpoint, file] = ["sentences.safetensors", "sentences.onnx"].map((name) => join(folder, name));
const model = await trained();
writeFileSync(checkpoint, model.encode());
writeFileSync(file, onnxOf(model));
const inRoot = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const SERVERS = {
  unrolled: [inRoot("dist/node/cli.js"), "serve", checkpoint, "--port", "0", "--json"],
  "onnxruntime-node": [inRoot("bench/serve/onnxruntime.mjs"), checkpoint, file],
};

/** Resolves when it says where it listens. */
function started(argv) {
  const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`bench/serve: ${argv[0]} ended with ${code}`)));
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (more) => {
      text += more;
      if (text.includes("\n") && text.startsWith('{"type":"listening"')) {
        resolve({ child, url: JSON.parse(text.slice(0, text.indexOf("\n"))).url });
        text = "";
      }
    });
  });
}

const inputs = sentences(500, 2);
const headers = { "content-type": "application/json" };
const requests = inputs.map((input) => ({ method: "POST", path: PATH, headers, body: JSON.stringify({ input }) }));

async function probabilities(url) {
  const all = [];
  for (const input of inputs.slice(0, 20)) {
    const response = await fetch(url + PATH, { method: "POST", headers, body: JSON.stringify({ input }) });
    all.push((await response.json()).output.probability);
  }
  return all;
}

function cannon(url, connections, duration) {
  return autocannon({ url, connections, duration, requests, timeout: 30 });
}

/** Seconds of processor time that a process has used, all its threads; NaN where no /proc tells it. */
function processorSeconds({ pid }) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return Number.NaN;
  }
}

async function measure(connections, { url, child }, warmUp) {
  await cannon(url, connections, warmUp);
  const before = processorSeconds(child);
  const { requests: counted, latency, errors, timeouts, non2xx } = await cannon(url, connections, seconds);
  const processor = (1e6 * (processorSeconds(child) - before)) / counted.total;
  const wrong = errors + timeouts + non2xx;
  return { perSecond: counted.average, p50: latency.p50, p99: latency.p99, processor, wrong };
}

/** Both in turn, who is first by turns too. @returns a row a server, the first one's with the median of its ratios to the other */
async function race(connections) {
  const names = Object.keys(servers);
  const found = new Map(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      found.get(name).push(await measure(connections, servers[name], round === 0 ? WARM_UP : WARM_AGAIN));
    }
  }
  const [ours, theirs] = [...found.values()];
  const ratio = median(ours.map(({ perSecond }, i) => perSecond / theirs[i].perSecond));
  return names.map((name) => {
    const of = (key) => median(found.get(name).map((row) => row[key]));
    const wrong = found.get(name).reduce((sum, row) => sum + row.wrong, 0);
    const row = { name, connections, perSecond: of("perSecond"), p50: of("p50"), p99: of("p99") };
    return { ...row, processor: of("processor"), wrong, ratio: name === names[0] ? ratio : null };
  });
}

const servers = Object.fromEntries(
  await Promise.all(Object.entries(SERVERS).map(async ([name, argv]) => [name, await started(argv)])),
);
try {
  const [ours, theirs] = await Promise.all(Object.values(servers).map(({ url }) => probabilities(url)));
  const far = Math.max(...ours.map((value, i) => Math.abs(value - theirs[i])));
  if (!(far < 1e-5)) throw new Error(`bench/serve: the two answer differently, by ${far}`);
  const rows = [];
  for (const connections of CONNECTIONS) rows.push(...(await race(connections)));
  tell(rows);
} finally {
  for (const { child } of Object.values(servers)) {
    child.removeAllListeners("exit");
    child.kill("SIGKILL");
  }
  rmSync(folder, { recursive: true, force: true });
}

function tell(rows) {
  if (values.json) return console.log(JSON.stringify(rows));
  const count = (n) => Math.round(n).toLocaleString("en-US");
  const columns = [
    ["server", ({ name }) => name, "left"],
    ["connections", ({ connections }) => count(connections)],
    ["requests/s", ({ perSecond }) => count(perSecond)],
    ["p50 ms", ({ p50 }) => String(p50)],
    ["p99 ms", ({ p99 }) => String(p99)],
    ["processor µs a request", ({ processor }) => processor.toFixed(0)],
    ["not answered", ({ wrong }) => String(wrong)],
  ];
  console.log(textTable(columns, rows));
  for (const { connections, ratio } of rows.filter((row) => row.ratio !== null)) {
    console.log(`${count(connections)}: ${ratio.toFixed(2)} times as many requests a second`);
  }
}
