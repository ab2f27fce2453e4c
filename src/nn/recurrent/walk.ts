import { DTypeError, ShapeError } from "../../base/errors.js";
import { formatShape, sameShape } from "../../base/shape.js";
import type { CellKind } from "../../engine/cells.js";
import { add } from "../../tensor/ops/arithmetic.js";
import { indexSelect } from "../../tensor/ops/index.js";
import { stack } from "../../tensor/ops/join.js";
import { empty, fromHost, requireSameDType, requireTensor } from "../../tensor/ops/raw.js";
import { squeeze, transpose, unsqueeze } from "../../tensor/ops/shape.js";
import { select } from "../../tensor/ops/slice.js";
import { dropout } from "../../tensor/ops/unary.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { RunObserver } from "../observable.js";
import { stepsFirst } from "../table-rows/shared-rows.js";
import type { Cell, LayerSizes } from "./cell.js";
import { composedLayer, type LayerWeights } from "./composed-layer.js";
import { evaluatedLayer, isEvaluated } from "./evaluated-layer.js";
import { type MergeMode, merged } from "./merge.js";
import { inGivenOrder } from "./packed-sequence.js";
import { gatherStates, type RecurrentWeights, recurrentLayer, rowView } from "./recurrent-layer.js";
import type { StepRates } from "./step-rates.js";

type States = readonly (Tensor | null)[];

/** One call of a stack of layers of any cell. */
export interface StackRun {
  /** For errors: `LSTM.forward`. */
  op: string;
  cell: Cell;
  /** [L, N, I], [N, L, I] with batchFirst, or [L, I]; with batchSizes packed rows [R, I]. */
  x: Tensor;
  /** Sequences at each step, never growing, when x is packed. */
  batchSizes?: readonly number[] | undefined;
  /** When x is packed: which sequence of the states lies at each place; null when they lie in their order. */
  order?: readonly number[] | null | undefined;
  /** As many as the cell has, h first; null for zeros. */
  initial: States;
  /** `initial` is what a stateful module kept: for errors. */
  kept?: boolean | undefined;
  sizes: LayerSizes;
  dtype: Tensor["dtype"];
  /** Layer by layer, in each the forward direction first: D·K of them. */
  weights: readonly LayerWeights[];
  /** The engine's kernel that does the layers, with their weights once more; null where the cell's `run` does. */
  kernel: { kind: CellKind; weights: readonly RecurrentWeights[] } | null;
  bidirectional: boolean;
  mergeMode: MergeMode;
  residual: boolean;
  batchFirst: boolean;
  /** Probability, between the layers only. */
  dropout: number;
  training: boolean;
  rates: StepRates;
  observer: RunObserver | null;
  /** False for y after each sequence's last step alone, without a dimension for the steps. */
  returnSequences: boolean;
}

/** D is 1 when the directions are merged into one. */
export interface StackResult {
  /** x with D·H for I; with returnSequences false [N, D·H]. */
  y: Tensor;
  /** [D·K, N, H] each; [D·K, H] for a single sequence. */
  states: Tensor[];
}

/**
 * Layers of a recurrence over whole sequences: directions, lengths, what lies between the layers, and where the states go.
 * @throws ShapeError, DTypeError naming `op`
 */
export function walkStack(run: StackRun): StackResult {
  checkInput(run);
  const { x, batchSizes, initial, kernel } = run;
  if (batchSizes !== undefined) return packedLayers(run, batchSizes);
  if (x.rank === 3) {
    // Only a kernel gains from knowing that x are an embedding's rows.
    const dense = !run.batchFirst ? x : kernel === null ? transpose(x, 0, 1) : stepsFirst(x);
    const { y, states } = layers(run, dense, new Array<number>(dense.shape[0]).fill(dense.shape[1]));
    return { y: run.batchFirst && run.returnSequences ? transpose(y, 0, 1) : y, states };
  }
  checkStates(run, null);
  const batched = { ...run, initial: initial.map((state) => state && unsqueeze(state, 1)) };
  const { y, states } = layers(batched, stepsFirst(x), new Array<number>(x.shape[0]).fill(1));
  return { y: squeeze(y, -2), states: states.map((state) => squeeze(state, 1)) };
}

