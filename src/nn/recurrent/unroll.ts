import { checkFunction, checkList, checkObject } from "../../base/check.js";
import { mul } from "../../tensor/ops/arithmetic.js";
import { concat, split, unbind } from "../../tensor/ops/join.js";
import { requireTensor } from "../../tensor/ops/raw.js";
import { reshape } from "../../tensor/ops/shape.js";
import { narrow } from "../../tensor/ops/slice.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { CellLayer, LayerResult } from "./cell.js";
import { recurrentMask, zoneout } from "./step-noise.js";
import type { StepRates } from "./step-rates.js";

type States = readonly Tensor[];

/**
 * One step of a recurrence.
 * @param x       what the step gets of the inputs, [N, ..]
 * @param states  [N, H] each, h first
 * @param seen    h as the products see it: dropped out when `recurrentDropout` is on
 */
export type Step = (x: Tensor, states: States, seen: Tensor) => StepResult;

/** What one step of a cell gives: the next states, and its gates. */
export interface StepResult {
  /** The next ones. */
  states: States;
  /** After their activations, in the order in which the cell announces them. */
  gates: readonly Tensor[];
}

/**
 * Walks a sequence [L, N, ..] step by step, or with the layer's `batchSizes` packed rows [R, W], where sequences leave the state as
 * they end, or walking backwards join it: some dozen small operations a step, where a kernel is one call for the sequence (1.5 times
 * its time at N = 32, H = 128, more where they are smaller).
 * @returns y, at every step the hidden state after it, and each sequence's last states
 */
export function unroll(x: Tensor, layer: CellLayer, rates: StepRates, step: Step): LayerResult {
  checkRun(x, layer, rates, step);
  const { training, states: initial, batchSizes, reverse = false } = layer;
  const width = x.shape[x.rank - 1];
  const inputs = batchSizes === undefined ? unbind(x, 0) : split(reshape(x, [-1, width]), batchSizes, 0);
  const drops = training && rates.recurrentDropout > 0;
  const draw = (): Tensor => recurrentMask(initial[0], rates.recurrentDropout);
  const mask = drops ? (layer.once?.(draw) ?? draw()) : null;
  const outputs = new Array<Tensor>(inputs.length);
  const left: States[] = [];
  let states = someRows(initial, 0, inputs[reverse ? inputs.length - 1 : 0].shape[0]);
  for (let i = 0; i < inputs.length; i++) {
    const t = reverse ? inputs.length - 1 - i : i;
    const [here, count] = [states[0].shape[0], inputs[t].shape[0]];
    if (count < here) {
      left.unshift(someRows(states, count, here - count));
      states = someRows(states, 0, count);
    } else if (count > here) {
      states = joined([states, someRows(initial, here, count - here)]);
    }
    const before = states;
    const seen = mask === null ? before[0] : mul(before[0], narrowed(mask, 0, count));
    const next = step(inputs[t], before, seen);
    states = next.states.map((state, k) => zoneout(before[k], state, rates.zoneout[k], training));
    layer.observe?.(states, next.gates);
    outputs[t] = states[0];
  }
  const last = joined([states, ...left]);
  const lead = batchSizes === undefined ? [outputs.length, states[0].shape[0]] : x.shape.slice(0, -1);
  return { y: reshape(concat(outputs, 0), [...lead, states[0].shape[1]]), states: last };
}

/** Cells of a user's own call this: what they give is looked at first. */
function checkRun(x: Tensor, layer: CellLayer, rates: StepRates, step: Step): void {
  const op = "unroll";
  requireTensor(op, "x", x);
  checkObject(op, "layer", layer, "the run of a layer: { states, training, ... }");
  for (const state of checkList(op, "layer.states", layer.states)) requireTensor(op, "each of layer.states", state);
  checkObject(op, "rates", rates, "{ zoneout, recurrentDropout }");
  checkFunction(op, "step", step);
}

function narrowed(x: Tensor, first: number, count: number): Tensor {
  return first === 0 && count === x.shape[0] ? x : narrow(x, 0, first, count);
}

function someRows(states: States, first: number, count: number): States {
  return states.map((state) => narrowed(state, first, count));
}

function joined(parts: readonly States[]): States {
  return parts.length === 1 ? parts[0] : parts[0].map((_, k) => concat(parts.map((part) => part[k])));
}
