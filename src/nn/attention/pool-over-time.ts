import { checkKnownOptions, checkOneOf } from "../../base/check.js";
import { OptionError } from "../../base/errors.js";
import { misshapen, sizeOf } from "../../base/shape.js";
import { div, where } from "../../tensor/ops/arithmetic.js";
import { matmul } from "../../tensor/ops/matmul.js";
import { fromHost, requireFloat, requireTensor } from "../../tensor/ops/raw.js";
import { sum } from "../../tensor/ops/reduce.js";
import { reshape, transpose, unsqueeze } from "../../tensor/ops/shape.js";
import type { Tensor } from "../../tensor/tensor.js";
import { moveRows } from "../recurrent/move-rows.js";
import { type Lengths, PackedSequence } from "../recurrent/packed-sequence.js";
import { padPackedSequence } from "../recurrent/rnn-utils.js";
import { lengthsOf } from "../sequence-losses/lengths.js";
import { maskOf } from "../sequence-losses/step-mask.js";
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
  lengths: number[];
  /** int32 [L, N, 1], 1 for steps that count; null when all do. */
  mask: Tensor | null;
}

function sequences(op: string, given: Tensor | PackedSequence, options: PoolOptions): Sequences {
  checkKnownOptions(op, options, ["lengths", "batchFirst"]);
  const isPacked = given instanceof PackedSequence;
  if (isPacked && options.lengths !== undefined) {
    const must = "be left out for packed sequences";
    throw new OptionError({ op, argument: "lengths", must, value: "lengths", fix: "They know their own." });
  }
  const [padded, own] = isPacked ? padPackedSequence(given) : [given, options.lengths];
  requireTensor(op, "input", padded);
  requireFloat(op, "input", padded);
  const batchFirst = !isPacked && (options.batchFirst ?? false);
  if (padded.rank !== 3) throw misshapen(op, "input", `have shape [${batchFirst ? "N, L" : "L, N"}, H]`, padded.shape);
  const x = batchFirst ? transpose(padded, 0, 1) : padded;
  const [steps, batch] = x.shape;
  const lengths = lengthsOf(op, "lengths", own ?? new Array<number>(batch).fill(steps), batch, [1, steps]);
  const isFull = lengths.every((length) => length === steps);
  const mask = isFull ? null : maskOf(op, { lengths }, [steps, batch], false, 1);
  return { x, lengths, mask: mask && unsqueeze(mask.T, 2) };
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
  const { x: padded, lengths, mask } = sequences("meanOverTime", x, options);
  const counts = fromHost(padded.dtype === "float64" ? Float64Array.from(lengths) : Float32Array.from(lengths), [
    lengths.length,
    1,
  ]);
  return div(sum(mask === null ? padded : where(mask, padded, 0), 0), counts);
}

/**
 * The largest of each sequence's own steps, for each feature by itself.
 * @param x  [L, N, H], [N, L, H] with batchFirst, or packed; what lies beyond a length is not read and has no gradient
 * @returns  [N, H]
 * @throws ShapeError, OptionError for lengths that do not fit
 */
export function maxOverTime(x: Tensor | PackedSequence, options: PoolOptions = {}): Tensor {
  const { x: padded, mask } = sequences("maxOverTime", x, options);
  return (mask === null ? padded : where(mask, padded, -Infinity)).max(0);
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
  const { x: padded, mask } = sequences(op, x, options);
  requireTensor(op, "query", query);
  const width = padded.shape[2];
  if (query.rank !== 1 || sizeOf(query.shape) !== width)
    throw misshapen(op, "query", `have shape [${width}]`, query.shape);
  const own = mask === null ? padded : where(mask, padded, 0);
  const rows = transpose(own, 0, 1);
  const scores = unsqueeze(matmul(rows, query), 1);
  const weights = attentionWeights(op, scores, mask && unsqueeze(reshape(mask, mask.shape.slice(0, 2)).T, 1));
  return reshape(matmul(weights, rows), [rows.shape[0], width]);
}

/** What is made of all steps of a sequence. */
export type PoolMode = "last" | "mean" | "max" | "attention";

export function checkPoolMode(op: string, mode: unknown): PoolMode {
  return checkOneOf(op, "mode", mode as PoolMode, ["last", "mean", "max", "attention"]);
}
