/** No fast path yet: each returns false (or null), and the reference kernel runs. */
import type { Core } from "./core.js";

export function fill(_core: Core, ..._args: readonly unknown[]): boolean {
  return false;
}

export function copy(_core: Core, ..._args: readonly unknown[]): boolean {
  return false;
}

export function unary(_core: Core, ..._args: readonly unknown[]): boolean {
  return false;
}

export function unaryBackward(_core: Core, ..._args: readonly unknown[]): boolean {
  return false;
}

export function binary(_core: Core, ..._args: readonly unknown[]): boolean {
  return false;
}

export function axpy(_core: Core, ..._args: readonly unknown[]): boolean {
  return false;
}

export function affine(_core: Core, ..._args: readonly unknown[]): boolean {
  return false;
}

export function where(_core: Core, ..._args: readonly unknown[]): boolean {
  return false;
}

export function dropout(_core: Core, ..._args: readonly unknown[]): boolean {
  return false;
}
