import { describe, expect, test, vi } from "vitest";
import { currentEngine } from "../../../src/engine/select.js";
import { decodeSafetensors, encodeSafetensors } from "../../../src/interchange/formats/safetensors/index.js";
import {
  checkMemory,
  estimateMemory,
  loadLanguageModel,
  readCorpus,
  resolveConfig,
  trainLanguageModel,
} from "../../../src/tasks/language-model/index.js";
import { parameterShapes } from "../../../src/tasks/language-model/memory-estimate.js";
import { nonsense } from "../../support/text.js";

const text = nonsense(3000);
const small = { hidden: 12, layers: 1, batch: 4, seqLen: 10, epochs: 3, lr: 0.02 };

describe("trainLanguageModel", () => {
  test("learns, samples, evaluates and comes back from its bytes", async () => {
    const { model, result, checkpoint } = await trainLanguageModel(text, small);
    expect(result.bestLoss!).toBeLessThan(Math.log(model.vocabulary.size) - 0.5);
    const loaded = loadLanguageModel(checkpoint());
    const options = { prompt: "the ", length: 40, temperature: 0.8, seed: 5 };
    const sample = model.sample(options);
    expect(sample).toHaveLength(40);
    expect(loaded.sample(options)).toBe(sample);
    expect(loaded.sample({ ...options, seed: 6 })).not.toBe(sample);
    const here = await model.evaluate(text);
    expect(await loaded.evaluate(text)).toEqual(here);
    expect(here.perplexity).toBeCloseTo(Math.exp(here.loss), 10);
    expect(here.bitsPerChar).toBeCloseTo(here.loss / Math.LN2, 10);
  });

  test("a stream split in two with its state is one stream: pieces joined are the sample", async () => {
    const { model } = await trainLanguageModel(text, { ...small, epochs: 1 });
    const options = { length: 30, seed: 2 };
    const pieces = [...model.stream(options)];
    expect(pieces).toHaveLength(30);
    expect(pieces.join("")).toBe(model.sample(options));
    expect(model.training).toBe(false);
  });

  test("a sample's steps keep the products of the embedding's rows, with dropout too", async () => {
    const { model } = await trainLanguageModel(text, { ...small, epochs: 1, dropout: 0.3 });
    const forward = vi.spyOn(currentEngine(), "sequenceForward");
    model.sample({ length: 8, seed: 2 });
    const kept = forward.mock.calls.map(([args]) => args.kept != null);
    forward.mockRestore();
    expect(kept).toEqual([false, ...new Array(7).fill(true)]);
  });

  test("the same seed trains the same weights, another seed others", async () => {
    const [a, b, c] = await Promise.all(
      [1, 1, 2].map((seed) => trainLanguageModel(text, { ...small, epochs: 1, seed })),
    );
    expect(a!.checkpoint()).toEqual(b!.checkpoint());
    expect(a!.checkpoint()).not.toEqual(c!.checkpoint());
  });

  test("bits a character of a byte model count characters, not bytes", async () => {
    const korean = "한국어 문장 하나 둘 셋. ".repeat(40);
    const { model } = await trainLanguageModel(korean, { ...small, tokens: "byte", epochs: 1 });
    const { bitsPerChar, bitsPerToken } = await model.evaluate(korean);
    const bytes = new TextEncoder().encode(korean).length;
    expect(bitsPerChar).toBeCloseTo((bitsPerToken * bytes) / [...korean].length, 10);
  });

  test("a prompt with an unseen character is refused by code point", async () => {
    const { model } = await trainLanguageModel(text, { ...small, epochs: 1 });
    expect(() => model.sample({ prompt: "the 한" })).toThrow('got U+D55C "한" at index 4');
    expect(() => model.sample({ temperature: -1 })).toThrow(
      "sample: temperature must be a finite number >= 0, got -1.",
    );
    expect(() => model.sample({ length: 1.5 })).toThrow("sample: length");
  });

  test("options are checked by name, with the nearest", async () => {
    await expect(trainLanguageModel(text, { hiden: 4 } as never)).rejects.toThrow(
      'got "hiden". Did you mean "hidden"?',
    );
    await expect(trainLanguageModel(text, { cell: "lsmt" as never })).rejects.toThrow(
      'got "lsmt". Did you mean "lstm"?',
    );
    await expect(trainLanguageModel(text, { tie: true, embed: 3 })).rejects.toThrow(
      "embed must be as large as hidden (128) with tie",
    );
    await expect(trainLanguageModel(text, { valid: "a.txt" })).rejects.toThrow("valid must be a part of the text");
    await expect(trainLanguageModel(text, { hidden: 1e9 })).rejects.toThrow("memory must be at most 3.9 GiB");
  });
});

