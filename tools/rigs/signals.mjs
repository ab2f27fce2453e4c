// Each signal at every phase of a run: the exit status is the documented one, what was learned is saved, and the run goes on.

import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { leftovers, readCheckpoint, start, writeInputs } from "./command-line.mjs";
import { randomOf } from "./scenario.mjs";

const STATUS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };
const SETTINGS = { epochs: 100_000, validateEvery: 60, reportEvery: 20 };
const TRAIN = ["train", "c.txt", "--config", "c.json", "--threads", "1"];
/** A phase is a moment in what is printed, or a time after the start. */
const PHASES = [
  { name: "the start", after: 60 },
  { name: "loading", after: 250 },
  { name: "the first line", said: /Training on|Going on/ },
  { name: "training", said: /step 20 / },
  { name: "validation", said: /validation loss/ },
  { name: "any moment" },
];
const ENV = { UNROLLED_ENGINE: "wasm" };

/** @returns {Promise<{ cases: number, faults: string[] }>} */
export async function signals({ count, seed, folder }) {
  const faults = [];
  let cases = 0;
  const random = randomOf(seed);
  writeInputs(folder, SETTINGS);
  for (; cases < count; cases++) {
    const phase = PHASES[cases % PHASES.length];
    const names = Object.keys(STATUS);
    const signal = names[Math.floor(cases / PHASES.length) % names.length];
    const isTwice = random() < 0.25;
    const path = join(folder, `run${cases}`);
    const { status, out, err } = await interrupted({ folder, path, phase, signal, isTwice, random });
    const say = (what) => faults.push(`${signal} in ${phase.name}${isTwice ? ", twice" : ""}: ${what}\n${err.trim()}`);
    if (status !== STATUS[signal]) say(`exit status ${status}`);
    const wasSaved = err.includes("saving") && !isTwice;
    const last = readCheckpoint(join(path, "last.safetensors"));
    if (wasSaved && last === undefined) say("nothing was saved");
    if (wasSaved && leftovers(path).length > 0) say(`left behind: ${leftovers(path)}`);
    const told = Number([...out.matchAll(/step (\d+) /g)].at(-1)?.[1] ?? 0);
    if (wasSaved && last !== undefined && last.step < told) say(`saved was step ${last.step}, told of was ${told}`);
    const again = await start(folder, [...TRAIN, ...resumeOf(path)], { env: ENV }).ended;
    if (again.status !== 0) say(`going on ends with ${again.status}: ${again.err}`);
    rmSync(path, { recursive: true, force: true });
  }
  return { cases, faults };
}

async function interrupted({ folder, path, phase, signal, isTwice, random }) {
  let isSent = false;
  const send = (child) => {
    if (isSent) return;
    isSent = true;
    child.kill(signal);
    if (isTwice) child.kill(signal);
  };
  const onOutput = (text, child) => phase.said?.test(text) && send(child);
  const { child, ended } = start(folder, [...TRAIN, "--out", path], { env: ENV, onOutput });
  const after = phase.after ?? (phase.said === undefined ? random() * 1500 : undefined);
  const timer = after === undefined ? undefined : setTimeout(() => send(child), after);
  const result = await ended;
  clearTimeout(timer);
  return result;
}

/** One step more than there are, so that going on is quick. */
function resumeOf(path) {
  const step =
    readCheckpoint(join(path, "last.safetensors"))?.step ?? readCheckpoint(join(path, "best.safetensors"))?.step;
  const flags = ["--out", path, "--max-steps", String((step ?? 0) + 1)];
  return existsSync(join(path, "config.json")) ? ["--resume", ...flags] : flags;
}
