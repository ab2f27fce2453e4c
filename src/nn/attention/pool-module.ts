import { checkKnownOptions, checkPositiveInteger } from "../../base/check.js";
import { empty } from "../../tensor/ops/raw.js";
import type { Tensor } from "../../tensor/tensor.js";
import { uniform } from "../init.js";
import { Module } from "../module.js";
import { checkBoolean, checkFloatDType, type DTypeOption } from "../options.js";
import { Parameter } from "../parameter.js";
import type { Lengths } from "../recurrent/lengths.js";
import type { PackedSequence } from "../recurrent/packed-sequence.js";
import {
  attentionOverTime,
  checkPoolMode,
  lastStep,
  maxOverTime,
  meanOverTime,
  type PoolMode,
} from "./pool-over-time.js";

export interface PoolOverTimeOptions extends DTypeOption {
  /** H: attention needs it for its query. */
  size?: number | undefined;
  /** Sequences are [N, L, H]. Default false. */
  batchFirst?: boolean | undefined;
}

/**
 * Sequences of many lengths to one vector each: [L, N, H] to [N, H]. `last` is each sequence's own last step, `mean` and `max` go over its own
 * steps, `attention` weighs them by a learned query. Padding is never read, and gets no gradient.
 * Parameters: query [H] for attention, uniform in ±1/√H at the start; none for the others.
 * @example
 * const pool = new nn.PoolOverTime("max");
 * head.forward(pool.forward(lstm.forward(x, null, { lengths })[0], { lengths })); // [N, classes]
 */
export class PoolOverTime extends Module {
  readonly mode: PoolMode;
  readonly batchFirst: boolean;
  query: Parameter | null = null;

  /** @throws OptionError for another mode, or attention without its size */
  constructor(mode: PoolMode, options: PoolOverTimeOptions = {}) {
    super();
    const op = "PoolOverTime";
    this.mode = checkPoolMode(op, mode);
    checkKnownOptions(op, options, ["size", "batchFirst", "dtype"]);
    this.batchFirst = checkBoolean(op, "batchFirst", options.batchFirst ?? false);
    const dtype = checkFloatDType(op, options.dtype);
    if (mode !== "attention") return;
    const size = checkPositiveInteger(op, "size", options.size, "Attention learns a query of that width.");
    this.query = uniform(new Parameter(empty(dtype, [size])), -1 / Math.sqrt(size), 1 / Math.sqrt(size));
  }

  /**
   * @param x  [L, N, H], [N, L, H] with batchFirst, or packed
   * @returns  [N, H]
   * @throws ShapeError, OptionError for lengths that do not fit
   */
  forward(x: Tensor | PackedSequence, options: { lengths?: Lengths | undefined } = {}): Tensor {
    checkKnownOptions("PoolOverTime.forward", options, ["lengths"]);
    const given = { ...options, batchFirst: this.batchFirst };
    if (this.query !== null) return attentionOverTime(x, this.query, given);
    return { last: lastStep, mean: meanOverTime, max: maxOverTime }[this.mode as "last"](x, given);
  }
}
