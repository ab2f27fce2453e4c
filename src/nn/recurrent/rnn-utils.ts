import { checkKnownOptions, checkNumber, checkPositiveInteger, refusal } from "../../base/check.js";
import { typedArray } from "../../base/dtype.js";
import { misshapen, sameShape, sizeOf } from "../../base/shape.js";
import { add } from "../../tensor/ops/arithmetic.js";
import { concat, split, stack } from "../../tensor/ops/join.js";
import { filled, fromHost, requireTensor } from "../../tensor/ops/raw.js";
import { reshape } from "../../tensor/ops/shape.js";
import { Tensor } from "../../tensor/tensor.js";
import { checkBoolean } from "../options.js";
import type { Lengths } from "./lengths.js";
import { moveRows } from "./move-rows.js";
import { eachRow, PackedSequence, type Packing, packingOf } from "./packed-sequence.js";

export { PackedSequence } from "./packed-sequence.js";

export interface BatchFirstOption {
  /** The padded tensor is [N, L, ..] instead of [L, N, ..]. Default false. */
  batchFirst?: boolean | undefined;
}

export interface PackOptions {
  /** Whether sequences must come longest first, as ONNX wants them. Default true, as in PyTorch; false sorts them. */
  enforceSorted?: boolean | undefined;
}

/**
 * A padded batch without its padding.
 * @param x        [L, N, ..], or [N, L, ..] with batchFirst
 * @param lengths  of the N sequences, each in [1, L]
 * @throws OptionError for lengths out of range, or out of order while enforceSorted
 * @example
 * const packed = nn.utils.rnn.packPaddedSequence(x, [9, 7, 2]);
 * const [y, { h }] = lstm.forwardPacked(packed); // h: each sequence's own last state
 * const [padded, lengths] = nn.utils.rnn.padPackedSequence(y);
 */
export function packPaddedSequence(
  x: Tensor,
  lengths: Lengths,
  options: BatchFirstOption & PackOptions = {},
): PackedSequence {
  const op = "packPaddedSequence";
  checkKnownOptions(op, options, ["batchFirst", "enforceSorted"]);
  requireTensor(op, "input", x);
  const batchFirst = checkBoolean(op, "batchFirst", options.batchFirst ?? false);
  if (x.rank < 2) {
    const must = `have shape [${batchFirst ? "N, L" : "L, N"}, ..]`;
    throw misshapen(op, "input", must, x.shape);
  }
  const [batch, longest] = batchFirst ? x.shape : [x.shape[1], x.shape[0]];
  const packing = packingOf(op, lengths, batch, longest);
  requireOrder(op, packing, options);
  return new PackedSequence(packRows(x, packing, batchFirst), packing.batchSizes, packing.order);
}

/**
 * Sequences [L_i, ..] as one packed batch, without padding on the way.
 * @throws ShapeError when they differ in more than their lengths
 */
export function packSequence(sequences: readonly Tensor[], options: PackOptions = {}): PackedSequence {
  const op = "packSequence";
  checkKnownOptions(op, options, ["enforceSorted"]);
  const { lengths, rest } = checkSequences(op, sequences);
  const packing = packingOf(op, lengths, lengths.length, Math.max(...lengths));
  requireOrder(op, packing, options);
  const starts = startsOf(lengths);
  const from = new Int32Array(lengths.reduce((a, b) => a + b));
  eachRow(packing, (row, sequence, t) => {
    from[row] = starts[sequence] + t;
  });
  const rows = reshape(concat(sequences), [from.length, sizeOf(rest)]);
  const data = reshape(moveRows("packSequence", rows, from, [from.length]), [from.length, ...rest]);
  return new PackedSequence(data, packing.batchSizes, packing.order);
}

export interface PadPackedOptions extends BatchFirstOption {
  /** In the places that no sequence reaches. Default 0. */
  paddingValue?: number | undefined;
  /** L, when it should be more than the longest sequence's. */
  totalLength?: number | undefined;
}

/**
 * The reverse of `packPaddedSequence`.
 * @returns the padded tensor [L, N, ..] (or [N, L, ..]), sequences in the order in which they were given, and their lengths
 */
export function padPackedSequence(packed: PackedSequence, options: PadPackedOptions = {}): [Tensor, number[]] {
  const op = "padPackedSequence";
  checkKnownOptions(op, options, ["batchFirst", "paddingValue", "totalLength"]);
  requirePacked(op, packed);
  const batchFirst = checkBoolean(op, "batchFirst", options.batchFirst ?? false);
  const longest = packed.batchSizes.length;
  const total = options.totalLength ?? longest;
  checkPositiveInteger(op, "totalLength", total);
  checkNumber(op, "totalLength", total, { min: longest }, "No sequence may be cut.");
  const packing = { lengths: packed.lengths, batchSizes: packed.batchSizes, order: packed.sortedIndices };
  return [padRows(packed.data, packing, total, batchFirst, options.paddingValue), packed.lengths];
}

/**
 * Sequences [L_i, ..] side by side, padded behind to the longest.
 * @returns [L, N, ..], or [N, L, ..] with batchFirst
 */
