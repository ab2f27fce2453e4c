import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import type { Fix } from "./advice.js";
import { flagOf } from "./cli-error.js";

/** Bytes that this process may use: the machine's, or less in a container. */
export function availableMemory(): number {
  const constrained = (process as { constrainedMemory?: () => number }).constrainedMemory?.() ?? 0;
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** What to do where memory does not suffice: smaller sizes, unless a limit of the shell keeps the engine from reserving its own. */
export function memoryFix(smaller: Readonly<Record<string, number | undefined>>): Fix {
  if (hasAddressLimit()) return { shell: ["ulimit", "-v", "unlimited"] };
  const set = Object.entries(smaller).flatMap(([key, value]) => [flagOf(key), String(value)]);
  return set.length > 0 ? { edit: { set } } : { text: "a machine with more memory" };
}

/** WebAssembly reserves addresses for all that its memory may become: a limit on these is met long before memory ends. */
function hasAddressLimit(): boolean {
  try {
    const limit = /^Max address space +(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return limit !== undefined && limit !== "unlimited";
  } catch {
    return false;
  }
}
