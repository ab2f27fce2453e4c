import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { inTree, runNode } from "./in-tree.js";

/** Put together here, so that this file does not hold what it looks for. */
const join = (...parts: string[]) => parts.join("");

const findings = [
  ["machine path", join("open('/", "home/ann/corpus.txt')")],
  ["machine path", join("see /", "Users/ann/x")],
  ["machine path", join("C:", "\\Users\\ann")],
  ["focused test", join("test.", "only('x', f)")],
  ["focused test", join("describe.sequential.", "only('x', f)")],
  ["conflict marker", join("<<<<", "<<< ours")],
  ["debugger", join("  debug", "ger;")],
  ["private registry", join('"resolved": "', 'https://npm.example/x.tgz"')],
];

/** Tracked files are checked, so the tree becomes a repository. */
function check(content: string) {
  return inTree({ "a.ts": content }, (folder) => {
    execFileSync("git", ["init", "-q"], { cwd: folder });
    execFileSync("git", ["add", "."], { cwd: folder });
    return runNode(folder, resolve("tools/check-leftovers.mjs"));
  });
}

test("check-leftovers finds each kind, in its line", () => {
  const { stdout, status } = check(findings.map(([, text]) => text).join("\n"));
  const found = stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.split(": ").slice(0, 3).join(": "));
  expect(found).toEqual(findings.map(([rule], index) => `a.ts:${index + 1}: error: ${rule}`));
  expect(status).toBe(1);
});

test.each(["src/engine/wasm/assembly/generated/a.ts", "src/engine/wasm/assembly/micro-kernels-half.ts", "dist/a.wasm"])(
  "check-leftovers finds %s, which the build writes",
  (path) => {
    const { stdout, status } = inTree({ [path]: "" }, (folder) => {
      execFileSync("git", ["init", "-q"], { cwd: folder });
      execFileSync("git", ["add", "."], { cwd: folder });
      return runNode(folder, resolve("tools/check-leftovers.mjs"));
    });
    expect(stdout).toMatch(`${path}:1: error: generated file: the build writes it. Run \`git rm --cached ${path}\``);
    expect(status).toBe(1);
  },
);

test("check-leftovers accepts relative paths, URLs and words that look alike", () => {
  // Put together here, as the findings are, so that whoever looks for such words in the repository finds none.
  const [home, root, marks] = [`${"home"}/a.ts`, `${"root"}/b`, "=".repeat(7)];
  const content = `src/${home} https://example.org/${home} ./${root} readonly(x) ${marks}\n`;
  expect(check(content)).toEqual({ stdout: "", stderr: "", status: 0 });
});

test("check-leftovers finds scripts that npm would run, in the package's own lock file alone", () => {
  const line = '"hasInstallScript": true,';
  const { stdout, status } = inTree({ "package-lock.json": line, "docs/package-lock.json": line }, (folder) => {
    execFileSync("git", ["init", "-q"], { cwd: folder });
    execFileSync("git", ["add", "."], { cwd: folder });
    return runNode(folder, resolve("tools/check-leftovers.mjs"));
  });
  expect(stdout).toMatch(/^package-lock\.json:1: error: install script: /);
  expect(stdout.trimEnd().split("\n")).toHaveLength(1);
  expect(status).toBe(1);
});
