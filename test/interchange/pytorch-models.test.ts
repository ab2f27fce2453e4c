import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { FormatError } from "../../src/base/errors.js";
import { type Imported, type ImportedModel, read } from "../../src/interchange/index.js";
import type { LSTMState, Module } from "../../src/nn/index.js";
import { LSTMCell } from "../../src/nn/index.js";
import { stack, type Tensor } from "../../src/tensor/index.js";
import { expectClose } from "../support/close.js";
import {
  describeModels,
  modelBytes,
  modelJson,
  numbersOf,
  type StoredTensor,
  storedTensor,
} from "../support/models.js";

// Files that PyTorch wrote, with what PyTorch computes from them in float64.

const FOLDER = "pytorch-export";
const TOLERANCE = 2e-6;

interface Model {
  files: string[];
  shapes: Record<string, number[]>;
  inputs: Record<string, StoredTensor>;
  outputs: Record<string, StoredTensor>;
  same_numbers_in_half?: Record<string, { files: string[]; logits: StoredTensor }>;
}

const readFileOf = (name: string): Promise<Imported> => read(modelBytes(FOLDER, name), { source: name });

function expectNear(found: Tensor, expected: StoredTensor, what: string): void {
  expect(found.shape, what).toEqual(expected.shape);
  expectClose(found.contiguous().data(), numbersOf(expected), { rtol: 0, atol: TOLERANCE }, what);
}

describeModels(FOLDER, "state dicts of PyTorch", () => {
  const { models } = modelJson<{ models: Record<string, Model> }>(FOLDER, "expected_state.json");
  const rows = Object.entries(models).flatMap(([name, model]) => [
    ...model.files.map((file) => [file, name, model, model.outputs] as const),
    ...Object.values(model.same_numbers_in_half ?? {}).flatMap(({ files, logits }) =>
      files.map((file) => [file, name, model, { logits }] as const),
    ),
  ]);

  test.each(rows)("%s runs as PyTorch ran it", async (file, name, { shapes, inputs }, outputs) => {
    const { arrays, fits, problems, toModule } = await readFileOf(file);
    expect(Object.fromEntries([...arrays].map(([key, { shape }]) => [key, shape]))).toEqual(shapes);
    expect(problems).toEqual([]);
    expect(fits).toBe(true);
    const model = toModule!({
      ...(name === "tagger" && { batchFirst: true }),
      ...(name === "rnn_relu" && { nonlinearity: "relu" }),
    });
    const found = run(name, model, inputs);
    expect(Object.keys(found)).toEqual(Object.keys(outputs));
    for (const [key, expected] of Object.entries(outputs)) expectNear(found[key], expected, `${file} ${key}`);
  });
});

/** What a model of these files makes of its inputs, by the names of the outputs. */
function run(name: string, model: Module, inputs: Record<string, StoredTensor>): Record<string, Tensor> {
  if (name === "tagger") return { logits: (model as ImportedModel).forward(storedTensor(inputs["tokens"]))[0] };
  const x = storedTensor(inputs["x"]);
  if (model instanceof LSTMCell) {
    let state: LSTMState = { h: storedTensor(inputs["h0"]), c: storedTensor(inputs["c0"]) };
    const outputs = Array.from({ length: x.shape[0] }, (_, t) => {
      state = model.forward(x.select(0, t), state);
      return state.h;
    });
    return { output: stack(outputs), h_n: state.h, c_n: state.c };
  }
  const recurrent = model as unknown as { forward(x: Tensor, s?: unknown): [Tensor, Tensor | LSTMState] };
  const [output, state] = recurrent.forward(x, inputs["h0"] && storedTensor(inputs["h0"]));
  return "c" in state ? { output, h_n: state.h, c_n: state.c } : { output, h_n: state as Tensor };
}

