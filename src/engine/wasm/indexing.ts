/** No fast path yet: each returns false (or null), and the reference kernel runs. */
import type { Core } from "./core.js";

export function gatherRows(_core: Core, ..._args: readonly unknown[]): boolean {
  return false;
}

export function scatterAddRows(_core: Core, ..._args: readonly unknown[]): boolean {
  return false;
}

export function gatherLast(_core: Core, ..._args: readonly unknown[]): boolean {
  return false;
}

export function scatterAddLast(_core: Core, ..._args: readonly unknown[]): boolean {
  return false;
}

export function range(_core: Core, ..._args: readonly unknown[]): readonly [number, number] | null {
  return null;
}
