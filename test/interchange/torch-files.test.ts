import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/base/errors.js";
import { type Imported, ImportedModel, pytorchNames, read } from "../../src/interchange/index.js";
import { tensor } from "../../src/tensor/index.js";
import { type FixtureCase, loadFixture } from "../support/fixtures.js";

// Files of our own generator (tools/fixtures/torch_files.py), written by PyTorch and NumPy.

const { cases } = loadFixture<{ file?: string; exact?: Record<string, string[]> }>("torch-files/expected");
const caseOf = (name: string): FixtureCase<{ file?: string; exact?: Record<string, string[]> }> =>
  cases.find((one) => one.name === name)!;
const bytesOf = (file: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../fixtures/torch-files/${file}`, import.meta.url)));
const readOf = (file: string): Promise<Imported> => read(bytesOf(file), { source: file });

async function refusal(file: string, bytes = bytesOf(file)): Promise<FormatError> {
  const error = await read(bytes, { source: file }).then(
    () => null,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(FormatError);
  return error as FormatError;
}

describe("a model", () => {
  test.each(["language-model", "tagger", "classifier", "wrapped"])(
    "%s computes what PyTorch computes",
    async (name) => {
      const { options, tensors } = caseOf(name);
      const { fits, problems, leftover, toModule } = await readOf(options.file!);
      expect([fits, problems, leftover]).toEqual([true, [], []]);
      const model = toModule!() as ImportedModel;
      expect(model).toBeInstanceOf(ImportedModel);
      const { ids, logits } = tensors as Record<"ids" | "logits", (typeof tensors)[string]>;
      const [found] = model.forward(tensor(ids.data, { shape: ids.shape, dtype: "int32" }));
      expect(found.shape).toEqual(logits.shape);
      const values = found.data();
      logits.data.forEach((value, i) => {
        expect(Math.abs(values[i] - value), `${name}[${i}]`).toBeLessThanOrEqual(2e-6);
      });
    },
  );

  test("is told as a table: what, how large, under which name", async () => {
    const { layers, notes, producer, format } = await readOf("tagger-checkpoint.pt");
    expect(layers).toEqual([
      { kind: "Embedding", name: "embedding", about: "7 tokens, 4 numbers each", parameters: 28 },
      { kind: "LSTM", name: "rnn", about: "4 to 3, 2 layers, both directions", parameters: 480 },
      { kind: "Linear", name: "out", about: "6 to 4", parameters: 28 },
    ]);
    expect([format, producer]).toEqual(["pytorch", "PyTorch 1.6 or later (pickle protocol 4)"]);
    expect(notes.join(" ")).toContain("batch_first is not in the weights");
  });

  test("stands in a checkpoint beside numbers and texts", async () => {
    const { metadata, arrays } = await readOf("tagger-checkpoint.pt");
    expect(metadata).toMatchObject({ epoch: 3, history: [0.5, 0.25], device: "cpu", size: [3], big: 2n ** 80n });
    expect(metadata["dtype"]).toBe("torch.float16");
    expect([metadata["classes.0"], metadata["classes.1"]].sort()).toEqual(["NOUN", "VERB"]);
    expect(arrays.get("optimizer_state_dict.state.0.exp_avg")?.shape).toEqual([7, 4]);
  });

  test("the names of wrappers go away, and come back", async () => {
    const { arrays } = await readOf("wrapped.pth");
    const convention = pytorchNames(arrays);
    const ours = convention.toOurs(arrays);
    expect([...ours.keys()].sort()).toEqual([
      "0.encoder.weight",
      "0.encoder_dp.emb.weight",
      ...[0, 1, 2].flatMap((i) =>
        ["bias_hh_l0", "bias_ih_l0", "weight_hh_l0", "weight_ih_l0"].map((name) => `0.rnns.${i}.${name}`),
      ),
      "1.decoder.bias",
      "1.decoder.weight",
    ]);
    const theirs = convention.toTheirs(ours);
    expect([...theirs.keys()].sort()).toEqual([...arrays.keys()].sort());
    // The stale copy that weight drop keeps is its raw weight again, and directions are the weights themselves.
    const again = pytorchNames(theirs).toOurs(theirs);
    for (const [name, { data }] of ours) {
      const back = again.get(name)!.data;
      for (const [i, value] of data.entries()) expect(back[i], name).toBeCloseTo(value, 6);
    }
  });
});

describe("tensors", () => {
  const { options, tensors } = caseOf("tensors");
  const files = ["tensors.pt", "tensors.protocol5.pt", "tensors.legacy.pt", "tensors.deflated.pt"];

  test.each(files)("of every type and layout, to the last bit: %s", async (file) => {
    const { arrays } = await readOf(file);
    expect([...arrays.keys()].sort()).toEqual([...Object.keys(tensors), ...Object.keys(options.exact!)].sort());
    for (const [name, { shape, data }] of Object.entries(tensors)) {
      const found = arrays.get(name)!;
      expect([name, found.shape, [...found.data]]).toEqual([name, shape, [...data]]);
    }
    for (const [name, values] of Object.entries(options.exact!)) {
      // Where numbers would not be exact, "Read its integers." is advised: these are.
      expect([...arrays.get(name)!.integers!].map(String), name).toEqual(values);
      expect(() => arrays.get(name)!.data, name).toThrow(
        "hold integers of at most 2^53 - 1 in size to be read as numbers",
      );
    }
  });

  test("in a row are views of the file, where they lie as memory needs them", async () => {
    const bytes = bytesOf("tensors.pt");
    const { arrays } = await read(bytes);
    expect(arrays.get("whole")!.data.buffer).toBe(bytes.buffer);
    expect(arrays.get("offset")!.data.buffer).toBe(bytes.buffer);
    expect(arrays.get("transposed")!.data.buffer).not.toBe(bytes.buffer);
    expect({ ...arrays.get("transposed")! }.data).toHaveLength(24);
  });

  test("of a file that lies anywhere in memory", async () => {
    const moved = new Uint8Array(bytesOf("tensors.pt").length + 1);
    moved.set(bytesOf("tensors.pt"), 1);
    const { arrays } = await read(moved.subarray(1));
    expect([...arrays.get("whole")!.data]).toEqual([...tensors["whole"].data]);
  });
});

describe("arrays of NumPy", () => {
  const { tensors } = caseOf("arrays");

  test.each(["arrays.npz", "arrays.compressed.npz"])("%s", async (file) => {
    const { arrays, format } = await readOf(file);
    expect(format).toBe("npz");
    expect([...arrays.keys()]).toEqual(Object.keys(tensors));
    for (const [name, { shape, data }] of Object.entries(tensors)) {
      const found = arrays.get(name)!;
      expect([name, found.shape, [...found.data]]).toEqual([name, shape, [...data]]);
    }
  });

  test("array.npy", async () => {
    const { arrays, format } = await readOf("array.npy");
    expect([format, [...arrays.get("array")!.data]]).toEqual(["npy", [...tensors["plain"].data]]);
  });

  test.each([
    ["objects.npz", "(objects of Python, which are pickles)"],
    ["complex.npz", '"<c8" (complex numbers)'],
    ["texts.npz", '"<U1" (texts)'],
  ])("%s is refused: %s", async (file, said) => {
    expect((await refusal(file)).value).toContain(said);
  });
});

describe("a pickle that asks for more than tensors need", () => {
  test.each([
    ["asks-getcwd.pt", "posix.getcwd"],
    ["asks-getcwd.legacy.pt", "posix.getcwd"],
    ["asks-getcwd.pkl", "posix.getcwd"],
    ["asks-module.pt", "torch.nn.modules.rnn.GRU"],
    ["asks-numpy.pt", "numpy.core.multiarray.scalar"],
  ])("%s is refused by that name: %s", async (file, name) => {
    const { code, details, value, fix } = await refusal(file);
    expect([code, details.key, value]).toEqual(["forbidden-global", name, name]);
    expect(fix).toBe("Save the weights alone: torch.save(model.state_dict(), path).");
  });

  test.each([
    ["asks-complex.pt", "torch.ComplexFloatStorage"],
    ["asks-quantized.pt", "torch._utils._rebuild_qtensor"],
    ["asks-sparse.pt", "torch._utils._rebuild_sparse_tensor"],
  ])("%s has a type that we do not: %s", async (file, name) => {
    const { code, details } = await refusal(file);
    expect([code, details.key]).toEqual(["unsupported-dtype", name]);
  });
});
