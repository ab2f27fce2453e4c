import { concatLast, splitLast } from "./arrange.js";
import { checkInput, collect, type Layer } from "./layer.js";
import { add } from "./math.js";
import type { NdArray } from "./nd-array.js";
import { TimeLSTM } from "./time-recurrent.js";

/**
 * Two LSTMs, one from the first step on and one from the last step back, side by side:
 *   h_t = [→h_t ; ←h_t], so that every output has seen the whole sequence.
 * xs [N, T, D], hs [N, T, 2H]; params: those of the forward LSTM, then those of the backward one.
 * Source: Schuster & Paliwal 1997; Graves & Schmidhuber 2005.
 */
export class TimeBiLSTM implements Layer {
  readonly forwards: TimeLSTM;
  readonly backwards: TimeLSTM;
  readonly params: readonly NdArray[];
  readonly grads: readonly NdArray[];

  constructor(Wx: NdArray, Wh: NdArray, b: NdArray, WxReverse: NdArray, WhReverse: NdArray, bReverse: NdArray) {
    this.forwards = new TimeLSTM(Wx, Wh, b);
    this.backwards = new TimeLSTM(WxReverse, WhReverse, bReverse, { reverse: true });
    ({ params: this.params, grads: this.grads } = collect([this.forwards, this.backwards]));
  }

  forward(xs: NdArray): NdArray {
    return concatLast(this.forwards.forward(xs), this.backwards.forward(xs));
  }

  /** dhs [N, T, 2H] to dxs [N, T, D]. */
  backward(dhs: NdArray): NdArray {
    const widths = [this.forwards.hiddenSize, this.backwards.hiddenSize] as const;
    checkInput("TimeBiLSTM.backward", "dhs", dhs, ["N", "T", widths[0] + widths[1]], this.forwards.Wx.dtype);
    const [dForwards, dBackwards] = splitLast(dhs, widths) as [NdArray, NdArray];
    return add(this.forwards.backward(dForwards), this.backwards.backward(dBackwards));
  }
}
