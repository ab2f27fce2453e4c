import { FormatError, show } from "../../base/errors.js";
import { formatShape } from "../../base/shape.js";
import { GATES } from "../../engine/cells.js";
import { matrixShape, type NamedArray, type NamedArrays, reshapedArray } from "../named-array.js";
import type { ColumnNames } from "./columns.js";
import { type Convention, Taken } from "./convention.js";

export interface CudnnOptions {
  cell: "lstm" | "gru";
  names: ColumnNames;
}

/**
 * CuDNNLSTM and CuDNNGRU of Keras 2, and what LSTM and GRU layers hold that were trained as these: the arrays of Keras's layout but
 * with every gate's block transposed and both biases in one row, [2·G·H]. Ours here is the plain layout of Keras, bias [2, G·H], so
 * that it is chained before `keras()`. `isCudnn` tells one from the other.
 * Source: Keras 2, preprocess_weights_for_loading.
 */
export function cudnn({ cell, names }: CudnnOptions): Convention {
  const name = `cudnn ${cell}`;
  const gates = GATES[cell];
  const through = (given: NamedArrays, kernelBlock: Turn, toOurs: boolean): Map<string, NamedArray> => {
    const taken = new Taken(name, given);
    const [kernel, recurrent, bias] = [taken.get(names.kernel), taken.get(names.recurrent), taken.get(names.bias)];
    const size = bias.data.length;
    if (size !== 2 * gates * recurrent.shape[0]) {
      const [argument, must] = [show(names.bias), `hold ${2 * gates} biases a unit`];
      throw new FormatError({ op: name, argument, must, value: formatShape(bias.shape) });
    }
    return taken.with(
      [names.kernel, byBlocks(kernel, gates, kernelBlock)],
      [names.recurrent, byBlocks(recurrent, gates, transposedBlock)],
      [names.bias, reshapedArray(bias, toOurs ? [2, size / 2] : [size])],
    );
  };
  return {
    name,
    toOurs: (theirs) => through(theirs, readAsTransposed, true),
    toTheirs: (ours) => through(ours, writeAsTransposed, false),
  };
}

/** Whether a bias of that many elements is of a layer of cuDNN: twice as many, in one row. */
export function isCudnn(cell: "lstm" | "gru", units: number, bias: NamedArray): boolean {
  return bias.shape.length === 1 && bias.shape[0] === 2 * GATES[cell] * units;
}

/** Where element (row, column) of a block [R, C] is taken from, counted row by row. */
type Turn = (row: number, column: number, rows: number, columns: number) => number;

const transposedBlock: Turn = (row, column, _, columns) => column * columns + row;
/** The block is the row-major buffer of a matrix [C, R]. */
const readAsTransposed: Turn = (row, column, rows) => column * rows + row;
const writeAsTransposed: Turn = (row, column, rows, columns) => {
  const place = row * columns + column;
  return (place % rows) * columns + Math.floor(place / rows);
};

/** Each of the blocks of columns by itself. */
function byBlocks(x: NamedArray, blocks: number, from: Turn): NamedArray {
  const [rows, width] = matrixShape("cudnn", x.shape);
  const columns = width / blocks;
  const data = x.data.slice();
  for (let b = 0; b < blocks; b++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        const place = from(i, j, rows, columns);
        data[i * width + b * columns + j] =
          x.data[Math.floor(place / columns) * width + b * columns + (place % columns)];
      }
    }
  }
  return { ...x, data };
}
