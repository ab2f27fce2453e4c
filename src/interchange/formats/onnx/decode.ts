import { checkFunction, checkKnownOptions, checkString } from "../../../base/check.js";
import { bytesIn } from "../../../base/dtype.js";
import { FormatError, show } from "../../../base/errors.js";
import { decodeMessage } from "../protobuf/decode-message.js";
import type { ExternalData } from "./external-data.js";
import { readGraph } from "./graph.js";
import type { OnnxGraph } from "./model.js";
import { MODEL, type ModelProto } from "./schema.js";

/** What reading a file may need besides its bytes. */
export interface DecodeOnnxOptions {
  /** What the bytes are, for errors: `model.onnx`. Default "file". */
  source?: string | undefined;
  /** Where arrays come from that are in other files: `filesBeside(path)`. Without it such files are refused. */
  external?: ExternalData | undefined;
}

/** What stands in a file of ONNX, checked: nothing of it has run. */
export interface DecodedOnnx {
  /** `pytorch 1.13.0`; empty where the file does not say. */
  readonly producer: string;
  readonly irVersion: number;
  /** The version of ONNX's own operators. */
  readonly opset: number;
  readonly metadata: ReadonlyMap<string, string>;
  readonly graph: OnnxGraph;
  /** Functions of the file's own, by name. */
  readonly functions: readonly string[];
}

const OP = "readOnnx";

/**
 * Reads a model's file: its graph, in the order in which it can run, and its arrays.
 * @throws FormatError naming the part at fault: cut off, numbers without end, nested too deeply, circles, names twice or nowhere, arrays
 *   whose data do not fill their shape, data in other files
 * Source: onnx.proto and "Open Neural Network Exchange Intermediate Representation" of ONNX.
 */
export function decodeOnnx(file: Uint8Array | ArrayBufferLike, options: DecodeOnnxOptions = {}): DecodedOnnx {
  checkKnownOptions(OP, options, ["source", "external"]);
  const { source = "file", external } = options;
  checkString(OP, "source", source);
  if (external !== undefined) checkFunction(OP, "external", external, "Pass filesBeside(path).");
  const context = { op: OP, source, external };
  const fail = (must: string, value: string, fix = ""): never => {
    throw new FormatError({ op: OP, argument: source, must, value, fix });
  };
  const bytes = bytesIn(OP, "bytes", file);
  if (bytes.length === 0) fail("hold a model", "an empty file");
  const model = decodeMessage<ModelProto>(MODEL, bytes, context);
  const { graph, irVersion = 0, producerName = "", producerVersion = "" } = model;
  if (graph === undefined) return fail("hold a graph", "none", "It is damaged, or no ONNX.");
  const opset = model.opsetImport.find(({ domain = "" }) => domain === "" || domain === "ai.onnx")?.version ?? 0;
  if (opset < 1) fail("say which version of the operators it uses", "no opset_import for them");
  const metadata = new Map<string, string>();
  for (const { key = "", value = "" } of model.metadataProps) {
    if (metadata.has(key)) fail("have each metadata property once", `a second ${show(key)}`);
    metadata.set(key, value);
  }
  return {
    producer: `${producerName} ${producerVersion}`.trim(),
    irVersion,
    opset,
    metadata,
    graph: readGraph(graph, "graph", null, context),
    functions: model.functions.map(({ name = "" }) => name),
  };
}
