import { checkOneOf } from "../base/check.js";
import { OptionError, show } from "../base/errors.js";

export type FloatDType = "float32" | "float64";

/** What every layer with parameters takes. */
export interface DTypeOption {
  /** Of the parameters. Default float32; float64 for gradient checks. */
  dtype?: FloatDType;
}

export function checkFloatDType(op: string, dtype: unknown = "float32"): FloatDType {
  return checkOneOf(op, "dtype", dtype, ["float32", "float64"]);
}

export function checkBoolean(op: string, argument: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new OptionError({ op, argument, must: "be true or false", value: show(value) });
}
