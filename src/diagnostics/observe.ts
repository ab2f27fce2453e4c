import type { Observable } from "../nn/observable.js";
import type { Tensor } from "../tensor/index.js";
import { ObservedRun } from "./observed-run.js";

/** Calls `body`, and returns what was seen of the runs of these modules, in the order in which they began. */
export function observe(parts: readonly (readonly [name: string, module: Observable])[], body: () => void) {
  const runs: ObservedRun[] = [];
  const before = parts.map(([, module]) => module.observer);
  for (const [name, module] of parts) {
    const own: ObservedRun[] = [];
    module.observer = (from) => {
      const run = (from && goingOn(own, from)) ?? new ObservedRun(name, module);
      if (run.steps === 0) {
        own.push(run);
        runs.push(run);
      }
      const { steps } = run;
      return (step) => run.note(step, steps);
    };
  }
  try {
    body();
  } finally {
    for (const [i, [, module]] of parts.entries()) module.observer = before[i];
  }
  // Without a step: what was refused.
  return runs.filter(({ steps }) => steps > 0);
}

/** The run whose last h this one is computed from: on the tape, or where nothing is recorded, in the same memory. */
function goingOn(runs: readonly ObservedRun[], from: Tensor): ObservedRun | null {
  const byNode = new Map<object, ObservedRun>();
  for (const run of runs) {
    if (run.last === null) continue;
    const { node, storage } = run.last;
    if (node !== null) byNode.set(node, run);
    else if (storage === from.storage) return run;
  }
  // The nearest first: what a loop does with its state from step to step is little.
  const queue = [from.node];
  const seen = new Set<object | null>(queue);
  for (const node of queue) {
    if (node === null) continue;
    const run = byNode.get(node);
    if (run !== undefined) return run;
    for (const { node: behind } of node.inputs) {
      if (!seen.has(behind)) queue.push(behind);
      seen.add(behind);
    }
  }
  return null;
}