/** Sorts the states as the sequences are, and the results back. */
function packedLayers(run: StackRun, batchSizes: readonly number[]): StackResult {
  const { x, order = null, initial } = run;
  if (order === null) return layers(run, x, batchSizes);
  checkStates(run, order.length);
  const pick = (state: Tensor, axis: number, places: readonly number[]): Tensor =>
    indexSelect(state, axis, fromHost(Int32Array.from(places), [places.length]));
  const sorted = initial.map((state) => state && pick(state, 1, order));
  const { y, states } = layers({ ...run, initial: sorted }, x, batchSizes);
  const back = inGivenOrder([...order.keys()], order);
  return { y: run.returnSequences ? y : pick(y, 0, back), states: states.map((state) => pick(state, 1, back)) };
}

/** @param x  [L, N, I], or packed rows [R, I] */
function layers(run: StackRun, x: Tensor, batchSizes: readonly number[]): StackResult {
  checkStates(run, batchSizes[0]);
  return run.kernel === null ? composedLayers(run, x, batchSizes) : kernelLayers(run, run.kernel, x, batchSizes);
}

function kernelLayers(
  run: StackRun,
  { kind: cell, weights }: NonNullable<StackRun["kernel"]>,
  x: Tensor,
  batchSizes: readonly number[],
): StackResult {
  const { hiddenSize, outputSize } = run.sizes;
  const initial = { h: run.initial[0], c: run.initial[1] ?? null };
  const room = (width: number): Tensor => empty(x.dtype, [weights.length, batchSizes[0], width]);
  const final = { h: room(outputSize), c: cell === "lstm" ? room(hiddenSize) : null };
  const { h, c } = final;
  const states = c === null ? [h] : [h, c];
  if (isEvaluated(x, initial, weights, batchSizes)) {
    const y = through(run, x, (below, row, reverse) =>
      evaluatedLayer({ cell, x: below, batchSizes, weights: weights[row], initial, final, row, reverse }),
    );
    return { y: lastOf(run, y, batchSizes, (row) => rowView(h, row)), states };
  }
  const [ofH, ofC]: Tensor[][] = [[], []];
  const y = through(run, x, (below, row, reverse) => {
    const layer = { cell, x: below, batchSizes, weights: weights[row], initial, final, row, reverse };
    const result = recurrentLayer(layer);
    ofH.push(result.h);
    if (result.c !== null) ofC.push(result.c);
    return result.y;
  });
  const last = [gatherStates(h, ofH)];
  if (c !== null) last.push(gatherStates(c, ofC));
  return { y: lastOf(run, y, batchSizes, (row) => ofH[row]), states: last };
}

function composedLayers(run: StackRun, x: Tensor, batchSizes: readonly number[]): StackResult {
  const { cell, initial, training, rates, sizes, weights } = run;
  const observer = run.observer?.(null) ?? null;
  const last: Tensor[][] = initial.map(() => []);
  const y = through(run, x, (below, row, reverse) => {
    const { hiddenSize, outputSize } = sizes;
    const layer = { cell, x: below, batchSizes, weights: weights[row], initial, row, hiddenSize, outputSize, reverse };
    const { y: out, states } = composedLayer({ ...layer, rates, training, observer });
    for (const [k, state] of states.entries()) last[k].push(state);
    return out;
  });
  return { y: lastOf(run, y, batchSizes, (row) => last[0][row]), states: last.map((rows) => stack(rows)) };
}

/** y of the last layer: `layer` gives each one's, of what lies below it. */
function through(
  { weights, bidirectional, dropout: p, training, mergeMode, residual }: StackRun,
  x: Tensor,
  layer: (below: Tensor, row: number, reverse: boolean) => Tensor,
): Tensor {
  let y = x;
  for (let row = 0; row < weights.length; row++) {
    if (row > 0 && p !== 0) y = dropout(y, p, { training });
    const ahead = layer(y, row, false);
    const out = bidirectional ? merged(mergeMode, [ahead, layer(y, ++row, true)]) : ahead;
    y = residual && sameShape(y.shape, out.shape) ? add(y, out) : out;
  }
  return y;
}

