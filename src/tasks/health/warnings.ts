import { harmless } from "../../base/unsafe-text.js";
import { CHECKS, type Check, type CheckName, type Values } from "./checks.js";
import type { Measured } from "./measured.js";

/** Something that is wrong, and what to do about it. */
export interface Warning {
  check: CheckName;
  /** What is wrong, a sentence without its full stop. */
  found: string;
  fix: string;
  /** What both sentences are made of, for other languages. */
  values: Values;
}

/** Everything that is wrong, gravest first; of a healthy model nothing. */
export function warningsOf(measured: Measured): Warning[] {
  return (Object.entries(CHECKS) as [CheckName, Check][]).flatMap(([check, { find, found, todo }]) => {
    const values = find(measured);
    return values === null ? [] : [{ check, found: harmless(found(values)), fix: harmless(todo(values)), values }];
  });
}
