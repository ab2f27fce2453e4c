import "../../../src/tensor/index.js";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import { describe, expect, test, vi } from "vitest";
import { UnrolledError } from "../../../src/base/errors.js";
import { decodeHdf5 } from "../../../src/interchange/formats/hdf5/index.js";
import { readKeras, readTfjs, readTfjsFiles } from "../../../src/interchange/index.js";
import { zipOf } from "../../../tools/fuzz/archives.mjs";
import {
  asKeras3,
  configOf,
  hdf5Bytes,
  kerasArchive,
  kerasFixtures,
  kerasHdf5,
  shardsOf,
} from "../../support/keras-files.js";
import { storedTensor } from "../../support/models.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const FIXTURES = kerasFixtures();
const NAME = "masked gru forwards, tanh";
const fixture = FIXTURES[NAME]!;
const GOOD = JSON.stringify(fixture.model);
const shards = () => shardsOf(fixture);

async function failure(act: () => unknown): Promise<UnrolledError> {
  try {
    await act();
  } catch (error) {
    expect(error).toBeInstanceOf(UnrolledError);
    return error as UnrolledError;
  }
  throw new Error("it was taken");
}

/** Reads and builds. */
const built = async (text: string, given = shards()) => (await readTfjs(text, given)).toModule();

/** GOOD with a change: of what, to what. */
const changed = (from: string | RegExp, to: string): string => {
  const text = GOOD.replace(from, to);
  expect(text).not.toBe(GOOD);
  return text;
};

const deep = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);

