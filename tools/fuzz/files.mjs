#!/usr/bin/env node
// Damaged files for every reader of files. `npm run fuzz -- --reader NAME --cases N --seed S`; without a reader, all of them.
import { parseArgs } from "node:util";
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
    },
  });
  const modules = await Promise.all(MODULES.map((path) => import(`../../dist/${path}.js`)));
  const library = Object.assign({}, ...modules);
  const readers = { ...(await fileReaders(library)), ...(await kerasReaders(library, 40)) };
  const names = values.reader === undefined ? Object.keys(readers) : [values.reader];
  let failed = false;
  for (const name of names) {
    if (readers[name] === undefined) throw new Error(`--reader: one of ${Object.keys(readers).join(", ")}`);
    let [slowest, slowestCase, last] = [0, -1, performance.now()];
    const options = { cases: Number(values.cases), seed: Number(values.seed), from: Number(values.from) };
    const onCase = (number) => {
      const now = performance.now();
      if (now - last > slowest) [slowest, slowestCase] = [now - last, number - 1];
      last = now;
    };
    const before = process.cpuUsage();
    const { taken, refused, wrong } = fuzzReader(readers[name], { ...options, onCase });
    const total = [...refused.values()].reduce((sum, count) => sum + count, 0);
    const { user, system } = process.cpuUsage(before);
    const peak = Math.round(process.resourceUsage().maxRSS / 1024);
    console.log(
      `${name}: ${taken} taken, ${total} refused, ${wrong.length} wrong; ${((user + system) / 1e6).toFixed(1)} s of processor, slowest case ${slowestCase} (${slowest.toFixed(0)} ms), peak ${peak} MiB`,
    );
    for (const { number, error } of wrong) console.log(`  --reader ${name} --from ${number} --cases 1: ${error.stack}`);
    failed ||= wrong.length > 0;
  }
  process.exitCode = failed ? 1 : 0;
}

await main();
