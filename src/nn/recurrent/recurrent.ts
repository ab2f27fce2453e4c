import type { CellKind } from "../../engine/cells.js";
import type { Tensor } from "../../tensor/tensor.js";
import { byName, type CellVariant, kernelCell } from "./kernel-cells.js";
import type { MergeMode } from "./merge.js";
import { kernelSizes, type RecurrentWeights, type States } from "./recurrent-layer.js";
import { walkStack } from "./walk.js";

/** A recurrence over whole sequences, all layers and directions. */
export interface RecurrentRun {
  /** For errors: `LSTM.forward`. */
  op: string;
  cell: CellKind;
  /** [L, N, I], [N, L, I] with batchFirst, or [L, I]; with batchSizes packed rows [R, I]. */
  x: Tensor;
  /** Sequences at each step, never growing, when x is packed. */
  batchSizes?: readonly number[] | undefined;
  /** When x is packed: which sequence of the states lies at each place; null when they lie in their order. */
  order?: readonly number[] | null | undefined;
  /** Null for zeros. */
  initial: States;
  /** `initial` is what a stateful module kept: for errors. */
  kept?: boolean | undefined;
  /** Layer by layer, in each the forward direction first: D·K of them. */
  weights: readonly RecurrentWeights[];
  bidirectional: boolean;
  /** Default concat. */
  mergeMode?: MergeMode | undefined;
  batchFirst: boolean;
  /** Probability, between the layers only. */
  dropout: number;
  training: boolean;
  /** What the kernels do not do, or null. */
  variant?: CellVariant | null | undefined;
  /** False for y after each sequence's last step alone, without a dimension for the steps. Default true. */
  returnSequences?: boolean | undefined;
  /** Add a layer's input to its output wherever their sizes agree. Default false. */
  residual?: boolean | undefined;
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
 * A stack of recurrent layers over whole sequences, PyTorch's `nn.RNN`, `nn.LSTM` and `nn.GRU`, with weights of one's own.
 * @throws ShapeError, DTypeError naming `op`
 */
export function recurrent(run: RecurrentRun): RecurrentResult {
  const { cell: kind, weights, variant = null, training } = run;
  const { h, c } = run.initial;
  const observe = variant?.observe;
  const { y, states } = walkStack({
    ...run,
    cell: kernelCell(kind, variant),
    initial: kind === "lstm" ? [h, c] : [h],
    sizes: kernelSizes(kind, weights[0]),
    dtype: weights[0].wIh.dtype,
    weights: weights.map(byName),
    kernel: variant === null ? { kind, weights } : null,
    mergeMode: run.mergeMode ?? "concat",
    residual: run.residual ?? false,
    training,
    rates: variant ?? { zoneout: [0, 0], recurrentDropout: 0 },
    observer: observe === undefined ? null : () => observe,
    returnSequences: run.returnSequences ?? true,
  });
  return { y, h: states[0], c: states[1] ?? null };
}
