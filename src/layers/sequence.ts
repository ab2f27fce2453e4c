import type { CellKind } from "../engine/cells.js";
import type { Operand, SequenceArgs } from "../engine/engine.js";
import { fromKernelLayout, toKernelLayout } from "./gate-layout.js";
import { type NdArray, zerosLike } from "./nd-array.js";
import type { GruStepCache } from "./steps-by-hand.js";
import { onEngine, type Workspace } from "./workspace.js";

/** A cell's params in the textbook's layout: Wx [D, G·H], Wh [H, G·H], b [G·H]; the GRU has a bias on both sides. */
export interface CellParams {
  Wx: NdArray;
  Wh: NdArray;
  b: NdArray;
  bh?: NdArray | undefined;
}

export interface SequenceInputs {
  /** [T, N, D] */
  xs: NdArray;
  /** [N, H], or null for zeros. */
  h0: NdArray | null;
  /** [N, H], LSTM only, or null for zeros. */
  c0: NdArray | null;
  /** Walk from the last step to the first. */
  reverse: boolean;
}

/** What the forward kernel left for the backward kernel. */
export interface SequenceCache extends SequenceInputs {
  /** [T, N, H] every hidden state. */
  hs: NdArray;
  /** [N, H] the last hidden state, and cell state (LSTM). */
  h: NdArray;
  c: NdArray | null;
  /** [T, N, 4H] LSTM and GRU: the gates after their activation, laid out as the engine likes. */
  gates: NdArray | null;
  /** [T, N, H] LSTM: every cell state. */
  cells: NdArray | null;
  /** What each step left, in the order of the walk, where no kernel did it. */
  steps: readonly GruStepCache[] | null;
}

export interface SequenceGrads {
  dxs: NdArray;
  dWx: NdArray;
  dWh: NdArray;
  db: NdArray;
  dbh: NdArray;
  dh0: NdArray;
  dc0: NdArray | null;
}

/** A whole sequence through one cell: the kernel that `nn.RNN`, `nn.LSTM` and `nn.GRU` call, on the same operands. */
export function forwardSequence(cell: CellKind, p: CellParams, inputs: SequenceInputs): SequenceCache {
  return onEngine((w) => {
    const { dtype } = p.Wx;
    const [t, n] = inputs.xs.shape as [number, number];
    const hiddenSize = p.Wh.shape[0]!;
    const room = (...shape: number[]) => w.empty(shape, dtype);
    const lstm = cell === "lstm";
    const hs = room(t, n, hiddenSize);
    const h = room(n, hiddenSize);
    const c = lstm ? room(n, hiddenSize) : null;
    const gates = lstm || cell === "gru" ? room(t, n, 4 * hiddenSize) : null;
    const cells = lstm ? room(t, n, hiddenSize) : null;
    const saved = { gates, cells };
    w.engine.sequenceForward({ ...kernelArgs(w, cell, p, inputs), y: hs, hN: h, cN: c, saved });
    const arrayOf = (x: Operand | null) => x && w.download(x);
    return {
      ...inputs,
      hs: w.download(hs),
      h: w.download(h),
      c: arrayOf(c),
      gates: arrayOf(gates),
      cells: arrayOf(cells),
      steps: null,
    };
  });
}

/** What arrives at a sequence's outputs; null where nothing does, as at the cut of truncated backpropagation. */
export interface SequenceOutputGrads {
  /** [T, N, H] */
  dhs: NdArray | null;
  /** [N, H] */
  dh: NdArray | null;
  dc: NdArray | null;
}

export function backwardSequence(
  cell: CellKind,
  p: CellParams,
  cache: SequenceCache,
  { dhs, dh, dc }: SequenceOutputGrads,
): SequenceGrads {
  return onEngine((w) => {
    const { dtype } = p.Wx;
    const args = kernelArgs(w, cell, p, cache);
    const roomFor = ({ shape }: Operand) => w.empty(shape, dtype);
    const lstm = cell === "lstm";
    const dX = roomFor(args.x);
    const [dWIh, dWHh] = [roomFor(args.wIh), roomFor(args.wHh)];
    const [dBIh, dBHh] = [roomFor(args.bIh!), roomFor(args.bHh!)];
    const dH0 = w.empty(cache.h.shape, dtype);
    const dC0 = lstm ? w.empty(cache.h.shape, dtype) : null;
    w.engine.sequenceBackward({
      ...args,
      y: w.upload(cache.hs),
      saved: { gates: w.uploadOrNull(cache.gates), cells: w.uploadOrNull(cache.cells) },
      dY: w.uploadOrNull(dhs),
      dHN: w.uploadOrNull(dh),
      dCN: w.uploadOrNull(dc),
      ...{ dX, dWIh, dWHh, dBIh, dBHh, dH0, dC0 },
    });
    return {
      dxs: w.download(dX),
      dWx: fromKernelLayout(w, cell, dWIh, p.Wx),
      dWh: fromKernelLayout(w, cell, dWHh, p.Wh),
      db: fromKernelLayout(w, cell, dBIh, p.b),
      dbh: fromKernelLayout(w, cell, dBHh, p.b),
      dh0: w.download(dH0),
      dc0: dC0 && w.download(dC0),
    };
  });
}

function kernelArgs(w: Workspace, cell: CellKind, p: CellParams, inputs: SequenceInputs): SequenceArgs {
  return {
    cell,
    x: w.upload(inputs.xs),
    wIh: toKernelLayout(w, cell, p.Wx),
    wHh: toKernelLayout(w, cell, p.Wh),
    bIh: toKernelLayout(w, cell, p.b),
    bHh: toKernelLayout(w, cell, p.bh ?? zerosLike(p.b)),
    h0: w.uploadOrNull(inputs.h0),
    c0: w.uploadOrNull(inputs.c0),
    reverse: inputs.reverse,
  };
}
