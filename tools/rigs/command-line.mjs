// The built command line as a child process, for rigs that kill it.

import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { decodeSafetensors } from "../../dist/interchange/formats/safetensors/index.js";
import { root } from "../support/process.mjs";
import { below, randomOf } from "./scenario.mjs";

const PROGRAM = join(root, "dist/node/cli.js");

/** The text and settings of runs that are killed: short, and talkative. */
export function writeInputs(folder, settings) {
  writeText(join(folder, "c.txt"), 4000);
  const all = { sampleLength: 0, hidden: 16, layers: 1, batch: 4, seqLen: 10, ...settings };
  writeFileSync(join(folder, "c.json"), JSON.stringify(all));
}

/** A text with something to learn, the same for the same seed. */
export function writeText(path, length, seed = 1) {
  const random = randomOf(seed);
  const words = Array.from({ length: 40 }, () =>
    Array.from({ length: 2 + below(random, 6) }, () => "abcdefghijklmnopqrst"[below(random, 20)]).join(""),
  );
  let text = "";
  while (text.length < length) text += `${words[below(random, words.length)]} `;
  writeFileSync(path, text.slice(0, length));
}

/**
 * Starts it in `cwd`.
 * @param onOutput  told of all that standard output has said so far, at each piece
 * @returns the child, and its end: the status (128 + n after signal n), what it printed, and how long it ran
 */
export function start(cwd, argv, { env = {}, onOutput = () => {} } = {}) {
  const begun = performance.now();
  const stdio = ["ignore", "pipe", "pipe"];
  const child = spawn(process.execPath, [PROGRAM, ...argv], { cwd, env: { ...process.env, ...env }, stdio });
  const said = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => {
    said.out += text;
    onOutput(said.out, child);
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    said.err += text;
  });
  const ended = new Promise((resolve) =>
    child.on("close", (code, signal) => {
      const status = code ?? 128 + constants.signals[signal];
      resolve({ status, ...said, milliseconds: performance.now() - begun });
    }),
  );
  return { child, ended };
}

/** The tensors of a checkpoint by name, as hexadecimal bytes, and where its training stood; undefined where there is none. */
export function readCheckpoint(path) {
  if (!existsSync(path)) return undefined;
  const { metadata, tensors } = decodeSafetensors(readFileSync(path));
  const { step, stopping } = JSON.parse(metadata.training).trainer;
  const bytes = ({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("hex");
  return { step, ...stopping, tensors: [...tensors].map(([name, entry]) => `${name} ${bytes(entry)}`).join("\n") };
}

/** Temporary files and locks that nobody holds. */
export const leftovers = (folder) => readdirSync(folder).filter((name) => name.startsWith("."));
