/** No fast path yet: each returns false (or null), and the reference kernel runs. */
import type { Core } from "./core.js";

export function reduce(_core: Core, ..._args: readonly unknown[]): boolean {
  return false;
}

export function sumOfSquares(_core: Core, ..._args: readonly unknown[]): number | null {
  return null;
}

export function softmax(_core: Core, ..._args: readonly unknown[]): boolean {
  return false;
}

export function logSoftmax(_core: Core, ..._args: readonly unknown[]): boolean {
  return false;
}

export function softmaxBackward(_core: Core, ..._args: readonly unknown[]): boolean {
  return false;
}

export function logSoftmaxBackward(_core: Core, ..._args: readonly unknown[]): boolean {
  return false;
}