describe("a model.json that is not in order", () => {
  const cases: [string, () => string, RegExp][] = [
    ["no JSON", () => GOOD.slice(0, 99), /model\.json must be valid JSON/],
    ["nested deep", () => changed('"backend":"tensorflow"', `"backend":${deep(100_000)}`), /nested at most 64 deep/],
    ["a key twice", () => changed('"format":', '"format":"x","format":'), /without duplicate keys/],
    ["__proto__", () => changed('"format":', '"__proto__":{},"format":'), /without the key __proto__/],
    ["a list", () => "[]", /model\.json must be an object/],
    [
      "no manifest",
      () => changed('"weightsManifest"', '"other"'),
      /weightsManifest of model\.json must be a list.*got undefined\. It is no model\.json of TensorFlow\.js, or only a topology/,
    ],
    [
      "a weight twice",
      () => changed("core/gru_cell/bias", "core/gru_cell/kernel"),
      /name each weight once, got "core\/gru_cell\/kernel" a second time/,
    ],
    [
      "an unknown type",
      () => changed('"dtype":"float32"', '"dtype":"float31"'),
      /dtype of weight "core.*must be one of "float32", "int32", "bool", got "float31"\. Did you mean float32/,
    ],
    ["a negative size", () => changed('"shape":[3,12]', '"shape":[-3,12]'), /shape of non-negative integers/],
    [
      "a size without end",
      () => changed('"shape":[3,12]', '"shape":[3000000,1200000]'),
      /less than 2147483648 elements/,
    ],
    [
      "an unknown quantisation",
      () => changed('"dtype":"float32"', '"dtype":"float32","quantization":{"dtype":"uint4"}'),
      /must be one of "uint8", "uint16", "float16"/,
    ],
    [
      "a quantisation without scale",
      () => changed('"dtype":"float32"', '"dtype":"float32","quantization":{"dtype":"uint8"}'),
      /scale of quantization.*must be a number, got none/,
    ],
    [
      "a graph model",
      () => changed("layers-model", "graph-model"),
      /a graph model\. Convert the Keras model again, with --output_format=tfjs_layers_model/,
    ],
    [
      "no class",
      () => changed('"class_name":"Functional"', '"class":"Functional"'),
      /class_name of .* must be a string, got none/,
    ],
    [
      "a layer twice",
      () => changed(/"name":"core","inbound/, '"name":"mask","inbound'),
      /layers of different names, got "mask" a second time/,
    ],
    [
      "no units",
      () => changed('"units":4', '"units":0'),
      /units of layer "core" \(GRU\) must be a positive integer, got 0/,
    ],
    [
      "units that do not fit",
      () => changed('"units":4', '"units":5'),
      /kernel of layer "core" must have shape \[any, 15\], got \[3, 12\]/,
    ],
    [
      "units beyond all memory",
      () => changed('"units":4', '"units":4000000000'),
      /kernel of layer "core" must have shape/,
    ],
    [
      "a word for a number",
      () => changed('"mask_value":-1.5', '"mask_value":"x"'),
      /mask_value of layer "mask".*must be a number, got "x"/,
    ],
    [
      "an unknown activation",
      () => changed('"activation":"tanh"', '"activation":"snake"'),
      /GRU "core" \(the activation of layer "core".*got "snake"/,
    ],
    [
      "a bias of another form",
      () => changed('"reset_after":true', '"reset_after":false'),
      /bias of layer "core" must have shape \[12\], got \[2, 12\]/,
    ],
    [
      "an absent layer",
      () => changed('[["mask",0,0,{}]', '[["musk",0,0,{}]'),
      /name only layers that it has, got "musk"/,
    ],
    [
      "a call that is not there",
      () => changed('[["mask",0,0,{}]', '[["mask",1,0,{}]'),
      /be called 2 times.*got 1 calls/,
    ],
    [
      "an output that is not there",
      () => changed('["core",0,1]', '["core",0,9]'),
      /give 10 tensors, as the model asks of it, got 2/,
    ],
    [
      "a call without tensors",
      () => changed(/\[\["mask",0,0,\{\}\],\["h0",0,0,\{\}\]\]/, "[]"),
      /layer "core".*be called with as many tensors as it takes, got 0/,
    ],
    [
      "a call with too many",
      () => changed('[["x",0,0,{}]]', '[["x",0,0,{}],["x",0,0,{}]]'),
      /layer "mask".*as many tensors as it takes, got 2/,
    ],
    [
      "a state too many",
      () => changed('["h0",0,0,{}]]', '["h0",0,0,{}],["h0",0,0,{}]]'),
      /layer "core".*as many tensors as it takes, got 3/,
    ],
    [
      "time first",
      () => changed('"units":4', '"units":4,"time_major":true'),
      /GRU "core" .*must have sequences with the batch first/,
    ],
    [
      "a reference that is none",
      () => changed('[["mask",0,0,{}]', "[[7,0,0,{}]"),
      /name tensors as \[layer, call, output\]/,
    ],
  ];

  test.each(cases)("%s", async (_, text, message) => {
    const error = await failure(async () => {
      const model = await built(text());
      model.outputs(...(await inputs()));
    });
    expect(error.message).toMatch(message);
  });

  async function inputs() {
    return fixture.cases[0]!.inputs.map(storedTensor);
  }

  test("a circle is named, and one of twenty thousand layers is found at once", async () => {
    const circle = changed('"inbound_nodes":[[["x",0,0,{}]]]', '"inbound_nodes":[[["core",0,0,{}]]]');
    const error = await failure(() => built(circle));
    expect(error).toMatchObject({ code: "cycle", value: '"core" from "mask" from "core"' });
    const count = 20_000;
    const node = (i: number) =>
      `{"class_name":"Flatten","name":"l${i}","config":{},"inbound_nodes":[[["l${(i + 1) % count}",0,0]]]}`;
    const layers = Array.from({ length: count }, (_, i) => node(i)).join();
    const config = `{"layers":[${layers}],"input_layers":[["in",0,0]],"output_layers":[["l0",0,0]]}`;
    const text = `{"modelTopology":{"class_name":"Model","config":${config}},"weightsManifest":[]}`;
    expect(await failure(() => built(text, new Map()))).toMatchObject({ code: "cycle" });
  });

  test("more weights or layers than any model has are refused before they are read, in one group or in many", async () => {
    const weights = (count: number, group: number) =>
      `{"paths":[],"weights":[${Array.from({ length: count }, (_, i) => `{"name":"${group}.${i}","shape":[0],"dtype":"float32"}`)}]}`;
    const manifest = (...groups: number[]) =>
      `{"modelTopology":{"class_name":"Sequential","config":[]},"weightsManifest":[${groups.map(weights)}]}`;
    const many = /group 0 of the weightsManifest of model\.json must end with at most 10000 weights, got more/;
    expect((await failure(() => built(manifest(10_001), new Map()))).message).toMatch(many);
    const second = /group 1 of the weightsManifest of model\.json must end with at most 10000/;
    expect((await failure(() => built(manifest(6000, 6000), new Map()))).message).toMatch(second);
    const layers = new Array(25_001).fill("0").join();
    const text = `{"modelTopology":{"class_name":"Sequential","config":[${layers}]},"weightsManifest":[]}`;
    expect((await failure(() => built(text, new Map()))).message).toMatch(/have at most 25000 layers, got 25001/);
  });

  test("all layers that cannot be built are in one error, with why", async () => {
    const layer = (type: string, i: number) => ({ class_name: type, config: { name: `l${i}` } });
    const types = ["Lambda", "AttentionWeightedAverage", "Flatten", "TFOpLambda", "Swirl"];
    const model = {
      modelTopology: { class_name: "Sequential", config: { layers: types.map(layer) } },
      weightsManifest: [],
    };
    const file = await readTfjs(JSON.stringify(model), {});
    const error = await failure(() => file.toModule());
    expect(error).toMatchObject({ code: "unsupported-layers" });
    expect(error.value).toBe(
      'Lambda "l0" (it holds Python code, which is never run), AttentionWeightedAverage "l1" (attention of someone\'s own), ' +
        'TFOpLambda "l3" (it is an operation of TensorFlow, not a layer), Swirl "l4" (not known here)',
    );
    expect(error.details.layers?.map(({ type }) => type)).toEqual([
      "Lambda",
      "AttentionWeightedAverage",
      "TFOpLambda",
      "Swirl",
    ]);
    expect(error.fix).toMatch("Pass { layers: { NAME: ({ config, take }) => module } } for classes of your own");
    expect(file.layers.map(({ becomes }) => becomes === null)).toEqual([true, true, false, true, true]);
    expect(file.warnings[0]).toBe(
      "Layers that cannot be built: Lambda l0, AttentionWeightedAverage l1, TFOpLambda l3, Swirl l4.",
    );
  });
});

describe("shards that are not in order", () => {
  const withPath = (path: string): string => changed('"a.bin"', JSON.stringify(path));

  test("one that is missing, short, long or of another kind", async () => {
    const given = shards();
    given.delete("b.bin");
    const missing = await failure(() => readTfjs(GOOD, given));
    expect(missing).toMatchObject({ code: "missing-shard", details: { file: "b.bin" }, value: '"a.bin"' });
    expect(missing.fix).toBe("Pass every file that the manifest names, under that name.");
    await readTfjs(GOOD, shards());
    const short = shards().set("b.bin", shards().get("b.bin")!.subarray(1));
    expect(await failure(() => readTfjs(GOOD, short))).toMatchObject({ code: "shard-bytes", value: "431 bytes" });
    expect((await failure(() => readTfjs(GOOD, short))).fix).toBe("A shard is truncated, or one is missing.");
    const long = shards().set("b.bin", new Uint8Array(500));
    expect((await failure(() => readTfjs(GOOD, long))).fix).toBe("A shard is of another model.");
    const other = shards().set("b.bin", "text" as never);
    expect((await failure(() => readTfjs(GOOD, other))).message).toMatch(/must be a Uint8Array or an ArrayBuffer/);
    expect((await failure(() => readTfjs(GOOD, 7 as never))).message).toMatch(/shards must be bytes by name/);
  });

  test.each([
    "../a.bin",
    "/etc/passwd",
    "a/../../b",
    "C:\\a.bin",
    "\\\\host\\a",
    "a\\..\\..\\b",
    "http://host/a.bin",
    "~/a.bin",
    "a\0b",
    "",
  ])("a path outside the folder: %j", async (path) => {
    const { code } = await failure(() => readTfjs(withPath(path), () => shards().get("a.bin")!));
    expect(code).toBe(path === "" ? "format" : "path-outside");
  });

  test("a cut anywhere, in any number of files, and blobs or a function that gets them", async () => {
    const all = new Uint8Array([...shards().values()].flatMap((bytes) => [...bytes]));
    const expected = (await readTfjs(GOOD, shards())).arrays;
    for (const cuts of [[0], [1, 2, 3], [143, 144, 145], [10, 10, 11], [431]]) {
      const ends = [...cuts, all.length];
      const parts = ends.map((end, i) => all.slice(i === 0 ? 0 : ends[i - 1], end));
      const paths = parts.map((_, i) => `${i}.bin`);
      const text = changed('["a.bin","b.bin"]', JSON.stringify(paths));
      const file = await readTfjs(text, async (path) => new Blob([parts[Number.parseInt(path, 10)]!]));
      for (const [name, { data }] of expected) expect([...file.arrays.get(name)!.data]).toEqual([...data]);
    }
  });

  const { at } = temporaryFolder();

  test("from a folder: a link that leads out of it, and a file that is not there", async () => {
    const folder = at("model");
    mkdirSync(folder);
    writeFileSync(`${folder}/model.json`, GOOD);
    for (const [name, bytes] of shards()) writeFileSync(`${folder}/${name}`, bytes);
    await expect(readTfjsFiles(`${folder}/model.json`)).resolves.toMatchObject({ format: "tfjs" });
    mkdirSync(at("other"));
    writeFileSync(`${at("other")}/model.json`, GOOD);
    writeFileSync(`${at("other")}/a.bin`, shards().get("a.bin")!);
    expect((await failure(() => readTfjsFiles(`${at("other")}/model.json`))).code).toBe("ENOENT");
    symlinkSync(`${folder}/b.bin`, `${at("other")}/b.bin`);
    expect((await failure(() => readTfjsFiles(`${at("other")}/model.json`))).code).toBe("path-outside");
  });
});

describe("files of Keras that are not in order", () => {
  const hdf5 = kerasHdf5(fixture);

  test("not HDF5, empty, truncated, or with another text in it", async () => {
    expect((await failure(() => readKeras(new Uint8Array()))).fix).toMatch(
      "Save it with model.save(path) of Keras; for a model.json of TensorFlow.js, call readTfjs.",
    );
    const bytes = await hdf5;
    const cut = await failure(() => readKeras(bytes.subarray(0, bytes.length / 2)));
    expect(cut).toMatchObject({ code: "hdf5", fix: "It is truncated or damaged: copy or save it again." });
    await readKeras(bytes);
    const text = await hdf5Bytes((file) => file.create_attribute("model_config", "{"));
    expect((await failure(() => readKeras(text))).message).toMatch(/model_config of file must be valid JSON/);
  });

  test("without the package, which is told how to get it", async () => {
    const bytes = await hdf5;
    vi.resetModules();
    vi.doMock("h5wasm", () => Promise.reject(new Error("none")));
    const bare = await import("../../../src/interchange/keras/read.js");
    await expect(bare.readKeras(bytes)).rejects.toMatchObject({
      code: "missing-package",
      fix: 'npm install h5wasm; or pass { h5wasm: await import("h5wasm") }.',
    });
    vi.doUnmock("h5wasm");
    const { code, fix } = await failure(async () => readKeras(bytes, { h5wasm: {} }));
    expect([code, fix]).toEqual(["unsupported", 'Pass { h5wasm: await import("h5wasm") }.']);
    const older = { ready: Promise.resolve({ FS: { writeFile: () => {}, unlink: () => {} } }), File: class {} };
    const found = await failure(async () => readKeras(bytes, { h5wasm: older }));
    expect([found.code, found.message]).toEqual([
      "unsupported",
      expect.stringContaining("be of version 0.10 or later"),
    ]);
    await readKeras(bytes, { h5wasm: await import("h5wasm") });
  });

  test("an instance that a file has stopped is not asked again", async () => {
    const bytes = await hdf5;
    const FS = { writeFile: () => {}, unlink: () => {}, close: () => {}, streams: [] };
    const memory = { HEAPU8: new Uint8Array(8), _malloc: () => 0, _calloc: () => 0 };
    const stopped = { ready: Promise.resolve({ FS, ...memory }) };
    class File {
      constructor() {
        throw new WebAssembly.RuntimeError("memory access out of bounds");
      }
    }
    const h5wasm = { ...stopped, File };
    expect(await failure(() => readKeras(bytes, { h5wasm }))).toMatchObject({ code: "hdf5" });
    expect((await failure(() => readKeras(bytes, { h5wasm }))).fix).toBe("Start the program again.");
    await readKeras(bytes);
  });

  test("bytes of another encoding, and a signature alone", async () => {
    const { fix } = await failure(() => readTfjs(Uint8Array.of(0xff, 0xfe), {}));
    expect(fix).toBe("It is damaged, or of another format.");
    expect((await failure(() => decodeHdf5(new Uint8Array(7)))).fix).toBe("It is truncated, or not HDF5.");
  });

  test("a weight that its layer names and the file lacks, and none at all", async () => {
    const lacking = await hdf5Bytes((file) => {
      file.create_attribute("layer_names", ["a"]);
      file.create_group("a").create_attribute("weight_names", ["a/kernel:0"]);
    });
    expect((await failure(() => readKeras(lacking))).message).toMatch(
      /weight "a\/a\/kernel:0" of file must be in the file/,
    );
    const empty = await hdf5Bytes((file) => file.create_attribute("model_config", JSON.stringify(configOf(fixture))));
    const file = await readKeras(empty);
    expect(file.warnings).toContain("The file holds no weights.");
    expect(await failure(() => file.toModule())).toMatchObject({
      code: "missing-weight",
      value: "no weights of that layer",
      fix: "Save the model and its weights together, from the same program.",
    });
  });

  test("weights alone say how to go on", async () => {
    const file = await readKeras(await kerasHdf5(fixture, { weightsOnly: true }));
    const { fix } = await failure(() => file.toModule());
    expect(fix).toBe(
      "Build it of nn's modules, and load what toStateDict() gives; or save the whole model with model.save(path).",
    );
    const { GRU } = await import("../../../src/nn/recurrent/cells/gru.js");
    const own = [...file.toStateDict()].map(([name, array]) => [name.replace("core.", ""), array] as const);
    new GRU(3, 4).loadStateDict(new Map(own));
  });

  test("a dataset that unpacks to far more than the file is refused before it is unpacked", async () => {
    const bomb = await hdf5Bytes((file) => {
      const options = {
        name: "kernel",
        data: new Float32Array(2 ** 24),
        shape: [2 ** 24],
        dtype: "<f",
        chunks: [2 ** 20],
        compression: 9,
      };
      file.create_dataset(options);
    });
    expect(bomb.length).toBeLessThan(2 ** 20);
    expect((await failure(() => readKeras(bomb))).message).toMatch(
      /"kernel" of file must unpack, with all before it, to at most \d+ bytes, got 67108864/,
    );
  });

  test("groups without end, and floats of 16 bits", async () => {
    const many = await hdf5Bytes((file) => {
      let group = file;
      for (let i = 0; i < 40; i++) group = group.create_group("g");
    });
    expect((await failure(() => readKeras(many))).message).toMatch(/be at most 32 groups deep/);
  });

  test("archives: damaged, without a part, with a wrong text", async () => {
    const config = asKeras3(configOf(fixture), ["core"]);
    const places = [0, 1, 2].map((i) => `layers/gru/cell/vars/${i}`);
    const good = await kerasArchive(fixture, config, places);
    await expect(readKeras(good)).resolves.toMatchObject({ format: "keras", hasModel: true });
    const cut = await failure(() => readKeras(good.subarray(0, good.length - 60)));
    expect(cut).toMatchObject({
      ...{ code: "format", op: "readKeras", argument: "file", must: "end with the directory of a zip archive" },
      fix: "The file is truncated, or damaged.",
    });
    const renamed = new Uint8Array(good);
    const name = Buffer.from("config.json");
    for (let at = Buffer.from(renamed.buffer).indexOf(name); at >= 0; at = Buffer.from(renamed.buffer).indexOf(name))
      renamed[at] = 0x43;
    const without = await failure(() => readKeras(renamed));
    expect(without).toMatchObject({
      must: "hold config.json and model.weights.h5",
      fix: "Save it with model.save(path) of Keras.",
    });
    const wrong = await failure(async () => {
      const other = await kerasArchive(
        fixture,
        config,
        places.map((place) => place.replace("gru", "lstm")),
      );
      return (await readKeras(other)).toModule();
    });
    expect(wrong.message).toMatch(
      /kernel, layers\/gru\/cell\/vars\/0, of layer "layers\/gru\/cell" must be among the weights/,
    );
  });
});

describe("an archive that lies", () => {
  const [config, weights] = [
    { name: "config.json", data: new TextEncoder().encode("{}") },
    { name: "model.weights.h5", data: new Uint8Array(100).fill(7) },
  ];
  const zeros = new Uint8Array(deflateRawSync(new Uint8Array(2 ** 26)));

  test.each<[string, Uint8Array, RegExp]>([
    [
      "a part twice",
      zipOf([config, weights, weights]),
      /"model\.weights\.h5" in m\.keras must be the name of one file/,
    ],
    [
      "parts in one place",
      zipOf([config, { ...weights, offset: 0 }]),
      /m\.keras must have one name, here and in the dir/,
    ],
    ["bytes changed", zipOf([config, { ...weights, crc: 1 }]), /h5" in m\.keras must have the checksum 0x00000001/],
    [
      "a text of another size",
      zipOf([{ ...config, size: 9, localSize: 9 }, weights]),
      /"config\.json" in m\.keras must be as long as it is stored/,
    ],
    [
      "a bomb",
      zipOf([config, { name: weights.name, data: zeros, method: 8, size: 2 ** 26 }]),
      /m\.keras must unpack to at most 3\d{7} bytes, got 67108866/,
    ],
    ["nothing", zipOf([]), /m\.keras must hold config\.json and model\.weights\.h5, got none of its parts/],
  ])("%s", async (_, bytes, message) => {
    const error = await failure(() => readKeras(bytes, { source: "m.keras" }));
    expect(error).toMatchObject({ code: "format", op: "readKeras" });
    expect(error.message).toMatch(message);
  });
});

test("options are checked", async () => {
  expect((await failure(() => readTfjs(GOOD, {}, { layer: {} } as never))).message).toMatch(/Did you mean layers/);
  expect((await failure(() => readTfjs(GOOD, {}, { layers: { A: 1 } as never }))).message).toMatch(
    /layers\.A must be a function/,
  );
  expect(
    (
      await failure(() =>
        readTfjs(GOOD, shards(), { layers: { GRU: (() => 1) as never } }).then((file) => file.toModule()),
      )
    ).message,
  ).toMatch(/layers\.GRU must give a module with forward/);
});
