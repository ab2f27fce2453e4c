import { expect, test } from "vitest";
import * as autograd from "../../src/autograd/index.js";
import * as errors from "../../src/base/errors.js";
import * as json from "../../src/base/strict-json.js";
import { pytorchNames } from "../../src/interchange/conventions/index.js";
import { decodeNpy, decodeNpz } from "../../src/interchange/formats/npy/index.js";
import * as onnxWriter from "../../src/interchange/formats/onnx/encode.js";
import * as safetensors from "../../src/interchange/formats/safetensors/index.js";
import { decodeTorch } from "../../src/interchange/formats/torch/index.js";
import * as onnx from "../../src/interchange/onnx/index.js";
import { recogniseRecurrent } from "../../src/interchange/recognise/recurrent-model.js";
import * as languageModel from "../../src/tasks/language-model/index.js";
import * as tensors from "../../src/tensor/index.js";
import * as text from "../../src/text/index.js";
import * as train from "../../src/train/index.js";
import { Broken, fileReaders } from "../../tools/fuzz/file-readers.mjs";
import { fuzzReader } from "../../tools/fuzz/fuzz-reader.mjs";

/** 128,000 in all; `npm run fuzz` runs as many as are asked for. */
const CASES = {
  safetensors: 30_000,
  checkpoint: 10_000,
  model: 8_000,
  training: 1_000,
  vocabulary: 11_000,
  config: 10_000,
  json: 15_000,
  text: 15_000,
  torch: 10_000,
  "torch-legacy": 7_000,
  npz: 8_000,
  onnx: 3_000,
};
type Name = keyof typeof CASES;

const others = { decodeNpy, decodeNpz, decodeTorch, pytorchNames, recogniseRecurrent };
const library = {
  ...others,
  ...autograd,
  ...errors,
  ...json,
  ...safetensors,
  ...onnx,
  ...onnxWriter,
  ...languageModel,
  ...tensors,
  ...text,
  ...train,
};
const readers = (await fileReaders(library)) as Record<Name, Parameters<typeof fuzzReader>[0]>;

test("every reader has its cases", () => {
  expect(Object.keys(readers)).toEqual(Object.keys(CASES));
  expect(Object.values(CASES).reduce((sum, cases) => sum + cases, 0)).toBe(128_000);
});

test.each(Object.entries(CASES) as [Name, number][])(
  "%s: damaged files are refused by our errors, or come back as they were read",
  (name, cases) => {
    const { taken, refused, wrong } = fuzzReader(readers[name], { cases, seed: 15 });
    expect(wrong.map(({ number, error }) => `--seed 15 --from ${number}: ${error.stack}`)).toEqual([]);
    // Neither all too much damaged to be read far, nor all in order.
    expect(taken).toBeGreaterThan(cases / 100);
    expect([...refused.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(cases / 10);
  },
);

test("a reader that takes what it should not, or throws what is not ours, is found out", () => {
  const seeds = ["{}", "[1]"];
  const mutate = (seed: unknown) => seed;
  const read = (given: unknown) => {
    if (given === "{}") throw new TypeError("bare");
    throw new Broken("changed");
  };
  const { wrong, taken } = fuzzReader({ seeds, mutate, read, refusals: [errors.FormatError] }, { cases: 9, seed: 1 });
  expect(taken).toBe(0);
  expect(wrong.map(({ error }) => error.message).sort()).toEqual(expect.arrayContaining(["bare", "changed"]));
  expect(wrong).toHaveLength(9);
});
