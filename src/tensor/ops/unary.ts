import { checkKnownOptions, checkNumber, refusal } from "../../base/check.js";
import { isFloat } from "../../base/dtype.js";
import { DTypeError } from "../../base/errors.js";
import { type Generator, generatorOf } from "../../base/random.js";
import type { UnaryGradOp, UnaryOp } from "../../engine/engine.js";
import { currentEngine } from "../../engine/select.js";
import { record, unrecorded } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { compare, maximum, minimum, where } from "./arithmetic.js";
import { empty, filled, requireFloat, requireTensor } from "./raw.js";

const INT_OPS: readonly UnaryOp[] = ["neg", "abs", "sign", "square", "relu"];

function unaryRaw(op: UnaryOp, x: Tensor): Tensor {
  requireTensor(op, "input", x);
  if (!isFloat(x.dtype) && !INT_OPS.includes(op)) {
    throw new DTypeError({
      op,
      argument: "input",
      must: "be float32 or float64",
      value: x.dtype,
      fix: 'Convert with .to("float32").',
    });
  }
  const out = empty(x.dtype, x.shape);
  if (out.size > 0) currentEngine().unary(op, out, x);
  return out;
}

/** y = f(x), element by element, with the derivative that the engine knows. */
export function unary(op: UnaryGradOp, x: Tensor): Tensor {
  const y = unaryRaw(op, x);
  return record(
    op,
    [x],
    y,
    (dOut) => {
      const dX = empty(x.dtype, x.shape);
      if (dX.size > 0) currentEngine().unaryBackward(op, dX, x, y, dOut);
      return [dX];
    },
    { held: [x, y] },
  );
}

/** -x. */
export function neg(x: Tensor): Tensor {
  return record("neg", [x], unaryRaw("neg", x), (dOut) => [unaryRaw("neg", dOut)]);
}

/** Steps of a function: the gradient is zero everywhere. */
export function step(op: "sign" | "floor" | "ceil" | "round", x: Tensor): Tensor {
  return record(op, [x], unaryRaw(op, x), () => [filled(x.dtype, x.shape, 0)]);
}

/**
 * x limited to [min, max]; the gradient passes where the limits do not act, and at a limit itself, as in PyTorch.
 * @throws OptionError without either limit
 */
export function clamp(x: Tensor, min: number | undefined, max: number | undefined): Tensor {
  requireTensor("clamp", "input", x);
  for (const [argument, limit] of Object.entries({ min, max })) {
    if (typeof limit === "number" ? !Number.isNaN(limit) : limit === undefined && (min ?? max) !== undefined) continue;
    throw refusal("clamp", argument, "be a number", limit);
  }
  const out = unrecorded(() => {
    const low = min === undefined ? x : maximum(x, min);
    return max === undefined ? low : minimum(low, max);
  });
  const backward = (dOut: Tensor) => [where(compare("eq", out, x), dOut, 0)];
  return record("clamp", [x], out, backward, { held: [x, out] });
}

export interface DropoutOptions {
  /** Whether anything is dropped. Default true. */
  training?: boolean | undefined;
  /** Where the mask comes from. Default: the generator that `manualSeed` seeds. */
  generator?: Generator | undefined;
}

/**
 * Zeroes each element with probability p and scales the rest by 1/(1-p). The backward pass draws the same mask again from
 * the same place of the generator, so no mask is stored. Source: Srivastava et al. 2014.
 */
export function dropout(x: Tensor, p: number, options: DropoutOptions = {}): Tensor {
  checkNumber("dropout", "p", p, { min: 0, max: 1 });
  requireTensor("dropout", "input", x);
  requireFloat("dropout", "input", x);
  checkKnownOptions("dropout", options, ["training", "generator"]);
  if (!(options.training ?? true) || p === 0) return x;
  const key = generatorOf("dropout", options.generator).reserve(x.size);
  const masked = (value: Tensor): Tensor => {
    if (p === 1) return filled(x.dtype, x.shape, 0);
    const out = empty(x.dtype, x.shape);
    if (out.size > 0) currentEngine().dropout(out, value, p, key);
    return out;
  };
  return record("dropout", [x], masked(x), (dOut) => [masked(dOut)]);
}
