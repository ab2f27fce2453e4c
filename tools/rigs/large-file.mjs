// Trains on a table larger than memory should be: how much of it the process takes, by the system's own count.

import { spawnSync } from "node:child_process";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

const CASES = [
  { name: "text.csv", flags: ["--task", "classify", "--text", "text", "--tokens", "word", "--vocab-size", "5000"] },
  { name: "numbers.csv", flags: ["--task", "classify"] },
];
const MOST_BYTES = 2 ** 30;
const TOLD = "process.on('exit', () => console.error('maxRSS ' + process.resourceUsage().maxRSS))";

/** @param {{ count: number, seed: number, folder: string }} options  `count`: GiB of each file */
export function largeFiles({ count, seed, folder }) {
  const faults = [];
  for (const { name, flags } of CASES) {
    const path = join(folder, name);
    write(path, count * 2 ** 30, seed, name === "text.csv");
    const main = new URL("../../dist/cli/main.js", import.meta.url).pathname;
    const settings = ["--label", "label", "--max-steps", "200", "--valid", "0.001", "--hidden", "32", "--stream"];
    const args = ["--import", `data:text/javascript,${encodeURIComponent(TOLD)}`, main, "train", path];
    const run = spawnSync(process.execPath, [...args, "--out", join(folder, "run"), ...flags, ...settings], {
      encoding: "utf8",
      env: { ...process.env, TMPDIR: folder },
    });
    const bytes = 1024 * Number(/maxRSS (\d+)/.exec(run.stderr)?.[1]);
    console.log(`${name}: ${count} GiB, at most ${Math.round(bytes / 2 ** 20)} MiB of memory`);
    if (run.status !== 0) faults.push(`${name}: exit status ${run.status}: ${run.stderr}`);
    if (!(bytes <= MOST_BYTES)) faults.push(`${name}: took ${bytes} bytes`);
    for (const left of [path, join(folder, "run")]) rmSync(left, { recursive: true, force: true });
  }
  return { cases: CASES.length, faults };
}

/** Rows of two classes, of words or of numbers, a tenth of the texts in quotes. */
function write(path, size, seed, isText) {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state / 2 ** 32;
  };
  const pick = (words) => words[Math.floor(uniform() * words.length)];
  const [any, good, bad] = ["the a it box phone price and", "great lovely perfect", "broken awful sad"].map((text) =>
    text.split(" "),
  );
  const text = (isGood) => {
    const words = Array.from({ length: 10 + Math.floor(60 * uniform()) }, () =>
      uniform() < 0.15 ? pick(isGood ? good : bad) : uniform() < 0.05 ? `w${Math.floor(1e6 * uniform())}` : pick(any),
    ).join(" ");
    return uniform() < 0.1 ? `"${words}, he said ""so"""` : words;
  };
  const numbers = (isGood) => Array.from({ length: 4 }, () => ((isGood ? 1 : -1) * uniform() + uniform()).toFixed(3));
  const file = openSync(path, "w");
  let written = writeSync(file, isText ? "text,label\n" : "a,b,c,d,label\n");
  while (written < size) {
    const rows = Array.from({ length: 2000 }, () => {
      const isGood = uniform() < 0.5;
      return `${isText ? text(isGood) : numbers(isGood)},${isGood ? "good" : "bad"}\n`;
    });
    written += writeSync(file, rows.join(""));
  }
  closeSync(file);
}
