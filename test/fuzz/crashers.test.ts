import { beforeAll, describe, expect, test } from "vitest";
import { FormatError, OptionError, show } from "../../src/base/errors.js";
import { nearest } from "../../src/base/nearest.js";
import { parsePlainJson, parseStrictJson } from "../../src/base/strict-json.js";
import { decodeSafetensors, encodeSafetensors } from "../../src/interchange/formats/safetensors/index.js";
import * as nn from "../../src/nn/index.js";
import * as optim from "../../src/optim/index.js";
import {
  decodeLanguageModel,
  LanguageModelTraining,
  loadLanguageModel,
  readCorpus,
  resolveConfig,
} from "../../src/tasks/language-model/index.js";
import { tensor } from "../../src/tensor/index.js";
import { vocabularyFromJSON } from "../../src/text/index.js";
import { decodeCheckpoint, jsonToTree, treeToJson } from "../../src/train/index.js";
import { nonsense } from "../support/text.js";

// What readers once crashed on, took for good, or paid too much for; each stands for its kind.

const config = resolveConfig({ hidden: 4, layers: 1, batch: 2, seqLen: 5, schedule: "plateau", warmup: 2 });
const corpus = readCorpus(nonsense(400), config);
let good: Uint8Array;

beforeAll(async () => {
  const training = new LanguageModelTraining(corpus, config);
  await training.fit({ untilStep: 3 });
  good = training.encode();
});

type Metadata = Record<string, string>;
type Tensors = ReturnType<typeof decodeSafetensors>["tensors"];

function changed(edit: (metadata: Metadata, tensors: Tensors) => void): Uint8Array {
  // Of a copy: what is decoded are views.
  const { metadata, tensors } = decodeSafetensors(good.slice());
  edit(metadata, tensors);
  return encodeSafetensors(tensors, metadata);
}

const deep = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
const put = (key: string, text: string) => (metadata: Metadata) => {
  metadata[key] = text;
};
const swap = (key: string, from: string | RegExp, to: string) => (metadata: Metadata) => {
  const before = metadata[key]!;
  metadata[key] = before.replace(from, to);
  expect(metadata[key]).not.toBe(before);
};

describe("a model that is read", () => {
  test.each<[string, (metadata: Metadata, tensors: Tensors) => void, string]>([
    [
      "four million layers",
      swap("config", '"layers":1', '"layers":4000000'),
      "layers in the config of m must be at most 10000",
    ],
    [
      "more layers than tensors",
      swap("config", '"layers":1', '"layers":9999'),
      "must be at most the 7 tensors of the file, got 9999",
    ],
    [
      "a giant of one layer",
      swap("config", '"hidden":4', '"hidden":9007199254740991'),
      "m must hold exactly the tensors",
    ],
    ["deep JSON as config", put("config", deep(80_000)), "config of m must be nested at most 64 deep"],
    ["deep JSON in config", swap("config", '"lstm"', deep(40_000)), "config of m must be nested at most 64 deep"],
    [
      "an object with a name",
      swap("config", '"lstm"', '{"constructor":{"name":{"toString":1}}}'),
      "cell in the config of m",
    ],
    ["config twice", swap("config", "{", '{"hidden":4,'), "config of m must be without duplicate keys"],
    ["a number beyond float64", swap("config", '"lr":0.002', '"lr":1e999'), "only numbers that float64 can hold"],
    [
      "__proto__ in config",
      swap("config", "{", '{"__proto__":{"hidden":4},'),
      "config of m must be without the key __proto__",
    ],
    ["deep JSON as training", put("training", deep(80_000)), "training of m must be nested at most 64 deep"],
    ["JSON as deep as it may be", put("training", deep(60)), "tree must be nested at most 48 deep"],
    [
      "a tensor's name that is none",
      put("training", '{"$tensor":{"toString":1}}'),
      "$tensor must be a tensor's name alone",
    ],
    [
      "a weight as training",
      put("training", '{"$tensor":"head.bias"}'),
      "have tensors under training. for its training alone",
    ],
    [
      "a vocabulary of objects",
      put("vocabulary", '{"kind":"char","tokens":[{"toString":1}],"unknown":false}'),
      "tokens in the vocabulary of m",
    ],
    ["a kind that is an object", put("vocabulary", '{"kind":{"toString":1}}'), "kind in the vocabulary of m"],
    ["a task with control characters", put("task", "\u001b[31m"), 'must hold a language-model, got "\\u001b[31m"'],
    [
      "NaN in a weight",
      (_, tensors) => tensors.get("head.bias")!.data.fill(Number.NaN, 2),
      'weight "head.bias" of m must be finite, got NaN at element 2',
    ],
    [
      "infinity in a weight",
      (_, tensors) => tensors.get("embed.weight")!.data.fill(-Infinity, 1),
      "be finite, got -Infinity at element 1",
    ],
  ])("%s", (_, edit, message) => {
    const decode = () => decodeLanguageModel(changed(edit), "m");
    expect(decode).toThrow(FormatError);
    expect(decode).toThrow(message);
  });

  test("a weight that is not finite has a code of its own", () => {
    const bytes = changed((_, tensors) => tensors.get("head.bias")!.data.fill(Number.NaN));
    expect(() => loadLanguageModel(bytes)).toThrow(
      expect.objectContaining({ code: "not-finite", details: { index: 0 } }),
    );
  });

  test("a metadata key __proto__ supplies nothing", () => {
    const { metadata, tensors } = decodeSafetensors(good);
    const { config: own, ...others } = metadata;
    const inherited = Object.entries(others).concat([["__proto__", `{"config":${own}}`]]);
    const bytes = encodeSafetensors(tensors, Object.fromEntries(inherited));
    expect(() => decodeLanguageModel(bytes, "m")).toThrow("config of m must be an object, got nothing");
    const harmless = encodeSafetensors(
      tensors,
      Object.fromEntries(Object.entries(others).concat([["__proto__", "5"]])),
    );
    expect(() => decodeLanguageModel(harmless, "m")).toThrow("config of m must be an object, got nothing");
    expect(Object.getPrototypeOf(decodeCheckpoint(harmless, "language-model").description)).toBe(Object.prototype);
  });
});

