import { strToU8, zipSync } from "fflate";
import { encodeHdf5 } from "../../formats/hdf5/encode.js";
import { PlacedNames } from "../../keras/weights.js";
import type { NamedArray } from "../../named-array.js";
import type { ModelToWrite, Obstacle, TargetWriter } from "../target.js";
import { type KerasParts, kerasParts } from "./parts.js";
import { topologyOf } from "./topology.js";

/** What a user of either should know. */
export function notesOf({ blueprint }: ModelToWrite): string[] {
  const [{ inputs, outputs }, ...others] = blueprint.programs;
  const told = outputs.filter(({ shape }) => shape[1] === "N" || shape[0] === "N");
  return [
    "sequences are batch first, [N, L, ...]",
    ...(inputs.some(({ name }) => name === "lengths")
      ? ["nothing is masked: sequences side by side must be of one length"]
      : []),
    ...(others.length > 0 && told.length > 0 ? ["states stay inside: whole sequences go in"] : []),
    ...blueprint.notes,
  ];
}

const lacking = (title: string, obstacles: readonly Obstacle[]): Obstacle[] =>
  obstacles.map(({ layer, why }) => ({ layer, why: `${why}, which ${title} has no layer for` }));

/** A .keras archive: configuration, and weights in HDF5 by the places of their layers. */
export const kerasWriter: TargetWriter = {
  obstacles: (blueprint) => lacking("Keras", kerasParts(blueprint).obstacles),
  async write(model) {
    const parts = kerasParts(model.blueprint);
    const config = topologyOf(classless(model.name), parts, { isKeras3: true });
    const files = {
      "metadata.json": strToU8(JSON.stringify({ keras_version: "3.0.0", date_saved: "1980-01-01@00:00:00" })),
      "config.json": strToU8(JSON.stringify(config)),
      "model.weights.h5": await encodeHdf5(placedWeights(parts, model)),
    };
    // Weights of floats hardly become smaller, and HDF5 is read where it lies.
    const bytes = zipSync(files, { level: 0, mtime: new Date(1980, 0, 1) });
    return { files: new Map([[`${model.name}.keras`, bytes]]), notes: notesOf(model) };
  },
};

/** Keras's names of models and layers are words. */
function classless(name: string): string {
  return name.replace(/\W+/g, "_");
}

/** Source: keras.saving, saving_lib. */
function placedWeights({ layers }: KerasParts, { weights }: ModelToWrite): Map<string, NamedArray> {
  const names = new PlacedNames();
  const placed = new Map<string, NamedArray>();
  for (const layer of layers) {
    const place = `layers/${names.next(layer.type)}`;
    const counts = new Map<string, number>();
    for (const { part, role, array } of layer.weights(weights)) {
      const isCell = role !== "embeddings" && layer.type !== "Dense";
      const inside = `${part === "" ? "" : `/${part}_layer`}${isCell ? "/cell" : ""}`;
      const count = counts.get(inside) ?? 0;
      counts.set(inside, count + 1);
      placed.set(`${place}${inside}/vars/${count}`, array);
    }
  }
  return placed;
}

/** A model.json of TensorFlow.js, and its weights beside it. */
export const tfjsWriter: TargetWriter = {
  obstacles(blueprint) {
    const { obstacles, layers } = kerasParts(blueprint);
    const isGru = (layer: KerasParts["layers"][number]): boolean => {
      const { reset_after: own, layer: inner } = layer.config as {
        reset_after?: boolean;
        layer?: { class_name: string };
      };
      return own === true || inner?.class_name === "GRU";
    };
    const grus = layers.filter(isGru).map(({ name }) => ({ layer: name, why: "resets after the product" }));
    return lacking("TensorFlow.js", [...obstacles, ...grus]);
  },
  write(model) {
    const parts = kerasParts(model.blueprint);
    const named = parts.layers.flatMap((layer) => {
      const { layer: inner } = layer.config as { layer?: { config: { name: string } } };
      return layer.weights(model.weights).map(({ part, role, array }) => {
        const place = part === "" ? "" : `/${part}_${inner!.config.name}`;
        return { name: `${layer.name}${place}/${role}`, array };
      });
    });
    const shard = new Uint8Array(named.reduce((sum, { array }) => sum + 4 * array.data.length, 0));
    let at = 0;
    for (const { array } of named) {
      const data = Float32Array.from(array.data);
      shard.set(new Uint8Array(data.buffer), at);
      at += data.byteLength;
    }
    const topology = topologyOf(classless(model.name), parts, { isKeras3: false });
    const json = {
      format: "layers-model",
      generatedBy: "Unrolled",
      convertedBy: null,
      modelTopology: { ...topology, keras_version: "tfjs-layers 4.22.0", backend: "tensor_flow.js" },
      weightsManifest: [
        {
          paths: ["weights.bin"],
          weights: named.map(({ name, array }) => ({ name, shape: [...array.shape], dtype: "float32" })),
        },
      ],
    };
    const files = new Map([
      ["model.json", strToU8(`${JSON.stringify(json)}\n`)],
      ["weights.bin", shard],
    ]);
    return { files, notes: notesOf(model) };
  },
};
