import { checkDType, type DType, isFloat } from "../../base/dtype.js";
import { operationDone } from "../lifetime.js";
import { record } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { copyOf } from "./raw.js";

/** x as another dtype; itself when it has it already. Float to int32 truncates towards zero. */
export function cast(x: Tensor, dtype: DType): Tensor {
  x.checkAlive("to");
  if (x.dtype === dtype) return x;
  checkDType("to", dtype);
  const out = copyOf(x, dtype);
  if (!isFloat(dtype) || !isFloat(x.dtype)) {
    operationDone();
    return out;
  }
  const from = x.dtype;
  return record("to", [x], out, (dOut) => [copyOf(dOut, from)]);
}

/** A copy with memory of its own, through which gradients pass. */
export function clone(x: Tensor): Tensor {
  x.checkAlive("clone");
  return record("clone", [x], copyOf(x), (dOut) => [dOut]);
}
