import { checkNumber, checkOneOf, refusal } from "../../base/check.js";
import { add, compare, mul, where } from "../../tensor/ops/arithmetic.js";
import { requireFloat, requireTensor } from "../../tensor/ops/raw.js";
import { clamp, unary } from "../../tensor/ops/unary.js";
import { record, unrecorded } from "../../tensor/tape.js";
import type { Tensor } from "../../tensor/tensor.js";

function checkFloat(op: string, x: Tensor): void {
  requireTensor(op, "input", x);
  requireFloat(op, "input", x);
}

/** y = value(x), element by element, with its own gradient: for what branches, since the branch not taken may be Infinity. */
function branching(op: string, x: Tensor, value: () => Tensor, backward: (dOut: Tensor) => Tensor): Tensor {
  checkFloat(op, x);
  return record(op, [x], unrecorded(value), (dOut) => [backward(dOut)], { held: [x] });
}

/**
 * LeakyReLU(x) = x where x > 0, negativeSlope · x elsewhere.
 * @param x  any shape, which the result has
 * Source: Maas, Hannun & Ng 2013; PyTorch nn.functional.leaky_relu.
 */
export function leakyRelu(x: Tensor, negativeSlope = 0.01): Tensor {
  const op = "leakyRelu";
  checkNumber(op, "negativeSlope", negativeSlope);
  const positive = () => compare("gt", x, 0);
  return branching(
    op,
    x,
    () => where(positive(), x, mul(x, negativeSlope)),
    (dOut) => where(positive(), dOut, mul(dOut, negativeSlope)),
  );
}

/**
 * ELU(x) = x where x > 0, alpha · (e^x - 1) elsewhere.
 * @param x  any shape, which the result has
 * Source: Clevert, Unterthiner & Hochreiter 2016; PyTorch nn.functional.elu.
 */
export function elu(x: Tensor, alpha = 1): Tensor {
  const op = "elu";
  checkNumber(op, "alpha", alpha);
  const positive = () => compare("gt", x, 0);
  return branching(
    op,
    x,
    () => where(positive(), x, mul(unary("expm1", x), alpha)),
    (dOut) => where(positive(), dOut, mul(dOut, mul(unary("exp", x), alpha))),
  );
}

/** tanh's polynomial in GELU: √(2/π) · (x + CUBIC·x³). */
const CUBIC = 0.044715;

/**
 * GELU(x) = x · Φ(x), Φ being the standard normal's distribution function: x/2 · (1 + erf(x/√2)); approximated by
 *   x/2 · (1 + tanh(√(2/π) · (x + 0.044715·x³)))
 * @param x            any shape, which the result has
 * @param approximate  "tanh" for the approximation
 * Source: Hendrycks & Gimpel 2016; PyTorch nn.functional.gelu.
 */
export function gelu(x: Tensor, approximate: "none" | "tanh" = "none"): Tensor {
  const op = "gelu";
  checkOneOf(op, "approximate", approximate, ["none", "tanh"]);
  checkFloat(op, x);
  const bend =
    approximate === "none"
      ? unary("erf", mul(x, Math.SQRT1_2))
      : unary("tanh", mul(mul(x, add(mul(unary("square", x), CUBIC), 1)), Math.sqrt(2 / Math.PI)));
  return mul(mul(x, 0.5), add(bend, 1));
}

/**
 * SiLU(x) = x · σ(x), also called swish.
 * @param x  any shape, which the result has
 * Source: Elfwing, Uchibe & Doya 2017; PyTorch nn.functional.silu.
 */
export function silu(x: Tensor): Tensor {
  checkFloat("silu", x);
  return mul(x, unary("sigmoid", x));
}

/**
 * Softplus(x) = log(1 + e^(beta·x)) / beta, and x itself where beta·x > threshold.
 * @param x  any shape, which the result has
 * Source: PyTorch nn.functional.softplus.
 */
export function softplus(x: Tensor, beta = 1, threshold = 20): Tensor {
  const op = "softplus";
  checkNumber(op, "beta", beta);
  if (beta === 0) throw refusal(op, "beta", "be a finite number other than 0", beta);
  checkNumber(op, "threshold", threshold);
  checkFloat(op, x);
  const scaled = mul(x, beta);
  return where(compare("gt", scaled, threshold), x, mul(unary("softplus", scaled), 1 / beta));
}

/**
 * Hardtanh(x) = x limited to [minVal, maxVal]; no gradient passes at a limit itself, unlike `clamp`'s.
 * @param x  any shape, which the result has
 * Source: PyTorch nn.functional.hardtanh.
 */
export function hardtanh(x: Tensor, minVal = -1, maxVal = 1): Tensor {
  const op = "hardtanh";
  checkNumber(op, "minVal", minVal);
  checkNumber(op, "maxVal", maxVal, { min: minVal });
  return branching(
    op,
    x,
    () => clamp(x, minVal, maxVal),
    (dOut) => where(add(compare("le", x, minVal), compare("ge", x, maxVal)), 0, dOut),
  );
}

/**
 * Hardsigmoid(x) = x/6 + 1/2 limited to [0, 1].
 * @param x  any shape, which the result has
 * Source: Courbariaux, Bengio & David 2015; PyTorch nn.functional.hardsigmoid.
 */
export function hardsigmoid(x: Tensor): Tensor {
  checkFloat("hardsigmoid", x);
  return mul(hardtanh(add(x, 3), 0, 6), 1 / 6);
}
