import { FormatError, show } from "../../../base/errors.js";
import { type Shape, sizeOf } from "../../../base/shape.js";
import type { Json } from "../../../base/strict-json.js";
import { JsonObject } from "../../json-object.js";

/** How a tensor's elements are stored: by its own type, or quantised, value = q · scale + min. */
export type StoredAs = "float32" | "int32" | "bool" | "uint8" | "uint16" | "float16";

export const STORED_BYTES: Readonly<Record<StoredAs, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  uint8: 1,
  uint16: 2,
  float16: 2,
};

export interface TfjsWeight {
  name: string;
  shape: Shape;
  /** What it is in memory; 0 and 1 for booleans. */
  dtype: "float32" | "int32";
  stored: StoredAs;
  scale: number;
  min: number;
}

/** Files, and the tensors that lie in them one after another; a tensor may reach from one file into the next. */
export interface TfjsGroup {
  paths: readonly string[];
  weights: readonly TfjsWeight[];
}

/** More elements than any array may have. */
const MOST_ELEMENTS = 2 ** 31;

/** Of weights, and of files: more than any model has; each costs kilobytes in memory, and may take fifty bytes in the file. */
const MOST_WEIGHTS = 10_000;

/**
 * `weightsManifest` of a model.json.
 * @throws FormatError naming the entry at fault
 * Source: tfjs-core's io types, WeightsManifestConfig.
 */
export function parseManifest(op: string, source: string, manifest: Json | undefined): readonly TfjsGroup[] {
  const where = `weightsManifest of ${source}`;
  if (!Array.isArray(manifest)) {
    const fix = "It is no model.json of TensorFlow.js, or only a topology.";
    throw new FormatError({ op, argument: where, must: "be a list of groups of weights", value: show(manifest), fix });
  }
  const names = new Set<string>();
  let files = 0;
  return manifest.map((group, g) => {
    const at = new JsonObject(op, `group ${g} of the ${where}`, group);
    const listed = at.list("paths");
    files += listed.length;
    if (files > MOST_WEIGHTS) at.fail(`end with at most ${MOST_WEIGHTS} files`, "more");
    const paths = listed.map((path, i) => checkShardPath(op, `path ${i} of group ${g} of the ${where}`, path));
    const entries = at.list("weights");
    if (names.size + entries.length > MOST_WEIGHTS) at.fail(`end with at most ${MOST_WEIGHTS} weights`, "more");
    const weights = entries.map((entry, i) => {
      const weight = parseWeight(new JsonObject(op, `weight ${i} of group ${g} of the ${where}`, entry));
      if (names.has(weight.name)) at.fail(`name each weight once`, `${show(weight.name)} a second time`);
      names.add(weight.name);
      return weight;
    });
    return { paths, weights };
  });
}

function parseWeight(entry: JsonObject): TfjsWeight {
  const name = entry.string("name");
  const weight = entry.called(`weight ${show(name)}`);
  const shape = weight.list("shape");
  if (!shape.every((size) => typeof size === "number" && Number.isSafeInteger(size) && size >= 0)) {
    weight.fail("have a shape of non-negative integers", show(shape));
  }
  if (sizeOf(shape as Shape) >= MOST_ELEMENTS) weight.fail(`have less than ${MOST_ELEMENTS} elements`, show(shape));
  const dtype = weight.oneOf("dtype", ["float32", "int32", "bool"]);
  const base = { name, shape: shape as Shape, dtype: dtype === "float32" ? dtype : "int32" } as const;
  if (!weight.has("quantization")) return { ...base, stored: dtype, scale: 1, min: 0 };
  const quantized = weight.object("quantization");
  const stored = quantized.oneOf("dtype", ["uint8", "uint16", "float16"]);
  if (stored === "float16" && dtype !== "float32") quantized.fail('be of a "float32" weight', show(dtype));
  if (stored === "float16") return { ...base, stored, scale: 1, min: 0 };
  return { ...base, stored, scale: quantized.number("scale"), min: quantized.number("min") };
}

/**
 * A file beside the model.json, or in a folder below it.
 * @throws FormatError, code `path-outside`, for one that leads elsewhere
 */
function checkShardPath(op: string, argument: string, path: Json): string {
  const must = "be the path of a file in the folder of the model.json";
  if (typeof path !== "string" || path === "") throw new FormatError({ op, argument, must, value: show(path) });
  const isElsewhere =
    /^[/\\~]|^[a-z][a-z0-9+.-]*:/i.test(path) || path.split(/[/\\]/).includes("..") || /[\0\\]/.test(path);
  if (!isElsewhere) return path;
  throw new FormatError({ code: "path-outside", op, argument, must, value: show(path), details: { file: path } });
}
