/** The cells by number, as engine/wasm/sequence.ts writes them, and what the walks ask of each. */
import { ZEROS } from "./gemm";

export const RNN_TANH: i32 = 0;
export const RNN_RELU: i32 = 1;
export const RNN_SIGMOID: i32 = 2;
/** Those before it are simple cells, of one gate. */
export const LSTM: i32 = 3;
export const GRU: i32 = 4;

/** Floats of pre-activation for each hidden unit in the tile: the gru keeps both parts of n. */
// @ts-ignore: decorator
@inline
export function tilesOf(cell: i32): i32 {
  return cell >= LSTM ? 4 : 1;
}

// @ts-ignore: decorator
@inline
export function gatesOf(cell: i32): i32 {
  return cell == LSTM ? 4 : cell == GRU ? 3 : 1;
}

/*
 * What is absent (0) is read from ZEROS again and again: `mask` keeps the offset at nothing.
 */
// @ts-ignore: decorator
@inline
export function maskOf(p: usize): usize {
  return p == 0 ? 0 : ~(<usize>0);
}

// @ts-ignore: decorator
@inline
export function orZeros(p: usize): usize {
  return p == 0 ? ZEROS : p;
}
