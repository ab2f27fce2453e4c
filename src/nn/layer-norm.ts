import { checkKnownOptions, checkNumber, checkPositiveInteger } from "../base/check.js";
import { checkShape, type Shape } from "../base/shape.js";
import { empty } from "../tensor/ops/raw.js";
import type { Tensor } from "../tensor/tensor.js";
import { layerNorm } from "./functional/layer-norm.js";
import { ones, zeros } from "./init.js";
import { Module } from "./module.js";
import { checkBoolean, checkFloatDType, type DTypeOption } from "./options.js";
import { Parameter } from "./parameter.js";

export interface LayerNormOptions extends DTypeOption {
  /** Added to the variance. Default 1e-5. */
  eps?: number | undefined;
  /** Learn a scale (and a shift) for each element. Default true. */
  elementwiseAffine?: boolean | undefined;
  /** Learn the shift; of no effect without `elementwiseAffine`. Default true. */
  bias?: boolean | undefined;
}

/**
 * Layer normalisation: every example, and every time step, by its own mean and variance.
 *   y = γ ⊙ (x - mean) / √(var + eps) + β
 * Parameters: weight (γ, ones at the start) and bias (β, zeros), both of `normalizedShape`.
 * Source: Ba, Kiros & Hinton 2016; PyTorch nn.LayerNorm.
 * @example
 * const norm = new nn.LayerNorm(256);
 * norm.forward(y); // [L, N, 256] gives [L, N, 256]
 */
export class LayerNorm extends Module {
  readonly normalizedShape: Shape;
  readonly eps: number;
  weight: Parameter | null = null;
  bias: Parameter | null = null;

  /** @param normalizedShape the last dimensions of the input, normalised together; a number for the last one alone */
  constructor(normalizedShape: number | Shape, options: LayerNormOptions = {}) {
    super();
    const op = "LayerNorm";
    checkKnownOptions(op, options, ["eps", "elementwiseAffine", "bias", "dtype"]);
    const shape = typeof normalizedShape === "number" ? [normalizedShape] : normalizedShape;
    checkShape(op, shape);
    for (const size of shape) checkPositiveInteger(op, "normalizedShape", size);
    this.normalizedShape = [...shape];
    this.eps = checkNumber(op, "eps", options.eps ?? 1e-5, { min: 0 });
    const dtype = checkFloatDType(op, options.dtype);
    const bias = checkBoolean(op, "bias", options.bias ?? true);
    if (!checkBoolean(op, "elementwiseAffine", options.elementwiseAffine ?? true)) return;
    this.weight = ones(new Parameter(empty(dtype, shape)));
    if (bias) this.bias = zeros(new Parameter(empty(dtype, shape)));
  }

  override extraRepr(): string {
    return `${super.extraRepr()}, elementwiseAffine=${this.weight !== null}`;
  }

  /** @throws ShapeError when x does not end in `normalizedShape` */
  forward(x: Tensor): Tensor {
    return layerNorm(x, this.normalizedShape, { weight: this.weight, bias: this.bias, eps: this.eps });
  }
}
