import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import {
  FileError,
  FormatError,
  io,
  languageModel,
  load,
  manualSeed,
  nn,
  OptionError,
  optim,
  randn,
  save,
  type Tensor,
  tensor,
  trainLanguageModel,
  zeros,
} from "../../../src/index.js";
import { expectSameBits } from "../../support/bits.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const folder = temporaryFolder();
const values = (x: nn.Module | Map<string, Tensor>) =>
  [...(x instanceof Map ? x : x.stateDict()).values()].map((value) => value.data());

class Tagger extends nn.Module {
  embed = new nn.Embedding(7, 4);
  lstm = new nn.LSTM(4, 3, { bidirectional: true });
  layers = [new nn.Linear(6, 4), new nn.LayerNorm(4)];
  head = new nn.Linear(4, 7);
  constructor(seed: number, tied = false) {
    super();
    manualSeed(seed);
    for (const p of this.parameters()) p.copyFrom(randn(p.shape));
    if (tied) nn.tieWeights(this.embed, this.head);
    this.registerBuffer("mean", randn([4]));
  }
}

test("a module comes back from a file, bit for bit", async () => {
  const [one, other] = [new Tagger(1), new Tagger(2)];
  await save(folder.at("model.safetensors"), one);
  expect(await load(folder.at("model.safetensors"), other)).toEqual({ missing: [], unexpected: [] });
  expectSameBits(values(other), values(one), "weights");
  expect(fs.readdirSync(folder.at())).toEqual(["model.safetensors"]);
});

test.each<[string, () => Map<string, Tensor> | Record<string, Tensor>]>([
  ["a map", () => new Map([["a.b", randn([2, 3])], ["ids", tensor([1, 2], { dtype: "int32" })]])],
  ["an object", () => ({ x: randn([3], { dtype: "float64" }), y: randn([2, 2]).T })],
])("%s of tensors comes back", async (_name, make) => {
  const [one, other] = [make(), make()];
  await save(folder.at("x"), one);
  await load(folder.at("x"), other);
  const list = (x: object) => (x instanceof Map ? [...x.values()] : Object.values(x)).map((t: Tensor) => t.data());
  expectSameBits(list(other), list(one), "tensors");
}); // biome-ignore format: a table

test("a tied matrix is stored once, and loads into models that tie it and that do not", async () => {
  const tied = new Tagger(1, true);
  await save(folder.at("m"), tied);
  const { tensors } = io.decodeSafetensors(fs.readFileSync(folder.at("m")));
  expect([...tensors.keys()]).toContain("embed.weight");
  expect([...tensors.keys()]).not.toContain("head.weight");
  for (const other of [new Tagger(2, true), new Tagger(2)]) {
    expect(await load(folder.at("m"), other)).toEqual({ missing: [], unexpected: [] });
    expectSameBits(values(other), values(tied), "weights");
  }
});

describe.each(["float16", "bfloat16"] as const)("%s", (dtype) => {
  const [digits, least] = dtype === "float16" ? [10, 2 ** -24] : [7, 2 ** -133];
  /** The nearest number of so many binary digits, of two the even one. */
  function rounded(value: number): number {
    if (value < 0 || Object.is(value, -0)) return -rounded(-value);
    const smallest = dtype === "float16" ? -14 : -126;
    const exponent = value === 0 ? smallest : Math.max(smallest, Math.floor(Math.log2(Math.abs(value))));
    const step = 2 ** (exponent - digits);
    const [low, rest] = [Math.floor(value / step), value / step - Math.floor(value / step)];
    return (rest > 0.5 || (rest === 0.5 && low % 2 !== 0) ? low + 1 : low) * step;
  }

  test("rounds to the nearest, of two to the even one", () => {
    const one = 2 ** -digits;
    const given = [0, -0, 1, -1, 1 + one / 2, 1 + 1.5 * one, 1 + 0.51 * one, 2 - one / 2, least, least / 2, 1.5 * least, 0.75 * least, 65504, 0.1, -1e-3, 1e-8, 2 ** -14 - 2 ** -25]; // biome-ignore format: numbers
    manualSeed(3);
    const x = tensor([...given, ...randn([500]).data(), ...randn([500]).mul(1e-6).data()]);
    const y = zeros(x.shape);
    const bytes = io.toBytes({ x }, { dtype });
    io.fromBytes(bytes, { x: y });
    expectSameBits([y.data()], [Float32Array.from(x.data(), rounded)], dtype);
    expect(io.decodeSafetensors(bytes).tensors.get("x")!.stored).toBe(dtype === "float16" ? "F16" : "BF16");
  });

  test("takes half the room, and keeps integers", async () => {
    const model = { w: randn([100]), ids: tensor([1, 70_000], { dtype: "int32" }) };
    const whole = io.toBytes(model).length;
    expect(whole - io.toBytes(model, { dtype }).length).toBe(200);
    const back = { w: zeros([100]), ids: zeros([2], { dtype: "int32" }) };
    io.fromBytes(io.toBytes(model, { dtype }), back);
    expect([...back.ids.data()]).toEqual([1, 70_000]);
  });
});

