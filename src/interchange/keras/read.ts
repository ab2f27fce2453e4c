import { checkKnownOptions, checkString, isObject, refusal } from "../../base/check.js";
import { bytesIn } from "../../base/dtype.js";
import { FormatError } from "../../base/errors.js";
import { type DecodedHdf5, decodeHdf5, isHdf5 } from "../formats/hdf5/index.js";
import { decodeTfjs, decodeTfjsHead, type TfjsHead } from "../formats/tfjs/index.js";
import { isZip } from "../formats/zip/index.js";
import { JsonObject } from "../json-object.js";
import type { NamedArray, NamedArrays } from "../named-array.js";
import { textOf } from "../text-of.js";
import { openKerasArchive } from "./archive.js";
import { type CustomLayers, checkCustomLayers } from "./build.js";
import { ListedContainer, PlacedContainer } from "./containers.js";
import { dialectOf } from "./dialect.js";
import { type Contents, type KerasFile, kerasFile } from "./model-file.js";

export interface ReadKerasOptions {
  /** What makes layers of your own, by class. */
  layers?: CustomLayers | undefined;
  /** The package h5wasm, where it cannot be found by its name, as in a bundle: `await import("h5wasm")`. */
  h5wasm?: unknown;
  /** What the file is, for errors. */
  source?: string | undefined;
}

/** Of a model of TensorFlow.js, whose weights need no package. */
export type ReadTfjsOptions = Omit<ReadKerasOptions, "h5wasm">;

/** The files beside a model.json: by name, or what fetches one. */
export type TfjsShards =
  | ReadonlyMap<string, ShardBytes>
  | Readonly<Record<string, ShardBytes>>
  | ((path: string) => ShardBytes | Promise<ShardBytes>);

type ShardBytes = Uint8Array | ArrayBufferLike | Blob;

/**
 * A model or weights of Keras: `.keras`, or HDF5 (`.h5`, `.hdf5`, `.weights.h5`), which need the package h5wasm.
 * @param file  its bytes
 * @throws UnsupportedError where h5wasm is not installed; FormatError for a damaged file
 * @example
 * const file = await readKeras(await readFile("model.keras"));
 * const model = file.toModule();      // an nn.Module
 * const y = model.forward(x);         // x [N, T, F]
 */
export async function readKeras(
  file: Uint8Array | ArrayBufferLike,
  options: ReadKerasOptions = {},
): Promise<KerasFile> {
  const op = "readKeras";
  checkKnownOptions(op, options, ["layers", "h5wasm", "source"]);
  const { layers = {}, h5wasm, source = "file" } = options;
  checkCustomLayers(op, layers);
  checkString(op, "source", source);
  const bytes = bytesIn(op, "file", file);
  if (isZip(bytes)) {
    const { config, metadata, weights } = openKerasArchive(op, source, bytes);
    const decoded = await decodeHdf5(weights, `weights of ${source}`, { h5wasm }, op);
    return kerasFile(placed(op, source, decoded, { config, metadata }), layers);
  }
  if (!isHdf5(bytes)) {
    const fix = "Save it with model.save(path) of Keras; for a model.json of TensorFlow.js, call readTfjs.";
    throw new FormatError({ op, argument: source, must: "be HDF5 or a .keras file", value: "another file", fix });
  }
  const decoded = await decodeHdf5(bytes, source, { h5wasm }, op);
  const isPlaced = [...decoded.arrays.keys()].some((path) => /(^|\/)vars\/\d+$/.test(path));
  return kerasFile(isPlaced ? placed(op, source, decoded, null) : listed(op, source, decoded), layers);
}

/** model.save("x.h5") and save_weights of Keras 2: groups that name their layers and weights in order. */
function listed(op: string, source: string, { arrays, texts }: DecodedHdf5): Contents {
  const root = texts.has("model_weights") ? "model_weights" : "";
  const text = (key: string): string | null => {
    const found = texts.get("")?.get(key) ?? texts.get(root)?.get(key);
    return typeof found === "string" ? found : null;
  };
  const config = text("model_config");
  const entries = inOrder(op, source, root, arrays, texts);
  return {
    op,
    format: "keras-hdf5",
    dialect: dialectOf(text("keras_version")),
    arrays: new Map(entries),
    topology: config === null ? null : topologyOf(op, `model_config of ${source}`, config),
    weights: (taken) => new ListedContainer(op, entries, taken),
  };
}

/** By `layer_names` and `weight_names`; a file without them as it comes. */
function inOrder(
  op: string,
  source: string,
  root: string,
  arrays: NamedArrays,
  texts: DecodedHdf5["texts"],
): [string, NamedArray][] {
  const at = (...words: string[]): string => words.filter((word) => word !== "").join("/");
  const layers = namesIn(texts.get(root), "layer_names");
  if (layers === null) return [...arrays];
  return layers.flatMap((layer) =>
    (namesIn(texts.get(at(root, layer)), "weight_names") ?? []).map((weight): [string, NamedArray] => {
      const found = arrays.get(at(root, layer, weight));
      if (found !== undefined) return [at(layer, weight), found];
      const argument = `weight ${JSON.stringify(at(layer, weight))} of ${source}`;
      throw new FormatError({ code: "missing-weight", op, argument, must: "be in the file", value: "none" });
    }),
  );
}

