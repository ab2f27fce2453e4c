import type { Tensor } from "../tensor/tensor.js";
import { Recurrent, type RecurrentOptions } from "./recurrent.js";

/**
 * Gated recurrent units over whole sequences, `numLayers` deep.
 *   r,z = σ(W_i· x_t + b_i· + W_h· h_{t-1} + b_h·)   n = tanh(W_in x_t + b_in + r⊙(W_hn h_{t-1} + b_hn))
 *   h_t = (1-z)⊙n + z⊙h_{t-1}
 * Parameters: see `Recurrent`; rows r|z|n, 3H of them.
 * Source: Cho et al. 2014, with the reset after the product as in PyTorch nn.GRU and cuDNN.
 * @example
 * const gru = new nn.GRU(64, 128);
 * const [y, h] = gru.forward(x); // x [L, N, 64], y [L, N, 128], h [1, N, 128]
 */
export class GRU extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super("GRU", "gru", inputSize, hiddenSize, options);
  }

  /**
   * @param x  [L, N, I], or [N, L, I] with batchFirst
   * @param h  [D·K, N, H]; zeros when left out
   * @returns  y [L, N, D·H] and the state after the last step
   * @throws ShapeError, DTypeError when x or h do not fit
   */
  forward(x: Tensor, h?: Tensor | null): readonly [Tensor, Tensor] {
    const run = this.run(x, { h: h ?? null, c: null });
    return [run.y, run.h];
  }
}
