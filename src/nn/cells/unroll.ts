import { checkFunction, checkList, checkObject } from "../../base/check.js";
import { mul } from "../../tensor/ops/arithmetic.js";
import { concat, unbind } from "../../tensor/ops/join.js";
import { requireTensor } from "../../tensor/ops/raw.js";
import { reshape } from "../../tensor/ops/shape.js";
import type { Tensor } from "../../tensor/tensor.js";
import { recurrentMask, zoneout } from "../functional/step-noise.js";
import type { StepRates } from "../step-rates.js";
import type { CellLayer, LayerResult } from "./cell.js";

/** Of a cell that has no such options. */
export const NO_RATES: StepRates = { zoneout: [0, 0], recurrentDropout: 0 };

/**
 * One step of a recurrence.
 * @param x       what the step gets of the inputs, [N, ..]
 * @param states  [N, H] each, h first
 * @param seen    h as the products see it: dropped out when `recurrentDropout` is on
 */
export type Step = (x: Tensor, states: readonly Tensor[], seen: Tensor) => StepResult;

export interface StepResult {
  /** The next ones. */
  states: readonly Tensor[];
  /** After their activations, in the order in which the cell announces them. */
  gates: readonly Tensor[];
}

/** Walks a sequence [L, N, ..] step by step: y_t is the hidden state after step t. */
export function unroll(x: Tensor, layer: CellLayer, rates: StepRates, step: Step): LayerResult {
  const op = "unroll";
  requireTensor(op, "x", x);
  checkObject(op, "layer", layer, "the run of a layer: { states, training, ... }");
  for (const state of checkList(op, "layer.states", layer.states)) requireTensor(op, "each of layer.states", state);
  checkObject(op, "rates", rates, "{ zoneout, recurrentDropout }");
  checkFunction(op, "step", step);
  const { training } = layer;
  let states = layer.states;
  const first = states[0]!;
  const drops = training && rates.recurrentDropout > 0;
  const draw = (): Tensor => recurrentMask(first, rates.recurrentDropout);
  const mask = drops ? (layer.once?.(draw) ?? draw()) : null;
  const ys = unbind(x, 0).map((xt) => {
    const h = states[0]!;
    const next = step(xt, states, mask === null ? h : mul(h, mask));
    states = next.states.map((state, i) => zoneout(states[i]!, state, rates.zoneout[i]!, training));
    layer.observe?.(states, next.gates);
    return states[0]!;
  });
  return { y: reshape(concat(ys, 0), [ys.length, ...first.shape]), states };
}
