/** No fast path yet: each returns false (or null), and the reference kernel runs. */
import type { Core } from "./core.js";

export function matmul(_core: Core, ..._args: readonly unknown[]): boolean {
  return false;
}

export function linearCrossEntropy(_core: Core, ..._args: readonly unknown[]): boolean {
  return false;
}
