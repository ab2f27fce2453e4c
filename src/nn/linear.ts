import { checkKnownOptions, checkPositiveInteger } from "../base/check.js";
import { linear } from "../tensor/ops/matmul.js";
import { empty } from "../tensor/ops/raw.js";
import type { Tensor } from "../tensor/tensor.js";
import { uniform } from "./init.js";
import { Module } from "./module.js";
import { checkBoolean, checkFloatDType, type DTypeOption } from "./options.js";
import { Parameter } from "./parameter.js";

export interface LinearOptions extends DTypeOption {
  /** Default true. */
  bias?: boolean | undefined;
}

/**
 * y = x·Wᵀ + b over the last dimension: x [.., I] gives [.., O].
 * Parameters: weight [O, I] and bias [O], uniform in ±1/√I at the start.
 * @example
 * const head = new nn.Linear(256, 65);
 * head.forward(y); // [L, N, 256] gives [L, N, 65]
 */
export class Linear extends Module {
  readonly inFeatures: number;
  readonly outFeatures: number;
  weight: Parameter;
  bias: Parameter | null;

  /** @throws OptionError for sizes that are not positive integers */
  constructor(inFeatures: number, outFeatures: number, options: LinearOptions = {}) {
    super();
    checkKnownOptions("Linear", options, ["bias", "dtype"]);
    this.inFeatures = checkPositiveInteger("Linear", "inFeatures", inFeatures);
    this.outFeatures = checkPositiveInteger("Linear", "outFeatures", outFeatures);
    const dtype = checkFloatDType("Linear", options.dtype);
    const bias = checkBoolean("Linear", "bias", options.bias ?? true);
    const bound = 1 / Math.sqrt(inFeatures);
    this.weight = uniform(new Parameter(empty(dtype, [outFeatures, inFeatures])), -bound, bound);
    this.bias = bias ? uniform(new Parameter(empty(dtype, [outFeatures])), -bound, bound) : null;
  }

  override extraRepr(): string {
    return `${super.extraRepr()}, bias=${this.bias !== null}`;
  }

  /** @throws ShapeError when the last dimension of x is not inFeatures */
  forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }
}
