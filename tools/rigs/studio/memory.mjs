// Minutes of training in the studio: what the browser's processes take, by the system's own count.

import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { launchChromium } from "../../support/browsers.mjs";
import { serving } from "./rig.mjs";
import { Visit } from "./visit.mjs";

const EVERY = 10_000;
const MIB = 2 ** 20;
/** What the last third may take more than the one before, as a share; and in any case so much. */
const [MORE, ROOM] = [0.1, 24 * MIB];

/** @param count  minutes */
export async function studioMemory({ count, folder }) {
  const [browser, server] = await Promise.all([launchChromium(), serving(folder)]);
  const samples = [];
  const faults = [];
  try {
    const visit = await Visit.open(browser, server.url);
    await visit.goto("?example=moby-dick&set.epochs=100000&set.hidden=64&set.layers=1");
    const button = visit.page.getByRole("button", { name: "Start", exact: true });
    await visit.until("the data are read", () => button.isEnabled());
    await button.click();
    await visit.until("training", async () => /training/.test(await visit.page.textContent(".progress-line")));
    const session = await visit.page.context().newCDPSession(visit.page);
    await session.send("Performance.enable");
    const whole = await browser.newBrowserCDPSession();
    const begin = performance.now();
    while (performance.now() - begin < count * 60_000) {
      await pause(Math.min(EVERY, (count * 60_000) / 12));
      const { metrics } = await session.send("Performance.getMetrics");
      const heap = metrics.find(({ name }) => name === "JSHeapUsedSize").value;
      const nodes = metrics.find(({ name }) => name === "Nodes").value;
      samples.push({ system: await systemBytes(whole), heap, nodes });
    }
    const step = /step ([\d,]+) of/.exec(await visit.page.textContent(".progress-line"))?.[1];
    faults.push(...visit.faults, ...grown(samples));
    const told = (name) => thirds(samples.map((sample) => sample[name]));
    const mib = (values) => values.map((value) => (value / MIB).toFixed(0)).join(", ");
    console.log(`studio-memory: step ${step}; MiB in thirds: renderer ${mib(told("system"))}, the page's heap ${mib(told("heap"))}; nodes ${told("nodes").map(Math.round).join(", ")}`); // biome-ignore format: one line
  } finally {
    await browser.close();
    server.child.kill("SIGINT");
    await server.ended;
  }
  return { cases: samples.length, faults };
}

function grown(samples) {
  return ["system", "heap", "nodes"].flatMap((name) => {
    const [, before, last] = thirds(samples.map((sample) => sample[name]));
    const room = name === "nodes" ? 500 : ROOM;
    return last <= before * (1 + MORE) || last <= before + room ? [] : [`${name} grew from ${before} to ${last}`];
  });
}

/** Means of the first, the second and the last third. */
function thirds(values) {
  const size = Math.floor(values.length / 3);
  return [0, 1, 2].map((k) => values.slice(k * size, (k + 1) * size).reduce((sum, value) => sum + value, 0) / size);
}

/** What is the renderers' own in memory. @param session  of the browser */
async function systemBytes(session) {
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  return processInfo
    .filter(({ type }) => type === "renderer")
    .map(({ id }) => 1024 * Number(/^RssAnon:\s*(\d+) kB/m.exec(readFileSync(`/proc/${id}/status`, "utf8"))[1]))
    .reduce((sum, bytes) => sum + bytes, 0);
}
