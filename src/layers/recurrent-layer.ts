import { type CellKind, GATES } from "../engine/cells.js";
import { checkInput, checkShape, floatDType, gradsOf, type Layer, requireCache } from "./layer.js";
import type { NdArray } from "./nd-array.js";
import {
  backwardSequence,
  type CellParams,
  forwardSequence,
  type SequenceCache,
  type SequenceGrads,
  type SequenceInputs,
  type SequenceOutputGrads,
} from "./sequence.js";
import { backwardUnrolled, forwardUnrolled, type UnrolledCell } from "./unrolled-cells.js";

export type Cell = CellKind | UnrolledCell;

/** Whose gates and layout a cell has. */
export function kernelOf(cell: Cell): CellKind {
  return cell === "gru_reset_first" ? "gru" : cell;
}

/**
 * What all recurrent layers share: weights in the textbook's layout, their gradients, and the way through a sequence.
 * G gates, D inputs, H hidden units: Wx [D, G·H], Wh [H, G·H], b [G·H].
 */
export abstract class RecurrentLayer implements Layer {
  readonly cell: Cell;
  readonly Wx: NdArray;
  readonly Wh: NdArray;
  readonly b: NdArray;
  readonly dWx: NdArray;
  readonly dWh: NdArray;
  readonly db: NdArray;
  readonly params: readonly NdArray[];
  readonly grads: readonly NdArray[];
  /** What the last forward pass saw and made. */
  cache: SequenceCache | null = null;
  /** For errors. */
  protected readonly op: string;
  readonly #cellParams: CellParams;

  constructor(op: string, cell: Cell, Wx: NdArray, Wh: NdArray, b: NdArray, bh?: NdArray) {
    const gates = GATES[kernelOf(cell)];
    const h = checkShape(op, "Wh", Wh, ["H", gates === 1 ? "H" : `${gates}H`]).shape[0];
    const dtype = floatDType(op, "Wh", Wh);
    checkInput(op, "Wh", Wh, [h, gates * h], dtype);
    checkInput(op, "Wx", Wx, ["D", gates * h], dtype);
    checkInput(op, "b", b, [gates * h], dtype);
    if (bh !== undefined) checkInput(op, "bh", bh, [gates * h], dtype);
    this.op = op;
    this.cell = cell;
    this.Wx = Wx;
    this.Wh = Wh;
    this.b = b;
    this.params = bh ? [Wx, Wh, b, bh] : [Wx, Wh, b];
    this.grads = gradsOf(this.params);
    [this.dWx, this.dWh, this.db] = this.grads as [NdArray, NdArray, NdArray];
    this.#cellParams = bh ? { Wx, Wh, b, bh } : { Wx, Wh, b };
  }

  /** D */
  get inputSize(): number {
    return this.Wx.shape[0];
  }

  /** H */
  get hiddenSize(): number {
    return this.Wh.shape[0];
  }

  protected runForward(inputs: SequenceInputs): SequenceCache {
    const { cell } = this;
    this.cache =
      cell === "gru_reset_first"
        ? forwardUnrolled(this.#cellParams, inputs)
        : forwardSequence(cell, this.#cellParams, inputs);
    return this.cache;
  }

  /** Fills `grads`. */
  protected runBackward(outputGrads: SequenceOutputGrads): SequenceGrads {
    const { cell } = this;
    const cache = requireCache(`${this.op}.backward`, this.cache);
    const found =
      cell === "gru_reset_first"
        ? backwardUnrolled(this.#cellParams, cache, outputGrads)
        : backwardSequence(cell, this.#cellParams, cache, outputGrads);
    for (const [i, grad] of [found.dWx, found.dWh, found.db, found.dbh].entries()) this.grads[i]?.assign(grad);
    return found;
  }

  /** A state [N, H] of this layer's dtype. */
  protected checkState(method: string, argument: string, state: NdArray, batchSize: number | string): void {
    checkInput(`${this.op}.${method}`, argument, state, [batchSize, this.hiddenSize], this.Wx.dtype);
  }
}

/** One step of a recurrent layer: `forward` takes x_t and the state before it. */
export abstract class StepLayer extends RecurrentLayer {
  /** x [N, D], hPrev and cPrev [N, H] */
  protected stepForward(x: NdArray, hPrev: NdArray, cPrev: NdArray | null = null): SequenceCache {
    checkInput(`${this.op}.forward`, "x", x, ["N", this.inputSize], this.Wx.dtype);
    const [n, d] = x.shape as [number, number];
    this.checkState("forward", "hPrev", hPrev, n);
    if (cPrev !== null) this.checkState("forward", "cPrev", cPrev, n);
    return this.runForward({ xs: x.reshape(1, n, d), h0: hPrev, c0: cPrev, reverse: false });
  }

  /** dh and dc [N, H] */
  protected stepBackward(dh: NdArray, dc: NdArray | null = null): SequenceGrads & { dx: NdArray } {
    const [, n, d] = requireCache(`${this.op}.backward`, this.cache).xs.shape as [number, number, number];
    this.checkState("backward", "dhNext", dh, n);
    if (dc !== null) this.checkState("backward", "dcNext", dc, n);
    const grads = this.runBackward({ dhs: dh.reshape(1, n, this.hiddenSize), dh: null, dc });
    return { ...grads, dx: grads.dxs.reshape(n, d) };
  }
}
