// Every reader of files and of what stands in them: where its cases begin, how they are damaged, and what must hold for what it takes.
// The library comes in as an argument: from src/ in the tests, from dist/ by hand.
import { readFileSync } from "node:fs";
import { mutateNumpy, mutateTorch } from "./mutate-archives.mjs";
import { assemble, mutateBytes, mutateSafetensors } from "./mutate-bytes.mjs";
import { mutateJson, mutateText } from "./mutate-json.mjs";
import { mutateOnnx, onnxModels } from "./mutate-onnx.mjs";

const utf8 = new TextEncoder();
const TASK = "language-model";
const TEXT = "the cat sat on the mat; 한국어 문장 a b c d e f g h.\n".repeat(6);
const SMALL = { hidden: 3, embed: 2, layers: 2, batch: 2, seqLen: 4, valid: 0.1, epochs: 9, maxSteps: 9 };
const CONFIGS = [
  { cell: "gru", optimizer: "sgd", momentum: 0.5 },
  { cell: "lstm", optimizer: "adam", schedule: "plateau", warmup: 4 },
  { cell: "rnn", optimizer: "rmsprop", schedule: "cosine", warmup: 1 },
  { cell: "lstm", optimizer: "adagrad", schedule: "step", tokens: "word", tie: true, embed: 3 },
  { cell: "gru", optimizer: "adamw", tokens: "byte", layers: 1 },
];

/** What a reader may throw. */
const allowed = (lib) => ({
  readers: [lib.FormatError],
  config: [lib.FormatError, lib.OptionError],
  // A graph that can be read may still be one that does not run: its sizes are known when it is given numbers.
  graphs: [
    lib.FormatError,
    lib.UnsupportedError,
    lib.ShapeError,
    lib.OptionError,
    lib.DTypeError,
    lib.OutOfMemoryError,
  ],
});

/**
 * @returns readers by name: `seeds` to damage, `mutate(seed, random, seeds)`, `read(case)`, which throws the reader's error or
 *   a Broken for what it should not have taken, and `refusals`, the classes of error that it may throw
 */
export async function fileReaders(lib) {
  const { readers, config, graphs } = allowed(lib);
  const trained = [];
  for (const options of CONFIGS) trained.push(await begin(lib, options));
  const checkpoints = trained.map(({ checkpoint }) => checkpoint);
  const models = trained.map(({ model }) => model);
  const vocabularies = trained.map(({ training }) => JSON.stringify(training.corpus.vocabulary.toJSON()));
  const configs = trained.map(({ training }) => JSON.stringify(training.config, null, 1));
  const names = { mutate: (seed, random, seeds) => mutateSafetensors(seed, random, seeds), refusals: readers };
  const json = { mutate: (seed, random) => mutateJson(seed, random), refusals: readers };
  return {
    safetensors: { ...names, seeds: [...tensorFiles(lib), ...models], read: (bytes) => readSafetensors(lib, bytes) },
    checkpoint: { ...names, seeds: checkpoints, read: (bytes) => readCheckpoint(lib, bytes) },
    model: { ...names, seeds: models, read: (bytes) => readModel(lib, bytes) },
    training: {
      seeds: trained,
      mutate: ({ checkpoint, training }, random) => ({ checkpoint: mutateTraining(checkpoint, random), training }),
      read: (given) => readTraining(lib, given),
      refusals: readers,
    },
    vocabulary: { ...json, seeds: vocabularies, read: (text) => readVocabulary(lib, text) },
    config: {
      seeds: configs.map((text) => utf8.encode(text)),
      mutate: (seed, random) =>
        random.chance(0.2)
          ? mutateBytes(seed, random)
          : utf8.encode(mutateJson(new TextDecoder().decode(seed), random)),
      read: (bytes) => readConfig(lib, bytes),
      refusals: config,
    },
    json: {
      ...json,
      seeds: [...configs, ...vocabularies, '[1,-0.5e3,{"a":{"b":[null,true,"\\u00e9\\n"]}}]'],
      mutate: (seed, random) => (random.chance(0.5) ? mutateText(seed, random) : mutateJson(seed, random)),
      read: (text) => readJson(lib, text),
    },
    text: {
      seeds: [utf8.encode(TEXT.slice(0, 90)), utf8.encode("\ufeffé€😀\ud7ff\ue000\u{10ffff}"), new Uint8Array()],
      mutate: (seed, random, seeds) => mutateBytes(seed, random, seeds),
      read: (bytes) => readText(lib, bytes),
      refusals: readers,
    },
    ...foreignReaders(lib, readers, graphs),
  };
}

