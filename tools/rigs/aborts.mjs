// Short runs with many threads end while these are still starting: with the status of the run, never by an abort.

import { rmSync } from "node:fs";
import { join } from "node:path";
import { start, writeText } from "./command-line.mjs";

const RUN = [
  "--hidden",
  "32",
  "--layers",
  "1",
  "--batch",
  "8",
  "--seq-len",
  "16",
  "--max-steps",
  "5",
  "--threads",
  "8",
];
const ENGINES = ["blas", "wasm"];

/** @returns {Promise<{ cases: number, faults: string[] }>} */
export async function aborts({ count, folder }) {
  const faults = [];
  writeText(join(folder, "small.txt"), 4000);
  for (let cases = 0; cases < count; cases++) {
    const engine = ENGINES[cases % ENGINES.length];
    // Every fourth is stopped twice by a signal as soon as it trains.
    const isStopped = cases % 4 >= 2;
    const onOutput = (text, child) => {
      if (isStopped && /Training on/.test(text)) for (const signal of ["SIGTERM", "SIGTERM"]) child.kill(signal);
    };
    const argv = ["train", "small.txt", ...RUN, "--out", "run"];
    const { status, err } = await start(folder, argv, { env: { UNROLLED_ENGINE: engine }, onOutput }).ended;
    const isRight = status === 0 || (isStopped && status === 143);
    if (!isRight) faults.push(`run ${cases} with ${engine}: exit status ${status}: ${err.trim()}`);
    rmSync(join(folder, "run"), { recursive: true, force: true });
  }
  return { cases: count, faults };
}