test("float16 refuses what it cannot hold", () => {
  expect(() => io.toBytes({ x: tensor([1, 65_520]) }, { dtype: "float16" })).toThrow(/fit into float16.*bfloat16/);
  expect(() => io.toBytes({ x: tensor([65_519]) }, { dtype: "float16" })).not.toThrow();
});

test("metadata is written, and a model of another float type loads", async () => {
  const model = new nn.Linear(2, 3, { dtype: "float64" });
  await save(folder.at("m"), model, { metadata: { classes: '["a","b"]' } });
  expect(io.decodeSafetensors(fs.readFileSync(folder.at("m"))).metadata).toEqual({ classes: '["a","b"]' });
  const single = new nn.Linear(2, 3);
  await load(folder.at("m"), single);
  expectSameBits([single.weight.data()], [Float32Array.from(model.weight.data())], "rounded");
});

describe("a model of another shape", () => {
  test("is refused by name, with the nearest, and nothing changes", async () => {
    await save(folder.at("m"), { "lstm.weight_ih_l0": randn([4, 2]), haed: randn([2]), bias: randn([3]) });
    const model = new Map([["lstm.weight_ih_10", zeros([4, 2])], ["head", zeros([2])], ["bias", zeros([3])]]); // biome-ignore format: one line
    const error = await load(folder.at("m"), model).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(FormatError);
    expect(String(error)).toMatch(
      /missing: lstm\.weight_ih_10 \(there is lstm\.weight_ih_l0\), head \(there is haed\)/,
    );
    expect((error as FormatError).details).toMatchObject({ unexpected: ["haed", "lstm.weight_ih_l0"] });
    expect(values(model).every((x) => x.every((value) => value === 0))).toBe(true);
    expect(await load(folder.at("m"), model, { strict: false })).toEqual({
      missing: ["lstm.weight_ih_10", "head"],
      unexpected: ["haed", "lstm.weight_ih_l0"],
    });
    expect(
      model
        .get("bias")!
        .data()
        .every((value) => value !== 0),
    ).toBe(true);
  });

  test("also without strict where a shape differs", async () => {
    await save(folder.at("m"), new nn.Linear(2, 3));
    await expect(load(folder.at("m"), new nn.Linear(3, 2), { strict: false })).rejects.toThrow(
      /load: .*weight \[3, 2\] instead of \[2, 3\]/,
    );
  });
});

test("checkpoints of a language model give their weights", async () => {
  const { model, checkpoint } = await trainLanguageModel("abcabcabcabcabcabc".repeat(20), {
    ...{ hidden: 5, embed: 3, layers: 1, batch: 2, seqLen: 4, maxSteps: 3, valid: 0 },
  } as never);
  fs.writeFileSync(folder.at("last.safetensors"), checkpoint());
  const other = languageModel.buildLanguageModel(languageModel.decodeLanguageModel(checkpoint()));
  for (const p of other.parameters()) p.set(new Float32Array(p.size));
  expect(await load(folder.at("last.safetensors"), other)).toEqual({ missing: [], unexpected: [] });
  expectSameBits(values(other), values(model), "weights");
});

