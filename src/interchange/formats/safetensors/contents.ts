import type { FileContents } from "../file-contents.js";
import { decodeSafetensors } from "./decode.js";

/** A safetensors file as `read` gives it. */
export function contentsOf(bytes: Uint8Array, source: string): FileContents {
  const { tensors, metadata } = decodeSafetensors(bytes, source);
  const producer =
    metadata["format"] === "pt" ? "PyTorch" : metadata["format"]?.startsWith("unrolled/") ? "unrolled" : null;
  return { producer, arrays: tensors, metadata };
}