describe("readCorpus", () => {
  const config = resolveConfig({ batch: 4, seqLen: 10 });
  test.each([
    ["", "must hold text to learn from, got an empty one"],
    [" \n\t ", "must hold text to learn from, got only white space (4 characters)"],
    ["too short", "must hold at least 41 tokens to train on (batch 4 x sequence length 10 + 1), got"],
  ])("refuses %j", (given, message) => {
    expect(() => readCorpus(given, resolveConfig({ ...config, valid: 0 }))).toThrow(message);
  });

  test("refuses bytes that are not UTF-8 but for byte tokens", () => {
    const bytes = new Uint8Array([...new TextEncoder().encode(text), 0xff]);
    expect(() => readCorpus(bytes, config)).toThrow("byte 0xff at offset 3000");
    const { train, validation } = readCorpus(bytes, resolveConfig({ ...config, tokens: "byte", valid: 0 }));
    expect(train.length).toBe(3001);
    expect(validation).toBeNull();
  });

  test("validates on a text of its own, with one vocabulary for both", () => {
    const { train, validation, vocabulary } = readCorpus(text, config, { validation: { text: "ZZZZZ", source: "z" } });
    expect(train.length).toBe(3000);
    expect(vocabulary.decode(validation!)).toBe("ZZZZZ");
  });
});

describe("a checkpoint that is not as it must be", () => {
  const make = async () => (await trainLanguageModel(text, { ...small, maxSteps: 2 })).checkpoint();
  const change = async (edit: (tensors: Map<string, never>, metadata: Record<string, string>) => void) => {
    const { tensors, metadata } = decodeSafetensors(await make());
    edit(tensors as never, metadata);
    return encodeSafetensors(tensors, metadata);
  };

  test("truncated", async () => {
    const bytes = await make();
    expect(() => loadLanguageModel(bytes.subarray(0, bytes.length - 5))).toThrow("truncated");
  });

  test("missing, extra and misshapen tensors are named together", async () => {
    const bytes = await change((tensors) => {
      tensors.delete("head.bias");
      tensors.set("other", { dtype: "float32", shape: [1], data: new Float32Array(1) } as never);
      tensors.set("rnn.bias_hh_l0", { dtype: "float32", shape: [2], data: new Float32Array(2) } as never);
      tensors.set("rnn.bias_ih_l0", { dtype: "int32", shape: [48], data: new Int32Array(48) } as never);
    });
    expect(() => loadLanguageModel(bytes, "m.safetensors")).toThrow(
      "m.safetensors must hold exactly the tensors of its configuration, got missing head.bias; unexpected other; " +
        "rnn.bias_ih_l0 has dtype int32 instead of float32, rnn.bias_hh_l0 has shape [2] instead of [48].",
    );
  });

  test("a configuration of a giant allocates nothing", async () => {
    const bytes = await change((_, metadata) => {
      metadata["config"] = metadata["config"]!.replace('"hidden":12', '"hidden":1000000000');
    });
    expect(() => loadLanguageModel(bytes)).toThrow("instead of [4000000000, 12]");
  });

  test("no checkpoint at all, or of another task", async () => {
    expect(() => loadLanguageModel(encodeSafetensors({}))).toThrow('must have format "unrolled/1"');
    const other = await change((_, metadata) => {
      metadata["task"] = "classify";
    });
    expect(() => loadLanguageModel(other)).toThrow("must hold a language-model, got classify");
    const broken = await change((_, metadata) => {
      metadata["training"] = "{";
    });
    expect(() => loadLanguageModel(broken)).toThrow("training of checkpoint must be valid JSON");
  });
});

describe("estimateMemory", () => {
  test("what does not fit is told with the size that makes it large", () => {
    const config = resolveConfig({ hidden: 9000 });
    expect(() => checkMemory("train", config, 50, 1e6)).toThrow("parameters of hidden size 9000)");
  });

  test.each(["rnn", "lstm", "gru"] as const)("counts the parameters of %s exactly", (cell) => {
    for (const tie of [false, true]) {
      const config = resolveConfig({ cell, hidden: 6, embed: tie ? 6 : 5, layers: 3, tie });
      const sizes = [...parameterShapes(config, 17).values()].map((shape) => shape.reduce((a, b) => a * b, 1));
      expect(estimateMemory(config, 17).parameters).toBe(sizes.reduce((a, b) => a + b, 0));
    }
  });
});
