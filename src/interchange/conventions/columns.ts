import { FormatError, show } from "../../base/errors.js";
import { formatShape } from "../../base/shape.js";
import type { CellKind } from "../../engine/cells.js";
import {
  inverse,
  type NamedArray,
  reordered,
  reshapedArray,
  rowsOf,
  stacked,
  transposedArray,
  zerosOf,
} from "../named-array.js";
import { type Convention, Taken } from "./convention.js";
import { blocksOf, type Layout } from "./gate-order.js";
import { namesAt, type Place } from "./place.js";

/** What a toolkit calls the arrays of a recurrent layer whose weights are [inputs, G·H]. */
export interface ColumnNames {
  kernel: string;
  recurrent: string;
  bias: string;
  /** The hidden side's own bias, where it is an array of its own. */
  hiddenBias?: string | undefined;
}

export interface ColumnOptions {
  cell: CellKind;
  names: ColumnNames;
  place?: Place | undefined;
  /**
   * Biases that they keep: 1, the sum of our two; 2, both, as [2, G·H] or under `hiddenBias`. Default: 2 for a gru, whose reset
   * acts after the product, else 1. With 1, ours is bias_ih, and bias_hh is zero.
   */
  biases?: 1 | 2 | undefined;
}

/**
 * A layer of Keras or TensorFlow.js: kernel [I, G·H], recurrent_kernel [H, G·H], bias [G·H] or [2, G·H]; gates in columns,
 * i|f|c|o and z|r|h. Source: keras.layers.LSTM, keras.layers.GRU (`reset_after`).
 */
export function keras(options: ColumnOptions): Convention {
  return columns("keras", options);
}

/** The study book's layer: Wx [D, G·H], Wh [H, G·H], b [G·H] and, for a gru, bh; gates in columns, f|g|i|o and r|z|n. */
export function textbook(options: Omit<ColumnOptions, "names"> & { names?: ColumnNames | undefined }): Convention {
  const names = options.names ?? { kernel: "Wx", recurrent: "Wh", bias: "b", hiddenBias: "bh" };
  return columns("textbook", { ...options, names });
}

function columns(layout: Layout, { cell, names, place, biases = cell === "gru" ? 2 : 1 }: ColumnOptions): Convention {
  const name = `${layout} ${cell}`;
  const order = blocksOf(layout, cell);
  const ours = namesAt(place);
  const toRows = (x: NamedArray): NamedArray => reordered(transposedArray(x), order);
  const toColumns = (x: NamedArray): NamedArray => transposedArray(reordered(x, inverse(order)));
  return {
    name,
    toOurs(theirs) {
      const taken = new Taken(name, theirs);
      const [kernel, recurrent] = [taken.get(names.kernel), taken.get(names.recurrent)];
      const bias = taken.find(names.bias);
      const own = names.hiddenBias === undefined ? null : taken.find(names.hiddenBias);
      const [biasIh, biasHh] = bias === null ? [null, null] : separate(name, names.bias, bias, own);
      return taken.with(
        [ours.weightIh, toRows(kernel)],
        [ours.weightHh, toRows(recurrent)],
        [ours.biasIh, biasIh && reordered(biasIh, order)],
        [ours.biasHh, biasHh && reordered(biasHh, order)],
      );
    },
    toTheirs(given) {
      const taken = new Taken(name, given);
      const [weightIh, weightHh] = [taken.get(ours.weightIh), taken.get(ours.weightHh)];
      const bias = taken.find(ours.biasIh);
      const hidden = bias && taken.get(ours.biasHh);
      const [b, bh] = [bias, hidden].map((x) => x && reordered(x, inverse(order))) as [
        NamedArray | null,
        NamedArray | null,
      ];
      const together =
        biases === 1 ? b && bh && sum(b, bh) : names.hiddenBias === undefined ? b && bh && pair(b, bh) : b;
      return taken.with(
        [names.kernel, toColumns(weightIh)],
        [names.recurrent, toColumns(weightHh)],
        [names.bias, together],
        [names.hiddenBias ?? "", biases === 2 && names.hiddenBias !== undefined ? bh : null],
      );
    },
  };
}

/** The input's bias and the hidden side's. */
function separate(op: string, name: string, bias: NamedArray, own: NamedArray | null): [NamedArray, NamedArray] {
  if (own !== null) return [bias, own];
  if (bias.shape.length === 1) return [bias, zerosOf(bias)];
  const [two, width] = bias.shape as [number, number?];
  if (two !== 2 || width === undefined || bias.shape.length !== 2) {
    throw new FormatError({
      op,
      argument: show(name),
      must: "have shape [G·H] or [2, G·H]",
      value: formatShape(bias.shape),
    });
  }
  return [reshapedArray(rowsOf(bias, 0, 1), [width]), reshapedArray(rowsOf(bias, 1, 2), [width])];
}

const pair = (a: NamedArray, b: NamedArray): NamedArray => reshapedArray(stacked([a, b]), [2, a.data.length]);

const sum = (a: NamedArray, b: NamedArray): NamedArray => ({ ...a, data: a.data.map((x, i) => x + b.data[i]) });
