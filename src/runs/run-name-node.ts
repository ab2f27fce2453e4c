import { basename, extname } from "node:path";

/**
 * What the run of a text is called unless its user says so: the file's name without its endings. It never stands for a
 * folder that is there already (`.`, `..`), is never hidden and never empty.
 */
export function runName(file: string): string {
  const name = basename(file).replace(/\.gz$/i, "");
  const visible = basename(name, extname(name)).replace(/^\.+/, "");
  return /[^.\s-]/.test(visible) ? visible : "run";
}
