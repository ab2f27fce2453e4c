import type { CellKind } from "../../engine/cells.js";
import type { Activation } from "../functional/activations.js";
import type { StepObserver } from "../observable.js";
import type { Cell } from "./cell.js";
import { gruCell } from "./cells/gru.js";
import { lstmCell } from "./cells/lstm.js";
import { rnnCell } from "./cells/rnn.js";
import { composedLayer, type LayerWeights } from "./composed-layer.js";
import { type KernelResult, kernelSizes, type LayerRun, type RecurrentWeights } from "./recurrent-layer.js";

/** What a cell may do that the engine's sequence kernels do not. */
export interface CellVariant {
  /** Of the lstm's i, f, o and the gru's r, z. */
  gate: Activation;
  /** Of the candidate and of c in the lstm's output; of the rnn's h. */
  state: Activation;
  /** gru: reset after the product (r⊙(W_hn h + b_hn)), or before it (W_hn (r⊙h) + b_hn). */
  resetAfter: boolean;
  /** Probability with which a unit of h_{t-1} is dropped, at all steps of a sequence or at none. */
  recurrentDropout: number;
  /** Probability with which a unit keeps its state, h's first. */
  zoneout: readonly number[];
  training: boolean;
  /** Called with every step as it is taken. */
  observe?: StepObserver | undefined;
}

/** The cell of a kernel, with its own activations or a variant's. */
export function kernelCell(kind: CellKind, variant: CellVariant | null = null): Cell {
  const { gate = "sigmoid", state = "tanh", resetAfter = true } = variant ?? {};
  if (kind === "lstm") return lstmCell(gate, state);
  if (kind === "gru") return gruCell(gate, state, resetAfter);
  return rnnCell(variant === null ? (kind.slice("rnn_".length) as Activation) : state);
}

/** A kernel's weights by the names of parameters. */
export function byName({ wIh, wHh, bIh, bHh, wHr = null }: RecurrentWeights): LayerWeights {
  const named = new Map([
    ["weight_ih", wIh],
    ["weight_hh", wHh],
    ["bias_ih", bIh],
    ["bias_hh", bHh],
    ["weight_hr", wHr],
  ]);
  return { get: (name) => named.get(name) ?? null };
}

/** One layer, one direction, step by step with tensor operations, where `recurrentLayer` is one kernel for the sequence. */
export function unrolledLayer(run: LayerRun, variant: CellVariant): KernelResult {
  const { cell, x, batchSizes, weights, row, reverse } = run;
  const { h, c } = run.initial;
  const { y, states } = composedLayer({
    cell: kernelCell(cell, variant),
    x,
    batchSizes,
    weights: byName(weights),
    initial: cell === "lstm" ? [h, c] : [h],
    row,
    ...kernelSizes(cell, weights),
    reverse,
    rates: variant,
    training: variant.training,
    observer: variant.observe ?? null,
  });
  return { y, h: states[0], c: states[1] ?? null };
}
