import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Precision } from "../../../src/interchange/targets/target.js";
import { buildTask } from "../../../src/tasks/checkpoint.js";
import { exportTask } from "../../../src/tasks/export/export.js";
import { decodeAnyTask } from "../../../src/tasks/registry.js";

// biome-ignore lint/suspicious/noExplicitAny: each task has its own functions
type Functions = Record<string, (...args: any[]) => any>;

/** An exported model as files, by their names. */
export async function codeOfRun(checkpoint: Uint8Array, to: "ts" | "js", precision: Precision = "float32") {
  const { task, ...known } = decodeAnyTask(checkpoint);
  const options = { name: "a model", half: precision === "float16", int8: precision === "int8" };
  const { files } = await exportTask(task, buildTask(task, known), known, to, options);
  return new Map(Array.from(files, ([name, bytes]) => [name, new TextDecoder().decode(bytes)]));
}

/** The functions of an exported model, out of its JavaScript. */
export async function functionsOf(checkpoint: Uint8Array, precision?: Precision): Promise<Functions> {
  const files = await codeOfRun(checkpoint, "js", precision);
  const folder = mkdtempSync(join(tmpdir(), "unrolled-code-"));
  const file = join(folder, "model.mjs");
  writeFileSync(file, files.get("a-model.js")!);
  try {
    return (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Functions;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** That numbers anywhere in two answers are close, and all else is equal. Returns what differs, or null. */
export function difference(found: unknown, expected: unknown, where = "answer"): string | null {
  if (typeof found === "number" && typeof expected === "number") {
    const close = Math.abs(found - expected) <= 1e-6 + 1e-5 * Math.abs(expected) || Object.is(found, expected);
    return close ? null : `${where}: ${found} instead of ${expected}`;
  }
  if (found === null || expected === null || typeof found !== "object" || typeof expected !== "object") {
    return Object.is(found, expected)
      ? null
      : `${where}: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`;
  }
  const [keys, own] = [Object.keys(expected), Object.keys(found)];
  if (keys.join() !== own.join()) return `${where}: has ${own.join()} instead of ${keys.join()}`;
  for (const key of keys) {
    const one = difference(found[key as never], expected[key as never], `${where}.${key}`);
    if (one !== null) return one;
  }
  return null;
}