export function padSequence(
  sequences: readonly Tensor[],
  options: BatchFirstOption & { paddingValue?: number | undefined } = {},
): Tensor {
  const op = "padSequence";
  checkKnownOptions(op, options, ["batchFirst", "paddingValue"]);
  const batchFirst = checkBoolean(op, "batchFirst", options.batchFirst ?? false);
  const { paddingValue = 0 } = options;
  requireNumber(op, paddingValue);
  const { lengths, rest } = checkSequences(op, sequences);
  const longest = Math.max(...lengths);
  const padded = sequences.map((sequence, i) =>
    lengths[i] === longest
      ? sequence
      : concat([sequence, filled(sequence.dtype, [longest - lengths[i], ...rest], paddingValue)]),
  );
  return stack(padded, batchFirst ? 0 : 1);
}

/** The sequences [L_i, ..] of a packed batch, in the order in which they were given. */
export function unpackSequence(packed: PackedSequence): Tensor[] {
  requirePacked("unpackSequence", packed);
  const { data, batchSizes, lengths } = packed;
  const starts = startsOf(lengths);
  const from = new Int32Array(data.shape[0]);
  eachRow({ batchSizes, order: packed.sortedIndices }, (row, sequence, t) => {
    from[starts[sequence] + t] = row;
  });
  const rest = data.shape.slice(1);
  const rows = moveRows("unpackSequence", reshape(data, [from.length, sizeOf(rest)]), from, [from.length]);
  return split(reshape(rows, data.shape), lengths);
}

/** @internal The rows of a padded batch that belong to a sequence, packed: [R, ..]. */
export function packRows(x: Tensor, packing: Packing, batchFirst: boolean): Tensor {
  const [outer, inner, ...rest] = x.shape;
  const from = new Int32Array(packing.lengths.reduce((a, b) => a + b));
  eachRow(packing, (row, sequence, t) => {
    from[row] = batchFirst ? sequence * inner + t : t * inner + sequence;
  });
  const rows = reshape(x, [outer * inner, sizeOf(rest)]);
  return reshape(moveRows("pack", rows, from, [from.length]), [from.length, ...rest]);
}

/** @internal Packed rows [R, ..] back in their places: [L, N, ..] or [N, L, ..]. */
export function padRows(data: Tensor, packing: Packing, length: number, batchFirst: boolean, paddingValue = 0): Tensor {
  requireNumber("padPackedSequence", paddingValue);
  const batch = packing.lengths.length;
  const lead = batchFirst ? [batch, length] : [length, batch];
  const from = new Int32Array(batch * length).fill(-1);
  eachRow(packing, (row, sequence, t) => {
    from[batchFirst ? sequence * length + t : t * batch + sequence] = row;
  });
  const rest = data.shape.slice(1);
  const rows = reshape(data, [data.shape[0], sizeOf(rest)]);
  const padded = reshape(moveRows("pad", rows, from, lead), [...lead, ...rest]);
  if (paddingValue === 0) return padded;
  const padding = typedArray(data.dtype, from.length).map((_, i) => (from[i] < 0 ? paddingValue : 0));
  return add(padded, fromHost(padding, [...lead, ...rest.map(() => 1)]));
}

/** @internal A padded batch with each sequence from its own end to its start; what lay in the padding is zero. */
export function reversePadded(x: Tensor, lengths: readonly number[], batchFirst: boolean): Tensor {
  const [outer, inner, ...rest] = x.shape;
  const from = new Int32Array(outer * inner).fill(-1);
  lengths.forEach((length, sequence) => {
    for (let t = 0; t < length; t++) {
      const [to, source] = [t, length - 1 - t].map((s) => (batchFirst ? sequence * inner + s : s * inner + sequence));
      from[to] = source;
    }
  });
  const rows = reshape(x, [outer * inner, sizeOf(rest)]);
  return reshape(moveRows("reverse", rows, from, [from.length]), x.shape);
}

/** Where each sequence begins when they lie one after another. */
function startsOf(lengths: readonly number[]): number[] {
  let next = 0;
  return lengths.map((length) => {
    next += length;
    return next - length;
  });
}

function requireOrder(op: string, { lengths, order }: Packing, { enforceSorted = true }: PackOptions): void {
  checkBoolean(op, "enforceSorted", enforceSorted);
  if (!enforceSorted || order === null) return;
  const fix = "Pass { enforceSorted: false } to have them sorted.";
  throw refusal(op, "lengths", "be sorted, longest first", lengths, fix);
}

function requirePacked(op: string, packed: unknown): void {
  if (packed instanceof PackedSequence) return;
  throw refusal(op, "packed", "be a PackedSequence", packed);
}

/** -Infinity is a padding that softmax likes. */
function requireNumber(op: string, value: unknown): void {
  if (typeof value === "number") return;
  throw refusal(op, "paddingValue", "be a number", value);
}

function checkSequences(op: string, sequences: readonly Tensor[]): { lengths: number[]; rest: readonly number[] } {
  if (!Array.isArray(sequences) || sequences.length === 0) {
    throw refusal(op, "sequences", "be a list of at least one tensor", sequences);
  }
  const rest = sequences[0] instanceof Tensor ? sequences[0].shape.slice(1) : [];
  for (const [i, sequence] of sequences.entries()) {
    requireTensor(op, `sequences[${i}]`, sequence);
    if (sequence.rank > 0 && sequence.shape[0] > 0 && sameShape(sequence.shape.slice(1), rest)) continue;
    const must = `have shape [L, ${rest.join(", ")}] with L >= 1`.replace(", ]", "]");
    throw misshapen(op, `sequences[${i}]`, must, sequence.shape);
  }
  return { lengths: sequences.map((sequence) => sequence.shape[0]), rest };
}
