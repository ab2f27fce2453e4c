import { ShapeError } from "../../base/errors.js";
import { formatShape } from "../../base/shape.js";
import { requireSameDType, requireTensor } from "../../tensor/ops/raw.js";
import type { Tensor } from "../../tensor/tensor.js";

/** @throws ShapeError, DTypeError unless x is what one step takes: [N, I] or [I] */
export function checkStep(op: string, x: Tensor, inputSize: number, dtype: Tensor["dtype"]): void {
  requireTensor(op, "input", x);
  requireSameDType(op, "input", x, dtype);
  if (x.rank >= 1 && x.rank <= 2 && x.shape[x.rank - 1] === inputSize && x.size > 0) return;
  const must = `have shape [N, ${inputSize}] or [${inputSize}] (inputSize=${inputSize})`;
  throw new ShapeError({ op, argument: "input", must, value: formatShape(x.shape) });
}
