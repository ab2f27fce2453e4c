import { OptionError, show } from "../base/errors.js";
import { Tensor } from "../tensor/tensor.js";
import { Recurrent, type RecurrentOptions } from "./recurrent.js";

/** What an LSTM carries from one sequence to the next: h and c, both [D·K, N, H]. */
export interface LSTMState {
  h: Tensor;
  c: Tensor;
}

/**
 * Long short-term memory over whole sequences, `numLayers` deep.
 *   i,f,o = σ(W_i· x_t + b_i· + W_h· h_{t-1} + b_h·)   g = tanh(...)   c_t = f⊙c_{t-1} + i⊙g   h_t = o⊙tanh(c_t)
 * Parameters: see `Recurrent`; rows i|f|g|o, 4H of them.
 * Source: Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000; PyTorch nn.LSTM.
 * @example
 * const lstm = new nn.LSTM(128, 256, { numLayers: 2 });
 * const [y, next] = lstm.forward(x);                                   // x [L, N, 128], y [L, N, 256]
 * const [z] = lstm.forward(more, { h: next.h.detach(), c: next.c.detach() });
 */
export class LSTM extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super("LSTM", "lstm", inputSize, hiddenSize, options);
  }

  /**
   * @param x      [L, N, I], or [N, L, I] with batchFirst
   * @param state  { h, c }, each [D·K, N, H]; zeros when left out
   * @returns      y [L, N, D·H] (the last layer's h at every step) and the state after the last step
   * @throws ShapeError, DTypeError when x or state do not fit
   */
  forward(x: Tensor, state?: LSTMState | null): readonly [Tensor, LSTMState] {
    if (state != null) checkState(state);
    const { y, h, c } = this.run(x, { h: state?.h ?? null, c: state?.c ?? null });
    return [y, { h, c: c! }];
  }
}

function checkState(state: unknown): void {
  const { h, c } = state as Partial<LSTMState>;
  if (h instanceof Tensor && c instanceof Tensor) return;
  throw new OptionError({ op: "LSTM.forward", argument: "state", rule: "{ h, c } of two tensors", value: show(state) });
}
