import { expect, test } from "vitest";
import * as autograd from "../../src/autograd/index.js";
import * as errors from "../../src/base/errors.js";
import * as hdf5 from "../../src/interchange/formats/hdf5/decode.js";
import * as keras from "../../src/interchange/keras/read.js";
import * as tensors from "../../src/tensor/index.js";
import { fuzzReader } from "../../tools/fuzz/fuzz-reader.mjs";
import { kerasReaders } from "../../tools/fuzz/keras-readers.mjs";

/** `npm run fuzz -- --reader tfjs` runs as many as are asked for. */
const CASES = { tfjs: 2000, hdf5: 400 };

const library = { ...errors, ...keras, ...hdf5, ...tensors, ...autograd };
const readers = await kerasReaders(library);

test.each(Object.entries(CASES) as ["tfjs" | "hdf5", number][])(
  "%s: damaged models are refused by our errors, or built and run",
  (name, cases) => {
    const { taken, refused, wrong } = fuzzReader(readers[name] as never, { cases, seed: 19 });
    expect(wrong.map(({ number, error }) => `--seed 19 --from ${number}: ${error.stack}`)).toEqual([]);
    expect(taken).toBeGreaterThan(cases / 100);
    expect([...refused.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(cases / 20);
  },
);