/** Of files that other programs wrote. */
function foreignReaders(lib, refusals, graphs) {
  return {
    torch: {
      seeds: fixtures(
        "tensors.pt",
        "tensors.protocol5.pt",
        "tensors.deflated.pt",
        "tagger-checkpoint.pt",
        "wrapped.pth",
        "language-model.pt",
      ),
      mutate: mutateTorch,
      read: (bytes) => readArrays(lib, bytes, lib.decodeTorch),
      refusals,
    },
    "torch-legacy": {
      seeds: fixtures("tensors.legacy.pt", "classifier.legacy.bin"),
      mutate: mutateTorch,
      read: (bytes) => readArrays(lib, bytes, lib.decodeTorch),
      refusals,
    },
    npz: {
      seeds: fixtures("arrays.npz", "arrays.compressed.npz", "array.npy"),
      mutate: mutateNumpy,
      read: (bytes) => readArrays(lib, bytes, bytes[0] === 0x93 ? lib.decodeNpy : lib.decodeNpz),
      refusals,
    },
    onnx: {
      seeds: onnxModels(),
      mutate: (model, random) => mutateOnnx(model, random, lib.encodeOnnx),
      read: (bytes) => readOnnxFile(lib, bytes),
      refusals: graphs,
    },
  };
}

/** A reader took what it should have refused, or gave what it should not have. */
export class Broken extends Error {}

function must(holds, what) {
  if (!holds) throw new Broken(what);
}

async function begin(lib, options) {
  const config = lib.resolveConfig({ ...SMALL, ...options });
  const corpus = lib.readCorpus(TEXT, config);
  const training = new lib.LanguageModelTraining(corpus, config);
  await training.fit({ untilStep: 3 });
  return { training, checkpoint: training.encode(), model: lib.encodeLanguageModel(training.model) };
}

/** One file of each type that is written, one of those that are only read, and one of nothing. */
function tensorFiles(lib) {
  const entries = {
    a: { dtype: "float32", shape: [2, 2], data: Float32Array.of(1, -2, Number.NaN, Infinity) },
    "b.c": { dtype: "float64", shape: [1], data: Float64Array.of(0.1) },
    이름: { dtype: "int32", shape: [3, 0], data: new Int32Array(0) },
    d: { dtype: "int32", shape: [], data: Int32Array.of(7) },
  };
  const read = ["F16", "BF16", "I64", "U64", "U32", "I16", "U16", "I8", "U8", "BOOL"];
  const widths = { F16: 2, BF16: 2, I64: 8, U64: 8, U32: 4, I16: 2, U16: 2, I8: 1, U8: 1, BOOL: 1 };
  let end = 0;
  const fields = read.map((dtype) => {
    const begin = end;
    end += 2 * widths[dtype];
    return [dtype, { dtype, shape: [1, 2], data_offsets: [begin, end] }];
  });
  const other = assemble(JSON.stringify(Object.fromEntries(fields)), new Uint8Array(end).fill(1));
  return [lib.encodeSafetensors(entries, { note: '한 "b"\n', __proto__x: "1" }), other, lib.encodeSafetensors({})];
}

function readSafetensors(lib, bytes) {
  const { metadata, tensors } = lib.decodeSafetensors(bytes, "case");
  const again = lib.decodeSafetensors(lib.encodeSafetensors(tensors, metadata), "again");
  must(sameText(byName(again.metadata), byName(metadata)), "metadata came back changed");
  must(again.tensors.size === tensors.size, "tensors came back in another number");
  let total = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    const back = again.tensors.get(name);
    const same = back !== undefined && back.dtype === dtype && sameText(back.shape, shape) && sameBits(back.data, data);
    must(same, `tensor ${JSON.stringify(name)} came back changed`);
    must(data.length === shape.reduce((a, b) => a * b, 1), "a tensor's data does not fill its shape");
    total += data.length;
  }
  must(total <= bytes.length, "tensors have more elements than the file has bytes");
}

/** Files that PyTorch and NumPy wrote. */
function fixtures(...names) {
  return names.map(
    (name) => new Uint8Array(readFileSync(new URL(`../../test/fixtures/torch-files/${name}`, import.meta.url))),
  );
}

