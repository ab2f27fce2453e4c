/** No fast path yet: each returns false (or null), and the reference kernel runs. */
import type { Core } from "./core.js";

export function sequenceForward(_core: Core, ..._args: readonly unknown[]): boolean {
  return false;
}

export function sequenceBackward(_core: Core, ..._args: readonly unknown[]): boolean {
  return false;
}
