/** `--peers`: all configurations, all peers; writes results.md and results.json after each configuration. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CONFIGS } from "./configs.mjs";
import { entrants } from "./entrants.mjs";
import { installPeers } from "./install.mjs";
import { machine, packageDigest, warnWhenBusy } from "./machine.mjs";
import { UsageError } from "./options.mjs";
import { race } from "./race.mjs";
import { markdown, merged } from "./report.mjs";
import { resumable } from "./store.mjs";

const output = (name) => fileURLToPath(new URL(name, import.meta.url));

/** A peer at each number of threads that it can be held to. */
export function lanesFor(list, threads) {
  return list.flatMap((entrant) =>
    threads.filter((count) => entrant.threads === "any" || count === 1).map((count) => ({ entrant, threads: count })),
  );
}

export function chosenEntrants(only, python) {
  const list = entrants(python);
  if (only === undefined) return list;
  const unknown = only.find((id) => !list.some((entrant) => entrant.id === id));
  if (unknown !== undefined) {
    throw new UsageError(`--only: there is no peer ${unknown}; there are ${list.map(({ id }) => id).join(", ")}.`);
  }
  return list.filter(({ id }) => only.includes(id));
}

export const progressOn =
  (title) =>
  (text = "") => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text && `${title}: ${text}`}`);
  };

/** What is in results.json of the same machine; another's figures stand beside no others. */
function earlier() {
  try {
    const { machine: where, settings, results } = JSON.parse(readFileSync(output("results.json"), "utf8"));
    if (JSON.stringify(where) !== JSON.stringify(machine())) return [];
    return results.map((result) => ({ settings, ...result }));
  } catch {
    return [];
  }
}

const NEEDS_INSTALLING = /^(onnxruntime|jax-js|tfjs-.*|brain\.js|unrolled-.*)$/;

export async function comparePeers({ names, threads, only, python, rounds, seconds, budget, fresh }) {
  if (only === undefined || only.some((id) => NEEDS_INSTALLING.test(id))) await installPeers();
  const settings = { rounds, seconds, budget, threads };
  const lanes = lanesFor(chosenEntrants(only, python), threads);
  const warning = warnWhenBusy();
  const ids = lanes.map(({ entrant, threads: count }) => `${entrant.label} ${count}`);
  const before = earlier();
  const results = [];
  for (const name of names) {
    const config = CONFIGS[name];
    const progress = progressOn(name);
    const start = performance.now();
    const key = { config, settings, ids, machine: machine(), digest: packageDigest() };
    const part = await resumable(`peers-${name}`, key, fresh, () => race(config, lanes, { ...settings, progress }));
    progress();
    const took = part.resumed ? "taken from an earlier run" : `${Math.round((performance.now() - start) / 1000)} s`;
    console.error(`${name}: ${took}`);
    results.push({ name, config, date: part.date, settings, ...(warning ? { warning } : {}), rows: part.rows });
    const report = { machine: machine(), results: merged(before, results) };
    writeFileSync(output("results.json"), `${JSON.stringify(report, rounded, 1)}\n`);
    writeFileSync(output("results.md"), markdown(report));
  }
  console.error("wrote bench/results.md and bench/results.json");
}

/** Six digits are more than any of it is worth. */
const rounded = (_, value) =>
  typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
