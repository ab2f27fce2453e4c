import { bytesIn, typedArray, typedView } from "../../../base/dtype.js";
import { FormatError, show } from "../../../base/errors.js";
import { sizeOf } from "../../../base/shape.js";
import type { Json } from "../../../base/strict-json.js";
import { JsonObject } from "../../json-object.js";
import type { NamedArray } from "../../named-array.js";
import { halfToNumber } from "../safetensors/stored-dtype.js";
import { parseManifest, STORED_BYTES, type TfjsGroup, type TfjsWeight } from "./manifest.js";

const OP = "decodeTfjs";

/** What a model.json and its shards hold. */
export interface DecodedTfjs {
  /** `layers-model`, `graph-model`. */
  format: string;
  /** What wrote it, for instance `TensorFlow.js tfjs-layers v4.22.0`. */
  generatedBy: string | null;
  convertedBy: string | null;
  /** `modelTopology`, as it stands there. */
  topology: Json;
  /** In the order of the manifest. */
  arrays: Map<string, NamedArray>;
}

/** What is read before the shards: which of them there must be. */
export interface TfjsHead extends Omit<DecodedTfjs, "arrays"> {
  groups: readonly TfjsGroup[];
  /** Of the files, without repeats. */
  paths: readonly string[];
}

/**
 * A model.json without its shards.
 * @param source  what the text is, for errors
 * @throws FormatError for what is no JSON, has a key twice or `__proto__`, or whose manifest names a file elsewhere
 */
export function decodeTfjsHead(text: string, source = "model.json", op = OP): TfjsHead {
  const model = JsonObject.parsed(op, source, text);
  const groups = parseManifest(op, source, model.get("weightsManifest"));
  return {
    format: model.string("format", "layers-model"),
    generatedBy: model.string("generatedBy", "") || null,
    convertedBy: model.string("convertedBy", "") || null,
    topology: model.get("modelTopology") ?? null,
    groups,
    paths: [...new Set(groups.flatMap(({ paths }) => paths))],
  };
}

/**
 * The weights of a model.json, read out of its shards. Those stored as float32 or int32 are views of the shards where they lie aligned
 * in one, else one copy; of quantised ones `data` is made anew each time it is read, because they grow up to fourfold.
 * @param text    of the file; or what `decodeTfjsHead` made of it
 * @param shards  the bytes of every file that the manifest names, under the manifest's paths
 * @throws FormatError, code `missing-shard`, `shard-bytes` for bytes too few or too many
 */
export function decodeTfjs(
  text: string | TfjsHead,
  shards: ReadonlyMap<string, Uint8Array | ArrayBufferLike>,
  source = "model.json",
  op = OP,
): DecodedTfjs {
  const { groups, paths: _, ...head } = typeof text === "string" ? decodeTfjsHead(text, source, op) : text;
  const arrays = new Map<string, NamedArray>();
  for (const { paths, weights } of groups) {
    const parts = paths.map((path) => shardOf(op, shards, path, source));
    const end = weights.reduce((sum, weight) => sum + storedBytes(weight), 0);
    const given = parts.reduce((sum, part) => sum + part.length, 0);
    if (end !== given) {
      const argument = `${paths.map(show).slice(0, 8).join(", ") || "no file"} of ${source}`;
      const fix = given < end ? "A shard is truncated, or one is missing." : "A shard is of another model.";
      const [must, value] = [`hold ${end} bytes, those of its weights`, `${given} bytes`];
      throw new FormatError({ code: "shard-bytes", op, argument, must, value, fix, details: { file: paths[0] } });
    }
    let at = 0;
    for (const weight of weights) {
      const length = storedBytes(weight);
      arrays.set(weight.name, arrayOf(weight, parts, at, length));
      at += length;
    }
  }
  return { ...head, arrays };
}

const storedBytes = ({ shape, stored }: TfjsWeight): number => sizeOf(shape) * STORED_BYTES[stored];

function shardOf(
  op: string,
  shards: ReadonlyMap<string, Uint8Array | ArrayBufferLike>,
  path: string,
  source: string,
): Uint8Array {
  const found = shards.get(path);
  if (found !== undefined) return bytesIn(op, `shard ${show(path)}`, found);
  const value = [...shards.keys()].slice(0, 8).map(show).join(", ") || "no shards";
  throw new FormatError({
    code: "missing-shard",
    op,
    argument: `shard ${show(path)} of ${source}`,
    must: "be given",
    value,
    fix: "Pass every file that the manifest names, under that name.",
    details: { file: path },
  });
}

function arrayOf(weight: TfjsWeight, parts: readonly Uint8Array[], at: number, length: number): NamedArray {
  const { shape, dtype, stored, scale, min } = weight;
  const bytes = stretchOf(parts, at, length);
  if (stored === "float32" || stored === "int32") {
    const whole = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
    return { dtype, shape, data: typedView(dtype, whole.buffer, whole.byteOffset, length / 4) };
  }
  return {
    dtype,
    shape,
    get data() {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const values = typedArray(dtype, sizeOf(shape));
      for (let i = 0; i < values.length; i++) {
        if (stored === "float16") values[i] = halfToNumber(view.getUint16(2 * i, true));
        else {
          const q = stored === "uint16" ? view.getUint16(2 * i, true) : view.getUint8(i);
          values[i] = dtype === "int32" ? Math.round(q * scale + min) : q * scale + min;
        }
      }
      return values;
    },
  };
}

/** Bytes `at` to `at + length` of the files laid one after another; copied only where a cut falls inside. */
function stretchOf(parts: readonly Uint8Array[], at: number, length: number): Uint8Array {
  let start = at;
  let i = 0;
  while (i < parts.length - 1 && start >= parts[i].length) start -= parts[i++].length;
  const first = parts[i] ?? new Uint8Array();
  if (start + length <= first.length) return first.subarray(start, start + length);
  const out = new Uint8Array(length);
  let filled = 0;
  for (; filled < length; i++, start = 0) {
    const piece = parts[i].subarray(start, start + length - filled);
    out.set(piece, filled);
    filled += piece.length;
  }
  return out;
}
