import { checkOneOf } from "../base/check.js";

export { checkBoolean } from "../base/check.js";

/** Types that gradients can be computed in. */
export type FloatDType = "float32" | "float64";

/** What every layer with parameters takes. */
export interface DTypeOption {
  /** Of the parameters. Default float32; float64 for gradient checks. */
  dtype?: FloatDType | undefined;
}

export function checkFloatDType(op: string, dtype: unknown = "float32"): FloatDType {
  return checkOneOf(op, "dtype", dtype, ["float32", "float64"]);
}
