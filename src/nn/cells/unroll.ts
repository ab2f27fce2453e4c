import { checkNumber } from "../../base/check.js";
import { OptionError, show } from "../../base/errors.js";
import { add, mul, sub } from "../../tensor/ops/arithmetic.js";
import { concat, unbind } from "../../tensor/ops/join.js";
import { filled } from "../../tensor/ops/raw.js";
import { reshape } from "../../tensor/ops/shape.js";
import { dropout } from "../../tensor/ops/unary.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { CellLayer, LayerResult } from "./cell.js";

/** Probabilities of zoneout. */
export interface ZoneoutRates {
  /** Of the hidden state. Default 0. */
  h?: number;
  /** Of the cell state, where there is one. Default 0. */
  c?: number;
}

/** What every recurrence that is written one step at a time can have. */
export interface StepOptions {
  /**
   * In training each unit keeps its old state with this probability; in evaluation it takes the mean of the two. A number
   * is meant for every state. Default 0. Source: Krueger et al. 2017.
   */
  zoneout?: number | ZoneoutRates;
  /**
   * Dropout of h_{t-1} where it enters the products, with one mask for the whole sequence. Default 0.
   * Source: Gal & Ghahramani 2016.
   */
  recurrentDropout?: number;
}

export const STEP_OPTIONS = ["zoneout", "recurrentDropout"];

export interface StepRates {
  /** Of each state. */
  zoneout: readonly number[];
  recurrentDropout: number;
}

/** Of a cell that has no such options. */
export const NO_RATES: StepRates = { zoneout: [0, 0], recurrentDropout: 0 };

/** @throws OptionError for rates outside [0, 1) */
export function resolveRates(op: string, { zoneout = 0, recurrentDropout = 0 }: StepOptions, states: 1 | 2): StepRates {
  const range = { min: 0, max: 1, openMax: true };
  checkNumber(op, "recurrentDropout", recurrentDropout, range);
  if (typeof zoneout !== "number" && (zoneout === null || typeof zoneout !== "object")) {
    throw new OptionError({ op, argument: "zoneout", rule: "a number or { h, c }", value: show(zoneout) });
  }
  const { h = 0, c = 0 } = typeof zoneout === "number" ? { h: zoneout, c: zoneout } : zoneout;
  checkNumber(op, "zoneout.h", h, range);
  checkNumber(op, "zoneout.c", c, range);
  return { zoneout: [h, c].slice(0, states), recurrentDropout };
}

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
  const { training } = layer;
  let states = layer.states;
  const first = states[0]!;
  const drops = training && rates.recurrentDropout > 0;
  const draw = (): Tensor => dropout(filled(first.dtype, first.shape, 1), rates.recurrentDropout);
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

/** old where the unit is zoned out, else next: old + m ⊙ (next - old), m = 0 with probability p, 1 else; its mean in evaluation. */
function zoneout(old: Tensor, next: Tensor, p: number, training: boolean): Tensor {
  if (p === 0) return next;
  const change = sub(next, old);
  return add(old, mul(training ? dropout(change, p) : change, 1 - p));
}