/** What a reader of other programs' files gives: arrays that are as long as their shapes say, and layers that can be looked for. */
function readArrays(lib, bytes, decode) {
  const { arrays, metadata } = decode(bytes, "case");
  must(Object.getPrototypeOf(metadata) === Object.prototype, "the metadata have another prototype");
  lib.recogniseRecurrent(lib.pytorchNames(arrays).toOurs(arrays));
  for (const array of arrays.values()) {
    const size = array.shape.reduce((a, b) => a * b, 1);
    must(size <= Math.max(bytes.length, 2 ** 22), "a tensor has more elements than the file has bytes");
    if (size > 2 ** 16) continue;
    must((array.integers ?? array.data).length === size, "an array's data do not fill its shape");
  }
}

/** What is read is whole, and runs on ones or says why not. */
function readOnnxFile(lib, bytes) {
  const file = lib.readOnnx(bytes, { source: "case" });
  for (const [name, { data, shape, type }] of file.initializers) {
    const size = shape.reduce((a, b) => a * b, 1);
    must(type === "string" || data.length === size, `initializer ${name} does not fill its shape`);
  }
  const made = new Set([...file.inputs.map(({ name }) => name), ...file.initializers.keys(), ""]);
  for (const { inputs, outputs } of file.nodes) {
    for (const name of inputs) must(made.has(name), `a node reads ${name} before it is made`);
    for (const name of outputs) made.add(name);
  }
  const model = file.toModule();
  const inputs = model.inputs.map(({ name, shape, type }) => {
    const sizes = (shape ?? [2]).map((size) => (typeof size === "number" ? size : 2));
    if (sizes.reduce((a, b) => a * b, 1) > 1e4)
      throw new lib.OptionError({ op: "fuzz", argument: name, must: "be small", value: `${sizes}` });
    const dtype = type === "double" ? "float64" : type === "float" || type === "float16" ? "float32" : "int32";
    return [name, lib.ones(sizes, { dtype })];
  });
  lib.noGrad(() => model.run(Object.fromEntries(inputs)));
  for (const parameter of model.parameters()) parameter.dispose();
}

function readCheckpoint(lib, bytes) {
  const before = lib.memory().bytes;
  const { task, weights, description, training } = withinMemory(lib, before, bytes, () =>
    lib.decodeCheckpoint(bytes, TASK, "case"),
  );
  must(Object.getPrototypeOf(description) === Object.prototype, "the description has another prototype");
  try {
    const finite = [...weights.values()].every(({ data }) => data.every(Number.isFinite));
    if (!finite) return;
    const tensors = new Map(
      [...weights].map(([name, { data, shape, dtype }]) => [name, lib.tensor(data, { shape, dtype })]),
    );
    const again = lib.decodeCheckpoint(lib.encodeCheckpoint({ task, weights: tensors, description, training }), TASK);
    must(sameText(byName(again.description), byName(description)), "description changed");
    must(sameText(plain(lib, again.training), plain(lib, training)), "training came back changed");
    must(sameText([...again.weights.keys()].sort(), [...weights.keys()].sort()), "weights came back changed");
    lib.disposeTree([...tensors.values(), again.training]);
  } finally {
    lib.disposeTree(training);
  }
}

function readModel(lib, bytes) {
  const before = lib.memory().bytes;
  const checkpoint = withinMemory(lib, before, bytes, () => lib.decodeLanguageModel(bytes, "case"));
  const model = withinMemory(lib, before, bytes, () => lib.buildLanguageModel(checkpoint));
  const again = lib.decodeLanguageModel(lib.encodeLanguageModel(model), "again");
  must(sameText(again.config, checkpoint.config), "the configuration came back changed");
  must(sameText(again.vocabulary.toJSON(), checkpoint.vocabulary.toJSON()), "the vocabulary came back changed");
  for (const [name, { data }] of checkpoint.weights) {
    must(sameBits(again.weights.get(name).data, data), `weight ${name} came back changed`);
  }
  lib.disposeTree([checkpoint.training, ...model.parameters()]);
}

/** Damaged where training is described; the weights are in order. */
function mutateTraining(bytes, random) {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  const { __metadata__: metadata, ...tensors } = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const header = { __metadata__: { ...metadata, training: mutateJson(metadata.training, random) }, ...tensors };
  return assemble(JSON.stringify(header), bytes.subarray(8 + length));
}

