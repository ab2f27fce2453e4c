import { checkKnownOptions, checkOneOf, refusal } from "../base/check.js";
import { OptionError, show } from "../base/errors.js";
import { requireTensor } from "../tensor/ops/raw.js";
import { flip } from "../tensor/ops/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { Module } from "./module.js";
import type { Lengths } from "./recurrent/lengths.js";
import { MERGE_MODES, type MergeMode, merged } from "./recurrent/merge.js";
import { moveRows } from "./recurrent/move-rows.js";
import {
  backwardRows,
  PackedSequence,
  packingOf,
  refuseLengths,
  refuseOptionsAsState,
  requireBatch,
  requirePackedInput,
} from "./recurrent/packed-sequence.js";
import { reversePadded } from "./recurrent/rnn-utils.js";
import type { SequenceOptions } from "./recurrent/stack.js";
import { batchFirstOf, forwardPacked, forwardTensor, type RecurrentModule, type StateOf } from "./recurrent-module.js";

export interface BidirectionalOptions {
  /** How the two outputs become one: side by side, or added, averaged or multiplied. Default concat. */
  mergeMode?: MergeMode | undefined;
  /** Sequences are [N, L, ..]. Default: as the modules have it. */
  batchFirst?: boolean | undefined;
}

/** What each direction carries. */
export interface BidirectionalState<S> {
  forwards: S;
  backwards: S;
}

const OP = "Bidirectional.forward";

/**
 * Any recurrent module in both directions, one from each sequence's start and one from its end.
 *   y_t = merge(→y_t, ←y_t)
 * `RNN`, `LSTM`, `GRU` and the cells have `bidirectional`, which joins the directions between layers as PyTorch does; here a module
 * of several layers goes all the way in each direction before they meet. For the other way, stack one of these a layer.
 * Parameters: those of the two modules, under `forwards.` and `backwards.`.
 * Source: Schuster & Paliwal 1997; Keras's Bidirectional.
 * @example
 * const both = new nn.Bidirectional(() => new nn.MGU(64, 128), { mergeMode: "sum" });
 * const [y, { forwards, backwards }] = both.forward(x, null, { lengths }); // x [L, N, 64], y [L, N, 128]
 */
export class Bidirectional<M extends RecurrentModule = RecurrentModule> extends Module {
  forwards: M;
  backwards: M;
  readonly mergeMode: MergeMode;
  readonly batchFirst: boolean;

  /**
   * @param make  called twice, for a module of its own in each direction
   * @throws OptionError unless it makes two
   */
  constructor(make: (direction: "forwards" | "backwards") => M, options: BidirectionalOptions = {}) {
    super();
    const op = "Bidirectional";
    checkKnownOptions(op, options, ["mergeMode", "batchFirst"]);
    if (typeof make !== "function") {
      const fix = "Write () => new nn.LSTM(64, 128), say.";
      throw refusal(op, "make", "be a function that makes a module", make, fix);
    }
    this.forwards = make("forwards");
    this.backwards = make("backwards");
    const made: unknown[] = [this.forwards, this.backwards];
    if (!made.every((module) => module instanceof Module) || made[0] === made[1]) {
      const value = made[0] === made[1] && made[0] instanceof Module ? "the same one twice" : show(made[0]);
      throw new OptionError({
        op,
        argument: "make",
        must: "be a function that makes a new module at each call",
        value,
      });
    }
    this.mergeMode = checkOneOf(op, "mergeMode", options.mergeMode ?? "concat", MERGE_MODES);
    this.batchFirst = batchFirstOf(op, [this.forwards, this.backwards], options.batchFirst);
  }

  /**
   * @param x      [L, N, I], or [N, L, I] with batchFirst, or [L, I] where the modules take it; packed sequences go to `forwardPacked`
   * @param state  what each direction begins with
   * @returns      y, and each direction's state: after each sequence's last step, and backwards after its first
   * @throws what the modules throw; OptionError for lengths outside [1, L] and for another kind of state
   */
  forward(
    x: Tensor,
    state?: BidirectionalState<StateOf<M>> | null,
    options: SequenceOptions = {},
  ): readonly [Tensor, BidirectionalState<StateOf<M>>] {
    checkKnownOptions(OP, options, ["lengths"]);
    refuseOptionsAsState(OP, state);
    const { lengths } = options;
    if ((x as unknown) instanceof PackedSequence) {
      refuseLengths(OP, lengths);
      return this.forwardPacked(x as never, state) as never;
    }
    requireTensor(OP, "input", x);
    const start = startOf(state);
    const turned = turning(this.batchFirst, x, lengths);
    const [y, forwards] = forwardTensor(OP, this.forwards, x, start?.forwards, options);
    const [z, backwards] = forwardTensor(OP, this.backwards, turned(x), start?.backwards, options);
    // Without sequences, the last output has no steps to turn.
    return [merged(this.mergeMode, [y, z.rank === x.rank ? turned(z) : z]), { forwards, backwards }];
  }

  /** `forward` for packed sequences. @throws OptionError when the modules have no way for them */
  forwardPacked(
    x: PackedSequence,
    state?: BidirectionalState<StateOf<M>> | null,
  ): readonly [PackedSequence, BidirectionalState<StateOf<M>>] {
    const op = `${OP}Packed`;
    requirePackedInput(op, x);
    const start = startOf(state);
    const from = backwardRows(x.batchSizes);
    const turned = (rows: PackedSequence): PackedSequence =>
      rows.with(moveRows("reverse", rows.data, from, [from.length]));
    const [y, forwards] = forwardPacked(op, this.forwards, x, start?.forwards);
    const [z, backwards] = forwardPacked(op, this.backwards, turned(x), start?.backwards);
    return [x.with(merged(this.mergeMode, [y.data, turned(z).data])), { forwards, backwards }];
  }
}

function startOf<S>(state: BidirectionalState<S> | null | undefined): BidirectionalState<S> | null {
  if (state == null) return null;
  if (typeof state === "object" && "forwards" in state && "backwards" in state) return state;
  throw new OptionError({ op: OP, argument: "state", must: "be { forwards, backwards }", value: show(state) });
}

function turning(batchFirst: boolean, x: Tensor, lengths: Lengths | undefined): (sequences: Tensor) => Tensor {
  const axis = batchFirst && x.rank === 3 ? 1 : 0;
  if (lengths === undefined) return (sequences) => flip(sequences, axis);
  requireBatch(OP, x);
  const packing = packingOf(OP, lengths, x.shape[1 - axis], x.shape[axis]);
  return (sequences) => reversePadded(sequences, packing.lengths, batchFirst);
}
