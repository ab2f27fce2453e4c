import { formatShape } from "../../base/shape.js";
import { GATES } from "../../engine/cells.js";
import type { NamedArray, NamedArrays } from "../named-array.js";

/** Blocks of rows in a weight, by which cells differ. */
const ROWS = { rnn: GATES.rnn_tanh, lstm: GATES.lstm, gru: GATES.gru } as const;
/** A cell, as far as shapes tell: what activates an RNN they do not. */
export type FoundCell = keyof typeof ROWS;

/** Recurrent layers of one module, as their names and shapes say. */
export interface RecurrentLayers {
  /** What stands before their names: `encoder.lstm.`; empty for a module that is the whole model. */
  readonly prefix: string;
  readonly cell: FoundCell;
  /** What activates an RNN, where the file says it. */
  readonly nonlinearity?: "tanh" | "relu" | undefined;
  readonly inputSize: number;
  readonly hiddenSize: number;
  /** 0: none. */
  readonly projSize: number;
  readonly numLayers: number;
  readonly bidirectional: boolean;
  readonly bias: boolean;
  /** A single step, such as LSTMCell: its names have no number. */
  readonly isStep: boolean;
  /** Its arrays under the names that our module has. */
  readonly arrays: ReadonlyMap<string, NamedArray>;
}

/** What a step gives on: both directions. */
export function outputSizeOf({ hiddenSize, projSize, bidirectional }: RecurrentLayers): number {
  return (projSize || hiddenSize) * (bidirectional ? 2 : 1);
}

/** Source: torch.nn.RNNBase, torch.nn.RNNCellBase. */
const NAME = /^(.*?)((?:weight_(?:ih|hh|hr)|bias_(?:ih|hh))(?:_l(\d+))?(_reverse)?)$/;
const MOST_LAYERS = 1000;

/** Every group of arrays that are named as the layers of one module; a text where their shapes are not those of one, which says why. */
export function recurrentLayersIn(arrays: NamedArrays): {
  found: RecurrentLayers[];
  problems: string[];
  used: Set<string>;
} {
  const groups = new Map<string, Map<string, NamedArray>>();
  const used = new Set<string>();
  for (const [name, array] of arrays) {
    const match = NAME.exec(name);
    if (match === null || (match[1] !== "" && !match[1].endsWith("."))) continue;
    const own = groups.get(match[1]) ?? new Map<string, NamedArray>();
    groups.set(match[1], own.set(match[2], array));
    used.add(name);
  }
  const found: RecurrentLayers[] = [];
  const problems: string[] = [];
  for (const [prefix, own] of groups) {
    const layers = layersOf(prefix, own);
    if (typeof layers === "string") problems.push(`${prefix.slice(0, -1) || "the recurrent layers"}: ${layers}`);
    else found.push(layers);
  }
  return { found, problems, used };
}

/** A text: why they are no layers. */
function layersOf(prefix: string, arrays: ReadonlyMap<string, NamedArray>): RecurrentLayers | string {
  const isStep = arrays.has("weight_ih");
  const first = isStep ? "" : "_l0";
  const [ih, hh, hr] = ["ih", "hh", "hr"].map((side) => arrays.get(`weight_${side}${first}`)?.shape);
  if (ih === undefined || hh === undefined) return `weight_ih${first} and weight_hh${first} must both be there`;
  if (ih.length !== 2 || hh.length !== 2) return `weight_ih${first} must be a matrix, got ${formatShape(ih)}`;
  const [rows, out] = hh;
  const hiddenSize = hr === undefined ? out : hr[1];
  const cell = cellOf(rows, hiddenSize, hr !== undefined);
  if (cell === null)
    return `${rows} rows of weight_hh${first} must be 1, 3 or 4 times its hidden size, got ${formatShape(hh)}`;
  const numLayers = isStep ? 1 : countLayers(arrays);
  const layers: RecurrentLayers = {
    prefix,
    cell,
    inputSize: ih[1],
    hiddenSize,
    projSize: hr === undefined ? 0 : hr[0],
    numLayers,
    bidirectional: arrays.has(`weight_ih${first}_reverse`),
    bias: arrays.has(`bias_ih${first}`),
    isStep,
    arrays,
  };
  return numLayers > MOST_LAYERS
    ? `at most ${MOST_LAYERS} layers can be read, got ${numLayers}`
    : (misfit(layers) ?? layers);
}

function cellOf(rows: number, hiddenSize: number, isProjected: boolean): FoundCell | null {
  const kind = (Object.keys(ROWS) as FoundCell[]).find((name) => ROWS[name] * hiddenSize === rows);
  return kind === undefined || hiddenSize === 0 || (isProjected && kind !== "lstm") ? null : kind;
}

function countLayers(arrays: ReadonlyMap<string, NamedArray>): number {
  let count = 0;
  while (arrays.has(`weight_ih_l${count}`)) count++;
  return count;
}

/** What is missing, too much, or of another shape than the first layer says. */
function misfit(layers: RecurrentLayers): string | undefined {
  const { arrays } = layers;
  const expected = shapesOf(layers);
  for (const [name, shape] of expected) {
    const found = arrays.get(name)?.shape;
    if (found === undefined) return `${name} is missing`;
    if (formatShape(found) !== formatShape(shape))
      return `${name} must be ${formatShape(shape)}, got ${formatShape(found)}`;
  }
  const stray = [...arrays.keys()].find((name) => !expected.has(name));
  return stray === undefined ? undefined : `${stray} has no place in ${layers.numLayers} layers`;
}

function shapesOf({ cell, inputSize, hiddenSize, projSize, numLayers, bidirectional, bias, isStep }: RecurrentLayers) {
  const shapes = new Map<string, readonly number[]>();
  const rows = ROWS[cell] * hiddenSize;
  const out = projSize || hiddenSize;
  for (let layer = 0; layer < numLayers; layer++) {
    for (const direction of bidirectional ? ["", "_reverse"] : [""]) {
      const at = (name: string): string => (isStep ? name : `${name}_l${layer}${direction}`);
      shapes.set(at("weight_ih"), [rows, layer === 0 ? inputSize : out * (bidirectional ? 2 : 1)]);
      shapes.set(at("weight_hh"), [rows, out]);
      if (bias) shapes.set(at("bias_ih"), [rows]).set(at("bias_hh"), [rows]);
      if (projSize > 0) shapes.set(at("weight_hr"), [projSize, hiddenSize]);
    }
  }
  return shapes;
}
