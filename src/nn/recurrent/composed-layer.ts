import { filled } from "../../tensor/ops/raw.js";
import { flip } from "../../tensor/ops/shape.js";
import { select } from "../../tensor/ops/slice.js";
import type { Tensor } from "../../tensor/tensor.js";
import { type StepObserver, sameTime } from "../observable.js";
import type { Cell, CellLayer, LayerResult } from "./cell.js";
import { moveRows } from "./move-rows.js";
import { packedLayer } from "./packed-layer.js";
import { backwardRows } from "./packed-sequence.js";
import type { StepRates } from "./step-rates.js";

/** The parameters of one layer in one direction, by their names without suffix. */
export interface LayerWeights {
  get(name: string): Tensor | null;
}

/** One layer in one direction of a stack whose cell runs by tensor operations. */
export interface ComposedRun {
  cell: Cell;
  /** [L, N, I], or packed rows [R, I]. */
  x: Tensor;
  /** Sequences at each step, never growing: N at the first. */
  batchSizes: readonly number[];
  weights: LayerWeights;
  /** [D·K, N, H] each, null for zeros. */
  initial: readonly (Tensor | null)[];
  /** The row of `initial` that is this layer's. */
  row: number;
  hiddenSize: number;
  /** Of h. */
  outputSize: number;
  reverse: boolean;
  rates: StepRates;
  training: boolean;
  observer: StepObserver | null;
}

/**
 * What no kernel does, and what has none: the cell's own `run`. It is given sequences in the order of its walk, of equal lengths, unless
 * it takes them as they lie.
 * @returns y, x with H for I, and each sequence's own last states
 */
export function composedLayer(run: ComposedRun): LayerResult {
  const { cell, x, batchSizes, weights, initial, row, reverse } = run;
  const isPacked = x.rank === 2;
  const batch = batchSizes[0];
  const widths = [run.outputSize, run.hiddenSize];
  const layer: CellLayer = {
    x,
    states: initial.map((state, k) =>
      state === null ? filled(x.dtype, [batch, widths[k]], 0) : select(state, 0, row),
    ),
    hiddenSize: run.hiddenSize,
    training: run.training,
    rates: run.rates,
    weight: (name) => weights.get(name)!,
    bias: (name) => weights.get(name),
  };
  if (run.observer !== null) layer.observe = observing(run, run.observer);
  if (cell.walksPacked) return cell.run({ ...layer, batchSizes, reverse });
  if (!reverse) return isPacked ? packedLayer(cell, layer, batchSizes) : cell.run(layer);
  if (!isPacked) {
    const { y, states } = cell.run({ ...layer, x: flip(x, 0) });
    return { y: flip(y, 0), states };
  }
  const from = backwardRows(batchSizes);
  const turned = (rows: Tensor): Tensor => moveRows("reverse", rows, from, [from.length]);
  const { y, states } = packedLayer(cell, { ...layer, x: turned(x) }, batchSizes);
  return { y: turned(y), states };
}

function observing(run: ComposedRun, observer: StepObserver): NonNullable<CellLayer["observe"]> {
  const times = timesOf(run);
  let i = 0;
  return ([h, c = null], gates) => observer({ row: run.row, times: times[i++], h, c, gates });
}

/** Of each step of a walk, its sequences' indices of time. */
function timesOf({ cell, batchSizes, reverse }: ComposedRun): number[][] {
  const inTime = batchSizes.map((running, t) => sameTime(t, running));
  if (!reverse) return inTime;
  if (cell.walksPacked) return inTime.reverse();
  const lengths = Array.from({ length: batchSizes[0] }, (_, b) => batchSizes.filter((running) => running > b).length);
  return batchSizes.map((running, i) => lengths.slice(0, running).map((length) => length - 1 - i));
}
