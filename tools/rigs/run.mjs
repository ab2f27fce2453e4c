#!/usr/bin/env node
// `npm run rigs -- NAME --count N --seed S`: kills, power losses, failing systems, signals, short runs and the studio, by hand and in numbers.
// Without a name: all of them. Prints a line for each, its faults, and exits 1 where there are any. TMPDIR says where it works.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { FileError } from "../../dist/base/errors.js";
import { RunFolder } from "../../dist/runs/run-folder-node.js";
import { aborts } from "./aborts.mjs";
import { crashes } from "./crash.mjs";
import { fileFaults } from "./faults.mjs";
import { frames } from "./frames.mjs";
import { largeFiles } from "./large-file.mjs";
import { powerLosses } from "./power-loss.mjs";
import { roundTrips } from "./round-trips.mjs";
import { serves } from "./serve.mjs";
import { signals } from "./signals.mjs";
import { studioMemory } from "./studio/memory.mjs";
import { studio } from "./studio/rig.mjs";

const RIGS = {
  crash: { count: 2000, run: crashes },
  "power-loss": { count: 10_000, run: (options) => powerLosses(RunFolder, options) },
  faults: { count: 100_000, run: (options) => fileFaults({ RunFolder, FileError }, options) },
  signals: { count: 180, run: signals },
  aborts: { count: 1000, run: aborts },
  "large-file": { count: 2, run: largeFiles },
  serve: { count: 50_000, run: serves },
  studio: { count: 1, run: studio },
  "studio-memory": { count: 10, run: studioMemory },
  frames: { count: 1, run: frames },
  "round-trips": { count: 1, run: roundTrips },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: "string" },
    seed: { type: "string", default: "1" },
    // Of the studio: a folder for its screenshots, whether to keep them, and a part of the names of uses.
    out: { type: "string" },
    renew: { type: "boolean" },
    only: { type: "string" },
    // Of round trips: a folder of models of others.
    models: { type: "string" },
  },
});
const unknown = positionals.find((name) => !Object.hasOwn(RIGS, name));
if (unknown === undefined)
  for (const name of positionals.length > 0 ? positionals : Object.keys(RIGS)) await tell(name);
else {
  console.error(`rigs: name must be one of ${Object.keys(RIGS).join(", ")}, got ${unknown}.`);
  process.exitCode = 2;
}

async function tell(name) {
  const folder = mkdtempSync(join(tmpdir(), "unrolled-rig-"));
  try {
    const count = Number(values.count ?? RIGS[name].count);
    const { cases, faults } = await RIGS[name].run({ ...values, count, seed: Number(values.seed), folder });
    console.log(`${name}: ${cases} cases, ${faults.length} faults`);
    for (const fault of faults) console.log(`  ${fault}`);
    if (faults.length > 0 || cases === 0) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