describe("training that goes on", () => {
  test.each<[string, (metadata: Metadata) => void, string]>([
    [
      "a schedule of text",
      swap("training", /"schedule":\{.*?\}\}/, '"schedule":"cosine"'),
      "schedule in the training of m must be an object",
    ],
    ["no schedule", swap("training", /"schedule":\{.*?\}\}/, '"schedule":null'), "schedule.state in the training of m"],
    [
      "a plateau of nothing",
      swap("training", /"plateau":\{.*?\}/, '"plateau":null'),
      "schedule.state in the training of m",
    ],
    ["a warm-up of text", swap("training", /"warmUp":\d+/, '"warmUp":"3"'), "schedule.warmUp in the training of m"],
    [
      "an optimiser of a list",
      swap("training", /"optimizer":\{"tensors"/, '"optimizer":[],"x":{"tensors"'),
      "optimizer in the training of m",
    ],
    [
      "scalars of nothing",
      swap("training", /"scalars":\{/, '"scalars":null,"x":{'),
      "optimizer.scalars in the training of m",
    ],
    [
      "steps of objects",
      swap("training", /"steps":\[3/, '"steps":[{"toString":1}'),
      "optimizer.steps in the training of m",
    ],
    ["negative steps", swap("training", /"steps":\[3/, '"steps":[-3'), "optimizer.steps in the training of m"],
    ["a rate of null", swap("training", /"lr":[\d.e-]+/, '"lr":null'), "optimizer.groups[0].lr in the training of m"],
    [
      "a switch of text",
      swap("training", '"amsgrad":false', '"amsgrad":"no"'),
      "optimizer.groups[0].amsgrad in the training",
    ],
    [
      "an option that is none",
      swap("training", '"amsgrad":false', '"amsgrad":false,"x":1'),
      "optimizer.groups[0].options in the training",
    ],
    [
      "parameters of objects",
      swap("training", '"params":[0', '"params":[{"toString":1}'),
      "optimizer.groups[0].params in the training",
    ],
    [
      "a state that is a tensor of another kind",
      swap("training", /"carried":\{.*?\}\}?,"f/, '"carried":5,"f'),
      "carried in the training of m must be an object",
    ],
    [
      "a fingerprint that is an object",
      swap("training", /"fingerprint":".*?"/, '"fingerprint":{"toString":1}'),
      "fingerprint in the training of m",
    ],
    [
      "a position beyond the text",
      swap("training", /"position":\{"epoch":0,"step":\d+/, '"position":{"epoch":0,"step":999'),
      "trainer.position.step in the training of m",
    ],
    [
      "a field that would be lost",
      swap("training", '"validatedStep"', '"x":1,"validatedStep"'),
      "trainer.state in the training of m",
    ],
  ])("%s", (_, edit, message) => {
    let bytes: Uint8Array;
    try {
      bytes = changed(edit);
    } catch (error) {
      throw new Error(`the case itself: ${decodeSafetensors(good).metadata["training"]}`, { cause: error });
    }
    const refuse = () => {
      // What a changed tree no longer names would be refused first.
      const resume = { ...decodeLanguageModel(good, "m"), training: trainingOf(bytes) };
      return new LanguageModelTraining(corpus, config, { resume });
    };
    expect(refuse).toThrow(FormatError);
    expect(refuse).toThrow(message);
  });

  function trainingOf(bytes: Uint8Array): unknown {
    const { metadata, tensors } = decodeSafetensors(bytes);
    return jsonToTree(parsePlainJson("test", "training", metadata["training"]!), new Map(tensors));
  }
});

describe("values of programs", () => {
  test("show() throws for none", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const throwing = {
      get constructor(): never {
        throw new Error("x");
      },
    };
    const named = Object.create({ constructor: { name: { toString: 1 } } });
    const list: unknown[] = [1];
    list.push(list);
    const hostile = new Proxy([1, 2], {
      get() {
        throw new TypeError("x");
      },
    });
    for (const value of [
      proxy,
      throwing,
      named,
      hostile,
      Object.create(null),
      Symbol("s"),
      { constructor: { name: {} } },
    ]) {
      expect(show(value).length).toBeLessThan(60);
    }
    expect(show(list)).toBe("[1, [1, [1, [...]]]]");
    expect(show(JSON.parse(deep(5000)))).toBe("[[[[...]]]]");
    expect(show(10n ** 100n)).toBe(`1${"0".repeat(56)}...n`);
    expect(show(Object.create(null))).toBe("an object of type Object");
    expect(show(new (class Named {})())).toBe("an object of type Named");
  });

  test("a name of megabytes is near to nothing, in no time", () => {
    expect(nearest("x".repeat(4_000_000), ["hidden", "layers"])).toBeUndefined();
    expect(nearest("hiden", ["hidden", "layers"])).toBe("hidden");
  });

  test("trees without an end, or that would not come back, are refused", () => {
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    const own = JSON.parse('{"__proto__":1}');
    for (const tree of [cycle, own, { $tensor: "a" }, JSON.parse(deep(5000))]) {
      expect(() => treeToJson(tree, "t", new Map())).toThrow(FormatError);
    }
    expect(() => jsonToTree(JSON.parse(deep(5000)), new Map())).toThrow(FormatError);
    expect(() => vocabularyFromJSON(JSON.parse(`{"kind":${deep(5000)}}`))).toThrow(FormatError);
  });

  test("strict JSON: what JSON.parse makes infinite, or never ends, is refused", () => {
    for (const text of ["1e999", "-1e999", deep(65), '{"a":'.repeat(100_000), `1${"0".repeat(400)}`]) {
      expect(() => parseStrictJson("test", "case", text)).toThrow(FormatError);
    }
    expect(parsePlainJson("test", "case", '{"a":[{"b":1e308}]}')).toEqual({ a: [{ b: 1e308 }] });
  });

  test("layers beyond counting are refused before the first is made", () => {
    const many = { numLayers: 1e12 };
    for (const make of [
      () => new nn.LSTM(2, 2, many),
      () => new nn.IndRNN(2, 2, many),
      () => new nn.AWDLSTM(9, many),
    ]) {
      expect(make).toThrow(OptionError);
      expect(make).toThrow("numLayers must be at most 10000, got 1000000000000");
    }
    expect(() => resolveConfig({ layers: 1e7, hidden: 1 })).toThrow("layers must be at most 10000, got 10000000");
  });

  test("schedules and optimisers refuse states that are none, and stay as they are", () => {
    const optimizer = new optim.NTASGD([new nn.Parameter(tensor([1, 2]))], { lr: 1 });
    const schedules = [new optim.StepLR(optimizer, { stepSize: 2 }), new optim.ReduceLROnPlateau(optimizer)];
    const before = [optimizer, ...schedules].map((part) => part.stateDict());
    for (const state of [
      null,
      undefined,
      5,
      "x",
      [],
      {},
      { epoch: "1", baseLrs: [1] },
      { epoch: -1, baseLrs: [1], best: null },
    ]) {
      for (const part of [optimizer, ...schedules])
        expect(() => part.loadStateDict(state as never)).toThrow(FormatError);
    }
    const { tensors, scalars } = optimizer.stateDict();
    for (const extra of [{ losses: "x" }, { losses: [null] }, { steps: -1 }, { initialLr: "1" }, { t0: 0.5 }]) {
      const groups = [{ ...scalars.groups[0], ...extra }];
      expect(() => optimizer.loadStateDict({ tensors, scalars: { ...scalars, groups } })).toThrow(FormatError);
    }
    expect([optimizer, ...schedules].map((part) => part.stateDict())).toEqual(before);
  });
});
