/** No fast path yet: each returns false (or null), and the reference kernel runs. */
import type { Core } from "./core.js";

export function sgdStep(_core: Core, ..._args: readonly unknown[]): boolean {
  return false;
}

export function adamStep(_core: Core, ..._args: readonly unknown[]): boolean {
  return false;
}

export function rmspropStep(_core: Core, ..._args: readonly unknown[]): boolean {
  return false;
}

export function adagradStep(_core: Core, ..._args: readonly unknown[]): boolean {
  return false;
}
