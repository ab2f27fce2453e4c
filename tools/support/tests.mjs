// `npm test`: everything on this Node, then on newer ones what only they can run. Their counts are added up.

import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { nodeWith256Bits } from "./newer-nodes.mjs";
import { packageBin } from "./prepare.mjs";
import { root, run } from "./process.mjs";

/** What runs on newer Nodes, with 256-bit kernels alone: beginnings of the files' paths. */
export const WIDE_TESTS = [
  "test/engine/wasm/",
  "test/engine/pytorch-",
  "test/nn/pytorch-language-models",
  "test/nn/pytorch-extremes",
];
const NEWER = [24, 26];

/** @returns the exit status */
export async function runTests(args) {
  const runs = [];
  const steps = [() => vitest(process.execPath, args)];
  if (namesWideTests(args)) steps.push(...NEWER.map((major) => () => wideTests(major, args)));
  for (const step of steps) {
    const done = await step();
    if (done.counts === undefined) return done.code;
    runs.push(done);
  }
  const [passed, failed, skipped] = [0, 1, 2].map((i) => runs.reduce((sum, { counts }) => sum + counts[i], 0));
  const nothingRan = passed + failed === 0;
  if (nothingRan) console.error("error: npm test: no test ran. Check the path or the pattern.");
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  const broken = runs.find(({ code }) => code !== 0);
  return broken?.code ?? (failed > 0 || nothingRan ? 1 : 0);
}

/** The reporter leaves its closing line in a file: so ours comes last, whatever else the tests wrote. */
async function vitest(node, args) {
  const summaryFile = join(tmpdir(), `unrolled-tests-${process.pid}.txt`);
  const program = packageBin("vitest", "vitest");
  const code = await run(node, [program, "run", "--allowOnly=false", ...args], {
    env: { UNROLLED_TEST_SUMMARY: summaryFile },
  });
  const summary = existsSync(summaryFile) ? (await readFile(summaryFile, "utf8")).trim() : "";
  await rm(summaryFile, { force: true });
  if (summary === "") {
    console.error(
      `error: npm test: vitest ended with exit status ${code} before it could report. See its output above.`,
    );
    return { code: code || 1 };
  }
  return { code, counts: summary.split(", ").map((part) => Number.parseInt(part, 10)) };
}

async function wideTests(major, args) {
  const { program, missing } = await nodeWith256Bits(major);
  if (missing !== undefined) {
    console.log(`skipped 1: the tests of the 256-bit kernels on Node ${major}: ${missing}`);
    return { code: 0, counts: [0, 0, 1] };
  }
  const done = await vitest(program, ["--config", "tools/vitest-wide.config.ts", "--passWithNoTests", ...args]);
  if (done.code !== 0) console.error(`error: npm test: the failures above are of the 256-bit kernels on Node ${major}`);
  return done;
}

/** Whether these arguments of `npm test` leave tests for newer Nodes. No path means all. */
export function namesWideTests(args) {
  const files = args.map((arg) => arg.replace(/:\d+$/, "")).filter((path) => existsSync(path));
  const paths = files.map((path) => relative(root, resolve(path)));
  const touches = (path) => WIDE_TESTS.some((start) => start.startsWith(path) || path.startsWith(start));
  return paths.length === 0 || paths.some(touches);
}
