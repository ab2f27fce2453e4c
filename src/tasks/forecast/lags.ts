import { checkPositiveInteger } from "../../base/check.js";
import { listed } from "../../base/listed.js";

/** Lags in ascending order, 1 among them: each step reads the value before it. @throws OptionError */
export function lagsOf(op: string, argument: string, lags: string | null): number[] {
  const steps = listed(lags).map((word) =>
    checkPositiveInteger(op, argument, /^\d+$/.test(word) ? Number(word) : word),
  );
  return [...new Set([1, ...steps])].sort((a, b) => a - b);
}
