import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import type { Fix } from "./errors/advice.js";
import { flagOf } from "./errors/cli-error.js";

/** Bytes that this process may use: the machine's, or less in a container. */
export function availableMemory(): number {
  const constrained = (process as { constrainedMemory?: () => number }).constrainedMemory?.() ?? 0;
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** What to do where memory does not suffice: smaller sizes, unless a limit of the shell keeps the engine from reserving its own. */
export function memoryFix(smaller: Readonly<Record<string, number | undefined>>): Fix {
  const limit = addressLimit();
  if (limit === "soft") return { shell: ["ulimit", "-v", "unlimited"] };
  if (limit === "hard") return { text: "a shell without a limit of its addresses (ulimit -v)" };
  const set = Object.entries(smaller).flatMap(([key, value]) => [flagOf(key), String(value)]);
  return set.length > 0 ? { edit: { set } } : { text: "a machine with more memory" };
}

/** WebAssembly reserves addresses for all that its memory may become: a limit on these is met long before memory ends. */
function addressLimit(): "soft" | "hard" | "none" {
  try {
    const limits = readFileSync("/proc/self/limits", "utf8");
    const [, soft, hard] = /^Max address space +(\S+) +(\S+)/m.exec(limits) ?? [];
    if (soft === undefined || soft === "unlimited") return "none";
    return hard === "unlimited" ? "soft" : "hard";
  } catch {
    return "none";
  }
}