/** A list of names; Keras cuts long ones into `weight_names0`, `weight_names1`. */
function namesIn(texts: ReadonlyMap<string, string | readonly string[]> | undefined, key: string): string[] | null {
  const parts = [texts?.get(key)];
  for (let i = 0; texts?.has(`${key}${i}`); i++) parts.push(texts.get(`${key}${i}`));
  const given = parts.filter((part) => part !== undefined);
  return given.length === 0 ? null : given.flat();
}

/** Keras 3: weights by the place of their layer. */
function placed(
  op: string,
  source: string,
  { arrays }: DecodedHdf5,
  archive: { config: string; metadata: string | null } | null,
): Contents {
  const own = new Map([...arrays].filter(([path]) => !/^(optimizer|metrics|compile_metrics|loss)\//.test(path)));
  const old = "_layer_checkpoint_dependencies";
  const path = [...own.keys()].some((name) => name.startsWith(`${old}/`)) ? old : "layers";
  return {
    op,
    format: archive === null ? "keras-hdf5" : "keras",
    dialect: dialectOf(archive === null ? "3" : versionIn(op, source, archive.metadata)),
    arrays: own,
    topology: archive === null ? null : topologyOf(op, `config.json of ${source}`, archive.config),
    weights: (taken) => new PlacedContainer(op, path, own, taken),
  };
}

function versionIn(op: string, source: string, metadata: string | null): string | null {
  if (metadata === null) return null;
  const where = `metadata.json of ${source}`;
  return JsonObject.parsed(op, where, metadata).string("keras_version", "") || null;
}

function topologyOf(op: string, where: string, text: string): JsonObject {
  return JsonObject.parsed(op, where, text);
}

/**
 * A layers model of TensorFlow.js: a model.json, and the shards that it names. `readTfjsFiles` reads both from a folder.
 * @param model   the text of model.json, or its bytes
 * @param shards  the files by the names in its manifest, as bytes or blobs; or a function that gets one
 * @throws FormatError for what does not fit, code `missing-shard`, `shard-bytes`, `path-outside`
 * @example
 * const get = async (path: string) => (await fetch(`/model/${path}`)).blob();
 * const file = await readTfjs(await (await fetch("/model/model.json")).text(), get);
 */
export async function readTfjs(
  model: string | Uint8Array | ArrayBufferLike,
  shards: TfjsShards,
  options: ReadTfjsOptions = {},
): Promise<KerasFile> {
  const op = "readTfjs";
  checkKnownOptions(op, options, ["layers", "source"]);
  const { layers = {}, source = "model.json" } = options;
  checkCustomLayers(op, layers);
  checkString(op, "source", source);
  const text = typeof model === "string" ? model : textOf(op, source, bytesIn(op, "model", model));
  const given = new Map<string, Uint8Array | ArrayBufferLike>();
  const ask = asker(op, shards);
  const head = decodeTfjsHead(text, source, op);
  for (const path of head.paths) {
    const found = await ask(path);
    if (found !== undefined) given.set(path, await plainBytes(found));
  }
  return tfjsFile(head, given, source, layers, op);
}

/** @internal `readTfjs` with the bytes at hand. */
export function tfjsFile(
  text: string | TfjsHead,
  shards: ReadonlyMap<string, Uint8Array | ArrayBufferLike>,
  source = "model.json",
  layers: CustomLayers = {},
  op = "readTfjs",
): KerasFile {
  return kerasFile(tfjs(op, source, text, shards), layers);
}

function asker(op: string, shards: unknown): (path: string) => ShardBytes | undefined | Promise<ShardBytes> {
  if (typeof shards === "function") return shards as (path: string) => Promise<ShardBytes>;
  if (shards instanceof Map) return (path) => shards.get(path) as ShardBytes | undefined;
  if (isObject(shards) && !ArrayBuffer.isView(shards)) {
    return (path) => (Object.hasOwn(shards, path) ? (shards as Record<string, ShardBytes>)[path] : undefined);
  }
  throw refusal(op, "shards", "be bytes by name, or a function that gets them", shards);
}

const plainBytes = async (bytes: ShardBytes): Promise<Uint8Array | ArrayBufferLike> =>
  typeof Blob === "function" && bytes instanceof Blob ? bytes.arrayBuffer() : (bytes as Uint8Array);

function tfjs(
  op: string,
  source: string,
  text: string | TfjsHead,
  shards: ReadonlyMap<string, Uint8Array | ArrayBufferLike>,
): Contents {
  const { arrays, topology, format } = decodeTfjs(text, shards, source, op);
  if (format === "graph-model") {
    const fix = "Convert the Keras model again, with --output_format=tfjs_layers_model; or use the arrays alone.";
    throw new FormatError({ op, argument: source, must: "be a layers model", value: "a graph model", fix });
  }
  const fields = topology === null ? null : new JsonObject(op, `modelTopology of ${source}`, topology);
  // TensorFlow.js writes the model there; its converter writes Keras's attributes, model_config one of them.
  const config = fields?.has("model_config") ? fields.object("model_config") : fields;
  const entries = [...arrays];
  return {
    op,
    format: "tfjs",
    dialect: dialectOf(fields?.string("keras_version", "") || null),
    arrays,
    topology: config?.called(`model of ${source}`) ?? null,
    weights: (taken) => new ListedContainer(op, entries, taken),
  };
}
