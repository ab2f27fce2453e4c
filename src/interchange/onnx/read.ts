import { FormatError } from "../../base/errors.js";
import { type DecodeOnnxOptions, decodeOnnx } from "../formats/onnx/decode.js";
import type { OnnxNode, OnnxValue } from "../formats/onnx/model.js";
import type { OnnxArray } from "../formats/onnx/tensor-data.js";
import { allNodes, type MissingOperator, missingOperators } from "./lacks.js";
import { OnnxModule } from "./onnx-module.js";

/** ONNX has two hundred, all its domains together. */
const MOST_KINDS = 1000;

/** A file of ONNX: what it says, and the way to a module that runs it. */
export interface OnnxFile {
  /** `pytorch 1.13.0`; empty where the file does not say. */
  readonly producer: string;
  readonly opset: number;
  readonly metadata: ReadonlyMap<string, string>;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Arrays by name, those of nested graphs not among them. */
  readonly initializers: ReadonlyMap<string, OnnxArray>;
  /** In the order in which they run. */
  readonly nodes: readonly OnnxNode[];
  /** What does not run here. Empty: `toModule()` works. */
  readonly missing: readonly MissingOperator[];
  /** What the file may not mean as it says. */
  readonly warnings: readonly string[];
  /** @throws UnsupportedError naming every operator that does not run */
  toModule(): OnnxModule;
}

/**
 * Reads a file of ONNX, and runs nothing.
 * @param bytes  the file
 * @throws FormatError naming the part at fault
 * @example
 * const model = readOnnx(readFileSync("model.onnx")).toModule();
 * const { y } = noGrad(() => model.run({ x }));
 */
export function readOnnx(bytes: Uint8Array | ArrayBufferLike, options: DecodeOnnxOptions = {}): OnnxFile {
  const file = decodeOnnx(bytes, options);
  const { producer, opset, metadata, graph } = file;
  const missing = missingOperators(graph);
  if (missing.length > MOST_KINDS) {
    const [argument, must] = [options.source ?? "file", `use at most ${MOST_KINDS} operators that do not run here`];
    throw new FormatError({ op: "readOnnx", argument, must, value: `${missing.length}` });
  }
  return {
    producer,
    opset,
    metadata,
    inputs: graph.inputs,
    outputs: graph.outputs,
    initializers: graph.initializers,
    nodes: graph.nodes,
    missing,
    warnings: warningsOf(producer, [...allNodes(graph)]),
    toModule: () => new OnnxModule(file, options.source ?? "file"),
  };
}

function warningsOf(producer: string, nodes: readonly OnnxNode[]): string[] {
  if (!producer.startsWith("pytorch")) return [];
  const doubtful = nodes.filter(
    ({ op, attributes }) => op === "GRU" && (attributes.get("linear_before_reset") ?? 0) === 0,
  );
  if (doubtful.length === 0) return [];
  const names = doubtful.map(({ name }) => name).join(", ");
  return [
    `GRU of ${producer} with linear_before_reset 0 (${names}): PyTorch resets after the product, and some of its exporters wrote ` +
      "the attribute wrongly. Compare an output with PyTorch's.",
  ];
}
