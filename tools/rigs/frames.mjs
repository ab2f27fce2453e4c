// How long the page is busy in each frame, as one scrolls and zooms through 100,000 steps of 512 units: by the processor time of the
// page's main thread in a trace, which does not count what else the machine does.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { launchChromium } from "../support/browsers.mjs";
import { bundleViewer } from "../support/bundle.mjs";

/** Milliseconds: a frame at 60 a second, and what nobody should wait for. */
const [FRAME, BUSY] = [1000 / 60, 50];
const CATEGORIES = ["toplevel", "blink.user_timing", "devtools.timeline", "disabled-by-default-devtools.timeline"];

/** @param count  rounds */
export async function frames({ count, folder }) {
  const page = await made(folder);
  const faults = [];
  let cases = 0;
  for (let round = 1; round <= count; round++) {
    const phases = byPhase(await traced(page));
    for (const [name, { busy, tasks }] of phases) {
      const sorted = [...busy].sort((a, b) => a - b);
      const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
      const late = busy.filter((time) => time > FRAME).length;
      const longest = Math.max(...tasks);
      const line = `${name}: ${busy.length} frames, ${at(0.5).toFixed(1)} ms half of them, ${at(0.95).toFixed(1)} ms 95 %, ${at(1).toFixed(1)} ms at most; longest task ${longest.toFixed(1)} ms`;
      console.log(`  round ${round}, ${line}`);
      cases += busy.length;
      if (longest > BUSY) faults.push(`round ${round}, ${name}: a task of ${longest.toFixed(1)} ms`);
      if (late > busy.length / 20)
        faults.push(`round ${round}, ${name}: ${late} of ${busy.length} frames over 16.7 ms`);
    }
  }
  return { cases, faults };
}

async function made(folder) {
  mkdirSync(folder, { recursive: true });
  await bundleViewer(join(folder, "page.js"), "studio/src/report/frames.tsx");
  const script = readFileSync(join(folder, "page.js"), "utf8").replaceAll("</script", "<\\/script");
  const file = join(folder, "page.html");
  writeFileSync(
    file,
    `<!doctype html><meta charset="utf-8"><div id="score"></div><script type="module">${script}</script>`,
  );
  return file;
}

async function traced(file) {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const session = await page.context().newCDPSession(page);
    const events = [];
    session.on("Tracing.dataCollected", ({ value }) => events.push(...value));
    await session.send("Tracing.start", {
      traceConfig: { includedCategories: CATEGORIES },
      transferMode: "ReportEvents",
    });
    await page.goto(`file://${file}`, { timeout: 120_000 });
    await page.evaluate(() => globalThis.drive());
    const done = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
    await session.send("Tracing.end");
    await done;
    return events;
  } finally {
    await browser.close();
  }
}

/** Of each phase the time that the main thread was busy in each frame, and in each task, in milliseconds. */
function byPhase(events) {
  const marks = events.filter(
    ({ cat = "", name }) => cat.includes("user_timing") && (name === "frame" || name.startsWith("phase ")),
  );
  marks.sort((a, b) => a.ts - b.ts);
  const { pid, tid } = marks[0];
  const tasks = events.filter(
    (event) =>
      event.pid === pid &&
      event.tid === tid &&
      event.name === "ThreadControllerImpl::RunTask" &&
      event.tdur !== undefined,
  );
  const phases = new Map();
  for (const [i, { name, ts }] of marks.entries()) {
    const end = marks[i + 1]?.ts ?? Infinity;
    if (name === "phase end") break;
    if (name.startsWith("phase ")) phases.set(name.slice(6), { busy: [], tasks: [0] });
    const phase = [...phases.values()].at(-1);
    const own = tasks
      .filter((task) => task.ts + task.dur > ts && task.ts + task.dur <= end)
      .map(({ tdur }) => tdur / 1000);
    phase.busy.push(own.reduce((sum, time) => sum + time, 0));
    phase.tasks.push(...own);
  }
  return phases;
}
