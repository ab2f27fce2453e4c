import { OptionError } from "../../base/errors.js";
import { add, compare, where } from "../../tensor/ops/arithmetic.js";
import { extreme } from "../../tensor/ops/reduce.js";
import { select } from "../../tensor/ops/slice.js";
import { neg, unary } from "../../tensor/ops/unary.js";
import type { Tensor } from "../../tensor/tensor.js";
import { logScan } from "../functional/scan.js";
import type { CellLayer, LayerResult } from "./cell.js";

/** log σ(x) = -softplus(-x). */
export function logSigmoid(x: Tensor): Tensor {
  return neg(unary("softplus", neg(x)));
}

/**
 * log g(x) for a candidate that must be positive: g(x) = x + 0.5 where x >= 0, else σ(x).
 * Source: Feng et al. 2024, appendix B.
 */
export function logCandidate(x: Tensor): Tensor {
  return where(compare("ge", x, 0), unary("log", add(unary("relu", x), 0.5)), logSigmoid(x));
}

/** h_t = keep_t⊙h_{t-1} + take_t⊙g_t for a whole layer, everything given by its logarithm. */
export function scanLayer(op: string, layer: CellLayer, logKeep: Tensor, logTake: Tensor, logG: Tensor): LayerResult {
  const [h0] = layer.states as readonly [Tensor];
  const smallest = extreme("min", h0.detach()).item();
  if (!(smallest >= 0)) {
    const fix = "Pass the state that forward() returned, or none.";
    throw new OptionError({ op, argument: "state", rule: "at least 0 in every element", value: String(smallest), fix });
  }
  const y = logScan(logKeep, add(logTake, logG), h0);
  return { y, states: [select(y, 0, y.shape[0]! - 1)] };
}
