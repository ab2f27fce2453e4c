import { checkKnownOptions, checkOneOf } from "../../base/check.js";
import { typedArray } from "../../base/dtype.js";
import { misshapen } from "../../base/shape.js";
import { div, where } from "../../tensor/ops/arithmetic.js";
import { matmul } from "../../tensor/ops/matmul.js";
import { fromHost, requireFloat, requireTensor } from "../../tensor/ops/raw.js";
import { sum } from "../../tensor/ops/reduce.js";
import { reshape, transpose, unsqueeze } from "../../tensor/ops/shape.js";
import type { Tensor } from "../../tensor/tensor.js";
import { type Lengths, lengthsOf, stepMask } from "../recurrent/lengths.js";
import { moveRows } from "../recurrent/move-rows.js";
import { PackedSequence, refuseLengths } from "../recurrent/packed-sequence.js";
import { padPackedSequence } from "../recurrent/rnn-utils.js";
import { attentionWeights } from "./scaled-dot-product.js";

export interface PoolOptions {
  /** Of the N sequences, each in [1, L]. Default: all of L. Packed sequences know their own. */
  lengths?: Lengths | undefined;
  /** Sequences are [N, L, ..]. Default false. */
  batchFirst?: boolean | undefined;
}

/** Steps first, and lengths. */
interface Sequences {
  /** [L, N, H] */
  x: Tensor;
  lengths: readonly number[];
  /** int32 [N, L], 1 for steps that count; null when all do. */
  mask: Tensor | null;
}

function sequences(op: string, given: Tensor | PackedSequence, options: PoolOptions): Sequences {
  checkKnownOptions(op, options, ["lengths", "batchFirst"]);
  const isPacked = given instanceof PackedSequence;
  if (isPacked) refuseLengths(op, options.lengths);
  const [padded, own] = isPacked ? padPackedSequence(given) : [given, options.lengths];
  requireTensor(op, "input", padded);
  requireFloat(op, "input", padded);
  const batchFirst = !isPacked && (options.batchFirst ?? false);
  if (padded.rank !== 3) throw misshapen(op, "input", `have shape [${batchFirst ? "N, L" : "L, N"}, H]`, padded.shape);
  const x = batchFirst ? transpose(padded, 0, 1) : padded;
  const [steps, batch] = x.shape;
  const lengths = lengthsOf(op, "lengths", own ?? new Array<number>(batch).fill(steps), batch, [1, steps]);
  const isFull = lengths.every((length) => length === steps);
  return { x, lengths, mask: isFull ? null : stepMask(lengths, steps) };
}

/** x [L, N, H] with `value` in place of the steps that do not count. */
function filledUp({ x, mask }: Sequences, value: number): Tensor {
  return mask === null ? x : where(unsqueeze(mask.T, 2), x, value);
}

/**
 * Each sequence's own last step: what a recurrent layer knows at its end.
 * @param x  [L, N, H], [N, L, H] with batchFirst, or packed; what lies beyond a length is not read and has no gradient
 * @returns  [N, H]
 * @throws ShapeError, OptionError for lengths that do not fit
 */
export function lastStep(x: Tensor | PackedSequence, options: PoolOptions = {}): Tensor {
  const { x: padded, lengths } = sequences("lastStep", x, options);
  const [steps, batch, width] = padded.shape;
  const from = Int32Array.from(lengths, (length, n) => (length - 1) * batch + n);
  return moveRows("lastStep", reshape(padded, [steps * batch, width]), from, [batch]);
}

/**
 * The mean of each sequence's own steps: (1/L_n) Σ_{t < L_n} x_t.
 * @param x  [L, N, H], [N, L, H] with batchFirst, or packed; what lies beyond a length is not read and has no gradient
 * @returns  [N, H]
 * @throws ShapeError, OptionError for lengths that do not fit
 */
export function meanOverTime(x: Tensor | PackedSequence, options: PoolOptions = {}): Tensor {
  const given = sequences("meanOverTime", x, options);
  const counts = typedArray(given.x.dtype, given.lengths.length);
  counts.set(given.lengths);
  return div(sum(filledUp(given, 0), 0), fromHost(counts, [counts.length, 1]));
}

/**
 * The largest of each sequence's own steps, for each feature by itself.
 * @param x  [L, N, H], [N, L, H] with batchFirst, or packed; what lies beyond a length is not read and has no gradient
 * @returns  [N, H]
 * @throws ShapeError, OptionError for lengths that do not fit
 */
export function maxOverTime(x: Tensor | PackedSequence, options: PoolOptions = {}): Tensor {
  return filledUp(sequences("maxOverTime", x, options), -Infinity).max(0);
}

/**
 * A mean of each sequence's own steps, weighted by how well they fit one query: Σ_t softmax_t(x_t · query) x_t.
 * @param x      [L, N, H], [N, L, H] with batchFirst, or packed; what lies beyond a length has weight 0
 * @param query  [H], learned with the rest
 * @returns      [N, H]
 * @throws ShapeError, OptionError for lengths that do not fit
 * Source: Yang et al. 2016, without their layer before it.
 */
export function attentionOverTime(x: Tensor | PackedSequence, query: Tensor, options: PoolOptions = {}): Tensor {
  const op = "attentionOverTime";
  const given = sequences(op, x, options);
  requireTensor(op, "query", query);
  const width = given.x.shape[2];
  if (query.rank !== 1 || query.shape[0] !== width) throw misshapen(op, "query", `have shape [${width}]`, query.shape);
  const rows = transpose(filledUp(given, 0), 0, 1);
  const scores = unsqueeze(matmul(rows, query), 1);
  const weights = attentionWeights(op, scores, given.mask && unsqueeze(given.mask, 1));
  return reshape(matmul(weights, rows), [rows.shape[0], width]);
}

/** What is made of all steps of a sequence. */
export type PoolMode = "last" | "mean" | "max" | "attention";

export function checkPoolMode(op: string, mode: unknown): PoolMode {
  return checkOneOf(op, "mode", mode as PoolMode, ["last", "mean", "max", "attention"]);
}
