import { checkKnownOptions, checkNumber } from "../../base/check.js";
import { checkShape, formatShape, misshapen, type Shape, sameShape, sizeOf } from "../../base/shape.js";
import { add, mul } from "../../tensor/ops/arithmetic.js";
import { requireFloat, requireSameDType, requireTensor } from "../../tensor/ops/raw.js";
import { reshape } from "../../tensor/ops/shape.js";
import type { Tensor } from "../../tensor/tensor.js";
import { standardizing } from "./standardize.js";

const standardize = standardizing("layerNorm");
const LAST = [-1];

export interface LayerNormSettings {
  /** γ, of `normalizedShape`; null for ones. */
  weight?: Tensor | null | undefined;
  /** β, of `normalizedShape`; null for zeros. */
  bias?: Tensor | null | undefined;
  /** Default 1e-5. */
  eps?: number | undefined;
}

/**
 * Layer normalisation over the last dimensions:
 *   y = γ ⊙ (x - mean) / √(var + eps) + β, with the variance divided by n
 * @param x                [.., normalizedShape]
 * @param normalizedShape  the dimensions that are normalised together
 * @returns                of x's shape
 * @throws ShapeError when x does not end in `normalizedShape`, or weight or bias have another shape
 * Source: Ba, Kiros & Hinton 2016; PyTorch nn.functional.layer_norm.
 */
export function layerNorm(x: Tensor, normalizedShape: Shape, settings: LayerNormSettings = {}): Tensor {
  const op = "layerNorm";
  checkKnownOptions(op, settings, ["weight", "bias", "eps"]);
  const { weight = null, bias = null, eps = 1e-5 } = settings;
  checkShape(op, normalizedShape);
  requireTensor(op, "input", x);
  requireFloat(op, "input", x);
  checkNumber(op, "eps", eps, { min: 0 });
  const lead = x.shape.slice(0, x.rank - normalizedShape.length);
  if (normalizedShape.length === 0 || !sameShape([...lead, ...normalizedShape], x.shape)) {
    const must = `end in the normalised shape ${formatShape(normalizedShape)}`;
    throw misshapen(op, "input", must, x.shape);
  }
  for (const [argument, parameter] of Object.entries({ weight, bias })) {
    if (parameter === null) continue;
    requireTensor(op, argument, parameter);
    requireSameDType(op, argument, parameter, x.dtype);
    if (sameShape(parameter.shape, normalizedShape)) continue;
    const must = `have the normalised shape ${formatShape(normalizedShape)}`;
    throw misshapen(op, argument, must, parameter.shape);
  }
  const flat = normalizedShape.length === 1;
  const standard = standardize(flat ? x : reshape(x, [...lead, sizeOf(normalizedShape)]), LAST, eps);
  const whole = flat ? standard : reshape(standard, x.shape);
  const scaled = weight === null ? whole : mul(whole, weight);
  return bias === null ? scaled : add(scaled, bias);
}
