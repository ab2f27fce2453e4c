import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nn, noGrad, tensor } from "../../src/index.js";
import { encodeOnnx, type OnnxModule, read } from "../../src/interchange/index.js";
import { readerOf } from "../../src/interchange/readers.js";
import { describeModels, modelFile } from "../support/models.js";

const fixture = (name: string) => new URL(`../fixtures/torch-files/${name}`, import.meta.url).pathname;

/** A file is known by its content: its name says nothing. */
async function readUnnamed(path: string) {
  const folder = mkdtempSync(join(tmpdir(), "unrolled-"));
  try {
    copyFileSync(path, join(folder, "model"));
    return await read(join(folder, "model"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test.each([
  ["pytorch", "tensors.pt"],
  ["pytorch", "tensors.legacy.pt"],
  ["npz", "arrays.npz"],
  ["npy", "array.npy"],
])("%s is known by what is in %s", async (format, name) => {
  const found = await readUnnamed(fixture(name));
  expect(found.format).toBe(format);
  expect(found.arrays.size).toBeGreaterThan(0);
});

const onnx = (op: string) =>
  encodeOnnx({
    producer: { name: "test", version: "1" },
    opset: 13,
    graph: {
      inputs: [{ name: "x", type: "float", shape: ["N", 2] }],
      outputs: [{ name: "y", type: "float", shape: ["N", 2] }],
      initializers: new Map([["w", { type: "float", shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }]]),
      nodes: [{ op, inputs: ["x", "w"], outputs: ["y"] }],
    },
  });

test("a graph of ONNX comes with its operators, and runs", async () => {
  const found = await read(onnx("MatMul"));
  expect(found).toMatchObject({ format: "onnx", producer: "test 1, opset 13", fits: true, problems: [] });
  expect(found.layers).toEqual([{ name: "MatMul", kind: "MatMul", about: "1 node", parameters: 4 }]);
  expect(found.arrays.get("w")).toMatchObject({ stored: "F32", shape: [2, 2] });
  const model = found.toModule!() as OnnxModule;
  expect(model).toBeInstanceOf(nn.Module);
  expect(noGrad(() => model.forward(tensor([[1, 10]]))).toArray()).toEqual([[31, 42]]);
});

test("what a graph lacks here is among its problems", async () => {
  const found = await read(onnx("Det"));
  expect(found).toMatchObject({ fits: false, problems: ["Det does not run here (1 times)"] });
});

describeModels("keras", "models of Keras and TensorFlow.js", () => {
  test.each([
    ["keras-hdf5", "gru_reset_after.h5"],
    ["tfjs", "gru_reset_after_tfjs/model.json"],
  ])("%s", async (format, name) => {
    const path = modelFile("keras", "by_hand", name);
    expect(readerOf(new Uint8Array(readFileSync(path)))?.format).toBe(format);
    const found = await read(path);
    expect(found).toMatchObject({ format, fits: true, problems: [] });
    expect(found.layers.map(({ kind }) => kind)).toContain("GRU");
    expect(found.toModule!()).toBeInstanceOf(nn.Module);
  });
});
