import { checkKnownOptions, checkNumber } from "../../base/check.js";
import { ShapeError } from "../../base/errors.js";
import { misshapen, normalizeAxis } from "../../base/shape.js";
import { mul, sub } from "../../tensor/ops/arithmetic.js";
import { embedding as takeRows } from "../../tensor/ops/embedding.js";
import { indexSelect } from "../../tensor/ops/gather.js";
import { filled, fromHost, requireDimension, requireFloat, requireTensor } from "../../tensor/ops/raw.js";
import { mean } from "../../tensor/ops/reduce.js";
import { narrow } from "../../tensor/ops/slice.js";
import { type DropoutOptions, dropout, unary } from "../../tensor/ops/unary.js";
import type { Tensor } from "../../tensor/tensor.js";
import { PackedSequence } from "../recurrent/packed-sequence.js";
import { type EmbeddingSettings, embedding } from "./embedding.js";

export interface LockedDropoutOptions extends DropoutOptions {
  /** The dimension along which one mask holds: time. Default 0, of [L, N, H]; 1 for [N, L, H]. */
  axis?: number | undefined;
}

/**
 * Variational (locked) dropout: each sequence of the batch draws one mask, which holds at all of its time steps.
 *   y_t = x_t ⊙ m,  m = 0 with probability p, else 1/(1-p)
 * @param x  [L, N, H]; another dimension than the first may be time
 * Source: Gal & Ghahramani 2016; "locked" as in Merity, Keskar & Socher 2018.
 */
export function lockedDropout(x: Tensor, p: number, options: LockedDropoutOptions = {}): Tensor {
  const op = "lockedDropout";
  checkNumber(op, "p", p, { min: 0, max: 1 });
  requireTensor(op, "input", x);
  requireFloat(op, "input", x);
  checkKnownOptions(op, options, ["axis", "training", "generator"]);
  const { axis = 0, ...rest } = options;
  requireDimension(op, x);
  const time = normalizeAxis(op, axis, x.rank);
  if (p === 0 || rest.training === false) return x;
  return mul(x, dropout(filled(x.dtype, x.shape.with(time, 1), 1), p, rest));
}

/** @internal `lockedDropout` of packed rows [R, H]: one mask a sequence. */
export function lockedRows(rows: Tensor, batchSizes: readonly number[], p: number, training: boolean): Tensor {
  if (p === 0 || !training) return rows;
  const mask = dropout(filled(rows.dtype, [batchSizes[0], ...rows.shape.slice(1)], 1), p);
  const places = Int32Array.from(batchSizes.flatMap((running) => Array.from({ length: running }, (_, place) => place)));
  return mul(rows, indexSelect(mask, 0, fromHost(places, [places.length])));
}

/**
 * Rows of a table of which whole words are dropped: a word is missing at every place where it occurs, and the others are
 * scaled by 1/(1-p).
 * @param table  [V, D]
 * @param ids    int32 [..]
 * @returns      [.., D]
 * Source: Gal & Ghahramani 2016; Merity, Keskar & Socher 2018.
 */
export function embeddingDropout(
  table: Tensor,
  ids: Tensor,
  p: number,
  options: DropoutOptions & EmbeddingSettings & { paddingIndex?: number | null | undefined } = {},
): Tensor {
  checkNumber("embeddingDropout", "p", p, { min: 0, max: 1 });
  checkKnownOptions("embeddingDropout", options, [
    "paddingIdx",
    "paddingIndex",
    "maxNorm",
    "normType",
    "training",
    "generator",
  ]);
  const { paddingIndex, paddingIdx = paddingIndex, maxNorm, normType, ...rest } = options;
  const rows = embedding(table, ids, { paddingIdx, maxNorm, normType });
  if (p === 0 || rest.training === false) return rows;
  const mask = dropout(filled(table.dtype, [table.shape[0], 1], 1), p, rest);
  return mul(rows, takeRows(mask, ids));
}

/**
 * Activation regularisation: α · mean(y²) keeps activations small.
 * @param y      the last layer's output, after dropout; packed, of sequences of many lengths
 * @param alpha  Merity, McCann & Socher use 2
 * Source: Merity, McCann & Socher 2017.
 */
export function activationRegularization(y: Tensor | PackedSequence, alpha: number): Tensor {
  checkNumber("activationRegularization", "alpha", alpha, { min: 0 });
  return mul(mean(unary("square", y instanceof PackedSequence ? y.data : y)), alpha);
}

/**
 * Temporal activation regularisation: β · mean((y_{t+1} - y_t)²) keeps the state from changing much in one step.
 * @param y     [L, ..], the last layer's output, before dropout; packed, each sequence by itself
 * @param beta  Merity, McCann & Socher use 1
 * @throws ShapeError for fewer than two time steps
 * Source: Merity, McCann & Socher 2017.
 */
export function temporalActivationRegularization(y: Tensor | PackedSequence, beta: number): Tensor {
  const op = "temporalActivationRegularization";
  checkNumber(op, "beta", beta, { min: 0 });
  if (y instanceof PackedSequence) return ofPacked(op, y, beta);
  requireTensor(op, "y", y);
  const length = y.shape[0] ?? 0;
  if (length < 2) {
    throw misshapen(op, "y", "hold two time steps at least", y.shape);
  }
  return temporal(narrow(y, 0, 1, length - 1), narrow(y, 0, 0, length - 1), beta);
}

function ofPacked(op: string, { data: rows, batchSizes }: PackedSequence, beta: number): Tensor {
  if (batchSizes.length < 2) {
    const must = "hold two time steps at least";
    throw new ShapeError({ op, argument: "y", must, value: `${batchSizes[0]} sequences of one` });
  }
  let start = 0;
  const before = batchSizes.slice(1).flatMap((running, i) => {
    const first = start;
    start += batchSizes[i];
    return Array.from({ length: running }, (_, place) => first + place);
  });
  const later = narrow(rows, 0, batchSizes[0], before.length);
  return temporal(later, indexSelect(rows, 0, fromHost(Int32Array.from(before), [before.length])), beta);
}

function temporal(later: Tensor, earlier: Tensor, beta: number): Tensor {
  return mul(mean(unary("square", sub(later, earlier))), beta);
}
