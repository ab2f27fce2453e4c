import { checkKnownOptions } from "../base/check.js";
import { isFloat } from "../base/dtype.js";
import { DTypeError } from "../base/errors.js";
import { formatShape, misshapen, sameShape } from "../base/shape.js";
import { currentEngine } from "../engine/select.js";
import { copyOf, requireTensor } from "../tensor/ops/raw.js";
import { Tensor } from "../tensor/tensor.js";

/**
 * A tensor that a module learns: requires gradients, stays on the engine, and outlives every graph and `noGrad`.
 * Modules find it by its class, as PyTorch's `nn.Parameter`.
 */
export class Parameter extends Tensor {
  /**
   * @param data  its first values; a contiguous tensor is taken over without a copy
   * @throws DTypeError for int32
   */
  constructor(data: Tensor, options: { requiresGrad?: boolean | undefined } = {}) {
    requireTensor("Parameter", "data", data);
    checkKnownOptions("Parameter", options, ["requiresGrad"]);
    if (!isFloat(data.dtype)) {
      throw new DTypeError({ op: "Parameter", argument: "data", must: "be float32 or float64", value: data.dtype });
    }
    const whole = data.isContiguous && data.offset === 0 && data.size === data.storage.length;
    super((whole ? data : copyOf(data)).storage, data.shape);
    this.retain();
    this.storage.makeResident();
    this.requiresGrad = options.requiresGrad ?? true;
  }

  /**
   * Replaces the values in place, converting between float32 and float64. Not recorded.
   * @throws ShapeError when the shapes differ
   */
  copyFrom(source: Tensor): this {
    copyInto("Parameter.copyFrom", this, source);
    return this;
  }
}

/** target = source in place, unrecorded. */
export function copyInto(op: string, target: Tensor, source: Tensor): void {
  requireTensor(op, "source", source);
  if (!sameShape(target.shape, source.shape)) {
    const must = `have shape ${formatShape(target.shape)}`;
    throw misshapen(op, "source", must, source.shape);
  }
  target.storage.beforeWrite();
  if (target.size > 0) currentEngine().copy(target, source);
}
