import { sizeOf } from "../../base/shape.js";
import type { FileContents } from "../formats/file-contents.js";
import { STORED } from "../formats/onnx/tensor-data.js";
import type { StoredArray } from "../formats/stored-array.js";
import { OPSETS, runsOpset } from "./lacks.js";
import { partsOfOnnx } from "./parts.js";
import { readOnnx } from "./read.js";

/** As every reader of a format tells of a file: a graph's operators are its layers, those of a kind together. */
export function contentsOf(bytes: Uint8Array, source: string): FileContents {
  const file = readOnnx(bytes, { source });
  const arrays = new Map<string, StoredArray>();
  for (const [name, array] of file.initializers) {
    if (array.type === "string") continue;
    // Not a spread: that would convert, and keep, what is made anew each time it is read.
    const base = { stored: STORED[array.type] };
    arrays.set(name, Object.defineProperties(base, Object.getOwnPropertyDescriptors(array)) as StoredArray);
  }
  const used = new Map<string, { count: number; weights: Set<string> }>();
  for (const { op, inputs } of file.nodes) {
    const row = used.get(op) ?? { count: 0, weights: new Set() };
    row.count++;
    for (const input of inputs) if (arrays.has(input)) row.weights.add(input);
    used.set(op, row);
  }
  const parametersOf = (names: Iterable<string>): number =>
    [...names].reduce((sum, name) => sum + sizeOf(arrays.get(name)!.shape), 0);
  const layers = [...used].map(([kind, { count, weights }]) => ({
    ...{ name: kind, kind, parameters: parametersOf(weights) },
    about: `${count} node${count === 1 ? "" : "s"}`,
  }));
  return {
    producer: `${file.producer || "nobody named"}, opset ${file.opset}`,
    arrays,
    metadata: Object.fromEntries(file.metadata),
    layers,
    problems: [
      ...(runsOpset(file.opset)
        ? []
        : [`opset ${file.opset} does not run here (${OPSETS.first} to ${OPSETS.last} do)`]),
      ...file.missing.map(({ operator, count }) => `${operator} does not run here (${count} times)`),
    ],
    notes: file.warnings,
    toModule: () => file.toModule(),
    parts: () => partsOfOnnx(file),
  };
}
