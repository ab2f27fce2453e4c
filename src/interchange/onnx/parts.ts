import { tensor, zeros } from "../../tensor/index.js";
import type { Tensor } from "../../tensor/tensor.js";
import { onnx } from "../conventions/onnx.js";
import { isFloatType } from "../formats/onnx/element-types.js";
import type { OnnxNode, OnnxValue } from "../formats/onnx/model.js";
import { type NamedArray, transposedArray } from "../named-array.js";
import { confirmed } from "../recognise/by-running.js";
import { type RecurrentLayers, recurrentLayersIn } from "../recognise/recurrent-layers.js";
import type { FoundMatrix, RecurrentParts } from "../recognise/recurrent-model.js";
import type { OnnxModule } from "./onnx-module.js";
import type { OnnxFile } from "./read.js";

const CELLS = { RNN: "rnn_tanh", LSTM: "lstm", GRU: "gru" } as const;

/** A graph that is a chain of an embedding, recurrent layers and a linear one; null for any other. */
export function partsOfOnnx(file: OnnxFile): RecurrentParts | null {
  const weights = weightsOf(file);
  const embedding = embeddingIn(file, weights);
  const recurrent = file.nodes.flatMap((node) => (node.op in CELLS ? (layersOf(node, weights) ?? []) : []));
  const count = file.nodes.filter(({ op }) => op in CELLS).length;
  const head = headIn(file, weights);
  if (embedding === null || head === null || count === 0 || recurrent.length !== count) return null;
  const module = file.toModule();
  // A graph whose axes are all free runs on both, and on one of them as it is meant to.
  for (const shapeOf of [(steps: number) => [steps, 1], (steps: number) => [1, steps]]) {
    const parts = confirmed({ embedding, recurrent, head }, (ids) => firstOutput(module, ids, shapeOf(ids.length)));
    if (parts !== null) return parts;
  }
  return null;
}

/** Arrays that nodes read: initializers, and constants. */
function weightsOf({ initializers, nodes }: OnnxFile): Map<string, NamedArray> {
  const found = new Map<string, NamedArray>();
  for (const [name, array] of initializers) if (isFloatType(array.type)) found.set(name, array);
  for (const { op, attributes, outputs } of nodes) {
    const value = attributes.get("value");
    if (op === "Constant" && typeof value === "object" && "data" in value && isFloatType(value.type)) {
      found.set(outputs[0], value);
    }
  }
  for (const { op, inputs, outputs } of nodes) {
    const from = found.get(inputs[0]);
    if (op === "Identity" && from !== undefined) found.set(outputs[0], from);
    if (op === "Transpose" && from?.shape.length === 2) found.set(outputs[0], transposedArray(from));
  }
  return found;
}

function embeddingIn({ nodes }: OnnxFile, weights: ReadonlyMap<string, NamedArray>): FoundMatrix | null {
  const found = nodes.filter(({ op, inputs }) => op === "Gather" && weights.get(inputs[0])?.shape.length === 2);
  if (found.length !== 1) return null;
  return { prefix: `${found[0].inputs[0]}.`, weight: weights.get(found[0].inputs[0])!, bias: null };
}

/** Null where its weights are made, and not stored. */
function layersOf(node: OnnxNode, weights: ReadonlyMap<string, NamedArray>): RecurrentLayers[] | null {
  const [, w, r, b = ""] = node.inputs;
  const arrays = new Map<string, NamedArray>();
  for (const [own, name] of Object.entries({ W: w, R: r, B: b })) {
    const array = weights.get(name);
    if (array !== undefined) arrays.set(own, array);
    else if (name !== "") return null;
  }
  const directions = arrays.get("W")?.shape[0];
  if (directions !== 1 && directions !== 2) return null;
  const cell = CELLS[node.op as keyof typeof CELLS];
  const ours = onnx({ cell, names: { W: "W", R: "R", B: "B" }, directions }).toOurs(arrays);
  const named = new Map([...ours].map(([name, array]) => [`${node.name.replaceAll(".", "-")}.${name}`, array]));
  const { found } = recurrentLayersIn(named);
  return found.length === 1 ? found : null;
}

/** The one product with a matrix, and what is added to it. */
function headIn({ nodes }: OnnxFile, weights: ReadonlyMap<string, NamedArray>): FoundMatrix | null {
  const products = nodes.filter(({ op, inputs }) => {
    return (op === "MatMul" || op === "Gemm") && weights.get(inputs[1])?.shape.length === 2;
  });
  if (products.length !== 1) return null;
  const [{ op, name, inputs, outputs, attributes }] = products;
  const matrix = weights.get(inputs[1])!;
  const isOurs = op === "Gemm" && attributes.get("transB") === 1;
  const weight = isOurs ? matrix : transposedArray(matrix);
  const added = nodes.find((node) => node.op === "Add" && node.inputs.includes(outputs[0]));
  const from = op === "Gemm" ? inputs[2] : added?.inputs.find((input) => weights.has(input));
  const bias = weights.get(from ?? "");
  return { prefix: `${name}.`, weight, bias: bias === undefined ? null : { ...bias, shape: [bias.data.length] } };
}

/** Of one sequence: ids of this shape, states of zeros, its length where it is asked for. */
function firstOutput(module: OnnxModule, ids: Int32Array, shape: readonly number[]): ArrayLike<number> {
  const inputs = module.inputs.map((value) => [value.name, inputFor(value, ids, shape)] as const);
  return module.run(Object.fromEntries(inputs))[module.outputs[0].name].contiguous().data();
}

function inputFor({ type, shape }: OnnxValue, ids: Int32Array, own: readonly number[]): Tensor {
  if (!isFloatType(type as never)) {
    return shape?.length === 1 ? tensor(Int32Array.of(ids.length)) : tensor(ids, { shape: [...own] });
  }
  return zeros((shape ?? []).map((size) => (typeof size === "number" ? size : 1)));
}
