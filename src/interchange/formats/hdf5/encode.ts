import type { NamedArrays } from "../../named-array.js";
import { type H5Module, loadH5wasm } from "./h5wasm.js";

/** What of h5wasm writes. */
interface H5Writer {
  create_group(name: string): H5Writer;
  create_dataset(options: { name: string; data: unknown; shape: readonly number[]; dtype: string }): void;
  get(path: string): H5Writer | null;
  close(): void;
}

const PATH = "/unrolled-written.h5";

/**
 * Arrays as datasets of float32 at their paths: `layers/lstm/cell/vars/0`.
 * @throws UnsupportedError, code `missing-package`, where h5wasm is not installed
 */
export async function encodeHdf5(arrays: NamedArrays, h5wasm?: unknown): Promise<Uint8Array> {
  const { module, File } = await loadH5wasm("export", h5wasm);
  const { FS } = module as H5Module & { FS: { readFile(path: string): Uint8Array } };
  const file = new (File as unknown as new (path: string, mode: "w") => H5Writer)(PATH, "w");
  try {
    for (const [path, { shape, data }] of arrays) {
      const words = path.split("/");
      let at = file;
      for (const word of words.slice(0, -1)) at = at.get(word) ?? at.create_group(word);
      at.create_dataset({ name: words[words.length - 1], data: Float32Array.from(data), shape, dtype: "<f" });
    }
  } finally {
    file.close();
  }
  try {
    return new Uint8Array(FS.readFile(PATH));
  } finally {
    FS.unlink(PATH);
  }
}
