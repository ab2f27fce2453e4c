import { checkFunction, isObject, refusal } from "../base/check.js";
import type { TypedArray } from "../base/dtype.js";
import { FormatError, show } from "../base/errors.js";
import { formatShape, type Shape, sameShape } from "../base/shape.js";
import { Affine } from "./affine.js";
import { Embedding } from "./embedding.js";
import { fromKernelLayout, toKernelLayout } from "./gate-layout.js";
import type { Layer } from "./layer.js";
import { add } from "./math.js";
import { Model } from "./models/model.js";
import { array, type NdArray, zerosLike } from "./nd-array.js";
import { kernelOf, RecurrentLayer } from "./recurrent-layer.js";
import { TimeBiLSTM } from "./time-bi-lstm.js";
import { onEngine, transposed } from "./workspace.js";

/**
 * Weights from the textbook's layout to that of `nn` (PyTorch's names, order and orientation), and back:
 *   Embedding  W [V, D]              weight [V, D]
 *   Affine     W [D, O], b           weight [O, D], bias
 *   RNN, LSTM  Wx [D, G·H], Wh, b    weight_ih_l0 [G·H, D], weight_hh_l0, bias_ih_l0 = b, bias_hh_l0 = 0;
 *              back: b = bias_ih + bias_hh; the LSTM's f|g|i|o become i|f|g|o
 *   GRU        Wx, Wh, b, bh         the same with bias_hh_l0 = bh; with the reset before the product one bias, as above
 * A model's arrays have its layers' names before theirs: `embed.weight`, `lstm.weight_ih_l1`.
 */

/** A tensor of `nn`, or anything else that has a shape and its elements. */
export interface WeightLike {
  readonly shape: Shape;
  readonly data: TypedArray | (() => TypedArray);
}

/** @example nnModel.loadStateDict(toStateDict(model, (data, shape) => tensor(data, { shape }))) */
export function toStateDict(layer: Layer): Record<string, NdArray>;
export function toStateDict<W>(layer: Layer, make: (data: TypedArray, shape: Shape) => W): Record<string, W>;
export function toStateDict<W>(layer: Layer, make?: (data: TypedArray, shape: Shape) => W) {
  const found: Record<string, NdArray | W> = {};
  if (make !== undefined) checkFunction("toStateDict", "make", make);
  for (const { names, toNn } of conversionsOf(layer)) {
    for (const [i, x] of toNn().entries()) found[names[i]] = make ? make(x.data, x.shape) : x;
  }
  return found;
}

/**
 * Copies the arrays of an `nn` state dict into the layer's params. Nothing changes when it throws.
 * @throws FormatError naming what is missing, unexpected or of another shape
 * @example loadStateDict(model, nnModel.stateDict())
 */
export function loadStateDict(
  layer: Layer,
  source: ReadonlyMap<string, WeightLike> | Readonly<Record<string, WeightLike>>,
): void {
  if (!isObject(source)) throw refusal("loadStateDict", "source", "be weights by name", source);
  const given = new Map(source instanceof Map ? source : Object.entries(source as Record<string, WeightLike>));
  const conversions = conversionsOf(layer);
  checkNames(conversions, given);
  const loaded = conversions.map(({ names, param, fromNn }) => {
    return [param, fromNn(names.map((name) => elementsOf(name, given.get(name), param)))] as const;
  });
  // All are read before the first is written.
  for (const [param, values] of loaded) param.assign(values);
}

/** One param, and the arrays that it is in `nn`. */
interface Conversion {
  param: NdArray;
  names: string[];
  toNn(): NdArray[];
  fromNn(found: NdArray[]): NdArray;
}

function conversionsOf(layer: Layer): Conversion[] {
  if (!Array.isArray((layer as Layer | null | undefined)?.params)) {
    throw refusal("stateDict", "layer", "be a layer or a model", layer);
  }
  if (!(layer instanceof Model)) return ofLayer(layer, 0, "");
  return Object.entries(layer.layers).flatMap(([name, one]) =>
    [one].flat().flatMap((part: Layer, index) => ofLayer(part, index, `${name}.`)),
  );
}

