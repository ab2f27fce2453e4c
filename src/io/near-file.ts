import { builtin } from "../base/builtin.js";
import { editDistance, nearest } from "../base/nearest.js";

interface NodePath {
  basename(path: string): string;
  dirname(path: string): string;
  join(...parts: string[]): string;
}

/** The path of the file in the same folder that was probably meant, for one that does not exist; undefined where none is near. */
export function nearFile(path: string): string | undefined {
  const { readdirSync } = builtin<{ readdirSync(folder: string): string[] }>("node:fs")!;
  const { basename, dirname, join } = builtin<NodePath>("node:path")!;
  try {
    const name = basename(path);
    const near = nearest(name, readdirSync(dirname(path)));
    if (near === undefined || editDistance(name, near) > Math.max(1, name.length / 4)) return undefined;
    return dirname(path) === "." ? near : join(dirname(path), near);
  } catch {
    return undefined;
  }
}
