import type { FileContents } from "../formats/file-contents.js";
import type { StoredArray } from "../formats/stored-array.js";
import { readTfjsBeside } from "./files.js";
import type { KerasFile } from "./model-file.js";
import { partsOfKeras } from "./parts.js";
import { readKeras } from "./read.js";

/** As every reader of a format tells of a file. */
export async function kerasContents(bytes: Uint8Array, source: string): Promise<FileContents> {
  return contentsOf(await readKeras(bytes, { source }));
}

/** Of a model.json of TensorFlow.js, whose shards lie beside it. @param source  its path */
export async function tfjsContents(bytes: Uint8Array, source: string): Promise<FileContents> {
  return contentsOf(await readTfjsBeside(source, bytes));
}

const STORED = { float32: "F32", float64: "F64", int32: "I32" } as const;

function contentsOf({ producer, arrays, layers, warnings, hasModel, toModule }: KerasFile): FileContents {
  const stored = new Map<string, StoredArray>();
  for (const [name, array] of arrays) stored.set(name, { ...array, stored: STORED[array.dtype] });
  const remarks = layers.flatMap(({ name, becomes, remark }) =>
    becomes === null ? [`${name}: ${remark ?? "it cannot be built"}`] : [],
  );
  const alone = hasModel ? [] : ["the file holds weights alone: nothing says how the layers are joined"];
  return {
    ...{ producer, arrays: stored, metadata: {}, notes: warnings },
    layers: layers.map(({ name, kind, about, parameters }) => ({ name, kind, about, parameters })),
    problems: [...remarks, ...alone],
    ...(hasModel && { toModule, parts: () => partsOfKeras(toModule()) }),
  };
}
