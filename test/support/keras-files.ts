import { readFileSync } from "node:fs";
import { strToU8, zipSync } from "fflate";
import type { StoredTensor } from "./models.js";

interface Weight {
  name: string;
  shape: number[];
}

export interface KerasFixture {
  model: {
    modelTopology: { keras_version: string; model_config?: KerasConfig } & Partial<KerasConfig>;
    weightsManifest: { paths: string[]; weights: Weight[] }[];
  };
  shards: Record<string, string>;
  cases: { inputs: StoredTensor[]; outputs: StoredTensor[] }[];
}

export interface KerasConfig {
  class_name: string;
  config: { layers: KerasConfig[]; [key: string]: unknown };
  name?: string;
  inbound_nodes?: unknown[];
}

/** Made by tools/fixtures/keras.py: every layer written once more, step by step in float64. */
export const kerasFixtures = (): Record<string, KerasFixture> =>
  JSON.parse(readFileSync(new URL("../fixtures/keras/models.json", import.meta.url), "utf8"));

export const shardsOf = ({ shards }: KerasFixture): Map<string, Uint8Array<ArrayBuffer>> =>
  new Map(Object.entries(shards).map(([name, text]) => [name, new Uint8Array(Buffer.from(text, "base64"))]));

/** The weights of a fixture, in order. */
export function weightsOf(fixture: KerasFixture): Map<string, { shape: number[]; data: Float32Array }> {
  const bytes = Buffer.concat([...shardsOf(fixture).values()]);
  const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  let at = 0;
  return new Map(
    fixture.model.weightsManifest.flatMap(({ weights }) =>
      weights.map(({ name, shape }) => {
        const size = shape.reduce((a, b) => a * b, 1);
        at += size;
        return [name, { shape, data: all.slice(at - size, at) }] as const;
      }),
    ),
  );
}

export const configOf = ({ model }: KerasFixture): KerasConfig =>
  model.modelTopology.model_config ?? (model.modelTopology as KerasConfig);

interface H5Writer {
  create_group(name: string): H5Writer;
  create_attribute(name: string, data: unknown, shape?: number[], dtype?: string): void;
  create_dataset(options: {
    name: string;
    data: unknown;
    shape?: number[];
    dtype?: string;
    chunks?: number[];
    compression?: number;
  }): void;
  get(path: string): H5Writer | null;
  close(): void;
}

/** An HDF5 file, written by h5wasm. */
export async function hdf5Bytes(fill: (file: H5Writer) => void): Promise<Uint8Array<ArrayBuffer>> {
  const { ready, File } = await import("h5wasm");
  const { FS } = await ready;
  const file = new File("/written.h5", "w") as unknown as H5Writer;
  fill(file);
  file.close();
  const bytes = FS.readFile("/written.h5") as Uint8Array;
  FS.unlink("/written.h5");
  return new Uint8Array(bytes);
}

/** Groups that are not there yet are made on the way. */
export function putDataset(
  file: H5Writer,
  path: string,
  { shape, data }: { shape: number[]; data: Float32Array },
): void {
  const words = path.split("/");
  let at = file;
  for (const word of words.slice(0, -1)) at = (at.get(word) as H5Writer | null) ?? at.create_group(word);
  at.create_dataset({ name: words.at(-1)!, data, shape, dtype: "<f" });
}

/** As Keras 2 writes it: `model.save("x.h5")`, or its weights alone. */
export function kerasHdf5(fixture: KerasFixture, { weightsOnly = false } = {}): Promise<Uint8Array<ArrayBuffer>> {
  return hdf5Bytes((file) => {
    const root = weightsOnly ? file : file.create_group("model_weights");
    if (!weightsOnly) file.create_attribute("model_config", JSON.stringify(configOf(fixture)));
    file.create_attribute("keras_version", fixture.model.modelTopology.keras_version);
    const layers = new Map<string, string[]>();
    for (const [name, weight] of weightsOf(fixture)) {
      const layer = name.split("/")[0]!;
      layers.set(layer, [...(layers.get(layer) ?? []), `${name}:0`]);
      putDataset(root, `${layer}/${name}:0`, weight);
    }
    root.create_attribute("layer_names", [...layers.keys()]);
    for (const [layer, names] of layers) root.get(layer)!.create_attribute("weight_names", names);
  });
}

/** Calls as Keras 3 writes them. `states`: layers whose further tensors are their initial states. */
export function asKeras3(config: KerasConfig, states: readonly string[] = []): KerasConfig {
  const tensor = ([layer, node, output]: [string, number, number]) => ({
    class_name: "__keras_tensor__",
    config: { shape: [null], dtype: "float32", keras_history: [layer, node, output] },
  });
  const layers = config.config.layers.map((layer) => {
    const nodes = (layer.inbound_nodes ?? []) as [string, number, number][][];
    return {
      ...layer,
      module: "keras.layers",
      inbound_nodes: nodes.map((refs) => {
        const tensors = refs.map(tensor);
        if (states.includes(layer.name!))
          return { args: [tensors[0]], kwargs: { initial_state: tensors.slice(1), mask: null } };
        return { args: refs.length === 1 ? tensors : [tensors], kwargs: {} };
      }),
    };
  });
  return { ...config, config: { ...config.config, layers } };
}

/** A .keras file. @param places  the path of each weight in the file, in the fixture's order */
export async function kerasArchive(
  fixture: KerasFixture,
  config: KerasConfig,
  places: readonly string[],
  version = "3.4.1",
): Promise<Uint8Array<ArrayBuffer>> {
  const weights = await hdf5Bytes((file) => {
    for (const [i, weight] of [...weightsOf(fixture).values()].entries()) putDataset(file, places[i]!, weight);
  });
  return new Uint8Array(
    zipSync(
      {
        "metadata.json": strToU8(JSON.stringify({ keras_version: version, date_saved: "2024-01-01" })),
        "config.json": strToU8(JSON.stringify(config)),
        "model.weights.h5": weights,
      },
      { level: 0 },
    ),
  );
}
