import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Calls back with a folder that holds these files, and removes it afterwards. */
export function inTree<T>(files: Record<string, string>, callback: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "unrolled-tools-"));
  try {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    return callback(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs a program with Node, without colours and without the settings of the test run that we are part of. */
export function runNode(cwd: string, ...args: string[]) {
  const { UNROLLED_TEST_SUMMARY: _summary, FORCE_COLOR: _color, ...inherited } = process.env;
  const env = { ...inherited, NO_COLOR: "1" };
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd, env, encoding: "utf8" });
  return { stdout, stderr, status };
}
