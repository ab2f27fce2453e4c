// Every file operation of a save fails in turn, with every code, once or for good; and a system that writes in small pieces.

import fs, { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { below, faultAfterRecovery, faultOf, randomOf, Scenario } from "./scenario.mjs";

const CODES = ["EIO", "ENOSPC", "EACCES", "EROFS", "EMFILE", "EPERM"];
/** What may fail: all that a run folder calls but `existsSync`, which never throws. */
const CALLS = Object.keys(fs).filter((name) => name.endsWith("Sync") && name !== "existsSync");

/** Fails from call `first` on, for `length` calls; writes few bytes at a time when `isSlow`. */
function failingFiles(random) {
  const files = { ...fs, failure: null, calls: 0 };
  for (const name of CALLS) {
    files[name] = (...args) => {
      const { failure } = files;
      const at = files.calls++;
      if (failure !== null && at >= failure.first && at < failure.first + failure.length) {
        // A descriptor is gone even where closing it fails.
        if (name === "closeSync") fs.closeSync(...args);
        throw Object.assign(new Error(`${failure.code}: made by the rig, ${name}`), { code: failure.code });
      }
      // Noted, not done: what is on this machine's disk does not matter.
      if (name === "fsyncSync") return undefined;
      if (name !== "writeSync" || typeof args[1] === "string" || random === undefined) return fs[name](...args);
      const [file, data, offset, length] = args;
      return fs.writeSync(file, data, offset, Math.min(length, 1 + below(random, 97)));
    };
  }
  return files;
}

/**
 * @param parts  the class that is tried, and the error that it may throw
 * @param folder  an empty one, to work in
 * @returns {{ cases: number, faults: string[] }}
 */
export function fileFaults({ RunFolder, FileError }, { count = Number.POSITIVE_INFINITY, seed, folder }) {
  const faults = [];
  let cases = 0;
  for (const code of CODES) {
    for (const length of [1, 3, Number.POSITIVE_INFINITY]) {
      for (const kind of ["best", "last"]) {
        for (let first = 0; cases < count; first++) {
          const path = join(folder, "run");
          mkdirSync(path);
          const trial = { RunFolder, FileError, path, code, length, kind, first, random: randomOf(seed + cases) };
          const { fault, wasReached } = tryOnce(trial);
          rmSync(path, { recursive: true });
          if (!wasReached) break;
          cases++;
          if (fault !== undefined) faults.push(`${code}, ${length} calls from ${first} of a save of ${kind}: ${fault}`);
        }
      }
    }
  }
  return { cases, faults };
}

function tryOnce({ RunFolder, FileError, path, code, length, kind, first, random }) {
  const files = failingFiles(random);
  const folder = new RunFolder(path, files);
  folder.create({ lr: 0.002 });
  const scenario = new Scenario(folder, random);
  for (const isBest of [true, false, kind === "last"]) scenario.advance({ isBest });
  const told = scenario.told;
  files.calls = 0;
  files.failure = { first, length, code };
  const failure = failureOf(() => scenario.advance({ isBest: kind === "best" }));
  const wasReached = files.calls > first;
  files.failure = null;
  if (failure !== undefined && !(failure instanceof FileError)) return { wasReached, fault: String(failure) };
  // A save that failed was told of as such: what must be there is what was there before.
  const known = { told: failure === undefined ? scenario.told : told, saved: scenario.saved };
  const fault = faultOf(path, known) ?? faultInCopy(RunFolder, path, known) ?? faultAfterMore(scenario, path);
  folder.unlock();
  return { wasReached, fault };
}

/** As if the process ended now. */
function faultInCopy(RunFolder, path, known) {
  const copy = `${path}-copy`;
  cpSync(path, copy, { recursive: true });
  const fault = faultAfterRecovery(new RunFolder(copy), copy, known);
  rmSync(copy, { recursive: true });
  return fault;
}

/** The next save, on a system that works again, makes good what the failed one left out. */
function faultAfterMore(scenario, path) {
  const failure = failureOf(() => scenario.advance({ isBest: false }));
  return failure === undefined ? faultOf(path, scenario) : `the next save fails too: ${failure}`;
}

function failureOf(action) {
  try {
    action();
    return undefined;
  } catch (error) {
    return error;
  }
}
