import { describe, expect, test } from "vitest";
import { noGrad } from "../../../src/autograd/index.js";
import { readOnnx } from "../../../src/interchange/index.js";
import { exportTask } from "../../../src/tasks/export.js";
import { byRuntime, NO_RUNTIME, tensorOf } from "../../interchange/onnx/onnxruntime.js";
import { expectClose } from "../../support/close.js";
import {
  type Call,
  EXPORTED,
  type ExportedKind,
  exportedCase,
  toleranceOf,
  type Value,
} from "../../support/exported.js";

const KINDS = Object.keys(EXPORTED) as ExportedKind[];
const fed = ({ type, shape, data }: Value) => ({ type: type === "int" ? ("int64" as const) : type, shape, data });
const fedAll = (inputs: Call["inputs"]) =>
  Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, fed(value)]));

/** Each program of each model of a kind, as a file. */
async function graphsOf(kind: ExportedKind) {
  const graphs: (Call & { title: string; bytes: Uint8Array })[] = [];
  for (const [title, settings] of EXPORTED[kind]) {
    const { task, model, known, calls } = exportedCase(kind, settings);
    const { files } = await exportTask(task, model, known, "onnx", { name: "m" });
    expect(files.size).toBe(calls.length);
    for (const call of calls) {
      const bytes = files.get(call.program === "model" ? "m.onnx" : `m.${call.program}.onnx`)!;
      graphs.push({ ...call, title: `${title}: ${call.program}`, bytes });
    }
  }
  return graphs;
}

describe.runIf(NO_RUNTIME === "")(`${NO_RUNTIME} what onnxruntime makes of an exported model`, () => {
  test.each(KINDS)("%s", async (kind) => {
    for (const { title, bytes, inputs, outputs } of await graphsOf(kind)) {
      const found = await byRuntime(bytes, fedAll(inputs), "all").catch((error: unknown) => {
        throw new Error(`${title}: ${error}`);
      });
      for (const [name, { shape, data }] of Object.entries(outputs)) {
        expect(found[name]!.dims, `${title}: ${name}`).toEqual(shape);
        expectClose(found[name]!.data as Float32Array, data, toleranceOf(title), `${title}: ${name}`);
      }
    }
  });
});

describe("what our own reader makes of an exported model", () => {
  test.each(KINDS)("%s", async (kind) => {
    for (const { title, bytes, inputs, outputs } of await graphsOf(kind)) {
      const model = readOnnx(bytes, { source: title }).toModule();
      const given = Object.entries(fedAll(inputs)).map(([name, array]) => [name, tensorOf(array)]);
      const found = noGrad(() => model.run(Object.fromEntries(given)));
      for (const [name, { shape, data }] of Object.entries(outputs)) {
        expect(found[name]!.shape, `${title}: ${name}`).toEqual(shape);
        expectClose(found[name]!.data(), data, toleranceOf(title), `${title}: ${name}`);
      }
    }
  });
});
