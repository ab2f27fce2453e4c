/** Finished parts of a long run, kept in build/bench, so that a run that was ended goes on where it was. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../build/bench/", import.meta.url));

/** Rows of `part`, measured by `run` unless a finished part with the very same `settings` is there. */
export async function resumable(part, settings, fresh, run) {
  const key = createHash("sha256").update(JSON.stringify(settings)).digest("hex").slice(0, 16);
  const path = `${folder}${part}-${key}.json`;
  const stored = fresh ? null : read(path);
  if (stored !== null) return { ...stored, resumed: true };
  const found = { date: new Date().toISOString().slice(0, 10), rows: await run() };
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, JSON.stringify(found));
  return { ...found, resumed: false };
}

function read(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return null;
  }
}
