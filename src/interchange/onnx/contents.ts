import type { FileContents } from "../formats/file-contents.js";
import type { ElementType } from "../formats/onnx/element-types.js";
import type { StoredDType } from "../formats/safetensors/stored-dtype.js";
import type { StoredArray } from "../formats/stored-array.js";
import { readOnnx } from "./read.js";

const STORED: Readonly<Partial<Record<ElementType, StoredDType>>> = {
  ...{ float: "F32", double: "F64", float16: "F16", bfloat16: "BF16", bool: "BOOL" },
  ...{ int8: "I8", int16: "I16", int32: "I32", int64: "I64", uint8: "U8", uint16: "U16", uint32: "U32", uint64: "U64" },
};

/** As every reader of a format tells of a file: a graph's operators are its layers, those of a kind together. */
export function contentsOf(bytes: Uint8Array, source: string): FileContents {
  const file = readOnnx(bytes, { source });
  const arrays = new Map<string, StoredArray>();
  for (const [name, array] of file.initializers) {
    const stored = STORED[array.type];
    if (stored !== undefined) arrays.set(name, { ...array, stored });
  }
  const used = new Map<string, { count: number; weights: Set<string> }>();
  for (const { op, inputs } of file.nodes) {
    const row = used.get(op) ?? { count: 0, weights: new Set() };
    row.count++;
    for (const input of inputs) if (arrays.has(input)) row.weights.add(input);
    used.set(op, row);
  }
  const sizeOf = (names: Iterable<string>): number =>
    [...names].reduce((sum, name) => sum + arrays.get(name)!.data.length, 0);
  const layers = [...used].map(([kind, { count, weights }]) => ({
    ...{ name: kind, kind, parameters: sizeOf(weights) },
    about: `${count} node${count === 1 ? "" : "s"}`,
  }));
  return {
    producer: `${file.producer || "nobody named"}, opset ${file.opset}`,
    arrays,
    metadata: Object.fromEntries(file.metadata),
    layers,
    problems: file.missing.map(({ operator, count }) => `${operator} does not run here (${count} times)`),
    notes: file.warnings,
    toModule: () => file.toModule(),
  };
}
