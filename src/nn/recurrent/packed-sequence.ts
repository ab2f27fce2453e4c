import { checkArray, refusal } from "../../base/check.js";
import { OptionError } from "../../base/errors.js";
import { misshapen } from "../../base/shape.js";
import { requireTensor } from "../../tensor/ops/raw.js";
import type { Tensor } from "../../tensor/tensor.js";
import { type Lengths, lengthsOf } from "./lengths.js";

/**
 * Sequences of many lengths without padding, PyTorch's `PackedSequence`: the rows of step 0, then those of step 1, and so on, longest
 * sequence first. `nn.utils.rnn` makes them and takes them apart; recurrent modules take them as input.
 */
export class PackedSequence {
  /** [Σ lengths, ..] */
  readonly data: Tensor;
  /** Sequences that still run at each step: L numbers, never growing. */
  readonly batchSizes: readonly number[];
  /** Which sequence of the batch, as it was given, lies at each place; null when they came longest first. */
  readonly sortedIndices: readonly number[] | null;

  /** @throws ShapeError, OptionError when these do not belong together */
  constructor(data: Tensor, batchSizes: readonly number[], sortedIndices: readonly number[] | null = null) {
    requireTensor("PackedSequence", "data", data);
    checkBatchSizes(data, batchSizes);
    if (sortedIndices !== null) checkOrder(sortedIndices, batchSizes[0]);
    this.data = data;
    this.batchSizes = batchSizes;
    this.sortedIndices = sortedIndices;
  }

  get batchSize(): number {
    return this.batchSizes[0];
  }

  /** Of each sequence, in the order in which they were given. */
  get lengths(): number[] {
    const sorted = new Array<number>(this.batchSize).fill(0);
    for (const running of this.batchSizes) for (let b = 0; b < running; b++) sorted[b]++;
    return inGivenOrder(sorted, this.sortedIndices);
  }

  /** Sequences of these lengths in this order, with the rows `data` [R, ..]: `packed.with(embed.forward(packed.data))`. */
  with(data: Tensor): PackedSequence {
    return new PackedSequence(data, this.batchSizes, this.sortedIndices);
  }
}

/** For `forwardPacked`. @throws OptionError unless x is packed */
export function requirePackedInput(op: string, x: unknown): asserts x is PackedSequence {
  if (x instanceof PackedSequence) return;
  const fix = "nn.utils.rnn.packPaddedSequence() makes one.";
  throw refusal(op, "input", "be a PackedSequence", x, fix);
}

/** Where x is packed. @throws OptionError when lengths are given too */
export function refuseLengths(op: string, lengths: Lengths | undefined): void {
  if (lengths === undefined) return;
  const must = "be left out for packed sequences";
  throw new OptionError({ op, argument: "lengths", must, value: "lengths", fix: "They know their own." });
}

/** @throws OptionError for options in the place of a state */
export function refuseOptionsAsState(op: string, state: unknown): void {
  if (state === null || typeof state !== "object" || !("lengths" in state)) return;
  const fix = "Options come after it: forward(x, null, { lengths }).";
  throw new OptionError({ op, argument: "state", must: "be a state, or null", value: "{ lengths }", fix });
}

/** Where lengths are given. @throws ShapeError for a single sequence */
export function requireBatch(op: string, x: Tensor): void {
  if (x.rank === 3) return;
  const must = "have a batch when lengths are given";
  throw misshapen(op, "input", must, x.shape, "Cut it with narrow().");
}

/** @param sorted  one a sequence, as `order` has them */
export function inGivenOrder<T>(sorted: readonly T[], order: readonly number[] | null): T[] {
  if (order === null) return [...sorted];
  const given = new Array<T>(sorted.length);
  order.forEach((sequence, place) => {
    given[sequence] = sorted[place];
  });
  return given;
}

function checkBatchSizes(data: Tensor, sizes: readonly number[]): void {
  const valid = Array.isArray(sizes) && sizes.length > 0 && sizes.every(falls);
  const rows = valid ? sizes.reduce((sum, n) => sum + n, 0) : 0;
  if (!valid) {
    const must = "be positive integers that never grow";
    throw refusal("PackedSequence", "batchSizes", must, sizes);
  }
  if (data.rank > 0 && data.shape[0] === rows) return;
  const must = `have ${rows} rows, the sum of batchSizes`;
  throw misshapen("PackedSequence", "data", must, data.shape);
}

function falls(n: number, t: number, sizes: readonly number[]): boolean {
  return Number.isInteger(n) && n > 0 && (t === 0 || n <= sizes[t - 1]);
}

function checkOrder(order: readonly number[], batch: number): void {
  checkArray("PackedSequence", "sortedIndices", order);
  const places = new Set(order);
  if (order.length === batch && places.size === batch && order.every((i) => Number.isInteger(i) && i >= 0 && i < batch))
    return;
  const must = `name each of the ${batch} sequences once`;
  throw refusal("PackedSequence", "sortedIndices", must, order);
}

/** How sequences of these lengths lie when packed. */
export interface Packing {
  lengths: readonly number[];
  batchSizes: readonly number[];
  /** Sequences by falling length, equals in their order; null when they came so. */
  order: readonly number[] | null;
}

/**
 * @param batch    sequences there are
 * @param longest  steps there are
 * @throws OptionError, ShapeError for lengths that do not fit
 */
export function packingOf(op: string, given: Lengths, batch: number, longest: number): Packing {
  const lengths = lengthsOf(op, "lengths", given, batch, [1, longest]);
  const order = lengths.map((_, i) => i).sort((a, b) => lengths[b] - lengths[a] || a - b);
  const batchSizes: number[] = [];
  for (let t = 0, running = batch; t < lengths[order[0]]; t++) {
    while (lengths[order[running - 1]] <= t) running--;
    batchSizes.push(running);
  }
  return { lengths, batchSizes, order: order.every((sequence, place) => sequence === place) ? null : order };
}

/** For each packed row, calls `visit` with the sequence, as it was given, and the step. */
export function eachRow(
  { batchSizes, order }: Pick<Packing, "batchSizes" | "order">,
  visit: (row: number, sequence: number, t: number) => void,
): void {
  let row = 0;
  batchSizes.forEach((running, t) => {
    for (let b = 0; b < running; b++) visit(row++, order === null ? b : order[b], t);
  });
}

/** For each packed row, the row of the same sequence as far from its end as this one is from its start: its own inverse. */
export function backwardRows(batchSizes: readonly number[]): Int32Array {
  const starts: number[] = [];
  const lengths = new Array<number>(batchSizes[0]).fill(0);
  let rows = 0;
  batchSizes.forEach((running, t) => {
    starts.push(rows);
    rows += running;
    lengths.fill(t + 1, 0, running);
  });
  const from = new Int32Array(rows);
  eachRow({ batchSizes, order: null }, (row, b, t) => {
    from[row] = starts[lengths[b] - 1 - t] + b;
  });
  return from;
}
