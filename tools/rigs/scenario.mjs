// A run as training writes it, in miniature: what the rigs on files put through power losses and failing systems.

import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Mulberry32: the same seed makes the same run. */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const below = (random, n) => Math.floor(random() * n);

/** Bytes that say what they are, and whether they are whole. */
export function encode(state) {
  const text = JSON.stringify(state);
  return new TextEncoder().encode(`${createHash("sha256").update(text).digest("hex")}\n${text}`);
}

export function decode(bytes) {
  const [sum, text] = Buffer.from(bytes).toString("utf8").split("\n");
  const isWhole = text !== undefined && createHash("sha256").update(text).digest("hex") === sum;
  return isWhole ? JSON.parse(text) : undefined;
}

export const progressOf = ({ step, bestStep }) => ({ step, bestStep });

/** The training of a run: losses are random, everything else is as the trainer and its recorder do it. */
export class Scenario {
  /** What was told to be the best so far; what the last finished save was of. */
  told = null;
  saved = null;
  #step;
  #best;

  constructor(folder, random, { step, bestStep, bestLoss } = { step: 0, bestStep: null, bestLoss: null }) {
    this.folder = folder;
    this.random = random;
    this.#step = step;
    this.#best = bestStep === null ? null : { step: bestStep, loss: bestLoss };
  }

  /** One stretch of training and its save. Throws what the folder throws. */
  advance({ mark = () => {}, isBest = this.random() < 0.5, isValidated = isBest || this.random() < 0.6 } = {}) {
    const { folder, random } = this;
    this.#step += 1 + below(random, 9);
    const step = this.#step;
    if (random() < 0.5) folder.appendMetrics({ type: "report", step });
    const loss = isBest ? (this.#best?.loss ?? 9) * (0.5 + random() / 3) : (this.#best?.loss ?? 9) + random();
    if (isBest || (isValidated && this.#best === null)) this.#best = { step, loss };
    const isNews = this.#best?.step === step;
    const state = { step, loss, bestStep: this.#best?.step ?? null, bestLoss: this.#best?.loss ?? null };
    const bytes = encode({ ...state, padding: "x".repeat(below(random, 3000)) });
    const tell = () => {
      if (!isValidated) return;
      folder.appendMetrics({ type: "validation", step, best: isNews });
      if (isNews) this.told = this.#best;
      mark();
    };
    folder.save(isNews ? ["last", "best"] : ["last"], bytes, tell);
    this.saved = step;
    mark();
  }
}

/**
 * What must be true of a folder, whatever happened to its writer. Returns what is wrong, or undefined.
 * @param told  the best model that was told of and was not told to be unwritten
 * @param saved  the step of the last save that returned
 */
export function faultOf(path, { told, saved }) {
  const files = {};
  for (const kind of ["last", "best"]) {
    const file = join(path, `${kind}.safetensors`);
    if (!existsSync(file)) continue;
    files[kind] = decode(readFileSync(file));
    if (files[kind] === undefined) return `${kind} is neither old nor new`;
  }
  const { last, best } = files;
  if (saved !== null && last === undefined) return "no last after a save that returned";
  if (saved !== null && last.step < saved) return `last is of step ${last.step}, and step ${saved} was saved`;
  if (told !== null && best === undefined) return "no best after one was told of";
  if (told !== null && best.loss > told.loss) return `best is of step ${best.step}, and step ${told.step} was told of`;
  const hasCheckpoint = last !== undefined || best !== undefined;
  if (hasCheckpoint && !isConfig(join(path, "config.json"))) return "a checkpoint without its config";
  return undefined;
}

function isConfig(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).lr === 0.002;
  } catch {
    return false;
  }
}

/**
 * Lets the folder mend itself as a resumed run does, and returns what is wrong after it, or undefined.
 * @param folder  a fresh RunFolder at `path`
 */
export function faultAfterRecovery(folder, path, { told, saved }) {
  const notices = [];
  folder.onNotice = (line) => notices.push(line);
  const from = folder.recover((file) => decode(readFileSync(file)), progressOf);
  if (from === null) return saved === null && told === null ? undefined : "nothing to go on from";
  if (saved !== null && from.step < saved) return `goes on from step ${from.step}, and step ${saved} was saved`;
  const best = join(path, "best.safetensors");
  const held = existsSync(best) ? decode(readFileSync(best)) : null;
  if (from.bestStep !== null && (held === null || held.loss > from.bestLoss)) {
    return `the best model, of step ${from.bestStep}, is lost: ${notices.join(" ")}`;
  }
  return faultOf(path, { told, saved: null });
}
