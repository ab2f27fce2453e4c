import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { RunFolder } from "./run-folder-node.js";

/** The runs that lie in a folder, the one written to last first. */
export function listRuns(parent: string): string[] {
  return entriesOf(parent)
    .map((name) => join(parent, name))
    .filter((path) => isFolder(path) && new RunFolder(path).holdsRun)
    .map((path) => ({ path, at: statSync(path).mtimeMs }))
    .sort((a, b) => b.at - a.at)
    .map(({ path }) => path);
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
