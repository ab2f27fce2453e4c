import { DTypeError } from "../../base/errors.js";
import { formatShape, misshapen, type Shape, sameShape } from "../../base/shape.js";
import { type CellKind, GATES } from "../../engine/engine.js";
import { add, mul } from "../../tensor/ops/arithmetic.js";
import { indexSelect } from "../../tensor/ops/index.js";
import { concat, stack } from "../../tensor/ops/join.js";
import { empty, fromHost, requireSameDType, requireTensor } from "../../tensor/ops/raw.js";
import { squeeze, transpose, unsqueeze } from "../../tensor/ops/shape.js";
import { dropout } from "../../tensor/ops/unary.js";
import type { Tensor } from "../../tensor/tensor.js";
import { evaluatedLayer, isEvaluated } from "./evaluated-layer.js";
import {
  gatherStates,
  type LayerResult,
  type LayerRun,
  type RecurrentWeights,
  recurrentLayer,
  rowView,
  type States,
} from "./recurrent-layer.js";
import { stepsFirst } from "./shared-rows.js";
import { type CellVariant, unrolledLayer } from "./unrolled-layer.js";

/** How the outputs of the two directions become one: side by side, or element by element. */
export type MergeMode = "concat" | "sum" | "mean" | "mul";

export interface RecurrentRun {
  /** For errors: `LSTM.forward`. */
  op: string;
  cell: CellKind;
  /** [L, N, I], [N, L, I] with batchFirst, or [L, I]; with batchSizes packed rows [R, I]. */
  x: Tensor;
  /** Sequences at each step, never growing, when x is packed. */
  batchSizes?: readonly number[] | undefined;
  /** When x is packed: which sequence of the states lies at each place; null when they lie in their order. */
  order?: readonly number[] | null;
  /** Null for zeros. */
  initial: States;
  /** `initial` is what a stateful module kept: for errors. */
  kept?: boolean;
  /** Layer by layer, in each the forward direction first: D·K of them. */
  weights: readonly RecurrentWeights[];
  bidirectional: boolean;
  /** Default concat. */
  mergeMode?: MergeMode;
  batchFirst: boolean;
  /** Probability, between the layers only. */
  dropout: number;
  training: boolean;
  /** What the kernels do not do, or null. */
  variant?: CellVariant | null;
  /** False for y after each sequence's last step alone, without a dimension for the steps. Default true. */
  returnSequences?: boolean;
}

/** D is 1 when the directions are merged into one. */
export interface RecurrentResult {
  /** x with D·H for I; with returnSequences false [N, D·H]. */
  y: Tensor;
  /** [D·K, N, H]; [D·K, H] for a single sequence. */
  h: Tensor;
  c: Tensor | null;
}

/**
 * A stack of recurrent layers over whole sequences, PyTorch's `nn.RNN`, `nn.LSTM` and `nn.GRU`.
 * @throws ShapeError, DTypeError naming `op`
 */
export function recurrent(run: RecurrentRun): RecurrentResult {
  checkInput(run);
  const { x, batchSizes, initial } = run;
  if (batchSizes !== undefined) return packedLayers(run, batchSizes);
  if (x.rank === 3) {
    const dense = run.batchFirst ? stepsFirst(x) : x;
    const result = layers(run, dense, new Array<number>(dense.shape[0]).fill(dense.shape[1]));
    return run.batchFirst && run.returnSequences !== false ? { ...result, y: transpose(result.y, 0, 1) } : result;
  }
  checkStates(run, [], (width) => [run.weights.length, width]);
  const lone = (state: Tensor | null): Tensor | null => state && unsqueeze(state, 1);
  const batched = { ...run, initial: { h: lone(initial.h), c: lone(initial.c) } };
  const { y, h, c } = layers(batched, stepsFirst(x), new Array<number>(x.shape[0]).fill(1));
  return { y: squeeze(y, -2), h: squeeze(h, 1), c: c && squeeze(c, 1) };
}

/** Sorts the states as the sequences are, and the results back. */
function packedLayers(run: RecurrentRun, batchSizes: readonly number[]): RecurrentResult {
  const { x, order = null, initial, weights } = run;
  if (order === null) return layers(run, x, batchSizes);
  checkStates(run, [order.length], (width) => [weights.length, order.length, width]);
  const back = new Array<number>(order.length);
  order.forEach((sequence, place) => {
    back[sequence] = place;
  });
  const pick = <T extends Tensor | null>(state: T, axis: number, places: readonly number[]): T =>
    (state && indexSelect(state, axis, fromHost(Int32Array.from(places), [places.length]))) as T;
  const { y, h, c } = layers(
    { ...run, initial: { h: pick(initial.h, 1, order), c: pick(initial.c, 1, order) } },
    x,
    batchSizes,
  );
  return { y: run.returnSequences === false ? pick(y, 0, back) : y, h: pick(h, 1, back), c: pick(c, 1, back) };
}

