import { FormatError } from "../../base/errors.js";
import { formatShape, sizeOf } from "../../base/shape.js";
import type { NamedArray, RecurrentLayers, RecurrentParts } from "../../interchange/index.js";
import type { CellName } from "../recurrent/layers.js";

/** Recurrent layers as the settings of a task say them, with their weights. */
export interface AdoptedLayers {
  cell: CellName;
  hidden: number;
  layers: number;
  bidirectional: boolean;
  /** Of the last layer, where it is another. */
  lastHidden: number | null;
  /** What their outputs are projected to; null: they are not. */
  projSize: number | null;
  /** Under the names that the layers of a task have in it. */
  weights: Map<string, NamedArray>;
  notes: string[];
}

const refuse = (must: string, value: string): never => {
  throw new FormatError({ op: "import", argument: "recurrent layers", must, value });
};

/**
 * Recurrent layers of others as layers of a task: several modules of one width become one.
 * @param source  what they are called in errors
 * @throws FormatError for what no task has: layers of different kinds
 */
export function adoptLayers({ recurrent }: RecurrentParts): AdoptedLayers {
  const [first] = recurrent;
  const last = recurrent[recurrent.length - 1];
  for (const layers of recurrent) checkPlain(layers, first);
  const hidden = first.hiddenSize;
  const others = recurrent.slice(0, -1).find((layers) => layers.hiddenSize !== hidden);
  if (others !== undefined || (last.hiddenSize !== hidden && last.numLayers > 1)) {
    refuse("be of one width, but for the last of them", formatShape(recurrent.map(({ hiddenSize }) => hiddenSize)));
  }
  const projSize = projectionOf(recurrent);
  const isStack = last.hiddenSize !== hidden;
  const weights = new Map<string, NamedArray>();
  let layers = 0;
  for (const { numLayers, arrays } of recurrent) {
    for (const [name, array] of arrays) {
      const [, own, layer, reverse = ""] = /^(.*)_l(\d+)(_reverse)?$/.exec(name)!;
      const at = layers + Number(layer);
      weights.set(
        isStack ? `rnn.layers.${at}.module.${own}_l0${reverse}` : `rnn.${own}_l${at}${reverse}`,
        plain(array),
      );
    }
    layers += numLayers;
  }
  const notes = withBiases(weights, recurrent);
  if (first.cell === "rnn" && first.nonlinearity === undefined) {
    notes.push("tanh is taken as what activates the RNN: the weights do not say it");
  }
  const { bidirectional } = first;
  const cell = first.nonlinearity === "relu" ? "irnn" : first.cell;
  return {
    cell,
    hidden,
    layers,
    bidirectional,
    lastHidden: isStack ? last.hiddenSize : null,
    projSize,
    weights,
    notes,
  };
}

/** Of all of them alike. */
function projectionOf(recurrent: readonly RecurrentLayers[]): number | null {
  const [{ projSize }] = recurrent;
  const sizes = recurrent.map((layers) => layers.projSize);
  const isOne = sizes.every((size) => size === projSize);
  const widths = new Set(recurrent.map(({ hiddenSize }) => hiddenSize));
  if (!isOne || (projSize > 0 && widths.size > 1)) refuse("be projected alike, or not at all", formatShape(sizes));
  return projSize || null;
}

function checkPlain(layers: RecurrentLayers, first: RecurrentLayers): void {
  const { cell, bidirectional, isStep } = layers;
  if (isStep) refuse("walk over sequences", "the cell of a single step");
  if (layers.nonlinearity !== first.nonlinearity) refuse("be activated by one function", "tanh and relu");
  if (cell !== first.cell) refuse("be of one cell", `${first.cell} and ${cell}`);
  if (bidirectional !== first.bidirectional) refuse("be of one direction or two, all of them", "some of each");
}

/** @param to  what they are for: `tag words` @throws FormatError for layers of two widths */
export function checkOneWidth({ hidden, lastHidden }: AdoptedLayers, to: string): void {
  if (lastHidden !== null) refuse(`be of one width to ${to}`, `${hidden} and ${lastHidden}`);
}

/** Without a bias is with one of zeros. */
function withBiases(weights: Map<string, NamedArray>, recurrent: readonly RecurrentLayers[]): string[] {
  if (recurrent.every(({ bias }) => bias)) return [];
  for (const [name, { shape }] of [...weights]) {
    const bias = name.replace(/weight_(ih|hh)/, "bias_$1");
    if (bias !== name && !weights.has(bias)) weights.set(bias, zeros([shape[0]]));
  }
  return ["biases that it lacks are zeros now, and are trained on"];
}

export function zeros(shape: readonly number[]): NamedArray {
  return { dtype: "float32", shape, data: new Float32Array(sizeOf(shape)) };
}

/** In float32, whatever the file has. */
export function plain({ dtype, shape, data }: NamedArray): NamedArray {
  return { dtype: "float32", shape, data: dtype === "float32" ? data : Float32Array.from(data) };
}

/** Rows of a matrix or vector in another order. @param missing  what a row of -1 is filled with */
export function rowsInOrder(array: NamedArray, rows: readonly number[], missing = 0): NamedArray {
  const { shape, data } = plain(array);
  const size = data.length / shape[0];
  const out = new Float32Array(rows.length * size).fill(missing);
  for (const [to, from] of rows.entries())
    if (from >= 0) out.set(data.subarray(from * size, (from + 1) * size), to * size);
  return { dtype: "float32", shape: [rows.length, ...shape.slice(1)], data: out };
}
