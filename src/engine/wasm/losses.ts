/** No fast path yet: each returns false (or null), and the reference kernel runs. */
import type { Core } from "./core.js";

export function crossEntropyForward(_core: Core, ..._args: readonly unknown[]): boolean {
  return false;
}

export function crossEntropyBackward(_core: Core, ..._args: readonly unknown[]): boolean {
  return false;
}
