// Readers of models of Keras and TensorFlow.js, for `fuzzReader`: their seeds are small models that are in order.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { Broken } from "./file-readers.mjs";
import { mutateBytes } from "./mutate-bytes.mjs";
import { mutateHdf5 } from "./mutate-hdf5.mjs";
import { mutateJson, mutateText } from "./mutate-json.mjs";

const MODELS = new URL("../../test/fixtures/keras/models.json", import.meta.url);
const SEEDS = [
  "activations 0 of tfjs-layers 4.22.0",
  "masked gru backwards, elu",
  "masked bidirectional of 2.9.0",
  "both directions with states",
  "stacked cells of 2.9.0",
  "conv1d 2",
  "average pooling 1",
  "steps added, cut and repeated",
  "normalisations",
  "relu with its settings",
  "shapes and joins",
  "a shared layer and a model inside",
];

/**
 * @param lib  the exports of `interchange/keras/read`, `interchange/formats/hdf5/decode`, `base/errors` and `tensor/index`
 * @param instances  of h5wasm: a damaged file may stop one
 */
export async function kerasReaders(lib, instances = 4) {
  const models = JSON.parse(readFileSync(MODELS, "utf8"));
  const seeds = SEEDS.map((name) => tfjsSeed(models[name]));
  const pool = await Promise.all(Array.from({ length: instances }, (_, i) => h5wasm(i)));
  // Of both layouts: that of old, whose structures have no checksums, and what the library writes today.
  const files = seeds
    .slice(1, 5)
    .map((seed, i) => hdf5Seed(pool[0], seed, i % 2 === 0 ? ["earliest", "latest"] : undefined));
  return {
    tfjs: {
      seeds,
      mutate: mutateTfjs,
      read: (given) => readTfjs(lib, given),
      refusals: [lib.FormatError, lib.UnsupportedError],
    },
    hdf5: {
      seeds: files,
      mutate: (seed, random, all) => (random.chance(0.4) ? overwritten(seed, random) : mutateHdf5(seed, random, all)),
      read: (bytes) => readHdf5(lib, pool, bytes),
      refusals: [lib.FormatError],
      // Of a file that it refuses the library keeps some hundred kilobytes.
      batch: 5000,
    },
  };
}

function tfjsSeed({ model, shards, cases }) {
  const bytes = Object.entries(shards).map(([name, text]) => [name, new Uint8Array(Buffer.from(text, "base64"))]);
  return { text: JSON.stringify(model), shards: new Map(bytes), inputs: cases[0].inputs };
}

/** As Keras 2 writes it: texts of groups, and a dataset a weight. */
function hdf5Seed({ File, module: { FS } }, { text, shards }, libver) {
  const { modelTopology, weightsManifest } = JSON.parse(text);
  const bytes = Buffer.concat([...shards.values()]);
  const file = new File("/seed.h5", "w", { libver });
  file.create_attribute("model_config", JSON.stringify(modelTopology.model_config));
  file.create_attribute("keras_version", modelTopology.keras_version);
  const names = weightsManifest[0].weights.map(({ name }) => name.replaceAll("/", "."));
  file.create_attribute("layer_names", names);
  let at = 0;
  for (const { name, shape } of weightsManifest[0].weights) {
    const length = 4 * shape.reduce((a, b) => a * b, 1);
    const data = new Float32Array(new Uint8Array(bytes.subarray(at, at + length)).buffer);
    const group = file.create_group(name.replaceAll("/", "."));
    group.create_attribute("weight_names", ["w"]);
    const packed = shape.length > 1 ? { chunks: shape, compression: 6 } : {};
    group.create_dataset({ name: "w", data, shape, dtype: "<f", ...packed });
    at += length;
  }
  file.close();
  return new Uint8Array(FS.readFile("/seed.h5"));
}

function mutateTfjs(seed, random) {
  if (random.chance(0.1)) return { ...seed, text: mutateText(seed.text, random) };
  if (random.chance(0.9)) return { ...seed, text: mutateJson(seed.text, random) };
  const shards = new Map(seed.shards);
  const name = random.pick([...shards.keys()]);
  if (random.chance(0.3)) shards.delete(name);
  else shards.set(name, mutateBytes(shards.get(name), random));
  return { ...seed, shards };
}

/** Bytes in their places: what is moved is no HDF5, and found out at once. */
function overwritten(bytes, random) {
  const out = bytes.slice();
  for (let times = 1 + random.below(4); times > 0; times--) {
    const at = random.below(random.chance(0.7) ? Math.min(out.length, 4096) : out.length);
    const value = random.pick([0, 1, 0x7f, 0x80, 0xff, random.below(256), out[at] ^ (1 << random.below(8))]);
    for (let i = at; i < Math.min(at + random.pick([1, 1, 2, 4, 8]), out.length); i++) out[i] = value;
  }
  return out;
}

/** What is built holds no more than the file, and runs on what the model was made for, or says why not. */
function readTfjs(lib, { text, shards, inputs }) {
  const file = lib.tfjsFile(text, shards, "case");
  const model = file.toModule();
  const own = [...model.parameters(), ...model.namedBuffers().map(([, buffer]) => buffer)];
  try {
    const size = own.reduce((sum, { size }) => sum + size, 0);
    const bytes = [...shards.values()].reduce((sum, { length }) => sum + length, 0);
    if (size > 2 * bytes) throw new Broken(`${size} numbers out of ${bytes} bytes`);
    lib.noGrad(() => {
      try {
        const given = inputs.map(({ data, shape, dtype }) => lib.tensor(data, { shape, dtype }));
        for (const y of model.outputs(...given)) y.data();
      } catch (error) {
        if (!(error instanceof lib.UnrolledError)) throw error;
      }
    });
  } finally {
    for (const tensor of own) tensor.dispose();
  }
}

function readHdf5(lib, pool, bytes) {
  const { arrays } = decoded(lib, pool, bytes);
  for (const [name, { shape, data }] of arrays) {
    if (data.length !== shape.reduce((a, b) => a * b, 1)) throw new Broken(`${name} does not fill its shape`);
  }
}

/** By the first instance; one that was stopped is left. */
function decoded(lib, pool, bytes) {
  if (pool.length === 0) throw new Broken("no instance of h5wasm is left");
  const [{ File, module }] = pool;
  try {
    return lib.decodeWith(File, module, bytes, "case");
  } catch (error) {
    if (error.cause !== undefined && error.cause.constructor !== Error) pool.shift();
    throw error;
  }
}

/** An instance of its own. */
async function h5wasm(number) {
  const path = pathToFileURL(`${process.cwd()}/node_modules/h5wasm/dist/esm/hdf5_hl.js`);
  const { ready, File } = await import(/* @vite-ignore */ `${path}?${number}`);
  return { File, module: await ready };
}