/** @param x  [L, N, I], or packed rows [R, I] */
function layers(run: RecurrentRun, x: Tensor, batchSizes: readonly number[]): RecurrentResult {
  const { cell, weights, initial } = run;
  const batch = batchSizes[0];
  checkStates(run, [batch], (width) => [weights.length, batch, width]);
  const forward = layerOf(run);
  const { wIh, wHh } = weights[0];
  const room = (width: number): Tensor => empty(x.dtype, [weights.length, batch, width]);
  const shared = forward === recurrentLayer;
  const final = shared ? { h: room(wHh.shape[1]), c: cell === "lstm" ? room(wIh.shape[0] / GATES.lstm) : null } : null;
  if (final !== null && isEvaluated(x, initial, weights, batchSizes)) {
    const y = through(run, x, (below, row, reverse) =>
      evaluatedLayer({ cell, x: below, batchSizes, weights: weights[row], initial, final, row, reverse }),
    );
    return { y: lastOf(run, y, (row) => rowView(final.h, row)), h: final.h, c: final.c };
  }
  const rows: LayerResult[] = [];
  const y = through(run, x, (below, row, reverse) => {
    rows.push(forward({ cell, x: below, batchSizes, weights: weights[row], initial, final, row, reverse }));
    return rows[row].y;
  });
  const [h, c] = [rows.map((row) => row.h), rows.map((row) => row.c)];
  const gathered = (states: Tensor | null | undefined, parts: Tensor[]): Tensor =>
    states ? gatherStates(states, parts) : stack(parts);
  return {
    y: lastOf(run, y, (row) => rows[row].h),
    h: gathered(final?.h, h),
    c: cell === "lstm" ? gathered(final?.c, c as Tensor[]) : null,
  };
}

/** y of the last layer: `layer` gives each one's, of what lies below it. */
function through(
  { weights, bidirectional, dropout: p, training, mergeMode = "concat" }: RecurrentRun,
  x: Tensor,
  layer: (below: Tensor, row: number, reverse: boolean) => Tensor,
): Tensor {
  let y = x;
  for (let row = 0; row < weights.length; row++) {
    if (row > 0 && p !== 0) y = dropout(y, p, { training });
    const ahead = layer(y, row, false);
    y = bidirectional ? merged(mergeMode, [ahead, layer(y, ++row, true)]) : ahead;
  }
  return y;
}

/** y, or with returnSequences false what `hOf` gives of the last layer's rows. */
function lastOf(
  { returnSequences, weights, bidirectional, mergeMode = "concat" }: RecurrentRun,
  y: Tensor,
  hOf: (row: number) => Tensor,
): Tensor {
  if (returnSequences !== false) return y;
  const row = weights.length - 1;
  return bidirectional ? merged(mergeMode, [hOf(row - 1), hOf(row)]) : hOf(row);
}

function layerOf({ variant }: RecurrentRun): (run: LayerRun) => LayerResult {
  return variant ? (run) => unrolledLayer(run, variant) : recurrentLayer;
}

/** @param outputs  of both directions, in their order */
export function merged(mode: MergeMode, outputs: readonly [Tensor, Tensor]): Tensor {
  const [a, b] = outputs;
  if (mode === "concat") return concat(outputs, -1);
  if (mode === "mul") return mul(a, b);
  return mode === "sum" ? add(a, b) : mul(add(a, b), 0.5);
}

/** @throws ShapeError, DTypeError, OptionError unless the weights take x */
export function checkInput({
  op,
  x,
  batchSizes,
  weights,
  batchFirst,
}: Pick<RecurrentRun, "op" | "x" | "batchSizes" | "weights" | "batchFirst">): void {
  requireTensor(op, "input", x);
  const { wIh } = weights[0];
  const inputSize = wIh.shape[1];
  requireSameDType(op, "input", x, wIh.dtype);
  const rank = batchSizes === undefined && x.rank === 3 ? 3 : 2;
  if (x.rank !== rank || x.shape[rank - 1] !== inputSize) {
    const lead = batchSizes === undefined ? (batchFirst ? "N, L" : "L, N") : "R";
    throw misshapen(
      op,
      "input",
      `have shape [${lead}, ${inputSize}] (inputSize=${inputSize})`,
      x.shape,
      "If features are not last, permute first.",
    );
  }
  if (x.size === 0) {
    const must = "hold at least one step of one sequence";
    throw misshapen(op, "input", must, x.shape);
  }
}

/** @param lead  [N], or [] for a single sequence */
function checkStates(run: RecurrentRun, lead: Shape, shapeOf: (width: number) => number[]): void {
  const { wIh, wHh, wHr } = run.weights[0];
  const hidden = wIh.shape[0] / GATES[run.cell];
  const sizes = (width: string, size: number): string =>
    `numLayers·directions=${run.weights.length}${lead.length > 0 ? `, N=${lead[0]}` : ""}, ${width}=${size}`;
  const ofH = (): string => sizes(wHr ? "projSize" : "hiddenSize", wHh.shape[1]);
  checkState(run, "h", run.initial.h, shapeOf(wHh.shape[1]), ofH);
  checkState(run, "c", run.initial.c, shapeOf(hidden), () => sizes("hiddenSize", hidden));
}

function checkState(
  { op, x, cell, kept }: RecurrentRun,
  name: "h" | "c",
  state: Tensor | null,
  shape: number[],
  sizes: () => string,
): void {
  if (state === null) return;
  const argument = cell === "lstm" ? `state.${name}` : "state";
  requireTensor(op, argument, state);
  if (kept && state.dtype !== x.dtype) {
    const fix = "Call resetState() after a change of type.";
    throw new DTypeError({ op, argument, must: `be ${x.dtype}`, value: state.dtype, fix });
  }
  requireSameDType(op, argument, state, x.dtype);
  if (sameShape(state.shape, shape)) return;
  throw misshapen(
    op,
    argument,
    `have shape ${formatShape(shape)} (${sizes()})`,
    state.shape,
    kept
      ? "Call resetState() before a batch of another size."
      : state.rank === 3 && shape.length === 3 && state.shape[1] !== shape[1]
        ? "A state carried from a batch of another size does not fit: start again without one."
        : "",
  );
}
