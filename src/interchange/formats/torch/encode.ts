import { zipSync } from "fflate";
import type { Shape } from "../../../base/shape.js";
import { encodeStateDict, type StorageType } from "./pickle/encode.js";

/** A tensor on its way into a file of PyTorch: its elements as they lie in memory. */
export interface TorchTensor {
  readonly type: StorageType;
  readonly shape: Shape;
  /** Row-major, little-endian. */
  readonly bytes: Uint8Array;
}

/** Old enough for every archive: the same weights give the same bytes. */
const DATE = "1980-01-01T00:00:00";

/**
 * A state dict as `torch.save` writes it, which `torch.load(path, weights_only=True)` reads: a zip archive of one pickle, and of a record
 * of bytes for each tensor.
 * Source: torch/serialization.py of PyTorch 1.13, `_save`.
 */
export function encodeTorch(tensors: ReadonlyMap<string, TorchTensor>): Uint8Array {
  const files: Record<string, Uint8Array> = { "archive/data.pkl": encodeStateDict(tensors) };
  for (const [key, { bytes }] of [...tensors.values()].entries()) files[`archive/data/${key}`] = bytes;
  files["archive/version"] = new TextEncoder().encode("3\n");
  return zipSync(files, { level: 0, mtime: DATE });
}
