// How long the collector stops a thread: by the clock, and in time that the thread ran, which other work on the machine does not lengthen.

import { readFileSync } from "node:fs";
import { PerformanceObserver } from "node:perf_hooks";

/** Of this thread, in ms: Linux tells it; elsewhere it is the whole process's, which is more. */
function cpuTime() {
  try {
    return Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[0]) / 1e6;
  } catch {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  }
}

/** Marks that are nearer are left out, for what is kept of them must not weigh. */
const NEAREST_MS = 5;

/** Watches the collections of this thread from now on. Call `mark` often: what runs between two marks is told apart. */
export function watchPauses() {
  const marks = { times: [], cpu: [] };
  const collections = [];
  const observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) collections.push([startTime, duration]);
  });
  observer.observe({ entryTypes: ["gc"] });
  return {
    mark() {
      const now = performance.now();
      if (now - (marks.times.at(-1) ?? -NEAREST_MS) < NEAREST_MS) return;
      marks.times.push(now);
      marks.cpu.push(cpuTime());
    },
    /** @returns ms: the longest collection by the clock, and the most that one can have run */
    async longest() {
      this.mark();
      // The observer is told between tasks.
      await new Promise((resolve) => setTimeout(resolve, 100));
      observer.disconnect();
      return longestPauses(marks, collections);
    },
  };
}

/**
 * A collection ran no longer than it lasted, and no longer than the thread did between the marks around it.
 * @param marks  times, and the CPU time at each
 * @param collections  [time, duration]
 */
export function longestPauses({ times, cpu }, collections) {
  const found = { clock: 0, cpu: 0 };
  for (const [start, duration] of collections) {
    const after = firstAfter(times, start);
    const end = firstAfter(times, start + duration);
    if (after === 0 || end === times.length) continue;
    found.clock = Math.max(found.clock, duration);
    found.cpu = Math.max(found.cpu, Math.min(duration, cpu[end] - cpu[after - 1]));
  }
  return found;
}

function firstAfter(times, time) {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] > time) high = middle;
    else low = middle + 1;
  }
  return low;
}
