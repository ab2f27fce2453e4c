// Power is lost after any operation of a run: what was flushed stays, of the rest any part in any order.

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { recordingFiles, writeRemains } from "./recording-files.mjs";
import { faultAfterRecovery, faultOf, randomOf, Scenario } from "./scenario.mjs";

const RUN = join("runs", "a");
/** Ways in which the same moment may be lost. */
const TIMES = 4;

/**
 * @param RunFolder  the class that is tried
 * @param folder  an empty one, to work in
 * @returns {{ cases: number, faults: string[] }}
 */
export function powerLosses(RunFolder, { count, seed, folder }) {
  const faults = [];
  let cases = 0;
  for (let run = seed; cases < count; run++) {
    const random = randomOf(run);
    const moments = record(RunFolder, random, join(folder, "whole"));
    const root = join(folder, "whole");
    for (let length = 0; length <= moments.operations.length && cases < count; length++) {
      for (let time = 0; time < TIMES && cases < count; time++, cases++) {
        const known = moments.marks.findLast(({ at }) => at <= length) ?? { told: null, saved: null };
        const to = join(folder, "remains");
        mkdirSync(to);
        writeRemains(moments.operations.slice(0, length), random, { root, to });
        const path = join(to, RUN);
        const fault = faultOf(path, known) ?? faultAfterRecovery(new RunFolder(path, recordingFiles([])), path, known);
        if (fault !== undefined) faults.push(`run ${run}, after operation ${length}: ${fault}`);
        rmSync(to, { recursive: true });
      }
    }
    rmSync(root, { recursive: true });
  }
  return { cases, faults };
}

/** A run of a few saves: its operations, and what was known to its user after which of them. */
function record(RunFolder, random, root) {
  const operations = [];
  const marks = [];
  mkdirSync(root);
  const folder = new RunFolder(join(root, RUN), recordingFiles(operations));
  folder.create({ lr: 0.002 });
  const scenario = new Scenario(folder, random);
  const mark = () => marks.push({ at: operations.length, told: scenario.told, saved: scenario.saved });
  for (let saves = 0; saves < 5; saves++) scenario.advance({ mark });
  folder.unlock();
  return { operations, marks };
}
