/**
 * `--memory`: what the process and the engine hold after more and more steps of training. Runs alone in a process:
 * `node memory.mjs CONFIG STEPS [json]`.
 */
import * as unrolled from "../dist/index.js";
import { CONFIGS } from "./configs.mjs";
import { makeProblem } from "./problem.mjs";
import { textTable } from "./table.mjs";
import { workOf } from "./work.mjs";

const MB = 2 ** 20;

/** 10, 30, 100, 300, ... and the last step. */
function marks(steps) {
  const found = [];
  for (let mark = 10; mark < steps; mark *= 10) found.push(mark, ...(3 * mark < steps ? [3 * mark] : []));
  return [...found, steps];
}

async function measure(config, steps) {
  const { train: step } = workOf(makeProblem(config));
  const wanted = new Set(marks(steps));
  const rows = [];
  for (let done = 1; done <= steps; done++) {
    step();
    if (!wanted.has(done)) continue;
    // As between two steps of a program that also does something else.
    await new Promise((resolve) => setImmediate(resolve));
    const { bytes, buffers, reserved } = unrolled.memory();
    const rss = process.memoryUsage().rss / MB;
    rows.push({ steps: done, bytes, buffers, reserved_mb: reserved / MB, rss_mb: rss });
  }
  return rows;
}

const [name, steps, format] = process.argv.slice(2);
const rows = await measure(CONFIGS[name], Number(steps));
const { name: engine, variant, threads } = unrolled.engine();
if (format === "json") {
  console.log(JSON.stringify({ config: name, engine, variant, threads, node: process.versions.node, rows }));
} else {
  console.log(
    `${name}: ${engine} ${variant}, ${threads} thread${threads === 1 ? "" : "s"}, Node ${process.versions.node}`,
  );
  const columns = [
    ["after steps", (row) => row.steps.toLocaleString("en-US")],
    ["tensors, bytes", (row) => row.bytes.toLocaleString("en-US")],
    ["blocks", (row) => String(row.buffers)],
    ["engine's memory, MB", (row) => row.reserved_mb.toFixed(1)],
    ["process, MB", (row) => row.rss_mb.toFixed(0)],
  ];
  console.log(`\n${textTable(columns, rows)}\n`);
}
process.exit(0);
