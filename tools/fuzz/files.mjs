#!/usr/bin/env node
// Damaged files for every reader of files. `npm run fuzz -- --reader NAME --cases N --seed S`; without a reader, all of them.
import { execFile } from "node:child_process";
import { parseArgs, promisify } from "node:util";
import { fileReaders } from "./file-readers.mjs";
import { fuzzReader } from "./fuzz-reader.mjs";
import { kerasReaders } from "./keras-readers.mjs";

/** The modules whose exports the readers need. */
const MODULES = [
  "autograd/index",
  "base/errors",
  "base/strict-json",
  "interchange/conventions/index",
  "interchange/formats/hdf5/decode",
  "interchange/formats/npy/index",
  "interchange/formats/onnx/encode",
  "interchange/keras/read",
  "interchange/formats/safetensors/index",
  "interchange/formats/torch/index",
  "interchange/onnx/index",
  "interchange/recognise/recurrent-model",
  "tasks/language-model/index",
  "tensor/index",
  "text/index",
  "train/index",
];

async function main() {
  const { values } = parseArgs({
    options: {
      reader: { type: "string" },
      cases: { type: "string", default: "100000" },
      seed: { type: "string", default: "1" },
      from: { type: "string", default: "0" },
      json: { type: "boolean", default: false },
    },
  });
  const modules = await Promise.all(MODULES.map((path) => import(`../../dist/${path}.js`)));
  const library = Object.assign({}, ...modules);
  const readers = { ...(await fileReaders(library)), ...(await kerasReaders(library)) };
  const names = values.reader === undefined ? Object.keys(readers) : [values.reader];
  const options = { cases: Number(values.cases), seed: Number(values.seed), from: Number(values.from) };
  let failed = false;
  for (const name of names) {
    if (readers[name] === undefined) throw new Error(`--reader: one of ${Object.keys(readers).join(", ")}`);
    const { batch = Infinity } = readers[name];
    const found = options.cases > batch ? await inBatches(name, options, batch) : measured(readers[name], options);
    if (values.json) console.log(JSON.stringify(found));
    else tell(name, found);
    failed ||= found.wrong.length > 0;
  }
  process.exitCode = failed ? 1 : 0;
}

/** All cases here. @returns what came of them, with seconds of processor, milliseconds of the slowest and MiB of the process */
function measured(reader, options) {
  let [slowest, slowestCase, last] = [0, -1, performance.now()];
  const onCase = (number) => {
    const now = performance.now();
    if (now - last > slowest) [slowest, slowestCase] = [now - last, number - 1];
    last = now;
  };
  const before = process.cpuUsage();
  const { taken, refused, wrong } = fuzzReader(reader, { ...options, onCase });
  onCase(options.from + options.cases);
  const { user, system } = process.cpuUsage(before);
  return {
    taken,
    refused: [...refused.values()].reduce((sum, count) => sum + count, 0),
    wrong: wrong.map(({ number, error }) => ({ number, stack: error.stack })),
    seconds: (user + system) / 1e6,
    slowest,
    slowestCase,
    peak: process.resourceUsage().maxRSS / 1024,
  };
}

/** Each batch in a process of its own, one after the other: what a reader leaves behind goes with it. */
async function inBatches(name, { cases, seed, from }, batch) {
  const all = { taken: 0, refused: 0, wrong: [], seconds: 0, slowest: 0, slowestCase: -1, peak: 0 };
  for (let at = from; at < from + cases && all.wrong.length < 20; at += batch) {
    const count = Math.min(batch, from + cases - at);
    const argv = ["--json", "--reader", name, "--seed", seed, "--from", at, "--cases", count].map(String);
    const child = await promisify(execFile)(process.execPath, [import.meta.filename, ...argv]).catch((error) => error);
    if (!child.stdout) throw child;
    const found = JSON.parse(child.stdout);
    for (const key of ["taken", "refused", "seconds"]) all[key] += found[key];
    all.wrong.push(...found.wrong);
    all.peak = Math.max(all.peak, found.peak);
    if (found.slowest > all.slowest) Object.assign(all, { slowest: found.slowest, slowestCase: found.slowestCase });
  }
  return all;
}

function tell(name, { taken, refused, wrong, seconds, slowest, slowestCase, peak }) {
  console.log(
    `${name}: ${taken} taken, ${refused} refused, ${wrong.length} wrong; ${seconds.toFixed(1)} s of processor, slowest case ${slowestCase} (${slowest.toFixed(0)} ms), peak ${peak.toFixed(0)} MiB`,
  );
  for (const { number, stack } of wrong) console.log(`  --reader ${name} --from ${number} --cases 1: ${stack}`);
}

await main();
