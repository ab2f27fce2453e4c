import { checkKnownOptions, checkList, checkNumber } from "../base/check.js";
import { OptionError, show } from "../base/errors.js";
import { sameShape } from "../base/shape.js";
import { add } from "../tensor/ops/arithmetic.js";
import { requireTensor } from "../tensor/ops/raw.js";
import { dropout } from "../tensor/ops/unary.js";
import type { Tensor } from "../tensor/tensor.js";
import { lockedDropout, lockedRows } from "./functional/regularization.js";
import { Module } from "./module.js";
import { checkBoolean } from "./options.js";
import {
  PackedSequence,
  packingOf,
  refuseLengths,
  refuseOptionsAsState,
  requireBatch,
  requirePackedInput,
} from "./recurrent/packed-sequence.js";
import { packRows, padRows } from "./recurrent/rnn-utils.js";
import type { SequenceOptions } from "./recurrent/stack.js";
import { batchFirstOf, forwardPacked, forwardTensor, type RecurrentModule, type StateOf } from "./recurrent-module.js";

export interface RecurrentStackOptions {
  /** Add a layer's input to its output wherever their shapes agree. Default false. */
  residual?: boolean | undefined;
  /** Probability between layers, in training. Default 0. */
  dropout?: number | undefined;
  /** Probability between layers, in training, with one mask for all time steps. Default 0. */
  lockedDropout?: number | undefined;
  /** Sequences are [N, L, ..]. Default: as the layers have it. */
  batchFirst?: boolean | undefined;
}

const OP = "RecurrentStack.forward";

/**
 * Recurrent modules one above the other, of any kind and width, with the states of all of them in a list; with `residual`,
 *   y_k = y_{k-1} + layer_k(y_{k-1})
 * so that the gradient reaches the lowest of many layers.
 * Parameters: those of the layers, under `layers.0.`, `layers.1.`, ...
 * Source: He et al. 2016; in recurrent stacks, Wu et al. 2016.
 * @example
 * const stack = new nn.RecurrentStack([1, 2, 3, 4].map(() => new nn.MinGRU(128, 128)), { residual: true });
 * const [y, states] = stack.forward(x); // x, y [L, N, 128]; states: four of [1, N, 128]
 */
export class RecurrentStack<M extends RecurrentModule = RecurrentModule> extends Module {
  layers: M[];
  readonly residual: boolean;
  readonly batchFirst: boolean;
  dropout: number;
  lockedDropout: number;

  constructor(layers: Iterable<M>, options: RecurrentStackOptions = {}) {
    super();
    const op = "RecurrentStack";
    checkKnownOptions(op, options, ["residual", "dropout", "lockedDropout", "batchFirst"]);
    this.layers = checkList(op, "layers", layers, "Write new RecurrentStack([a, b]).");
    const wrong = this.layers.findIndex((layer) => !(layer instanceof Module && typeof layer.forward === "function"));
    if (wrong >= 0 || this.layers.length === 0) {
      const value = wrong >= 0 ? show(this.layers[wrong]) : "none";
      throw new OptionError({ op, argument: "layers", must: "be at least one recurrent module", value });
    }
    this.residual = checkBoolean(op, "residual", options.residual ?? false);
    this.batchFirst = batchFirstOf(op, this.layers, options.batchFirst);
    this.dropout = checkNumber(op, "dropout", options.dropout ?? 0, { min: 0, max: 1 });
    this.lockedDropout = checkNumber(op, "lockedDropout", options.lockedDropout ?? 0, { min: 0, max: 1 });
  }

  /**
   * @param x        [L, N, I], or [N, L, I] with batchFirst; packed sequences go to `forwardPacked`
   * @param states   one a layer, as a former call returned them; each layer's zeros when left out
   * @param options  lengths of the sequences in a padded batch: steps beyond cost nothing, and y is zero there
   * @returns        the last layer's output [L, N, ..] and the next states
   * @throws OptionError for another number of states than layers, and for lengths outside [1, L]
   */
  forward(
    x: Tensor,
    states?: readonly StateOf<M>[] | null,
    options: SequenceOptions = {},
  ): readonly [Tensor, StateOf<M>[]] {
    checkKnownOptions(OP, options, ["lengths"]);
    refuseOptionsAsState(OP, states);
    const { lengths } = options;
    if ((x as unknown) instanceof PackedSequence) {
      refuseLengths(OP, lengths);
      return this.forwardPacked(x as never, states) as never;
    }
    if (lengths === undefined) return dense(this, x, states);
    const { batchFirst } = this;
    requireTensor(OP, "input", x);
    requireBatch(OP, x);
    const [batch, longest] = (batchFirst ? x.shape : [x.shape[1], x.shape[0]]) as [number, number];
    const packing = packingOf(OP, lengths, batch, longest);
    const packed = new PackedSequence(packRows(x, packing, batchFirst), packing.batchSizes, packing.order);
    const [y, next] = this.forwardPacked(packed, states);
    return [padRows(y.data, packing, longest, batchFirst), next];
  }

  /**
   * `forward` for packed sequences.
   * @returns the last layer's output, packed as x is, and the next states, in the order in which the sequences were given
   * @throws OptionError when a layer has no way for them
   */
  forwardPacked(x: PackedSequence, states?: readonly StateOf<M>[] | null): readonly [PackedSequence, StateOf<M>[]] {
    const op = `${OP}Packed`;
    requirePackedInput(op, x);
    const locked = (rows: Tensor): Tensor => lockedRows(rows, x.batchSizes, this.lockedDropout, this.training);
    const [y, next] = walk(this, x.data, states, locked, (rows, layer, state) => {
      const [out, last] = forwardPacked(op, layer, x.with(rows), state);
      return [out.data, last];
    });
    return [x.with(y), next];
  }
}

function dense<M extends RecurrentModule>(
  stack: RecurrentStack<M>,
  x: Tensor,
  states: readonly StateOf<M>[] | null | undefined,
): readonly [Tensor, StateOf<M>[]] {
  const { training } = stack;
  const locked = (y: Tensor): Tensor => {
    const axis = stack.batchFirst && y.rank === 3 ? 1 : 0;
    return lockedDropout(y, stack.lockedDropout, { training, axis });
  };
  return walk(stack, x, states, locked, (y, layer, state) => forwardTensor(OP, layer, y, state));
}

function walk<M extends RecurrentModule>(
  stack: RecurrentStack<M>,
  x: Tensor,
  states: readonly StateOf<M>[] | null | undefined,
  locked: (y: Tensor) => Tensor,
  run: (y: Tensor, layer: M, state: StateOf<M> | undefined) => readonly [Tensor, StateOf<M>],
): readonly [Tensor, StateOf<M>[]] {
  if (states != null && states.length !== stack.layers.length) {
    const must = `be a list of ${stack.layers.length}, one a layer`;
    const value = Array.isArray(states) ? `${states.length}` : show(states);
    throw new OptionError({ op: OP, argument: "states", must, value });
  }
  const next: StateOf<M>[] = [];
  let y = x;
  for (const [k, layer] of stack.layers.entries()) {
    if (k > 0) y = locked(dropout(y, stack.dropout, { training: stack.training }));
    const [out, state] = run(y, layer, states?.[k]);
    next.push(state);
    y = stack.residual && sameShape(y.shape, out.shape) ? add(y, out) : out;
  }
  return [y, next];
}