function readTraining(lib, { checkpoint, training: { corpus, config } }) {
  const resume = lib.decodeLanguageModel(checkpoint, "case");
  const training = new lib.LanguageModelTraining(corpus, config, { resume });
  const again = lib.decodeLanguageModel(training.encode(), "again");
  const [found, given] = [plain(lib, again.training), plain(lib, resume.training)];
  // The rates that a schedule starts from are the configuration's, whatever the checkpoint says.
  for (const { schedule } of [found, given]) if (schedule?.baseLrs) schedule.baseLrs = [];
  for (const part of ["trainer", "schedule", "carried", "fingerprint"]) {
    must(sameText(found[part], given[part]), `${part} came back as ${JSON.stringify(found[part])}`);
  }
  must(sameText(found.optimizer.scalars.steps, given.optimizer.scalars.steps), "steps came back changed");
  lib.disposeTree([resume.training, again.training, ...training.model.parameters()]);
}

function readVocabulary(lib, text) {
  let json;
  try {
    json = lib.parsePlainJson("fuzz", "case", text);
  } catch (error) {
    // What the strict parser refuses may still reach the function from a program, through JSON.parse.
    json = JSON.parse(orRefused(text, error));
  }
  const vocabulary = lib.vocabularyFromJSON(json);
  const again = lib.vocabularyFromJSON(JSON.parse(JSON.stringify(vocabulary)));
  must(lib.sameVocabulary(vocabulary, again), "the vocabulary came back changed");
  for (const id of [0, vocabulary.size - 1]) {
    must(vocabulary.kind === "byte" || vocabulary.idOf(vocabulary.tokenOf(id)) === id, "a token is not found");
  }
}

/** The text, where JSON.parse takes it; else the error that there was. */
function orRefused(text, error) {
  try {
    JSON.parse(text);
    return text;
  } catch {
    throw error;
  }
}

function readConfig(lib, bytes) {
  const json = lib.parsePlainJson("fuzz", "case", lib.decodeUtf8(bytes, "case"));
  const config = lib.resolveConfig(json ?? {}, "fuzz");
  must(sameText(lib.resolveConfig(config), config), "a resolved configuration resolves to another");
  lib.estimateMemory(config, 100);
}

/** Beside JSON.parse: stricter, and otherwise the same. */
function readJson(lib, text) {
  const strict = lib.parseStrictJson("fuzz", "case", text);
  let loose;
  try {
    loose = JSON.parse(text);
  } catch {
    throw new Broken("it takes what JSON.parse refuses");
  }
  must(sameText(plainJson(strict), sorted(loose)), "it reads other values than JSON.parse");
}

function readText(lib, bytes) {
  const fatal = new TextDecoder("utf-8", { fatal: true });
  try {
    must(lib.decodeUtf8(bytes, "case") === fatal.decode(bytes), "it reads another text than TextDecoder");
  } catch (error) {
    if (!(error instanceof lib.FormatError)) throw error;
    const at = error.details.byte;
    fatal.decode(bytes.subarray(0, at));
    for (let length = 1; length <= 4; length++) {
      must(!decodes(bytes.subarray(at, at + length)), `a character stands at byte ${at}`);
      if (at + length >= bytes.length) break;
    }
    throw error;
  }
}

function decodes(bytes) {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Engine memory may grow with the file, not with what the file claims. */
function withinMemory(lib, before, bytes, act) {
  const result = act();
  must(lib.memory().bytes - before <= 64 * bytes.length + 2 ** 16, "it takes memory out of proportion");
  return result;
}

/** A tree with tensors as JSON can show it. */
function plain(lib, tree) {
  if (tree instanceof lib.Tensor) return { dtype: tree.dtype, shape: tree.shape, data: [...tree.data()].map(String) };
  if (Array.isArray(tree)) return tree.map((item) => plain(lib, item));
  if (tree === null || typeof tree !== "object") return tree;
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, plain(lib, value)]));
}

function plainJson(value) {
  if (Array.isArray(value)) return value.map(plainJson);
  if (value instanceof Map) return { pairs: [...value].map(([key, item]) => [key, plainJson(item)]).sort(byKey) };
  return Object.is(value, -0) ? "-0" : value;
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value !== null && typeof value === "object") {
    return {
      pairs: Object.entries(value)
        .map(([key, item]) => [key, sorted(item)])
        .sort(byKey),
    };
  }
  return Object.is(value, -0) ? "-0" : value;
}

const byName = (object) => Object.entries(object).sort(byKey);
const byKey = ([a], [b]) => (a < b ? -1 : 1);

function sameText(a, b) {
  return JSON.stringify(a) === JSON.stringify(b);
}

function sameBits(a, b) {
  if (a.length !== b.length || a.constructor !== b.constructor) return false;
  const [left, right] = [a, b].map((array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return left.every((byte, i) => byte === right[i]);
}
