import { bytesOf, HALVES } from "../../formats/safetensors/stored-dtype.js";
import { hasRows, quantizeRows } from "../../int8.js";
import type { NamedArray, NamedArrays } from "../../named-array.js";
import type { Precision } from "../target.js";

/** Where a weight lies among all bytes. */
export interface StoredWeight {
  readonly name: string;
  readonly shape: readonly number[];
  /** Whole, in halves, or each row in 8 bits, with the scales of all rows before them. */
  readonly as: Precision;
}

/** Weights as an exported model carries them. */
export interface Packed {
  readonly table: readonly StoredWeight[];
  /** base64 of their bytes, one after the other. */
  readonly text: string;
}

/** What has no rows stays whole in 8 bits. @param own  those of layers: others, such as thresholds, are written as they are */
export function packWeights(weights: NamedArrays, precision: Precision, own: ReadonlySet<string>): Packed {
  const table: StoredWeight[] = [];
  const parts: Uint8Array[] = [];
  for (const [name, array] of weights) {
    const isWhole = !own.has(name) || (precision === "int8" && !hasRows(array));
    const as = isWhole ? "float32" : precision;
    table.push({ name, shape: [...array.shape], as });
    parts.push(bytesAs(as, array));
  }
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return { table, text: base64(all) };
}

/** Little-endian, as all machines are on which JavaScript runs. */
function bytesAs(as: Precision, array: NamedArray): Uint8Array {
  if (as === "float32") return bytesOf(Float32Array.from(array.data));
  if (as === "float16") return new Uint8Array(Uint16Array.from(array.data, HALVES.float16.bits).buffer);
  const { data, scales } = quantizeRows(array);
  const both = new Uint8Array(scales.byteLength + data.byteLength);
  both.set(bytesOf(scales));
  both.set(new Uint8Array(data.buffer), scales.byteLength);
  return both;
}

/** In pieces: a call takes so many arguments. */
function base64(bytes: Uint8Array): string {
  let letters = "";
  for (let at = 0; at < bytes.length; at += 0x8000) letters += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(letters);
}
