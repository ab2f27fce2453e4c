import { OptionError } from "../../../base/errors.js";
import { add, compare, mul, where } from "../../../tensor/ops/arithmetic.js";
import { chunk, concat } from "../../../tensor/ops/join.js";
import { extreme } from "../../../tensor/ops/reduce.js";
import { select } from "../../../tensor/ops/slice.js";
import { neg, unary } from "../../../tensor/ops/unary.js";
import type { Tensor } from "../../../tensor/tensor.js";
import { logScan } from "../../functional/scan.js";
import type { CellLayer, LayerResult } from "../cell.js";
import { unroll } from "../unroll.js";

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

/** What a minimal cell does with its state: a step's, or the logarithms of a whole layer's. */
export interface Blend {
  keep: Tensor;
  take: Tensor;
  candidate: Tensor;
}

/**
 * h_t = keep_t⊙h_{t-1} + take_t⊙candidate_t for a whole layer.
 * @param logs   [L, N, H] each
 * @param gates  a step's, for those who look
 */
export function scanLayer(
  op: string,
  layer: CellLayer,
  logs: Blend,
  gates: (step: Blend) => readonly Tensor[],
): LayerResult {
  const [h0] = layer.states as readonly [Tensor];
  const smallest = extreme("min", h0.detach()).item();
  if (!(smallest >= 0)) {
    const fix = "Pass the state that forward() returned, or none.";
    throw new OptionError({
      op,
      argument: "state",
      must: "be at least 0 in every element",
      value: String(smallest),
      fix,
    });
  }
  if (layer.observe) {
    const blends = unary("exp", concat([logs.keep, logs.take, logs.candidate], 2));
    return unroll(blends, layer, layer.rates, (x, [h]) => {
      const [keep, take, candidate] = chunk(x, 3, 1) as [Tensor, Tensor, Tensor];
      return { states: [add(mul(keep, h), mul(take, candidate))], gates: gates({ keep, take, candidate }) };
    });
  }
  const y = logScan(logs.keep, add(logs.take, logs.candidate), h0);
  return { y, states: [select(y, 0, y.shape[0] - 1)] };
}
