import { describe, expect, test } from "vitest";
import { noGrad } from "../../../src/autograd/index.js";
import { readOnnx } from "../../../src/interchange/index.js";
import type { Precision } from "../../../src/interchange/targets/target.js";
import { exportTask } from "../../../src/tasks/export/export.js";
import { byRuntime, NO_RUNTIME, tensorOf } from "../../interchange/onnx/onnxruntime.js";
import { expectClose } from "../../support/close.js";
import {
  type Call,
  EXPORTED,
  type ExportedKind,
  exportedCase,
  ROUNDED,
  toleranceOf,
  type Value,
} from "../../support/exported.js";

const KINDS = Object.keys(EXPORTED) as ExportedKind[];
const fed = ({ type, shape, data }: Value) => ({ type: type === "int" ? ("int64" as const) : type, shape, data });
const fedAll = (inputs: Call["inputs"]) =>
  Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, fed(value)]));

type Graph = Call & { title: string; bytes: Uint8Array };

/** Each program of a model, as a file. */
async function graphsOf(
  kind: ExportedKind,
  [title, settings]: readonly [title: string, settings: object],
  precision: Precision = "float32",
): Promise<Graph[]> {
  const { task, model, known, calls } = await exportedCase(kind, settings, precision);
  const how = { half: precision === "float16", int8: precision === "int8" };
  const { files } = await exportTask(task, model, known, "onnx", { name: "m", ...how });
  expect(files.size).toBe(calls.length);
  return calls.map((call) => {
    const bytes = files.get(call.program === "model" ? "m.onnx" : `m.${call.program}.onnx`)!;
    return { ...call, title: `${title}: ${call.program}`, bytes };
  });
}

const allOf = async (kind: ExportedKind): Promise<Graph[]> =>
  (await Promise.all(EXPORTED[kind].map((one) => graphsOf(kind, one)))).flat();
const roundedOf = async (precision: Precision): Promise<Graph[]> => {
  const graphs = ROUNDED.map(([kind, settings]) =>
    graphsOf(kind, [(settings as { cell?: string }).cell ?? kind, settings], precision),
  );
  return (await Promise.all(graphs)).flat();
};

async function compareWithRuntime(graphs: readonly Graph[]): Promise<void> {
  for (const { title, bytes, inputs, outputs } of graphs) {
    const found = await byRuntime(bytes, fedAll(inputs), "all").catch((error: unknown) => {
      throw new Error(`${title}: ${error}`);
    });
    for (const [name, { shape, data }] of Object.entries(outputs)) {
      expect(found[name]!.dims, `${title}: ${name}`).toEqual(shape);
      expectClose(Array.from(found[name]!.data as Float32Array, Number), data, toleranceOf(title), `${title}: ${name}`);
    }
  }
}

function compareWithReader(graphs: readonly Graph[]): void {
  for (const { title, bytes, inputs, outputs } of graphs) {
    const model = readOnnx(bytes, { source: title }).toModule();
    const given = Object.entries(fedAll(inputs)).map(([name, array]) => [name, tensorOf(array)]);
    const found = noGrad(() => model.run(Object.fromEntries(given)));
    for (const [name, { shape, data }] of Object.entries(outputs)) {
      expect(found[name]!.shape, `${title}: ${name}`).toEqual(shape);
      expectClose(found[name]!.data(), data, toleranceOf(title), `${title}: ${name}`);
    }
  }
}

const PRECISIONS = ["float16", "int8"] as const;

describe.runIf(NO_RUNTIME === "")(`${NO_RUNTIME} what onnxruntime makes of an exported model`, () => {
  test.each(KINDS)("%s", async (kind) => compareWithRuntime(await allOf(kind)));
  test.each(PRECISIONS)("with weights in %s", async (precision) => compareWithRuntime(await roundedOf(precision)));
});

describe("what our own reader makes of an exported model", () => {
  test.each(KINDS)("%s", async (kind) => compareWithReader(await allOf(kind)));
  test.each(PRECISIONS)("with weights in %s", async (precision) => compareWithReader(await roundedOf(precision)));
});
