import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { noGrad, type Tensor, tensor } from "../../../src/index.js";
import { TENSOR, type TensorProto } from "../../../src/interchange/formats/onnx/schema.js";
import { type OnnxArray, tensorArray } from "../../../src/interchange/formats/onnx/tensor-data.js";
import { decodeMessage } from "../../../src/interchange/formats/protobuf/decode-message.js";
import { readOnnx } from "../../../src/interchange/index.js";
import { expectClose } from "../../support/close.js";

/** ONNX's own tests of its operators, as Debian's libonnx-testdata has them. */
const FOLDER = process.env["UNROLLED_ONNX_TESTS"] ?? "/usr/share/libonnx-testdata/data";
const KINDS = ["node", "simple", "pytorch-converted", "pytorch-operator"];
const ABSENT = existsSync(FOLDER) ? "" : "skip: no libonnx-testdata (UNROLLED_ONNX_TESTS)";

/** What runs and is not asked for the numbers, by the end of a case's name. */
const LEFT_OUT: Readonly<Record<string, RegExp>> = {
  "texts are not numbers": /STRING/,
  "the case writes bfloat16 as uint16": /BFLOAT16/,
  "its random numbers are another's": /test_training_dropout(_default)?(_mask)?$/,
  "Scan of opset 8 had batches": /test_scan_sum$/,
  "indices of a maximum": /maxpool_with_argmax/,
  "the same letter twice": /einsum_batch_diagonal/,
};

const FLOATS: readonly string[] = ["float", "double", "float16", "bfloat16"];

function read(...path: string[]): Uint8Array {
  return new Uint8Array(readFileSync(join(FOLDER, ...path)));
}

function arrayIn(...path: string[]): OnnxArray {
  const source = path.join("/");
  const context = { op: "test", source, external: undefined };
  return tensorArray(decodeMessage<TensorProto>(TENSOR, read(...path), context), source, context);
}

function given({ type, shape, data }: OnnxArray): Tensor {
  const dtype = type === "double" ? "float64" : FLOATS.includes(type) ? "float32" : "int32";
  return tensor(Array.from(data), { shape, dtype });
}

function runCase(path: string): void {
  const model = readOnnx(read(path, "model.onnx"), { source: path }).toModule();
  for (const set of readdirSync(join(FOLDER, path)).filter((name) => name.startsWith("test_data_set"))) {
    const inputs = model.inputs.map(({ name }, i) => [name, given(arrayIn(path, set, `input_${i}.pb`))] as const);
    const found = noGrad(() => model.run(Object.fromEntries(inputs)));
    for (const [i, { name }] of model.outputs.entries()) {
      const expected = arrayIn(path, set, `output_${i}.pb`);
      const { shape, dtype } = found[name]!;
      expect(shape, name).toEqual(expected.shape);
      expect(dtype !== "int32", name).toBe(FLOATS.includes(expected.type));
      const half = expected.type === "float16" ? 1e-3 : 0;
      // The tolerance of ONNX's own runner.
      expectClose(found[name]!.data(), expected.data, { rtol: 1e-3 + half, atol: 1e-6 + half }, name);
    }
  }
}

/** Cases whose operators run here, in an opset that does. */
function cases(): string[] {
  const all = KINDS.flatMap((kind) => readdirSync(join(FOLDER, kind)).map((name) => join(kind, name)));
  return all.filter((path) => {
    if (Object.values(LEFT_OUT).some((pattern) => pattern.test(path))) return false;
    const bytes = read(path, "model.onnx");
    try {
      const { missing, opset, inputs, outputs } = readOnnx(bytes);
      return (
        missing.length === 0 &&
        opset >= 7 &&
        [...inputs, ...outputs].every(({ type }) => !/sequence|optional/.test(type))
      );
    } catch {
      // Trainers' operators are in no opset of ONNX's own.
      return false;
    }
  });
}

describe.skipIf(ABSENT !== "")(`ONNX's own tests ${ABSENT}`, () => {
  const paths = ABSENT === "" ? cases() : [];

  test.each(paths)("%s", (path) => runCase(path));

  test("are those of every operator that runs", () => {
    expect(paths.length).toBeGreaterThan(650);
  });
});