function ofLayer(layer: Layer, index: number, prefix: string): Conversion[] {
  if (layer instanceof Embedding) return [asItIs(layer.W, `${prefix}weight`)];
  if (layer instanceof Affine) {
    const weight = layer.tied ? asItIs(layer.W, `${prefix}weight`) : acrossDiagonal(layer.W, `${prefix}weight`);
    return layer.b ? [weight, asItIs(layer.b, `${prefix}bias`)] : [weight];
  }
  if (layer instanceof RecurrentLayer) return ofRecurrent(layer, `l${index}`, prefix);
  if (layer instanceof TimeBiLSTM) {
    const { forwards, backwards } = layer;
    return [...ofRecurrent(forwards, `l${index}`, prefix), ...ofRecurrent(backwards, `l${index}_reverse`, prefix)];
  }
  return [];
}

function asItIs(param: NdArray, name: string): Conversion {
  return { param, names: [name], toNn: () => [param.clone()], fromNn: ([x]) => x };
}

function acrossDiagonal(param: NdArray, name: string): Conversion {
  const turned = (x: NdArray) => onEngine((w) => w.download(transposed(w.upload(x))));
  return { param, names: [name], toNn: () => [turned(param)], fromNn: ([x]) => turned(x) };
}

function ofRecurrent(layer: RecurrentLayer, suffix: string, prefix: string): Conversion[] {
  const cell = kernelOf(layer.cell);
  const toKernel = (x: NdArray) => onEngine((w) => w.download(toKernelLayout(w, cell, x)));
  const gates = (param: NdArray, name: string): Conversion => ({
    param,
    names: [`${prefix}${name}_${suffix}`],
    toNn: () => [toKernel(param)],
    fromNn: ([x]) => onEngine((w) => fromKernelLayout(w, cell, w.upload(x), param)),
  });
  const { Wx, Wh, b } = layer;
  const bh = layer.params[3];
  const weights = [gates(Wx, "weight_ih"), gates(Wh, "weight_hh")];
  const bias = gates(b, "bias_ih");
  if (bh) return [...weights, bias, gates(bh, "bias_hh")];
  const oneBias: Conversion = {
    param: b,
    names: [...bias.names, `${prefix}bias_hh_${suffix}`],
    toNn: () => [...bias.toNn(), zerosLike(b)],
    fromNn: ([ih, hh]) => bias.fromNn([add(ih, hh)]),
  };
  return [...weights, oneBias];
}

function elementsOf(name: string, weight: WeightLike, { dtype }: NdArray): NdArray {
  if (typeof weight.data !== "function" && !ArrayBuffer.isView(weight.data)) {
    throw refusal(
      "loadStateDict",
      name,
      "have a shape and data",
      weight,
      "Take what stateDict() or toStateDict() gave.",
    );
  }
  const elements = typeof weight.data === "function" ? weight.data() : weight.data;
  return array(elements, weight.shape, dtype);
}

function checkNames(conversions: Conversion[], given: ReadonlyMap<string, WeightLike>): void {
  const expected = new Map<string, Shape>();
  for (const { names, toNn } of conversions) {
    for (const [i, { shape }] of toNn().entries()) expected.set(names[i], shape);
  }
  const problems = [
    ...[...expected.keys()].filter((name) => !given.has(name)).map((name) => `no ${name}`),
    ...[...given.keys()].filter((name) => !expected.has(name)).map((name) => `an unexpected ${name}`),
    ...[...expected].flatMap(([name, shape]) => {
      if (!given.has(name)) return [];
      const found = given.get(name)?.shape;
      if (!Array.isArray(found)) return [`${name} without a shape`];
      return sameShape(found, shape) ? [] : [`${name} ${show(found)} instead of ${formatShape(shape)}`];
    }),
  ];
  if (problems.length === 0) return;
  throw new FormatError({
    op: "loadStateDict",
    argument: "source",
    must: "match the layer's params by name and shape",
    value: problems.join(", "),
  });
}