test.each(["openSync", "writeSync", "fsyncSync", "closeSync", "renameSync"] as const)(
  "when %s fails, the file is as it was and nothing lies beside it",
  async (name) => {
    const path = folder.at("m");
    await save(path, new nn.Linear(2, 3));
    const before = fs.readFileSync(path);
    // The object that the core asks the runtime for.
    const node = process.getBuiltinModule("node:fs");
    const broken = vi.spyOn(node, name).mockImplementation(() => {
      throw Object.assign(new Error("made by the test"), { code: "ENOSPC" });
    });
    const error = await save(path, new nn.Linear(5, 5)).catch((e: unknown) => e);
    broken.mockRestore();
    expect(error).toMatchObject({ op: "save", code: "ENOSPC", path });
    expect(String(error)).toMatch(/a full disk\. What was there before is untouched/);
    expect(fs.readFileSync(path)).toEqual(before);
    expect(fs.readdirSync(folder.at())).toEqual(["m"]);
  },
);

describe("bad input", () => {
  const model = new nn.Linear(2, 2);
  const any = (value: unknown): never => value as never;
  test.each<[string, () => Promise<unknown>, RegExp]>([
    ["no path", () => save(any(undefined), model), /save: path must be the path of a file, got undefined\. Write save\("/],
    ["the model first", () => load(any(model), any("m")), /load: model must be a module/],
    ["an empty path", () => load("", model), /path must be the path of a file/],
    ["an optimiser", () => save("m", any(new optim.SGD(model.parameters(), { lr: 1 }))), /saveCheckpoint\(\)/],
    ["a tensor", () => save("m", any(tensor([1]))), /model must be a module/],
    ["no tensors", () => save("m", {}), /model must be a module/],
    ["an unknown dtype", () => save("m", model, any({ dtype: "float8" })), /one of "float16", "bfloat16"/],
    ["metadata that is no text", () => save("m", model, any({ metadata: { a: 1 } })), /metadata "a" must be a string/],
    ["an unknown option", () => load("m", model, any({ stric: false })), /ENOENT|Did you mean strict\?|existing file/],
  ])("%s", async (_name, call, says) => expect(call()).rejects.toThrow(says)); // biome-ignore format: a table

  test("a folder, a missing file with the nearest name, and a missing folder", async () => {
    await save(folder.at("model.safetensors"), model);
    await expect(load(folder.at(), model)).rejects.toThrow(/must be a file, got a folder/);
    await expect(save(folder.at(), model)).rejects.toThrow(/must be a file, got a folder/);
    const error = await load(folder.at("modell.safetensors"), model).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(FileError);
    expect(String(error)).toContain(`Did you mean ${folder.at("model.safetensors")}?`);
    expect((error as FileError).code).toBe("ENOENT");
    await expect(save(join(folder.at("none"), "m"), model)).rejects.toBeInstanceOf(FileError);
  });

  test("NaN is neither saved nor loaded, and what was there stays", async () => {
    const path = folder.at("m");
    await save(path, model);
    const before = fs.readFileSync(path);
    const broken = new nn.Linear(2, 2);
    broken.bias!.set([0, Number.NaN]);
    await expect(save(path, broken)).rejects.toMatchObject({ code: "not-finite", details: { index: 1 } });
    expect(fs.readFileSync(path)).toEqual(before);
    const entry = (data: Float32Array, shape: number[]) => ({ dtype: "float32" as const, shape, data });
    fs.writeFileSync(
      path,
      io.encodeSafetensors({
        weight: entry(new Float32Array(4), [2, 2]),
        bias: entry(Float32Array.of(1, Infinity), [2]),
      }),
    );
    await expect(load(path, model)).rejects.toThrow(/tensor "bias" of .* must be finite, got Infinity at element 1/);
  });

  test("bytes that are no file, and an unknown strict", () => {
    expect(() => io.fromBytes(new Uint8Array(3), model)).toThrow(/at least 8 bytes/);
    expect(() => io.fromBytes(any("text"), model)).toThrow(OptionError);
    expect(() => io.fromBytes(io.toBytes(model), model, any({ strict: 1 }))).toThrow(/strict must be true or false/);
  });
});
