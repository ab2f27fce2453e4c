import type { KerasPart, KerasParts } from "./parts.js";

/** How a version writes its configuration. */
export interface TopologyStyle {
  /** As Keras 3 does: modules of classes, and calls of tensors that are objects. */
  readonly isKeras3: boolean;
}

type Json = Record<string, unknown>;

/** A model's configuration: Sequential where each layer reads the one before it, else functional. */
export function topologyOf(name: string, parts: KerasParts, style: TopologyStyle): Json {
  const { layers, inputs, outputs } = parts;
  const isLine =
    inputs.length === 1 &&
    outputs.length === 1 &&
    layers.every(({ inputs: [from, ...more] }, i) => {
      return more.length === 0 && from === (i === 0 ? inputs[0].name : layers[i - 1].name);
    }) &&
    layers[layers.length - 1].name === outputs[0];
  const head = style.isKeras3 ? { module: "keras", registered_name: null } : {};
  if (isLine) {
    const list = [inputOf(inputs[0], style), ...layers.map((layer) => entryOf(layer, style))];
    return { ...head, class_name: "Sequential", config: { name, trainable: true, layers: list } };
  }
  const types = new Map(inputs.map((input) => [input.name, input.type]));
  const list = [
    ...inputs.map((input) => ({ ...inputOf(input, style), name: input.name, inbound_nodes: [] })),
    ...layers.map((layer) => {
      return { ...entryOf(layer, style), name: layer.name, inbound_nodes: callsOf(layer, types, style) };
    }),
  ];
  const config = {
    name,
    trainable: true,
    layers: list,
    input_layers: inputs.map((input) => [input.name, 0, 0]),
    output_layers: outputs.map((output) => [output, 0, 0]),
  };
  return { ...head, class_name: style.isKeras3 ? "Functional" : "Model", config };
}

function inputOf({ name, type, size }: KerasParts["inputs"][number], { isKeras3 }: TopologyStyle): Json {
  const shape = size === null ? [null, null] : [null, null, size];
  const dtype = type === "int" ? "int32" : "float32";
  const own = isKeras3 ? { batch_shape: shape } : { batch_input_shape: shape };
  const head = isKeras3 ? { module: "keras.layers", registered_name: null } : {};
  return { ...head, class_name: "InputLayer", config: { ...own, dtype, sparse: false, name } };
}

function entryOf({ type, name, config }: KerasPart, { isKeras3 }: TopologyStyle): Json {
  const own = { name, trainable: true, dtype: "float32", ...config };
  if (!isKeras3) return { class_name: type, config: own };
  const { layer } = config as { layer?: Json };
  const inner = layer && { layer: { module: "keras.layers", registered_name: null, ...layer } };
  return { module: "keras.layers", registered_name: null, class_name: type, config: { ...own, ...inner } };
}

function callsOf({ inputs }: KerasPart, types: ReadonlyMap<string, string>, { isKeras3 }: TopologyStyle): unknown[] {
  if (!isKeras3) return [inputs.map((name) => [name, 0, 0, {}])];
  const tensors = inputs.map((name) => {
    const dtype = types.get(name) === "int" ? "int32" : "float32";
    return { class_name: "__keras_tensor__", config: { shape: [null, null], dtype, keras_history: [name, 0, 0] } };
  });
  return [{ args: tensors.length === 1 ? tensors : [tensors], kwargs: {} }];
}
