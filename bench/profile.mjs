/**
 * `--profile`: where a training step's time goes. Runs alone in a process: `node profile.mjs CONFIG SECONDS [json]`.
 * Every kernel of the engine is wrapped in a timer; a second table shows the launches inside, for an engine that has them.
 */
import { currentEngine } from "../dist/engine/select.js";
import * as ops from "../dist/engine/wasm/ops.js";
import { CONFIGS, inputRows, stepFlops } from "./configs.mjs";
import { kernelBytes, kernelFlops } from "./flops.mjs";
import { makeProblem } from "./problem.mjs";
import { textTable, threeDigits } from "./table.mjs";
import { workOf } from "./work.mjs";

const STORAGE = new Set(["alloc", "free", "write", "read", "readSync"]);
const NOT_KERNELS = new Set(["sharesRows", "keepsRows", "constructor", "describe", "memory", "close", "view"]);

/** Totals by name: calls, milliseconds, flops, bytes. */
class Totals {
  rows = new Map();

  add(name, ms, flops, bytes) {
    const row = this.rows.get(name) ?? { name, calls: 0, ms: 0, flops: 0, bytes: 0 };
    this.rows.set(name, row);
    row.calls++;
    row.ms += ms;
    row.flops += flops;
    row.bytes += bytes;
  }
}

function methodsOf(object) {
  const names = new Set();
  for (let proto = Object.getPrototypeOf(object); proto !== Object.prototype; proto = Object.getPrototypeOf(proto)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(proto))) {
      if (typeof value === "function" && !NOT_KERNELS.has(name)) names.add(name);
    }
  }
  return names;
}

/** Times the outermost call only: a kernel that falls back on others counts as itself. */
function wrapEngine(engine, totals) {
  let depth = 0;
  for (const name of methodsOf(engine)) {
    const method = engine[name];
    const row = STORAGE.has(name) ? "storage (alloc, free, write, read)" : name;
    engine[name] = (...args) => {
      if (depth > 0) return method.apply(engine, args);
      depth++;
      const start = performance.now();
      try {
        return method.apply(engine, args);
      } finally {
        depth--;
        const ms = performance.now() - start;
        const storage = STORAGE.has(name);
        totals.add(row, ms, storage ? 0 : kernelFlops(name, args), storage ? 0 : kernelBytes(name, args));
      }
    };
  }
}

const OP_NAMES = new Map(
  Object.entries(ops).flatMap(([name, code]) => (name.startsWith("OP_") ? [[code, name.slice(3)]] : [])),
);

function wrapLaunches(engine, totals) {
  if (typeof engine.core?.launch !== "function") return;
  const launch = engine.core.launch;
  engine.core.launch = (op, parts) => {
    const start = performance.now();
    launch.call(engine.core, op, parts);
    totals.add(OP_NAMES.get(op) ?? `op ${op}`, performance.now() - start, 0, 0);
  };
}

/** The fastest of many large products through the engine itself: what a kernel could reach here, with these threads. */
function measuredPeak(engine, seconds = 0.6) {
  const size = 512;
  const block = () => {
    const buffer = engine.alloc("float32", size * size);
    engine.write(
      buffer,
      Float32Array.from({ length: size * size }, (_, i) => ((i * 7919) % 1000) / 1000 - 0.5),
    );
    return { buffer, offset: 0, shape: [size, size], strides: [size, 1] };
  };
  const [out, a, b] = [block(), block(), block()];
  let best = Number.POSITIVE_INFINITY;
  const end = performance.now() + seconds * 1000;
  do {
    const start = performance.now();
    engine.matmul(out, a, b);
    best = Math.min(best, performance.now() - start);
  } while (performance.now() < end);
  for (const { buffer } of [out, a, b]) engine.free(buffer);
  return (2 * size ** 3) / best / 1e6;
}

function profile(name, seconds) {
  const config = CONFIGS[name];
  const engine = currentEngine();
  const peak = measuredPeak(engine);
  const { train: step } = workOf(makeProblem(config));
  const warmUntil = performance.now() + Math.min(2000, seconds * 300);
  do step();
  while (performance.now() < warmUntil);
  const kernels = new Totals();
  const launches = new Totals();
  wrapEngine(engine, kernels);
  wrapLaunches(engine, launches);
  const start = performance.now();
  let steps = 0;
  do {
    step();
    steps++;
  } while (performance.now() - start < seconds * 1000);
  const stepMs = (performance.now() - start) / steps;
  const perStep = ({ rows }) =>
    [...rows.values()]
      .map((row) => ({
        name: row.name,
        calls: row.calls / steps,
        ms: row.ms / steps,
        flops: row.flops / steps,
        bytes: row.bytes / steps,
      }))
      .sort((a, b) => b.ms - a.ms);
  const fallbacks = Object.entries(engine.paths ?? {}).filter(([, { fallback }]) => fallback > 0);
  return {
    config: name,
    ...engine.describe(),
    engine: engine.name,
    node: process.versions.node,
    steps,
    stepMs,
    stepGflops: stepFlops(config, inputRows(config, engine)) / stepMs / 1e6,
    peakGflops: peak,
    kernels: perStep(kernels),
    launches: perStep(launches),
    fallbacks: fallbacks.map(([kernel]) => kernel),
  };
}

function columnsFor({ stepMs, peakGflops }) {
  const gflops = ({ flops, ms }) => flops / ms / 1e6;
  return [
    ["kernel", ({ name }) => name, "left"],
    ["calls", ({ calls }) => threeDigits(calls)],
    ["ms", ({ ms }) => threeDigits(ms)],
    ["of step", ({ ms }) => `${((100 * ms) / stepMs).toFixed(1)} %`],
    ["GFLOP/s", (row) => (row.flops > 0 ? gflops(row).toFixed(1) : "–")],
    ["of peak", (row) => (row.flops > 0 ? `${((100 * gflops(row)) / peakGflops).toFixed(0)} %` : "–")],
    ["GB/s", (row) => (row.flops === 0 && row.bytes > 0 ? (row.bytes / row.ms / 1e6).toFixed(1) : "–")],
  ];
}

function print(found) {
  const { config, engine, variant, threads, node, stepMs, stepGflops, peakGflops, kernels, launches, fallbacks } =
    found;
  const rest = stepMs - kernels.reduce((sum, { ms }) => sum + ms, 0);
  const outside = { name: "outside the engine (tape, shapes, JavaScript)", calls: 0, ms: rest, flops: 0, bytes: 0 };
  const whole = { name: "whole step", calls: 0, ms: stepMs, flops: stepGflops * stepMs * 1e6, bytes: 0 };
  console.log(
    `${config}: ${engine} ${variant}, ${threads} thread${threads === 1 ? "" : "s"}, Node ${node}; peak ${peakGflops.toFixed(1)} GFLOP/s ` +
      "(the best 512 × 512 product of this engine, here and now)\n",
  );
  console.log(textTable(columnsFor(found), [...kernels, outside, whole]));
  if (fallbacks.length > 0) console.log(`\nwithout a fast path, at least once: ${fallbacks.join(", ")}`);
  if (launches.length === 0) return;
  console.log("\nlaunches inside those kernels\n");
  console.log(textTable(columnsFor(found).slice(0, 4), launches));
}

const [name, seconds, format] = process.argv.slice(2);
const found = profile(name, Number(seconds));
if (format === "json") console.log(JSON.stringify(found));
else print(found);
process.exit(0);