describeModels(FOLDER, "odd files of PyTorch", () => {
  interface Odd {
    tensors: { files: string[]; values: Record<string, StoredTensor> };
    checkpoint: { files: string[]; weights: Record<string, StoredTensor>; epoch: number; big: string };
    one_tensor: { value: StoredTensor };
  }
  const odd = modelJson<Odd>(FOLDER, "expected_odd.json");

  test.each(odd.tensors.files)("every tensor of %s, to the last bit", async (file) => {
    const { arrays } = await readFileOf(file);
    expect([...arrays.keys()].sort()).toEqual(Object.keys(odd.tensors.values).sort());
    for (const [name, expected] of Object.entries(odd.tensors.values)) {
      const found = arrays.get(name)!;
      expect(found.shape, name).toEqual(expected.shape);
      if (found.integers !== undefined) {
        expect([...found.integers], name).toEqual(expected.data.map((value) => BigInt(value)));
      } else {
        const numbers = numbersOf(expected);
        const wanted = found.dtype === "float32" ? numbers.map(Math.fround) : numbers;
        expect([...found.data], name).toEqual(wanted);
      }
    }
  });

  test("a training checkpoint: its weights are a GRU that runs, its numbers stand beside", async () => {
    const { arrays, metadata, fits, leftover, toModule } = await readFileOf("odd/checkpoint.pt");
    for (const [name, expected] of Object.entries(odd.checkpoint.weights)) {
      expect([...arrays.get(`model_state_dict.${name}`)!.data], name).toEqual(numbersOf(expected).map(Math.fround));
    }
    expect(metadata["epoch"]).toBe(7);
    expect(metadata["big"]).toBe(1180591620717411303424n);
    expect([fits, leftover]).toEqual([true, []]);
    expect(String(toModule!())).toContain("GRU");
  });

  test("DataParallel's names are those of the module", async () => {
    const { arrays, toModule } = await readFileOf("odd/dataparallel.pt");
    expect([...arrays.keys()].every((name) => name.startsWith("module."))).toBe(true);
    const weights = (toModule!() as Module).stateDict();
    for (const [name, expected] of Object.entries(odd.checkpoint.weights)) {
      expect([...weights.get(name)!.data()], name).toEqual(numbersOf(expected).map(Math.fround));
    }
  });

  test("a single tensor, and a list", async () => {
    const one = await readFileOf("odd/one_tensor.pt");
    expect([...one.arrays.get("tensor")!.data]).toEqual(numbersOf(odd.one_tensor.value));
    const { arrays } = await readFileOf("odd/list.pt");
    expect([...arrays].map(([name, { data }]) => [name, [...data]])).toEqual([
      ["0", [1]],
      ["1.b", [2]],
      ["2.0", [3]],
    ]);
  });
});

describeModels(FOLDER, "hostile files", () => {
  // What each asks for, or what is wrong with it.
  const REFUSED: Record<string, string> = {
    "system.pt": "posix.system",
    "system.legacy.pt": "posix.system",
    "beside_weights.pt": "posix.system",
    "eval.pt": "builtins.eval",
    "eval.protocol4.pt": "builtins.eval",
    "subprocess.pt": "subprocess.",
    "as_key.pt": "builtins.eval",
    "plain.pickle.pt": "posix.system",
    "object_array.npz": "objects of Python, which are pickles",
    "getattr.pt": "builtins.getattr",
    "whole_module.pt": "torch.nn.modules.rnn.LSTM. Save the weights alone: torch.save(model.state_dict(), path).",
    "header_too_long.safetensors": "header of",
    "overlap.safetensors": "must have 192 bytes",
    "past_the_end.safetensors": "must have 48 bytes",
    "shape_mismatch.safetensors": "bytes (shape",
    "storage_missing.pt": "have its storage in",
    "storage_short.pt": "have a storage of",
    "truncated.pt": "end with the directory of a zip archive",
    "truncated.safetensors": "lie within",
    "unknown_dtype.safetensors": "have one of the dtypes",
  };

  test.each(Object.entries(REFUSED))("%s is refused: %s", async (file, said) => {
    const before = existsSync("/tmp/pwned");
    const error = await readFileOf(`hostile/${file}`).then(
      () => null,
      (cause: unknown) => cause,
    );
    expect(error).toBeInstanceOf(FormatError);
    expect((error as FormatError).message).toContain(said);
    expect(existsSync("/tmp/pwned")).toBe(before);
  });

  test("a tensor named __proto__ is a tensor of that name", async () => {
    const { arrays } = await readFileOf("hostile/proto_key.safetensors");
    expect([...arrays.keys()]).toContain("__proto__");
    expect(({} as Record<string, unknown>)["dtype"]).toBeUndefined();
  });
});
