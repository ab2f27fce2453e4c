import { checkKnownOptions } from "../base/check.js";
import { ShapeError } from "../base/errors.js";
import { swapBatchAndTime } from "./arrange.js";
import { type GruOptions, resolveGru } from "./gru.js";
import { checkInput, requireCache } from "./layer.js";
import { mismatch, type NdArray, zerosLike } from "./nd-array.js";
import { type Cell, RecurrentLayer } from "./recurrent-layer.js";
import { checkActivation, type RnnOptions } from "./rnn.js";

export interface TimeOptions {
  /** Begin each call where the last one ended. Default false: begin with zeros. */
  stateful?: boolean | undefined;
  /** Walk from the last step to the first; the outputs keep the order of the inputs. Default false. */
  reverse?: boolean | undefined;
}

/**
 * A recurrent layer over T steps at once: xs [N, T, D] to hs [N, T, H].
 *
 * Truncated backpropagation through time: with `stateful`, the state goes on from call to call while `backward` stops at
 * the beginning of its own T steps. The gradient is cut there, the state is not. What would have flowed on is kept in
 * `dh` (and `dc`), for whoever made the first state: an encoder, for one.
 */
export abstract class TimeRecurrent extends RecurrentLayer {
  readonly stateful: boolean;
  readonly reverse: boolean;
  /** The state after the last forward pass, [N, H]; c is the LSTM's. */
  h: NdArray | null = null;
  c: NdArray | null = null;
  /** After `backward`: the gradient of the state before the first step, [N, H]. */
  dh: NdArray | null = null;
  dc: NdArray | null = null;
  #given = false;

  constructor(
    op: string,
    cell: Cell,
    [Wx, Wh, b, bh]: [NdArray, NdArray, NdArray, NdArray?],
    options: TimeOptions,
    own: readonly string[] = [],
  ) {
    checkKnownOptions(op, options, ["stateful", "reverse", ...own]);
    const { stateful = false, reverse = false } = options;
    super(op, cell, Wx, Wh, b, bh);
    this.stateful = stateful;
    this.reverse = reverse;
  }

  /** Where the next forward pass begins, stateful or not. */
  setState(h: NdArray, c: NdArray | null = null): void {
    this.checkState("setState", "h", h, "N");
    if (c !== null) this.checkState("setState", "c", c, h.shape[0]);
    this.h = h;
    this.c = c;
    this.#given = true;
  }

  /** The next forward pass begins with zeros. */
  resetState(): void {
    this.h = null;
    this.c = null;
    this.#given = false;
  }

  /** xs [N, T, D] to hs [N, T, H]. */
  forward(xs: NdArray): NdArray {
    checkInput(`${this.op}.forward`, "xs", xs, ["N", "T", this.inputSize], this.Wx.dtype);
    const goesOn = this.stateful || this.#given;
    const [h0, c0] = goesOn ? [this.h, this.c] : [null, null];
    if (h0 && h0.shape[0] !== xs.shape[0]) throw this.#otherBatch(h0, xs);
    const { hs, h, c } = this.runForward({ xs: swapBatchAndTime(xs), h0, c0, reverse: this.reverse });
    [this.h, this.c, this.#given] = [h, c, false];
    return swapBatchAndTime(hs);
  }

  /** dhs [N, T, H] to dxs [N, T, D]; fills the gradients of the params, and dh. */
  backward(dhs: NdArray): NdArray {
    const [t, n] = requireCache(`${this.op}.backward`, this.cache).xs.shape as [number, number];
    checkInput(`${this.op}.backward`, "dhs", dhs, [n, t, this.hiddenSize], this.Wx.dtype);
    const { dxs, dh0, dc0 } = this.runBackward({ dhs: swapBatchAndTime(dhs), dh: null, dc: null });
    [this.dh, this.dc] = [dh0, dc0];
    return swapBatchAndTime(dxs);
  }

  #otherBatch(h: NdArray, xs: NdArray): ShapeError {
    const { must, value } = mismatch("", "", [h.shape[0], "T", this.inputSize], xs.shape);
    const fix = "The state carried on is that of a batch of another size: call resetState().";
    return new ShapeError({ op: `${this.op}.forward`, argument: "xs", must, value, fix });
  }
}

/** `RNN` over time: h_t = φ(h_{t-1} W_h + x_t W_x + b) for t = 1..T. */
export class TimeRNN extends TimeRecurrent {
  constructor(Wx: NdArray, Wh: NdArray, b: NdArray, options: TimeOptions & RnnOptions = {}) {
    const activation = checkActivation("TimeRNN", options);
    super("TimeRNN", `rnn_${activation}`, [Wx, Wh, b], options, ["activation"]);
  }
}

/** `LSTM` over time. Its state is h and c. */
export class TimeLSTM extends TimeRecurrent {
  constructor(Wx: NdArray, Wh: NdArray, b: NdArray, options: TimeOptions = {}) {
    super("TimeLSTM", "lstm", [Wx, Wh, b], options);
  }
}

/** `GRU` over time. */
export class TimeGRU extends TimeRecurrent {
  readonly bh: NdArray;
  readonly dbh: NdArray;

  /** @param bh default: zeros, learned like the rest; with the reset before the product they stay zeros */
  constructor(Wx: NdArray, Wh: NdArray, b: NdArray, bh: NdArray | null = null, options: TimeOptions & GruOptions = {}) {
    const { cell, own } = resolveGru("TimeGRU", b, bh, options);
    super("TimeGRU", cell, [Wx, Wh, b, ...own], options, ["resetAfter"]);
    this.bh = own[0] ?? zerosLike(b);
    this.dbh = this.grads[3] ?? zerosLike(b);
  }
}
