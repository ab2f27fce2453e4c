import { expect } from "vitest";
import { Generator, noGrad, type Tensor, tensor } from "../../../src/index.js";
import { NUMERIC } from "../../../src/interchange/formats/onnx/element-types.js";
import {
  type ArrayToWrite,
  encodeOnnx,
  type GraphToWrite,
  type NodeToWrite,
  type ValueToWrite,
} from "../../../src/interchange/formats/onnx/encode.js";
import { readOnnx } from "../../../src/interchange/index.js";
import { expectClose, type Tolerance } from "../../support/close.js";

type Runtime = typeof import("onnxruntime-node");

/** onnxruntime where its binaries run; undefined elsewhere. */
export const runtime: Runtime | undefined = await import("onnxruntime-node").catch(() => undefined);
export const NO_RUNTIME = runtime === undefined ? "skip: onnxruntime-node has no binaries here" : "";

const TYPED = {
  float: Float32Array,
  double: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
  uint8: Uint8Array,
  int8: Int8Array,
} as const;
type Fed = keyof typeof TYPED;
const RUNTIME_NAMES: Partial<Record<Fed, string>> = { float: "float32", double: "float64" };

/** Random floats in [-scale, scale]. */
export function floats(seed: number, shape: readonly number[], scale = 1): ArrayToWrite {
  const random = new Generator(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return {
    type: "float",
    shape,
    data: Array.from({ length: size }, () => Math.fround((2 * random.uniform() - 1) * scale)),
  };
}

export function int64(shape: readonly number[], ...data: number[]): ArrayToWrite {
  return { type: "int64", shape, data };
}

export interface Graph {
  opset?: number;
  producer?: string;
  inputs: Record<string, ArrayToWrite>;
  initializers?: Record<string, ArrayToWrite>;
  nodes: NodeToWrite[];
  /** Their types; float where it is a name alone. */
  outputs: (string | ValueToWrite)[];
}

/** A graph that a test writes, as a file. */
export function fileOf({
  opset = 17,
  producer = "test",
  inputs,
  initializers = {},
  nodes,
  outputs,
}: Graph): Uint8Array {
  const graph: GraphToWrite = {
    inputs: Object.entries(inputs).map(([name, { type, shape }]) => ({ name, type, shape })),
    outputs: outputs.map((output) =>
      typeof output === "string" ? { name: output, type: "float", shape: null } : output,
    ),
    initializers: new Map(Object.entries(initializers)),
    nodes,
  };
  return encodeOnnx({ producer: { name: producer, version: "1" }, opset, graph });
}

export function tensorOf({ type, shape, data }: ArrayToWrite): Tensor {
  const { dtype } = NUMERIC[type];
  const isFloat = type === "float" || type === "double";
  return tensor(Array.from(data), { shape, dtype: isFloat ? dtype : "int32" });
}

/** What onnxruntime gives, by name. */
export async function byRuntime(
  bytes: Uint8Array,
  inputs: Record<string, ArrayToWrite>,
  graphOptimizationLevel: "disabled" | "all" = "disabled",
) {
  const session = await runtime!.InferenceSession.create(bytes, {
    logSeverityLevel: 4,
    graphOptimizationLevel,
    intraOpNumThreads: 1,
  });
  const feeds = Object.entries(inputs).map(([name, { type, shape, data }]) => {
    const Typed = TYPED[type as Fed];
    const numbers =
      type === "int64" ? BigInt64Array.from(Array.from(data, BigInt)) : (Typed as typeof Float32Array).from(data);
    const word = RUNTIME_NAMES[type as Fed] ?? type;
    return [name, new runtime!.Tensor(word as "float32", numbers as Float32Array, [...shape])] as const;
  });
  const results = await session.run(Object.fromEntries(feeds));
  await session.release();
  return results;
}

/** Runs a graph here and in onnxruntime, and compares all outputs. */
export async function compare(graph: Graph, tolerance: Tolerance = { rtol: 1e-4, atol: 1e-5 }): Promise<void> {
  const bytes = fileOf(graph);
  const expected = await byRuntime(bytes, graph.inputs);
  const model = readOnnx(bytes, { source: "test.onnx" }).toModule();
  const given = Object.fromEntries(Object.entries(graph.inputs).map(([name, array]) => [name, tensorOf(array)]));
  // The second time with what was kept of the first; the third as training would.
  const runs = [noGrad(() => model.run(given)), noGrad(() => model.run(given)), model.run(given)];
  for (const found of runs) {
    for (const { name } of model.outputs) {
      const wanted = expected[name]!;
      expect(found[name]!.shape, name).toEqual([...wanted.dims]);
      expectClose(found[name]!.data(), Array.from(wanted.data as ArrayLike<number>, Number), tolerance, name);
    }
  }
}