/** y, or with returnSequences false what `hOf` gives of the last layer's rows. */
function lastOf(
  { returnSequences, weights, bidirectional, mergeMode, residual }: StackRun,
  y: Tensor,
  batchSizes: readonly number[],
  hOf: (row: number) => Tensor,
): Tensor {
  if (returnSequences) return y;
  if (residual) return lastSteps(y, batchSizes);
  const row = weights.length - 1;
  return bidirectional ? merged(mergeMode, [hOf(row - 1), hOf(row)]) : hOf(row);
}

/** Of each sequence in y, [L, N, H] or packed rows [R, H], the last step: [N, H]. */
function lastSteps(y: Tensor, batchSizes: readonly number[]): Tensor {
  if (y.rank === 3) return select(y, 0, batchSizes.length - 1);
  const places = new Int32Array(batchSizes[0]);
  let first = 0;
  for (const running of batchSizes) {
    for (let b = 0; b < running; b++) places[b] = first + b;
    first += running;
  }
  return indexSelect(y, 0, fromHost(places, [places.length]));
}

/** @throws ShapeError, DTypeError, OptionError unless the weights take x */
export function checkInput({ op, x, batchSizes, sizes: { inputSize }, dtype, batchFirst }: StackRun): void {
  requireTensor(op, "input", x);
  requireSameDType(op, "input", x, dtype);
  const rank = batchSizes === undefined && x.rank === 3 ? 3 : 2;
  if (x.rank !== rank || x.shape[rank - 1] !== inputSize) {
    const lead = batchSizes === undefined ? (batchFirst ? "N, L" : "L, N") : "R";
    throw new ShapeError({
      op,
      argument: "input",
      must: `have shape [${lead}, ${inputSize}] (inputSize=${inputSize})`,
      value: formatShape(x.shape),
      fix: "If features are not last, permute first.",
    });
  }
  if (x.size === 0) {
    const must = "hold at least one step of one sequence";
    throw new ShapeError({ op, argument: "input", must, value: formatShape(x.shape) });
  }
}

/** @param batch  N, or null for a single sequence */
function checkStates(run: StackRun, batch: number | null): void {
  run.initial.forEach((state, k) => {
    if (state !== null) checkState(run, k, state, batch);
  });
}

function checkState(run: StackRun, k: number, state: Tensor, batch: number | null): void {
  const { op, cell, dtype, kept, weights, sizes } = run;
  const argument = cell.states === 1 ? "state" : `state.${"hc"[k]}`;
  requireTensor(op, argument, state);
  if (kept && state.dtype !== dtype) {
    const fix = "Call resetState() after a change of type.";
    throw new DTypeError({ op, argument, must: `be ${dtype}`, value: state.dtype, fix });
  }
  requireSameDType(op, argument, state, dtype);
  const width = k === 0 ? sizes.outputSize : sizes.hiddenSize;
  const shape = batch === null ? [weights.length, width] : [weights.length, batch, width];
  if (sameShape(state.shape, shape)) return;
  const isProjected = k === 0 && width !== sizes.hiddenSize;
  const named = [
    `numLayers·directions=${weights.length}`,
    ...(batch === null ? [] : [`N=${batch}`]),
    `${isProjected ? "projSize" : "hiddenSize"}=${width}`,
  ];
  throw new ShapeError({
    op,
    argument,
    must: `have shape ${formatShape(shape)} (${named.join(", ")})`,
    value: formatShape(state.shape),
    fix: kept
      ? "Call resetState() before a batch of another size."
      : batch !== null && state.rank === 3 && state.shape[1] !== batch
        ? "A state carried from a batch of another size does not fit: start again without one."
        : "",
  });
}
