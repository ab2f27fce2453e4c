// A run is killed at random moments and gone on with, until it ends: as if nothing had been.

import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { leftovers, readCheckpoint, start, writeInputs } from "./command-line.mjs";
import { randomOf } from "./scenario.mjs";

const STEPS = 600;
const SETTINGS = { dropout: 0.1, validateEvery: 15, reportEvery: 10, maxSteps: STEPS };
/** Of a kill, in milliseconds after the process began: from before it writes anything to well into training. */
const LATEST = 1200;
const ENV = { UNROLLED_ENGINE: "wasm" };

/** @returns {Promise<{ cases: number, faults: string[] }>} */
export async function crashes({ count, seed, folder }) {
  const faults = [];
  let cases = 0;
  const random = randomOf(seed);
  writeInputs(folder, SETTINGS);
  const whole = join(folder, "whole");
  const argv = ["train", "c.txt", "--config", "c.json", "--threads", "1"];
  await start(folder, [...argv, "--out", whole], { env: ENV }).ended;
  const expected = finalState(whole);
  if (expected === undefined) return { cases, faults: ["the run that nobody killed left no checkpoint"] };
  while (cases < count) {
    const path = join(folder, "run");
    let isOver = false;
    while (!isOver && cases < count) {
      const resume = mayResume(path) ? ["--resume"] : [];
      const { child, ended } = start(folder, [...argv, "--out", path, ...resume], { env: ENV });
      const timer = setTimeout(() => child.kill("SIGKILL"), random() * LATEST);
      const { status, out, err } = await ended;
      clearTimeout(timer);
      isOver = status === 0;
      if (!isOver) cases++;
      if (!isOver && status !== 137) faults.push(`case ${cases}: exit status ${status}: ${err.trim()}`);
      const fault = faultOf(path, out);
      if (fault !== undefined) faults.push(`case ${cases}: ${fault}`);
      if (faults.length > 20) return { cases, faults };
    }
    if (isOver && finalState(path) !== expected) faults.push(`case ${cases}: the end differs from the unkilled run's`);
    if (isOver && leftovers(path).length > 0) faults.push(`case ${cases}: left behind: ${leftovers(path)}`);
    rmSync(path, { recursive: true, force: true });
  }
  return { cases, faults };
}

/** With nothing there, `--resume` is refused, and with anything there a new run is. */
const mayResume = (path) =>
  ["config.json", "last.safetensors", "best.safetensors"].some((name) => existsSync(join(path, name)));

function finalState(path) {
  const last = readCheckpoint(join(path, "last.safetensors"));
  const best = readCheckpoint(join(path, "best.safetensors"));
  if (last === undefined || best === undefined) return undefined;
  const metrics = readFileSync(join(path, "metrics.jsonl"), "utf8").replace(/"perSecond":\d+/g, "");
  return [last.step, last.tensors, best.step, best.tensors, metrics].join("\n");
}

/** What was printed as the best so far is on the disk, whole. */
function faultOf(path, out) {
  try {
    const last = readCheckpoint(join(path, "last.safetensors"));
    const best = readCheckpoint(join(path, "best.safetensors"));
    if (last !== undefined && best === undefined) return "last without best";
    const told = [...out.matchAll(/step (\d+) {2}validation loss .* best so far/g)].at(-1)?.[1];
    if (told !== undefined && !(best?.step >= Number(told)))
      return `best is of step ${best?.step}, told of was ${told}`;
    return undefined;
  } catch (error) {
    return String(error);
  }
}
