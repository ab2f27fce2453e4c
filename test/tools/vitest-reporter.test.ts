import { symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { inTree, runNode } from "./in-tree.js";

/** Runs vitest with our reporter on one test file in a folder of its own. */
function runVitest(content: string) {
  const files = { "test/a.test.ts": `import { expect, test } from "vitest";\n${content}` };
  return inTree(files, (folder) => {
    symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
    const reporter = `--reporter=${resolve("tools/vitest-reporter.mjs")}`;
    return runNode(folder, resolve("node_modules/vitest/vitest.mjs"), "run", reporter);
  });
}

test("the reporter prints one line when all is well, whatever the tests print", () => {
  const result = runVitest('test("one", () => { console.log("noise"); expect(1).toBe(1); });');
  expect(result).toEqual({ stdout: "1 passed, 0 failed, 0 skipped\n", stderr: "", status: 0 });
});

test("the reporter prints a failure in full, with what it logged, and the reasons of skips", () => {
  const { stdout, stderr, status } = runVitest(`
    test("bad", () => { console.log("noise"); expect({ loss: 1.75 }).toEqual({ loss: 1.5 }); });
    test.skip("gpu, skip: no device here", () => {});
    test("late", (context) => context.skip("no network"));
  `);
  expect(stderr).toMatch(/FAILED test\/a\.test\.ts > bad[\s\S]*loss": 1\.5[\s\S]*a\.test\.ts:3:[\s\S]*noise/);
  expect(stdout.split("\n")).toEqual([
    "skipped 1 in test/a.test.ts: no device here",
    "skipped 1 in test/a.test.ts: no network",
    "0 passed, 1 failed, 2 skipped",
    "",
  ]);
  expect(status).toBe(1);
});

test("the reporter counts a file that does not load as failed", () => {
  const { stdout, stderr, status } = runVitest('test("one", () => {});\nthrow new Error("broken on load");');
  expect(stderr).toMatch(/FAILED test\/a\.test\.ts\n[\s\S]*broken on load/);
  expect(stdout).toMatch(/, 1 failed, 0 skipped\n$/);
  expect(status).toBe(1);
});
