#!/usr/bin/env node
// No tracked file may hold what belongs to one machine or one afternoon, and none may be one that the build writes.
// `node tools/check-leftovers.mjs [FOLDER]` prints one line a finding and exits 1 when there is any.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const MAX_BYTES = 2_000_000;
const BINARY = /\.(safetensors|wasm|png|gz|bin|onnx)$/;
const RULES = [
  {
    rule: "machine path",
    pattern: /(?<![\w.@~$}-])\/(?:home|Users|root|work|workspace|builds|mnt)\/\w[\w./-]*/,
    fix: "Write it relative to the repository.",
  },
  { rule: "machine path", pattern: /\b[A-Z]:\\{1,2}Users\\/, fix: "Write it relative to the repository." },
  {
    rule: "focused test",
    pattern: /\b(?:test|it|describe|suite)(?:\.\w+)*\.only\(/,
    fix: "Take the focus out: the rest would not run.",
  },
  { rule: "conflict marker", pattern: /^(?:<{7}|>{7}|\|{7})(?: |$)/, fix: "Finish the merge." },
  { rule: "debugger", pattern: /^\s*debugger;/, fix: "Take it out." },
  {
    rule: "private registry",
    pattern: /"resolved": "(?!https:\/\/registry\.npmjs\.org\/)\w+:/,
    fix: "Run `npm install --omit-lockfile-registry-resolved`.",
  },
  {
    // What is marked so is run by `npm ci`. None of our packages needs it: one would fetch 300 MB for CUDA, another compile itself anew.
    rule: "install script",
    pattern: /"hasInstallScript": true/,
    only: /^package-lock\.json$/,
    fix: "Take the line out: npm then runs no script of that package.",
  },
];

/** What the build and its tools write: made anew on every clone. Fixtures and figures are kept, for they take other tools, or hours. */
const WRITTEN =
  /(^|\/)(generated|dist|build|coverage|node_modules)\/|^runs\/|\.tsbuildinfo$|(^|\/)micro-kernels[\w-]*\.ts$/;

const root = resolve(process.argv[2] ?? ".");
const tracked = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 });
let findings = 0;
for (const path of tracked.split("\0")) if (path !== "") checkFile(path);
process.exitCode = findings > 0 ? 1 : 0;

function checkFile(path) {
  if (WRITTEN.test(path)) {
    findings++;
    console.log(
      `${path}:1: error: generated file: the build writes it. Run \`git rm --cached ${path}\` and let .gitignore name it.`,
    );
    return;
  }
  if (BINARY.test(path)) return;
  const text = readTracked(path);
  if (text.length > MAX_BYTES) return;
  text.split("\n").forEach((line, index) => {
    for (const { rule, pattern, fix, only } of RULES) {
      const match = only === undefined || only.test(path) ? pattern.exec(line) : null;
      if (!match) continue;
      findings++;
      console.log(`${path}:${index + 1}: error: ${rule}: ${match[0].trim()}. ${fix}`);
    }
  });
}

/** A file may be tracked and yet deleted or a link to nowhere: nothing to check. */
function readTracked(path) {
  try {
    return readFileSync(join(root, path), "utf8");
  } catch {
    return "";
  }
}
