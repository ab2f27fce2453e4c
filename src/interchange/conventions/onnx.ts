import type { CellKind } from "../../engine/cells.js";
import { inverse, type NamedArray, reordered, reshapedArray, rowsOf, stacked } from "../named-array.js";
import { type Convention, Taken } from "./convention.js";
import { blocksOf } from "./gate-order.js";
import { namesAt, type Place } from "./place.js";

export interface OnnxOptions {
  cell: CellKind;
  /** The initializers of the node; B may be absent. */
  names: { W: string; R: string; B: string };
  place?: Omit<Place, "reverse"> | undefined;
  /** Both directions lie in one array. Default 1. */
  directions?: 1 | 2 | undefined;
}

/**
 * A node of ONNX: W [D, G·H, I], R [D, G·H, H], B [D, 2·G·H], which is the input's bias and then the hidden side's; gates in rows,
 * i|o|f|c and z|r|h. Source: the operators' pages of ONNX, "RNN", "LSTM", "GRU".
 */
export function onnx({ cell, names, place = {}, directions = 1 }: OnnxOptions): Convention {
  const name = `onnx ${cell}`;
  const order = blocksOf("onnx", cell);
  const back = inverse(order);
  const rows = Array.from({ length: directions }, (_, d) => namesAt({ ...place, reverse: d === 1 }));
  /** Direction d of [D, ..], as [..]. */
  const direction = (x: NamedArray, d: number): NamedArray => reshapedArray(rowsOf(x, d, d + 1), x.shape.slice(1));
  const together = (parts: readonly NamedArray[]): NamedArray =>
    stacked(parts.map((part) => reshapedArray(part, [1, ...part.shape])));
  return {
    name,
    toOurs(theirs) {
      const taken = new Taken(name, theirs);
      const [W, R, B] = [taken.get(names.W), taken.get(names.R), taken.find(names.B)];
      for (const [d, ours] of rows.entries()) {
        const bias = B && direction(B, d);
        const half = bias ? bias.data.length / 2 : 0;
        taken.with(
          [ours.weightIh, reordered(direction(W, d), order)],
          [ours.weightHh, reordered(direction(R, d), order)],
          [ours.biasIh, bias && reordered(rowsOf(bias, 0, half), order)],
          [ours.biasHh, bias && reordered(rowsOf(bias, half, 2 * half), order)],
        );
      }
      return taken.rest;
    },
    toTheirs(given) {
      const taken = new Taken(name, given);
      const W: NamedArray[] = [];
      const R: NamedArray[] = [];
      const B: NamedArray[] = [];
      for (const ours of rows) {
        W.push(reordered(taken.get(ours.weightIh), back));
        R.push(reordered(taken.get(ours.weightHh), back));
        const bias = taken.find(ours.biasIh);
        if (bias !== null) B.push(stacked([reordered(bias, back), reordered(taken.get(ours.biasHh), back)]));
      }
      return taken.with([names.W, together(W)], [names.R, together(R)], [names.B, B.length === 0 ? null : together(B)]);
    },
  };
}
