import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { FileError } from "../base/errors.js";
import { editDistance, nearest } from "../base/nearest.js";
import type { Fix } from "./advice.js";

/** The name in the same folder that was probably meant, for a path that does not exist. */
export function misspelled(error: unknown, path: string): Fix | undefined {
  if (!(error instanceof FileError) || error.code !== "ENOENT") return undefined;
  try {
    const name = basename(path);
    const near = nearest(name, readdirSync(dirname(path)));
    if (near === undefined || editDistance(name, near) > Math.max(1, name.length / 4)) return undefined;
    return { edit: { replace: { from: path, to: [dirname(path) === "." ? near : join(dirname(path), near)] } } };
  } catch {
    return undefined;
  }
}
