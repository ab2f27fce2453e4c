import { GRU, LSTM, type Module, RNN } from "../nn/index.js";
import { type Tensor, tensor } from "../tensor/index.js";
import type { RecurrentSizes } from "./recurrent-sizes.js";

/** How the outputs of all steps become one. */
export const POOLINGS = ["last", "mean", "max"] as const;
export type Pooling = (typeof POOLINGS)[number];

/** LSTM, GRU and RNN as one, for rows of many lengths: they differ in their state alone. */
export interface RowLayers extends Module {
  forward(x: Tensor, state: null, options: { lengths: readonly number[] }): readonly [Tensor, Tensor | { h: Tensor }];
}

/** Recurrent layers, with dropout between them where there are several. */
export function rowLayers(sizes: RecurrentSizes & { dropout: number }): RowLayers {
  const { cell, input, hidden, layers: numLayers, bidirectional = false, dropout } = sizes;
  const Cell = { rnn: RNN, lstm: LSTM, gru: GRU }[cell];
  const options = { numLayers, bidirectional, dropout: numLayers > 1 ? dropout : 0 };
  return new Cell(input, hidden, options) as unknown as RowLayers;
}

/**
 * The outputs of each row as one.
 *   last: h after the last step, and of the other direction after the first;  mean, max: of y over a row's own steps
 * @param y      [L, N, D·H], zero beyond a row's end
 * @param state  h [D·K, N, H], by itself or with its cell states
 * @returns      [N, D·H]
 */
export function pooled(pooling: Pooling, y: Tensor, state: Tensor | { h: Tensor }, lengths: readonly number[]): Tensor {
  const [longest, batch, width] = y.shape as [number, number, number];
  if (pooling === "last") {
    const h = "h" in state ? state.h : state;
    const directions = width / h.shape[2];
    return h
      .narrow(0, h.shape[0] - directions, directions)
      .transpose(0, 1)
      .reshape([batch, width]);
  }
  if (pooling === "mean") return y.sum(0).div(tensor(Float32Array.from(lengths), { shape: [batch, 1] }));
  const beyond = (i: number) => (Math.floor(i / batch) < lengths[i % batch] ? 0 : -Infinity);
  const mask = Float32Array.from({ length: longest * batch }, (_, i) => beyond(i));
  return y.add(tensor(mask, { shape: [longest, batch, 1] })).max(0);
}
